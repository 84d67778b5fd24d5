// Steps of the machine: operations with their parameters, decisions, scripts, and what is computed before and after a step.

import { say } from "../language.js";
import { simpleParameter } from "./simple.js";

const SCRIPTED = ["bpmn:Task", "bpmn:UserTask", "bpmn:ManualTask", "bpmn:ServiceTask", "bpmn:SendTask", "bpmn:ReceiveTask", "bpmn:BusinessRuleTask", "bpmn:ScriptTask", "bpmn:CallActivity", "bpmn:SubProcess"];

const VARIABLE = { kind: "text", most: 80, lazy: true };

// Parameters that the chosen operation requires stand there at once, with the variable of the same name where one is known.
async function chooseOperation(at, name) {
  const before = at.ext.operator(at.bo);
  const wanted = at.catalogue.operations.find((operation) => operation.name === name)?.parameters ?? [];
  const variables = new Set(((await at.draft.variables(at.element.id)) ?? []).map((variable) => variable.name));
  const parameters = [];
  for (const { name: id, required } of wanted) {
    const old = before.parameters.find((parameter) => parameter.id === id);
    if (old) parameters.push(old);
    else if (required || variables.has(id)) parameters.push({ id, type: "any", value: variables.has(id) ? id : "" });
  }
  at.change(at.ext.setOperator(at.bo, { name, result: name ? before.result : "", parameters }));
}

function setParameter(at, id, value) {
  const { name, result, parameters } = at.ext.operator(at.bo);
  const place = parameters.findIndex((parameter) => parameter.id === id);
  const given = value === "" ? [] : [{ id, type: parameters[place]?.type ?? "any", value }];
  const others = parameters.filter((parameter) => parameter.id !== id);
  others.splice(place < 0 ? others.length : place, 0, ...given);
  at.change(at.ext.setOperator(at.bo, { name, result, parameters: others }));
}

export function operationGroup(at) {
  const { bo, ext } = at;
  if (!["bpmn:ServiceTask", "bpmn:SendTask"].includes(bo.$type)) return null;
  const operator = ext.operator(bo);
  if (bo.$type === "bpmn:SendTask" && bo.messageRef) return null;
  const known = at.catalogue.operations.find(({ name }) => name === operator.name);
  const named = at.catalogue.operations.map(({ name, title }) => ({ value: name, label: title ? `${title} (${name})` : name }));
  const fields = [{
    id: "operation", label: say("Operation"), kind: "select", need: bo.$type === "bpmn:ServiceTask", hint: known?.about,
    options: () => [{ value: "", label: say("Choose an operation") }, ...named], read: () => operator.name, write: (name) => chooseOperation(at, name),
  }];
  const labels = known?.labels ?? {};
  const parameters = [...(known?.parameters ?? []), ...operator.parameters.filter(({ id }) => !known?.parameters.some(({ name }) => name === id)).map(({ id }) => ({ name: id, type: "any", required: false }))];
  for (const { name, type, required } of parameters) {
    fields.push({
      id: `parameter-${name}`, label: labels[name] ?? name, note: labels[name] ? undefined : say(type), kind: "feel", need: required, simple: simpleParameter(at, operator.name, name),
      read: () => ext.operator(bo).parameters.find(({ id }) => id === name)?.value ?? "", write: (value) => setParameter(at, name, value),
    });
  }
  if (operator.name) {
    const results = (known?.results ?? []).join(", ");
    fields.push({
      ...VARIABLE, id: "operationResult", label: say("Result goes into the variable"), hint: results ? say("It then holds: {names}", { names: results }) : undefined,
      read: () => ext.operator(bo).result, write: (result) => at.change(ext.setOperator(bo, { ...ext.operator(bo), result: result.trim() })),
    });
  }
  return { id: "operation", label: say("Operation"), fields };
}

export function decisionGroup(at) {
  const { bo, ext } = at;
  if (bo.$type !== "bpmn:BusinessRuleTask") return null;
  const decisions = at.catalogue.decisions;
  const chosen = decisions.find(({ id }) => id === ext.text(bo, "calledDecisionId"));
  const options = () => [{ value: "", label: say("Choose a decision") }, ...decisions.map(({ id, name }) => ({ value: id, label: name && name !== id ? `${name} (${id})` : id }))];
  const fields = [
    { id: "decision", label: say("Decision that is asked"), kind: "select", need: true, options, read: () => ext.text(bo, "calledDecisionId"), write: (value) => at.change(ext.setText(bo, "calledDecisionId", value)) },
    at.property("resultVariable", { ...VARIABLE, label: say("Result goes into the variable") }),
    { id: "decisionLinks", kind: "links", links: [chosen ? { label: say("Open the table"), url: at.links.table(chosen.file) } : { label: say("All decision tables"), url: at.links.tables }] },
  ];
  return { id: "decision", label: say("Decision"), fields };
}

export function scriptGroup(at) {
  const { bo } = at;
  if (bo.$type !== "bpmn:ScriptTask") return null;
  const fields = [{
    id: "script", label: say("Script"), kind: "feel", feel: "context", need: true, rows: 4,
    hint: say("Variables and what they become: { total: price * count }. null removes a variable."),
    read: () => bo.script ?? "", write: (text) => at.set({ script: text || undefined }),
  }];
  if (bo.scriptFormat) fields.push({ id: "scriptFormat", label: say("Language of the script"), kind: "text", read: () => bo.scriptFormat, write: (text) => at.set({ scriptFormat: text || undefined }) });
  return { id: "script", label: say("Script"), fields };
}

export function aroundGroup(at) {
  const { bo, ext } = at;
  if (!SCRIPTED.includes(bo.$type)) return null;
  const field = (local, label) => ({
    id: local, label, kind: "feel", feel: "context", rows: 2, read: () => ext.text(bo, local), write: (text) => at.change(ext.setText(bo, local, text)),
  });
  const filled = ext.text(bo, "preScript") || ext.text(bo, "postScript");
  return { id: "around", label: say("Before and after"), closed: !filled, fields: [field("preScript", say("Computed before the step")), field("postScript", say("Computed after the step"))] };
}

export function callGroup(at) {
  const { bo } = at;
  if (bo.$type === "bpmn:CallActivity") {
    const others = at.definitions.get("rootElements").filter((root) => root.$type === "bpmn:Process" && root !== at.processOf(bo));
    const options = () => [{ value: "", label: say("Choose a process") }, ...others.map(({ id, name }) => ({ value: id, label: name ? `${at.names.shown(name)} (${id})` : id }))];
    const field = { id: "calledElement", label: say("Process"), kind: "select", need: true, options, hint: say("Another process of this diagram."), read: () => bo.calledElement ?? "", write: (value) => at.set({ calledElement: value || undefined }) };
    return { id: "call", label: say("Calls"), fields: [field] };
  }
  if (bo.$type !== "bpmn:AdHocSubProcess") return null;
  return {
    id: "adhoc", label: say("Without order"),
    fields: [
      { id: "completion", label: say("Over as soon as"), kind: "feel", read: () => bo.completionCondition?.body ?? "", write: (text) => at.set({ completionCondition: text ? at.create("bpmn:FormalExpression", { body: text }, bo) : undefined }) },
      { id: "cancelRest", label: say("Withdraw what is still open then"), kind: "check", read: () => String(bo.cancelRemainingInstances !== false), write: (value) => at.set({ cancelRemainingInstances: value === "true" }) },
    ],
  };
}
