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

import { draft } from "./draft.js";
import { bindChecks } from "./tables/checks.js";
import { speak, speaking } from "./tables/language.js";

const REST = 250; // milliseconds without a change after which the text is made

const page = document.querySelector("[data-table-editor]");
const facts = JSON.parse(page.querySelector("[data-editor-facts]").textContent);
const canvas = page.querySelector("[data-canvas]");
speak(facts.locale);

// What is typed into a cell gets unbreakable spaces from the browser, which FEEL does not take for spaces.
const spaces = (text) => (draft.content.includes("\u00a0") ? text : text.replaceAll("\u00a0", " "));

class Editor {
  constructor() {
    this.text = draft.content;
    this.changed = [];
    this.heard = new WeakSet();
    const views = ["drd", "decisionTable", "literalExpression", "boxedExpression"];
    const spoken = Object.fromEntries(views.map((view) => [view, { additionalModules: [speaking] }]));
    this.modeler = new Modeler({ container: canvas, ...spoken });
    this.modeler.on("views.changed", () => this.listen());
  }

  get viewer() {
    return this.modeler.getActiveViewer();
  }

  get stack() {
    return this.viewer?.get("commandStack", false);
  }

  async open() {
    await this.modeler.importXML(this.text);
    await this.choose(page.querySelector("[data-decision]")?.value);
    this.listen();
  }

  // Shows the table of a decision.
  async choose(id) {
    const view = this.modeler.getViews().find((each) => each.element.id === id && each.type !== "drd");
    if (view) await this.modeler.open(view);
  }

  listen() {
    const viewer = this.viewer;
    if (!viewer || this.heard.has(viewer)) return;
    this.heard.add(viewer);
    viewer.on("commandStack.changed", ({ trigger }) => {
      this.refresh();
      if (trigger === "clear") return;
      clearTimeout(this.timer);
      this.timer = setTimeout(() => this.write(), REST);
    });
    this.refresh();
  }

  async write() {
    clearTimeout(this.timer);
    this.timer = null;
    const { xml } = await this.modeler.saveXML({ format: true });
    this.text = spaces(xml);
    draft.write(this.text);
    for (const listener of this.changed) listener();
  }

  refresh() {
    for (const button of page.querySelectorAll("[data-act]")) {
      button.disabled = !(button.dataset.act === "undo" ? this.stack?.canUndo() : this.stack?.canRedo());
    }
  }

  // Adds a rule whose input cells are given; the answer is left to its author.
  addRule(cells) {
    const modeling = this.viewer?.get("modeling", false);
    const sheet = this.viewer?.get("sheet", false);
    if (!modeling || !sheet) return;
    const row = modeling.addRow({ type: "dmn:DecisionRule" });
    cells.forEach((text, at) => modeling.editCell(row.cells[at].businessObject, text));
    canvas.querySelector(`[data-row-id="${CSS.escape(row.id)}"]`)?.scrollIntoView({ block: "center" });
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

// A file that is no table can still be corrected as text.
function offerText(reason) {
  const box = page.querySelector("[data-import-fault]");
  box.hidden = false;
  box.querySelector("[data-import-reason]").textContent = facts.words.broken.replace("{reason}", reason);
  const area = box.querySelector("[data-import-text]");
  area.value = draft.content;
  area.addEventListener("input", () => draft.write(area.value));
  canvas.hidden = true;
  page.dataset.ready = "fault";
}

async function begin() {
  const editor = new Editor();
  try {
    await editor.open();
  } catch (fault) {
    offerText(fault.message);
    return;
  }
  for (const button of page.querySelectorAll("[data-act]")) {
    button.addEventListener("click", () => (button.dataset.act === "undo" ? editor.stack.undo() : editor.stack.redo()));
  }
  const atOnce = () => editor.timer && editor.write();
  for (const [target, leaving] of [[window, "blur"], [window, "beforeunload"], [document, "visibilitychange"]]) target.addEventListener(leaving, atOnce, true);
  bindChecks(page, facts.urls, editor);
  draft.onShow((element) => editor.choose(element));
  page.dataset.ready = "yes";
}

begin();
