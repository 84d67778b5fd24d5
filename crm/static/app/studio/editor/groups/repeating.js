// A step done several times: for each of a list, a number of times, or until a condition holds; and how many must agree.

import { say } from "../language.js";
import { isHuman } from "./people.js";

const VARIABLE = { kind: "text", most: 80, lazy: true };

// The standard wants references there, while engines (ours among them) write variables and expressions. What bpmn-js would drop as a
// reference to nothing is kept as a stand-in that has nothing but this text as its id.
export function standIn(moddle, text) {
  return moddle.create("bpmn:Property", { id: text });
}

export function repeatingGroup(at) {
  const loop = at.bo.loopCharacteristics;
  if (!loop) return null;
  return loop.$type === "bpmn:StandardLoopCharacteristics" ? loopGroup(at, loop) : severalGroup(at, loop);
}

function expression(at, loop, name, label, extra = {}) {
  return {
    id: name, label, kind: "feel", ...extra, read: () => loop[name]?.body ?? "",
    write: (text) => at.setPart(loop, { [name]: text ? at.create("bpmn:FormalExpression", { body: text }, loop) : undefined }),
  };
}

function loopGroup(at, loop) {
  return {
    id: "repeating", label: say("Repetition"),
    fields: [
      expression(at, loop, "loopCondition", say("Again as long as")),
      { id: "loopMaximum", label: say("At most so many times"), kind: "text", inputmode: "numeric", most: 9, read: () => String(loop.loopMaximum ?? ""), write: (text) => at.setPart(loop, { loopMaximum: /^\d+$/.test(text) ? Number(text) : undefined }) },
      { id: "testBefore", label: say("Asked before the first time already"), kind: "check", read: () => String(loop.testBefore === true), write: (value) => at.setPart(loop, { testBefore: value === "true" }) },
    ],
  };
}

function severalGroup(at, loop) {
  const reference = (name, label, extra) => ({
    id: name, label, ...extra, read: () => loop[name]?.id ?? "", write: (text) => at.setPart(loop, { [name]: text.trim() ? standIn(at.moddle, text.trim()) : undefined }),
  });
  // The id must be the only one of its kind in the file, so the name carries the variable.
  const item = (name, label, type) => ({
    ...VARIABLE, id: name, label, read: () => loop[name]?.name || loop[name]?.id || "",
    write: (text) => at.setPart(loop, { [name]: text.trim() ? at.create(type, { id: at.freshId(name), name: text.trim() }, loop) : undefined }),
  });
  const fields = [
    reference("loopDataInputRef", say("For each of the list"), { kind: "feel", hint: say("A variable or expression that is a list.") }),
    item("inputDataItem", say("Each one is called"), "bpmn:DataInput"),
    expression(at, loop, "loopCardinality", say("Or so many times")),
    reference("loopDataOutputRef", say("Results are gathered in the variable"), VARIABLE),
    item("outputDataItem", say("Each result is called"), "bpmn:DataOutput"),
  ];
  const counted = at.ext.property(at.bo, "countersign");
  if (!counted) fields.push(expression(at, loop, "completionCondition", say("Over as soon as")));
  if (isHuman(at.bo)) {
    fields.push(at.property("countersign", { kind: "text", label: say("Countersigning: how many must agree"), lazy: true, placeholder: "60%", hint: say("all, any, or a share such as 60%. Empty: no countersigning.") }));
    if (counted) {
      fields.push(at.property("countersignAgree", { kind: "feel", label: say("One agrees when"), hint: say("Asked of the answers of each; empty: whoever signs agrees.") }));
      fields.push(at.property("countersignResult", { ...VARIABLE, label: say("Result goes into the variable"), hint: say("It is then true or false.") }));
    }
  }
  return { id: "repeating", label: loop.isSequential ? say("For several, one after the other") : say("For several at once"), fields };
}
