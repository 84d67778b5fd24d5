// What every element has: its name, its id, what is written about it. And what belongs to a whole process.

import { say } from "../language.js";
import { translationOf } from "../names.js";

const NAME = /^[\p{L}_][\p{L}\p{N}_.-]*$/u;
// The engine has steps of its own with these names; an element of that name would vanish.
const TAKEN = new Set(["Start", "End", "Root"]);
const NAMELESS = ["bpmn:TextAnnotation", "bpmn:Association", "bpmn:Group", "bpmn:Process", "bpmn:Collaboration"];
const OWN_FIELDS = new Set([
  "formKey", "role", "assign", "assignTo", "assignRole", "assignOf", "assignLevels", "assignNot", "assignee", "candidates", "dueDate", "workingTime",
  "priority", "countersign", "countersignAgree", "countersignResult", "hiddenFields", "readOnlyFields", "resultVariable",
]);

function faultOfId(at, value) {
  if (!NAME.test(value)) return say("An id begins with a letter and holds letters, digits, dots, hyphens and underscores only.");
  if (TAKEN.has(value)) return say("The engine keeps this id for itself; choose another one.");
  const owner = at.owners(value).find((other) => other !== at.bo);
  return owner ? say("This id is taken by “{name}”.", { name: at.names.shown(owner.name) || value }) : null;
}

export function generalGroup(at) {
  const { bo } = at;
  const fields = [];
  if (bo.$instanceOf("bpmn:TextAnnotation")) {
    fields.push({ id: "text", label: say("Text"), kind: "area", rows: 3, read: () => bo.text ?? "", write: (text) => at.set({ text }) });
  }
  if (!NAMELESS.some((type) => bo.$type === type)) {
    fields.push({ id: "name", label: say("Name"), kind: "area", read: () => bo.name ?? "", write: (name) => at.set({ name: name || undefined }) });
    fields.push(...translationOf(at.names, bo.name, "name-translated"));
  }
  if (bo.$type === "bpmn:Collaboration") fields.push({ id: "pick", label: say("Choose an element of the diagram to see and change what it does."), kind: "note" });
  else {
    const fixed = bo.$type === "bpmn:Process";
    fields.push({ id: "id", label: say("Id"), kind: "text", lazy: true, fixed, most: 80, read: () => bo.id, check: (value) => faultOfId(at, value), write: (id) => at.set({ id }) });
  }
  if (bo.$type === "bpmn:Process") fields.push(...processFields(at, bo));
  return { id: "general", label: say("General"), fields };
}

function processFields(at, process) {
  return [
    { id: "process-name", label: say("Name of the process"), kind: "area", read: () => process.name ?? "", write: (name) => at.setPart(process, { name: name || undefined }) },
    ...translationOf(at.names, process.name, "process-name-translated"),
    {
      id: "executable", label: say("Can run"), kind: "check", hint: say("Without this mark the process is drawing only."),
      read: () => String(process.isExecutable !== false), write: (value) => at.setPart(process, { isExecutable: value === "true" }),
    },
  ];
}

export function poolGroup(at) {
  const process = at.bo.$instanceOf("bpmn:Participant") ? at.bo.processRef : null;
  if (!process) return null;
  return { id: "process", label: say("Process"), fields: [...processFields(at, process), documentation(at, process, "process-documentation")] };
}

function documentation(at, owner, id) {
  return {
    id, label: say("Explanation"), kind: "area", rows: 3, hint: say("Shown to whoever does the step or looks at the diagram."),
    read: () => owner.get("documentation")[0]?.text ?? "",
    write: (text) => {
      const [first, ...others] = owner.get("documentation");
      if (first && text) return at.setPart(first, { text });
      const made = text ? [at.create("bpmn:Documentation", { text }, owner)] : [];
      return at.setPart(owner, { documentation: [...made, ...others] });
    },
  };
}

export function documentationGroup(at) {
  if (!at.bo.$instanceOf("bpmn:BaseElement") || at.bo.$type === "bpmn:Collaboration") return null;
  return { id: "documentation", label: say("Explanation"), closed: true, fields: [documentation(at, at.bo, "documentation")] };
}

// What other rooms or tools wrote at the element: seen, changed and taken away, but not made here.
export function otherGroup(at) {
  const others = at.ext.properties(at.bo).filter(([name]) => name && !OWN_FIELDS.has(name));
  if (!others.length) return null;
  return {
    id: "other", label: say("More properties"), closed: true,
    fields: others.map(([name]) => ({
      id: `other-${name}`, label: name, kind: "text", most: 4000, read: () => at.ext.property(at.bo, name), write: (value) => at.setProperty(name, value),
    })),
  };
}
