// Events: the time, message, signal, error or condition that one waits for or sends.

import { say } from "../language.js";

const TIMES = ["timeDuration", "timeDate", "timeCycle"];
const NAMED = {
  "bpmn:MessageEventDefinition": ["bpmn:Message", "messageRef", "name"],
  "bpmn:SignalEventDefinition": ["bpmn:Signal", "signalRef", "name"],
  "bpmn:ErrorEventDefinition": ["bpmn:Error", "errorRef", "errorCode"],
  "bpmn:EscalationEventDefinition": ["bpmn:Escalation", "escalationRef", "escalationCode"],
};
const ISO = /^(R\d*\/|P(\d|T)|\d{4}-\d\d)/;
const THROWS = ["bpmn:EndEvent", "bpmn:IntermediateThrowEvent", "bpmn:SendTask"];

export function eventGroups(at) {
  const { bo } = at;
  if (["bpmn:SendTask", "bpmn:ReceiveTask"].includes(bo.$type)) {
    if (bo.$type === "bpmn:SendTask" && at.ext.operator(bo).name) return [];
    return [{ id: "message", label: say("Message"), fields: namedFields(at, bo, NAMED["bpmn:MessageEventDefinition"], "") }];
  }
  if (!bo.$instanceOf("bpmn:Event")) return [];
  return [interruptGroup(at), ...bo.get("eventDefinitions").map((mark, number) => group(at, mark, number))].filter(Boolean);
}

function group(at, mark, number) {
  const suffix = number ? `-${number}` : "";
  const id = `event${suffix}`;
  if (mark.$type === "bpmn:TimerEventDefinition") return { id, label: say("Time"), fields: timerFields(at, mark, suffix) };
  if (mark.$type === "bpmn:ConditionalEventDefinition") {
    const field = {
      id: `occurs${suffix}`, label: say("Happens when"), kind: "feel", need: true, read: () => mark.condition?.body ?? "",
      write: (text) => at.setPart(mark, { condition: text ? at.create("bpmn:FormalExpression", { body: text }, mark) : undefined }),
    };
    return { id, label: say("Condition"), fields: [field] };
  }
  if (!(mark.$type in NAMED)) return null;
  const labels = { "bpmn:MessageEventDefinition": say("Message"), "bpmn:SignalEventDefinition": say("Signal"), "bpmn:ErrorEventDefinition": say("Error"), "bpmn:EscalationEventDefinition": say("Escalation") };
  return { id, label: labels[mark.$type], fields: namedFields(at, mark, NAMED[mark.$type], suffix) };
}

function timerFields(at, mark, suffix) {
  const kind = TIMES.find((name) => mark[name]) ?? "timeDuration";
  const write = (name, text) => at.setPart(mark, {
    ...Object.fromEntries(TIMES.map((other) => [other, undefined])), [name]: at.create("bpmn:FormalExpression", { body: text }, mark),
  });
  const text = () => mark[kind]?.body ?? "";
  const examples = { timeDuration: "PT2H", timeDate: "2026-01-31T08:00:00+08:00", timeCycle: "R3/PT1H" };
  const kinds = [
    { value: "timeDuration", label: say("After a time span") },
    { value: "timeDate", label: say("At a point in time") },
    { value: "timeCycle", label: say("Again and again") },
  ];
  const fields = [
    { id: `timer${suffix}`, label: say("When"), kind: "select", options: () => kinds, read: () => kind, write: (name) => write(name, text()) },
    {
      id: `time${suffix}`, label: say("Time"), kind: "feel", need: true, plain: ISO, placeholder: examples[kind], read: text, write: (value) => write(kind, value),
      hint: say("Written as {example}, or an expression that gives it.", { example: examples[kind] }),
    },
  ];
  if (kind === "timeDuration" && (at.bo.$type !== "bpmn:StartEvent" || at.ext.property(at.bo, "workingTime"))) {
    fields.push(at.property("workingTime", { label: say("In working time"), kind: "check", hint: say("Nights, weekends and holidays do not count.") }));
  }
  return fields;
}

// Messages and the like are declared once for the whole file; people just write the name. A declaration that nobody uses any
// more goes away, and one that only this element uses is renamed.
function namedFields(at, owner, [type, reference, word], suffix) {
  const declared = at.definitions.get("rootElements").filter((root) => root.$type === type);
  const nameOf = (root) => (word === "name" ? root.name : root[word] || root.name) ?? "";
  const label = { "bpmn:Message": say("Name of the message"), "bpmn:Signal": say("Name of the signal"), "bpmn:Error": say("Code of the error"), "bpmn:Escalation": say("Code of the escalation") }[type];
  const throwing = THROWS.includes(at.bo.$type);
  const fields = [{
    id: `eventName${suffix}`, label, kind: "text", lazy: true, most: 200, need: ["bpmn:Message", "bpmn:Signal"].includes(type) || throwing,
    options: () => [...new Set(declared.map(nameOf).filter(Boolean))].map((value) => ({ value, label: value })),
    read: () => (owner[reference] ? nameOf(owner[reference]) : ""), write: (name) => point(at, owner, { type, reference, word, name: name.trim(), declared, nameOf }),
  }];
  if (["bpmn:Message", "bpmn:Signal"].includes(type)) {
    const [local, title, kind] = throwing
      ? [type === "bpmn:Message" ? "messagePayload" : "payloadExpression", say("What is sent along"), "feel"]
      : [type === "bpmn:Message" ? "messageVariable" : "variableName", say("What comes goes into the variable"), "text"];
    const places = [owner, owner[reference]].filter(Boolean);
    const place = places.find((other) => at.ext.text(other, local)) ?? owner;
    fields.push({ id: `${local}${suffix}`, label: title, kind, lazy: true, read: () => at.ext.text(place, local), write: (text) => at.change(at.ext.setText(place, local, text)) });
  }
  return fields;
}

function point(at, owner, { type, reference, word, name, declared, nameOf }) {
  const old = owner[reference];
  const others = old ? at.usesOf(old).filter((user) => user !== owner) : [];
  const roots = at.definitions.get("rootElements");
  const known = declared.find((root) => nameOf(root) === name);
  const named = word === "name" ? { name } : { name, [word]: name };
  if (name && !known && old && !others.length) return at.setPart(old, named);
  const steps = [];
  let left = old && old !== known && !others.length ? roots.filter((root) => root !== old) : roots;
  const made = name && !known ? at.create(type, { id: at.freshId(type.slice("bpmn:".length)), ...named }, at.definitions) : known;
  if (name && !known) left = [...left, made];
  if (left !== roots) steps.push([at.definitions, { rootElements: left }]);
  steps.push([owner, { [reference]: name ? made : undefined }]);
  return at.change(steps);
}

function interruptGroup(at) {
  const { bo } = at;
  const border = bo.$type === "bpmn:BoundaryEvent";
  if (!border && !(bo.$type === "bpmn:StartEvent" && bo.$parent?.triggeredByEvent)) return null;
  const name = border ? "cancelActivity" : "isInterrupting";
  const hint = border ? say("Without this mark the step goes on beside it.") : say("Without this mark everything else goes on beside it.");
  const field = { id: "interrupts", label: border ? say("Ends the step") : say("Ends all else"), kind: "check", hint, read: () => String(bo[name] !== false), write: (value) => at.set({ [name]: value === "true" }) };
  return { id: "interrupts", label: say("When it happens"), fields: [field] };
}
