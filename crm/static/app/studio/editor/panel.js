// The panel beside the diagram: what the chosen element says, in groups that open and close. It is drawn anew when another element
// is chosen or other fields belong there; else each field is only brought up to date, so that nobody loses the cursor.

import { dom } from "./dom.js";
import { eitherField } from "./either-field.js";
import { feelField } from "./feel-field.js";
import { KINDS } from "./fields.js";
import { eventGroups } from "./groups/events.js";
import { flowGroup, gatewayGroup } from "./groups/flow.js";
import { documentationGroup, generalGroup, otherGroup, poolGroup } from "./groups/general.js";
import { aroundGroup, callGroup, decisionGroup, operationGroup, scriptGroup } from "./groups/machine.js";
import { formGroup, laneGroup, peopleGroup, timeGroup } from "./groups/people.js";
import { repeatingGroup } from "./groups/repeating.js";
import { say } from "./language.js";
import { Place } from "./place.js";
import { kindOf } from "./kinds.js";

const GROUPS = [
  generalGroup, poolGroup, peopleGroup, laneGroup, formGroup, timeGroup, flowGroup, gatewayGroup, eventGroups, operationGroup, decisionGroup, scriptGroup,
  callGroup, repeatingGroup, aroundGroup, documentationGroup, otherGroup,
];

export class Panel {
  // `around`: {modeler, ext, draft, catalogue(), links, functions, names}
  constructor(node, around) {
    this.node = node;
    this.around = around;
    this.shown = "";
    this.views = new Map();
    this.folded = new Map();
    this.problems = [];
    const bus = around.modeler.get("eventBus");
    bus.on("selection.changed", () => this.draw());
    bus.on(["commandStack.changed", "import.done"], () => this.draw());
  }

  element() {
    const { modeler } = this.around;
    const chosen = modeler.get("selection").get();
    if (chosen.length > 1) return null;
    const element = chosen[0] ?? modeler.get("canvas").getRootElement();
    return element?.labelTarget ?? element;
  }

  // What was typed and not yet written goes to the element that it was typed for.
  flush() {
    for (const view of this.views.values()) view.flush?.();
  }

  draw() {
    const element = this.element();
    if (element?.id !== this.elementId) {
      this.elementId = element?.id;
      this.flush();
    }
    if (!element?.businessObject?.$model) {
      this.shown = "";
      this.views.clear();
      this.node.replaceChildren(dom("p", { class: "text-secondary p-3 mb-0" }, say("Choose one element to see and change what it does.")));
      return;
    }
    const at = new Place(element, { ...this.around, catalogue: this.around.catalogue() });
    const groups = GROUPS.flatMap((describe) => describe(at) ?? []).filter(({ fields }) => fields.length);
    const shape = JSON.stringify([element.id, at.bo.$type, groups.map(({ id, label, fields }) => [id, label, fields.map((field) => [field.id, field.kind, field.label, field.note, field.hint, field.need, field.links, field.placeholder, Boolean(field.simple)])])]);
    if (shape === this.shown) {
      for (const field of groups.flatMap(({ fields }) => fields)) {
        const view = this.views.get(field.id);
        view.field = field;
        view.refresh?.();
      }
    } else {
      this.shown = shape;
      this.redraw(element, at, groups);
    }
    this.head(element);
    this.tell();
  }

  redraw(element, at, groups) {
    const active = this.node.contains(document.activeElement) ? document.activeElement : null;
    const back = active?.id && { id: active.id, from: active.selectionStart, to: active.selectionEnd };
    const typed = element.id === this.drawnId ? [...this.views].map(([id, view]) => [id, view, view.leave?.() ?? null]).filter(([, , text]) => text !== null) : [];
    this.drawnId = element.id;
    this.views.clear();
    this.title = dom("header", { class: "studio-panel-head" });
    this.told = dom("div", { class: "studio-panel-problems" });
    this.node.replaceChildren(this.title, this.told, ...groups.map((group) => this.group(element, group)));
    for (const [id, view, text] of typed) [this.views.get(id), view].find((each) => each?.resume).resume(text);
    const again = back && this.node.querySelector(`#${CSS.escape(back.id)}`);
    if (!again) return;
    again.focus();
    if (back.from !== null && back.from !== undefined) again.setSelectionRange(back.from, back.to);
  }

  group(element, { id, label, fields, closed }) {
    const open = this.folded.get(id) ?? !closed;
    const views = fields.map((field) => {
      const view = { field };
      const around = { draft: this.around.draft, functions: this.around.functions, element: element.id };
      if (field.simple) eitherField(view, around);
      else if (field.kind === "feel") feelField(view, around);
      else KINDS[field.kind](view);
      this.views.set(field.id, view);
      return view.node;
    });
    const made = dom("details", { class: "studio-group", "data-group": id, open }, dom("summary", {}, label), dom("div", { class: "studio-group-body" }, ...views));
    made.addEventListener("toggle", () => this.folded.set(id, made.open));
    return made;
  }

  head(element) {
    const bo = element.businessObject;
    const name = bo.name || bo.text || bo.participants?.find(({ processRef }) => processRef)?.name || bo.id;
    this.title.replaceChildren(dom("div", { class: "text-secondary small" }, kindOf(element)), dom("h2", { class: "h3 mb-0 text-break" }, this.around.names.shown(name)));
  }

  // Findings about the chosen element stand above its groups.
  tell(problems = this.problems) {
    this.problems = problems;
    const mine = problems.filter(({ element }) => element && element === this.elementId);
    this.told?.replaceChildren(...mine.map(({ severity, message }) => dom("p", { class: `studio-problem studio-problem-${severity}` }, message)));
  }
}
