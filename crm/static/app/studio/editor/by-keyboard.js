// Drawing without a mouse: an element is added behind the chosen one (N) and joined to another one (C) by menus of the library, which
// are searched by typing; what was copied is pasted into the middle. Names, kinds, moving and removing have keys of the library's own.

import { getLabel, isLabel } from "bpmn-js/lib/util/LabelUtil";
import { isAny } from "bpmn-js/lib/util/ModelUtil";
import { kindOf } from "./kinds.js";
import { say } from "./language.js";

const ADD = "studio-add";
const JOIN = "studio-join";
const WIDE = 320; // pixels that a menu takes
const GAP = 50; // pixels between an element that is put into the middle and others
const KINDS = [
  { word: "User task", sign: "user-task", type: "bpmn:UserTask" },
  { word: "Service task", sign: "service-task", type: "bpmn:ServiceTask" },
  { word: "Business rule task", sign: "business-rule-task", type: "bpmn:BusinessRuleTask" },
  { word: "Script task", sign: "script-task", type: "bpmn:ScriptTask" },
  { word: "Exclusive gateway", sign: "gateway-xor", type: "bpmn:ExclusiveGateway" },
  { word: "Parallel gateway", sign: "gateway-parallel", type: "bpmn:ParallelGateway" },
  { word: "Inclusive gateway", sign: "gateway-or", type: "bpmn:InclusiveGateway" },
  { word: "Timer intermediate catch event", sign: "intermediate-event-catch-timer", type: "bpmn:IntermediateCatchEvent", eventDefinitionType: "bpmn:TimerEventDefinition" },
  { word: "Message intermediate catch event", sign: "intermediate-event-catch-message", type: "bpmn:IntermediateCatchEvent", eventDefinitionType: "bpmn:MessageEventDefinition" },
  { word: "Sub-process (expanded)", sign: "subprocess-expanded", type: "bpmn:SubProcess", isExpanded: true },
  { word: "End event", sign: "end-event-none", type: "bpmn:EndEvent" },
  { word: "Start event", sign: "start-event-none", type: "bpmn:StartEvent", alone: true },
];
const HOLDERS = ["bpmn:Participant", "bpmn:SubProcess"];
const FRAMES = [...HOLDERS, "bpmn:Lane", "bpmn:Process", "bpmn:Collaboration"];

class ByKeyboard {
  constructor(eventBus, keyboard, popupMenu, selection, canvas, elementFactory, elementRegistry, autoPlace, modeling, rules, directEditing, names) {
    Object.assign(this, { popupMenu, selection, canvas, elementFactory, elementRegistry, autoPlace, modeling, rules, directEditing, names });
    popupMenu.registerProvider(ADD, { getPopupMenuEntries: (target) => this.kinds(target) });
    popupMenu.registerProvider(JOIN, { getPopupMenuEntries: (target) => this.others(target) });
    const keys = { n: () => this.offerKinds(), c: () => this.offerOthers() };
    keyboard.addListener(1500, ({ keyEvent }) => {
      if (keyboard.hasModifier(keyEvent)) return undefined;
      return keys[keyEvent.key.toLowerCase()]?.();
    });
    // What is pasted follows the pointer; where there is none over the diagram it goes into the middle.
    let pointed = false;
    const container = canvas.getContainer();
    container.addEventListener("mousemove", () => { pointed = true; });
    container.addEventListener("mouseleave", () => { pointed = false; });
    eventBus.on("copyPaste.pasteElements", 500, (context) => {
      const tops = context.tree?.[0] ?? [];
      if (pointed || context.point || !tops.length || tops.some(({ type }) => type === "bpmn:Participant")) return;
      context.point = this.free(this.middle(), { width: 0, height: 0 });
      context.element = this.holder(context.point);
    });
  }

  middle() {
    const { x, y, width, height } = this.canvas.viewbox();
    return { x: x + width / 2, y: y + height / 2 };
  }

  get chosen() {
    const [element, ...others] = this.selection.get();
    return others.length ? null : element?.labelTarget ?? element ?? null;
  }

  canGoOn(element) {
    const bo = element?.businessObject;
    return Boolean(bo?.$instanceOf("bpmn:FlowNode")) && bo.$type !== "bpmn:EndEvent" && !bo.triggeredByEvent;
  }

  offerKinds() {
    this.open(this.canGoOn(this.chosen) ? this.chosen : this.canvas.getRootElement(), ADD, say("Add an element"));
    return true;
  }

  // Without an element to begin at, the tool of the library takes the key.
  offerOthers() {
    if (!this.chosen || !Object.keys(this.others(this.chosen)).length) return undefined;
    this.open(this.chosen, JOIN, say("Connect with"));
    return true;
  }

  open(target, provider, title) {
    const box = this.canvas.getContainer().getBoundingClientRect();
    const at = target === this.canvas.getRootElement() ? { x: box.width / 2 - WIDE / 2, y: box.height / 4, width: 0, height: 0 } : this.canvas.getAbsoluteBBox(target);
    this.popupMenu.open(target, provider, { x: box.left + at.x + at.width, y: box.top + at.y + at.height / 2 }, { title, width: WIDE, search: true });
  }

  // A menu gives the focus back as it closes, so what is done afterwards may take it.
  entry(label, act, more = {}) {
    return { label, action: () => { this.popupMenu.close(); act(); }, ...more };
  }

  kinds(target) {
    const appended = this.canGoOn(target);
    const offered = KINDS.filter(({ alone }) => !alone || !appended);
    return Object.fromEntries(offered.map(({ word, sign, alone, ...attributes }) => [
      `add-${sign}`, this.entry(say(word), () => (appended ? this.append(target, attributes) : this.put(attributes)), { className: `bpmn-icon-${sign}` }),
    ]));
  }

  others(source) {
    const found = this.elementRegistry.filter((target) => target !== source && !isLabel(target) && target.parent && this.rules.allowed("connection.create", { source, target }));
    return Object.fromEntries(found.map((target) => {
      const kind = kindOf(target);
      const name = this.names.shown(getLabel(target));
      return [`join-${target.id}`, this.entry(name || `${kind} · ${target.id}`, () => this.modeling.connect(source, target), { description: name ? kind : undefined, search: target.id })];
    }));
  }

  append(source, attributes) {
    const made = this.autoPlace.append(source, this.elementFactory.createShape(attributes));
    // The library asks for the name of a task by itself.
    if (!this.directEditing.isActive()) this.directEditing.activate(made);
  }

  // Into the middle of what is seen, to the right of whatever stands there.
  put(attributes) {
    const shape = this.elementFactory.createShape(attributes);
    const point = this.free(this.middle(), shape);
    const made = this.modeling.createShape(shape, point, this.holder(point));
    this.selection.select(made);
    this.directEditing.activate(made);
  }

  shapes() {
    const root = this.canvas.getRootElement();
    return this.elementRegistry.filter((element) => element.parent && element.width && !isLabel(element) && this.canvas.findRoot(element) === root);
  }

  free(point, { width, height }) {
    const meets = (at) => this.shapes().find((each) => !isAny(each, FRAMES) && Math.abs(each.x + each.width / 2 - at.x) < (each.width + width) / 2 + GAP / 2 && Math.abs(each.y + each.height / 2 - at.y) < (each.height + height) / 2);
    let at = point;
    for (let other = meets(at); other; other = meets(at)) at = { x: other.x + other.width + GAP + width / 2, y: at.y };
    return at;
  }

  holder({ x, y }) {
    const around = this.shapes().filter((each) => isAny(each, HOLDERS) && each.x < x && x < each.x + each.width && each.y < y && y < each.y + each.height);
    const pools = this.shapes().filter((each) => isAny(each, ["bpmn:Participant"]));
    return [...around].sort((a, b) => a.width * a.height - b.width * b.height)[0] ?? pools[0] ?? this.canvas.getRootElement();
  }
}
ByKeyboard.$inject = ["eventBus", "keyboard", "popupMenu", "selection", "canvas", "elementFactory", "elementRegistry", "autoPlace", "modeling", "rules", "directEditing", "names"];

export const byKeyboard = { __init__: ["byKeyboard"], byKeyboard: ["type", ByKeyboard] };
