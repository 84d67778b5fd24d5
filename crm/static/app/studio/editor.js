// The editor of diagrams: bpmn-js with a panel of our own (templates/studio/diagram.html). What is changed goes into the draft by
// itself; the same check as at publishing is shown at the elements. A file in which nothing was changed is never written.
// The mark of bpmn.io in the corner must stay visible: its licence asks for it.

import "bpmn-js/dist/assets/diagram-js.css";
import "bpmn-js/dist/assets/bpmn-js.css";
import "bpmn-js/dist/assets/bpmn-font/css/bpmn.css";
import "diagram-js-minimap/assets/diagram-js-minimap.css";
import "bpmn-js-token-simulation/assets/css/bpmn-js-token-simulation.css";
import "./editor/editor.css";

import Modeler from "bpmn-js/lib/Modeler";
import NavigatedViewer from "bpmn-js/lib/NavigatedViewer";
import minimap from "diagram-js-minimap";

import { withComments } from "./comments.js";
import { offerText } from "./correcting.js";
import { draft } from "./draft.js";
import { byKeyboard } from "./editor/by-keyboard.js";
import { changing } from "./editor/changing.js";
import { travelling } from "./editor/clipboard.js";
import { copiesExtensions, Extensions } from "./editor/extensions.js";
import { say, speak, speaking } from "./editor/language.js";
import { Marks } from "./editor/marks.js";
import { offering } from "./editor/offering.js";
import { bindNames, namesOf } from "./editor/names.js";
import { Panel } from "./editor/panel.js";
import { keepsVariables, open } from "./editor/reading.js";
import { bindSimulation, simulationModule, speakSimulation } from "./editor/simulation.js";
import { beforeLeaving } from "./leaving.js";
import { Names } from "./names.js";

const REST = 250; // milliseconds without a change after which the text is made
const FRESH = 15000; // milliseconds for which lists of forms, roles and the like are taken as known
const PALETTE = 130; // pixels that the palette takes at the left
const WIDE = 900; // pixels; on narrower screens the diagram is only shown

const page = document.querySelector("[data-editor]");
const facts = JSON.parse(page.querySelector("[data-editor-facts]").textContent);
const canvasNode = page.querySelector("[data-canvas]");
speak(facts.locale, facts.words);

function warn(warnings) {
  if (!warnings.length) return;
  const box = page.querySelector("[data-import-warnings]");
  box.hidden = false;
  box.querySelector("ul").replaceChildren(...warnings.map(({ message }) => Object.assign(document.createElement("li"), { textContent: message })));
}

async function layOut(text) {
  return (await draft.call(facts.urls.layout, { text })).text;
}

async function showOnly() {
  const viewer = new NavigatedViewer({ container: canvasNode, additionalModules: [speaking, namesOf(new Names(draft, facts.texts, facts.known))] });
  await open(viewer, draft.content, layOut);
  fit(viewer.get("canvas"), 0.5, 16);
  page.dataset.ready = "yes";
}

// Lists for the selects; asked again when the page is looked at anew, so that a form or role made meanwhile is there.
function keepCatalogue(then) {
  let known = { roles: [], people: [], forms: [], decisions: [], operations: [] };
  let asked = 0;
  const ask = async () => {
    if (Date.now() - asked < FRESH) return;
    asked = Date.now();
    try {
      known = { ...known, ...(await draft.catalogue()) };
      then();
    } catch {
      // The lists of before stay; the next look asks again.
    }
  };
  window.addEventListener("focus", ask);
  return { ask, get: () => known };
}

// Where links at an element lead: to other pages of the draft, as far as there are such pages.
function links() {
  const base = facts.urls.draft;
  const to = (page, rest) => (facts.urls.pages.includes(page) ? `${base}/${page}${rest === undefined ? "" : `/${encodeURIComponent(rest)}`}` : "");
  return {
    assignees: facts.urls.assignees,
    forms: to("forms"),
    newForm: (element) => to("forms") && `${to("forms")}?step=${encodeURIComponent(element)}#new-form`,
    form: (key) => to("forms", key),
    rights: (element) => to("rights", element),
    tables: to("tables"),
    table: (file) => to("tables", file),
  };
}

function keepSaved(modeler, panel) {
  const original = draft.content;
  let timer = null;
  const write = async () => {
    clearTimeout(timer);
    timer = null;
    if (!modeler.get("commandStack").canUndo()) return draft.write(original);
    const { xml } = await modeler.saveXML({ format: true });
    return draft.write(withComments(xml, original));
  };
  modeler.on("commandStack.changed", ({ trigger }) => {
    if (trigger === "clear") return;
    draft.touch();
    clearTimeout(timer);
    timer = setTimeout(write, REST);
  });
  const atOnce = () => {
    panel.flush();
    if (timer !== null) write();
  };
  beforeLeaving(atOnce);
}

function choose(modeler, id) {
  const element = modeler.get("elementRegistry").get(id);
  if (!element) return;
  const canvas = modeler.get("canvas");
  const root = canvas.findRoot(element);
  if (root && root !== canvas.getRootElement()) canvas.setRootElement(root);
  if (element === root) return;
  modeler.get("selection").select(element);
  canvas.scrollToElement(element, 60);
}

// The whole diagram beside the palette; a large one stays legible at first and shows its beginning.
function fit(canvas, least = 0.6, left = PALETTE) {
  const { inner, outer } = canvas.viewbox();
  const gap = 30;
  const whole = Math.min((outer.width - left - gap) / inner.width, (outer.height - 2 * gap) / inner.height, 1);
  const scale = Math.max(whole, least);
  const over = Math.max(0, (outer.height / scale - inner.height) / 2);
  canvas.viewbox({ x: inner.x - left / scale, y: inner.y - Math.max(over, gap / scale), width: outer.width / scale, height: outer.height / scale });
}

function bindButtons(modeler) {
  const canvas = modeler.get("canvas");
  const stack = modeler.get("commandStack");
  const acts = {
    undo: () => stack.undo(),
    redo: () => stack.redo(),
    in: () => modeler.get("zoomScroll").stepZoom(1),
    out: () => modeler.get("zoomScroll").stepZoom(-1),
    fit: () => fit(canvas, 0),
    // After this click, which would close what it has opened.
    find: () => setTimeout(() => modeler.get("searchPad").open()),
    minimap: (button) => {
      modeler.get("minimap").toggle();
      button.setAttribute("aria-pressed", String(modeler.get("minimap").isOpen()));
    },
  };
  for (const button of page.querySelectorAll("[data-act]")) button.addEventListener("click", () => acts[button.dataset.act](button));
  const refresh = (playing = false) => {
    page.querySelector("[data-act=undo]").disabled = playing || !stack.canUndo();
    page.querySelector("[data-act=redo]").disabled = playing || !stack.canRedo();
  };
  modeler.on("commandStack.changed", () => refresh());
  refresh();
  // Results that scroll can be reached by keyboard.
  modeler.on("searchPad.opened", () => canvasNode.querySelector(".djs-search-results").setAttribute("tabindex", "0"));
  // While tokens are played nothing can be changed.
  bindSimulation(modeler, page.querySelector("[data-simulation]"), (playing) => {
    refresh(playing);
    page.querySelector("[data-panel]").inert = playing;
  });
}

async function edit() {
  const names = new Names(draft, facts.texts, facts.known);
  const modeler = new Modeler({
    container: canvasNode,
    additionalModules: [speaking, changing, copiesExtensions, travelling(draft.facts.me), offering, byKeyboard, minimap, simulationModule, namesOf(names)],
    minimap: { open: false },
  });
  keepsVariables(modeler);
  const warnings = await open(modeler, draft.content, layOut);
  const ext = new Extensions(modeler.get("moddle"), modeler.getDefinitions());
  const marks = new Marks(modeler, draft.facts.file);
  let panel = null;
  const catalogue = keepCatalogue(() => panel.draw());
  panel = new Panel(page.querySelector("[data-panel]"), { modeler, ext, draft, catalogue: catalogue.get, links: links(), functions: facts.functions, names });
  names.onChange(() => panel.draw());
  panel.draw();
  page.querySelector("[data-panel]").addEventListener("focusin", catalogue.ask);
  keepSaved(modeler, panel);
  bindButtons(modeler);
  bindNames(modeler, names, page.querySelector("[data-names]"));
  speakSimulation(canvasNode, facts.simulation, names);
  warn(warnings);
  draft.onFindings((list) => {
    marks.show(list);
    panel.tell(list);
  });
  draft.onShow((element) => choose(modeler, element));
  fit(modeler.get("canvas"));
  canvasNode.querySelector("svg[tabindex]")?.setAttribute("aria-label", say("Diagram"));
  page.dataset.ready = "yes";
  await catalogue.ask();
}

(window.innerWidth < WIDE ? showOnly() : edit()).catch((error) => {
  console.warn("diagram", error);
  offerText(page, error);
});
