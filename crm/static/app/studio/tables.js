// The editor of decision tables: dmn-js (templates/studio/table.html). What is changed goes into the draft by itself; a file in which
// nothing was changed is never written. Rows are tried out, and gaps looked for, by the server, which decides cases.
// The mark of bpmn.io in the corner must stay visible: its licence asks for it.

import "dmn-js/dist/assets/diagram-js.css";
import "dmn-js/dist/assets/dmn-js-shared.css";
import "dmn-js/dist/assets/dmn-js-drd.css";
import "dmn-js/dist/assets/dmn-js-decision-table.css";
import "dmn-js/dist/assets/dmn-js-decision-table-controls.css";
import "dmn-js/dist/assets/dmn-js-literal-expression.css";
import "dmn-js/dist/assets/dmn-font/css/dmn.css";
import "./tables/tables.css";

import Modeler from "dmn-js/lib/Modeler";
import NavigatedViewer from "dmn-js/lib/NavigatedViewer";

import { withComments } from "./comments.js";
import { offerText } from "./correcting.js";
import { draft } from "./draft.js";
import { beforeLeaving } from "./leaving.js";
import { Names } from "./names.js";
import { bindChecks, knownIn } from "./tables/checks.js";
import { speak, speaking, name } from "./tables/language.js";
import { bindNames, namesIn } from "./tables/names.js";

const REST = 250; // milliseconds without a change after which the text is made
const WIDE = 900; // pixels; on narrower screens a table is only shown

const page = document.querySelector("[data-table-editor]");
const facts = JSON.parse(page.querySelector("[data-editor-facts]").textContent);
const canvas = page.querySelector("[data-canvas]");
speak(facts.locale);

// What is typed into a cell gets unbreakable spaces from the browser, which FEEL does not take for spaces.
const spaces = (text) => (draft.content.includes("\u00a0") ? text : text.replaceAll("\u00a0", " "));

class AddedRule {
  constructor(modeling) {
    this.modeling = modeling;
  }

  preExecute(context) {
    context.row = this.modeling.addRow({ type: "dmn:DecisionRule" });
    context.cells.forEach((text, at) => this.modeling.editCell(context.row.cells[at].businessObject, text));
  }
}

class Editor {
  constructor(Drawing, names) {
    this.original = this.text = draft.content;
    this.changed = [];
    this.opened = [];
    this.heard = new WeakSet();
    const views = ["drd", "decisionTable", "literalExpression", "boxedExpression"];
    // What is typed into a head counts at once: whoever leaves the page would lose it otherwise.
    const spoken = Object.fromEntries(views.map((view) => [view, { additionalModules: [speaking, namesIn(view, names, Drawing === Modeler)], debounceInput: false }]));
    this.drawing = new Drawing({ container: canvas, ...spoken });
    this.drawing.on("views.changed", ({ activeView }) => {
      this.listen();
      for (const listener of this.opened) listener(activeView?.element.id);
    });
  }

  get viewer() {
    return this.drawing.getActiveViewer();
  }

  get stack() {
    return this.viewer?.get("commandStack", false);
  }

  async open() {
    await this.drawing.importXML(this.text);
    // A single decision has no relations to look at.
    const decisions = this.drawing.getViews().filter((each) => each.type !== "drd");
    canvas.classList.toggle("studio-table-alone", decisions.length < 2);
    await this.choose(page.querySelector("[data-decision]")?.value);
    this.listen();
  }

  // Shows the table of a decision.
  async choose(id) {
    const view = this.drawing.getViews().find((each) => each.element.id === id && each.type !== "drd");
    if (view && view !== this.drawing.getActiveView()) await this.drawing.open(view);
  }

  listen() {
    const viewer = this.viewer;
    if (!viewer || this.heard.has(viewer)) return;
    this.heard.add(viewer);
    if (viewer.get("sheet", false)) this.stack?.register("studio.rule.add", new AddedRule(viewer.get("modeling", false)));
    viewer.on("commandStack.changed", ({ trigger }) => {
      this.refresh();
      if (trigger === "clear") {
        // Another decision is opened; what was changed in the last one cannot be undone any more.
        this.original = this.text;
        return;
      }
      draft.touch();
      clearTimeout(this.timer);
      this.timer = setTimeout(() => this.write(), REST);
    });
    this.refresh();
  }

  async write() {
    clearTimeout(this.timer);
    this.timer = null;
    this.text = this.stack?.canUndo() ? withComments(spaces((await this.drawing.saveXML({ format: true })).xml), draft.facts.content) : this.original;
    draft.write(this.text);
    for (const listener of this.changed) listener();
  }

  refresh() {
    for (const button of page.querySelectorAll("[data-act]")) {
      button.disabled = !(button.dataset.act === "undo" ? this.stack?.canUndo() : this.stack?.canRedo());
    }
  }

  // Adds a rule whose input cells are given, in one step that can be undone; the answer is left to its author.
  addRule(cells) {
    if (!this.viewer?.get("sheet", false)) return;
    const context = { cells };
    this.stack.execute("studio.rule.add", context);
    canvas.querySelector(`[data-row-id="${CSS.escape(context.row.id)}"]`)?.scrollIntoView({ block: "center" });
  }

  // The rules that held in the last try, by their numbers.
  mark(numbers) {
    for (const cell of canvas.querySelectorAll(".studio-table-held")) cell.classList.remove("studio-table-held");
    const rows = this.viewer?.get("sheet", false)?.getRoot().rows ?? [];
    for (const number of numbers) {
      for (const cell of canvas.querySelectorAll(`[data-row-id="${CSS.escape(rows[number - 1]?.id ?? "")}"]`)) cell.classList.add("studio-table-held");
    }
  }
}

// The middle of our pages can have the focus. A press on what cannot have it must not give it to that: lists and menus would close.
const FOCUSABLE = "input, select, textarea, button, [tabindex], [contenteditable]";
canvas.addEventListener("mousedown", (event) => {
  if (event.target.closest(".dms-select-options, .context-menu") && !event.target.closest(`.context-menu :is(${FOCUSABLE})`)) event.preventDefault();
}, true);

async function begin() {
  const wide = window.innerWidth >= WIDE;
  const names = new Names(draft, facts.texts, knownIn(page));
  const editor = new Editor(wide ? Modeler : NavigatedViewer, names);
  try {
    await editor.open();
  } catch (fault) {
    offerText(page, fault);
    return;
  }
  for (const button of page.querySelectorAll("[data-act]")) {
    button.addEventListener("click", () => (button.dataset.act === "undo" ? editor.stack.undo() : editor.stack.redo()));
  }
  beforeLeaving(() => editor.timer && editor.write());
  bindChecks(page, facts.urls, editor, names);
  draft.onShow((element) => editor.choose(element));
  name(canvas);
  bindNames(canvas, editor, names);
  page.dataset.ready = "yes";
}

begin();
