// What can be drawn is what can run: the palette, the menus at an element and the menu of kinds offer nothing else.

import { say } from "./language.js";

const NOT_DRAWN = new Set(["create.data-object", "create.data-store"]);
// Menu entries end like this, whatever they begin with.
const CANNOT_RUN = /(complex-gateway|link-|compensation|data-object|data-store|replace-with-task$|participant-multiplicity|toggle-is-collection)/;
// Beginnings of a whole process; the start of an event sub-process may wait for more.
const NO_BEGINNING = /conditional-start|error-start|escalation-start/;

class Offering {
  constructor(palette, contextPad, popupMenu, create, elementFactory, autoPlace, appendPreview) {
    Object.assign(this, { create, elementFactory, autoPlace, appendPreview });
    palette.registerProvider(500, this);
    contextPad.registerProvider(500, this);
    popupMenu.registerProvider("bpmn-replace", 500, { getPopupMenuEntries: (target) => (entries) => limited(target, entries), getPopupMenuHeaderEntries: () => (entries) => limited(null, entries) });
  }

  userTask() {
    return this.elementFactory.createShape({ type: "bpmn:UserTask" });
  }

  getPaletteEntries() {
    return (entries) => {
      const kept = Object.entries(entries).filter(([name]) => !NOT_DRAWN.has(name));
      const begin = (event) => this.create.start(event, this.userTask());
      // A task without kind does nothing by itself: what people draw first is a step for people.
      return Object.fromEntries(kept.map(([name, entry]) => (name === "create.task"
        ? [name, { ...entry, className: "bpmn-icon-user-task", title: say("Create user task"), action: { dragstart: begin, click: begin } }]
        : [name, entry])));
    };
  }

  getContextPadEntries(element) {
    return (entries) => {
      const { "append.compensation-activity": _, "append.append-task": task, ...others } = entries;
      if (!task) return others;
      const begin = (event) => this.create.start(event, this.userTask(), { source: element });
      const append = () => this.autoPlace.append(element, this.userTask());
      const preview = () => {
        this.appendPreview.create(element, "bpmn:UserTask", {});
        return () => this.appendPreview.cleanUp();
      };
      const entry = { ...task, className: "bpmn-icon-user-task", title: say("Append user task"), action: { click: append, dragstart: begin, hover: preview } };
      return Object.fromEntries(Object.entries(entries).filter(([name]) => name in others || name === "append.append-task").map(([name, old]) => [name, name === "append.append-task" ? entry : old]));
    };
  }

  getMultiElementContextPadEntries() {
    return (entries) => entries;
  }
}
Offering.$inject = ["palette", "contextPad", "popupMenu", "create", "elementFactory", "autoPlace", "appendPreview"];

function limited(target, entries) {
  const bo = target?.businessObject;
  const begins = bo?.$type === "bpmn:StartEvent" && !bo.$parent?.triggeredByEvent;
  return Object.fromEntries(Object.entries(entries).filter(([name]) => !CANNOT_RUN.test(name) && !(begins && NO_BEGINNING.test(name))));
}

export const offering = { __init__: ["offering"], offering: ["type", Offering] };
