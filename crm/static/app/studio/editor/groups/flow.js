// Flows and gateways: which way a case goes.

import { say } from "../language.js";
import { answered } from "./simple.js";

const CHOOSES = ["bpmn:ExclusiveGateway", "bpmn:InclusiveGateway"];
const target = (at, flow) => at.names.shown(flow.name || flow.targetRef?.name || "") || flow.targetRef?.id || flow.id;

export function flowGroup(at) {
  const { bo } = at;
  if (bo.$type !== "bpmn:SequenceFlow") return null;
  const source = bo.sourceRef;
  const condition = bo.conditionExpression?.body ?? "";
  const chooses = CHOOSES.includes(source?.$type);
  if (!chooses && !condition) return null;
  const fields = [];
  const isDefault = source.default === bo;
  if (chooses) {
    fields.push({
      id: "default", label: say("The way when no condition holds"), kind: "check", read: () => String(isDefault),
      write: (value) => at.change([[source, { default: value ? bo : undefined }], ...(value && condition ? [[bo, { conditionExpression: undefined }]] : [])]),
    });
  }
  if (!isDefault || condition) {
    fields.push({
      id: "condition", label: say("Condition"), kind: "feel", need: chooses, rows: 2, simple: answered(at, bo.id), hint: say("An expression that is true or false, for example amount > 1000."),
      read: () => condition,
      write: (text) => at.set({ conditionExpression: text ? at.create("bpmn:FormalExpression", { body: text }, bo) : undefined }),
    });
  }
  return { id: "flow", label: say("Which way"), fields };
}

export function gatewayGroup(at) {
  const { bo } = at;
  // By what is drawn: not every file repeats at the gateway which flows leave it.
  const flows = at.element.outgoing.map(({ businessObject }) => businessObject).filter((flow) => flow.$type === "bpmn:SequenceFlow");
  if (!CHOOSES.includes(bo.$type) || flows.length < 2) return null;
  const options = () => [{ value: "", label: say("None") }, ...flows.map((flow) => ({ value: flow.id, label: target(at, flow) }))];
  const fields = [{
    id: "default", label: say("The way when no condition holds"), kind: "select", need: true, options,
    read: () => bo.default?.id ?? "", write: (id) => at.set({ default: flows.find((flow) => flow.id === id) }),
  }];
  for (const flow of flows.filter((other) => other !== bo.default)) {
    fields.push({
      id: `condition-${flow.id}`, label: say("Condition for “{name}”", { name: target(at, flow) }), kind: "feel", need: true, simple: answered(at, flow.id),
      read: () => flow.conditionExpression?.body ?? "",
      write: (text) => at.setPart(flow, { conditionExpression: text ? at.create("bpmn:FormalExpression", { body: text }, flow) : undefined }),
    });
  }
  return { id: "flow", label: say("Which way"), fields };
}
