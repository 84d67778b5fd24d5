// What can be drawn is what can run: the palette, the menus at an element and the menu of kinds offer nothing else.

import { say } from "./language.js";

const NOT_DRAWN = new Set(["create.data-object", "create.data-store"]);
// The first keeps the library's name: it stands in its place.
const STEPS = [
  { id: "task", type: "bpmn:UserTask", sign: "bpmn-icon-user-task", create: "Create user task", append: "Append user task" },
  { id: "service-task", type: "bpmn:ServiceTask", sign: "bpmn-icon-service-task", create: "Create service task", append: "Append service task" },
];
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

  // In the palette: a task without kind does nothing by itself, so what people draw is a step for people or one of the machine.
  getPaletteEntries() {
    return (entries) => Object.fromEntries(Object.entries(entries).flatMap(([name, entry]) => {
      if (NOT_DRAWN.has(name)) return [];
      if (name !== "create.task") return [[name, entry]];
      return STEPS.map(({ id, type, sign, create }) => {
        const begin = (event) => this.create.start(event, this.elementFactory.createShape({ type }));
        return [`create.${id}`, { ...entry, className: sign, title: say(create), action: { dragstart: begin, click: begin } }];
      });
    }));
  }

  getContextPadEntries(element) {
    return (entries) => Object.fromEntries(Object.entries(entries).flatMap(([name, entry]) => {
      if (name === "append.compensation-activity") return [];
      if (name !== "append.append-task") return [[name, entry]];
      return STEPS.map((step) => [`append.append-${step.id}`, { ...entry, className: step.sign, title: say(step.append), action: this.appending(element, step.type) }]);
    }));
  }

  appending(element, type) {
    const shape = () => this.elementFactory.createShape({ type });
    return {
      click: () => this.autoPlace.append(element, shape()),
      dragstart: (event) => this.create.start(event, shape(), { source: element }),
      hover: () => {
        this.appendPreview.create(element, type, {});
        return () => this.appendPreview.cleanUp();
      },
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
