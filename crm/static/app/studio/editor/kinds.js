// What people call the kinds of elements.

import { say } from "./language.js";

const EVENTS = {
  "bpmn:StartEvent": "start event", "bpmn:EndEvent": "end event", "bpmn:BoundaryEvent": "boundary event",
  "bpmn:IntermediateCatchEvent": "intermediate catch event", "bpmn:IntermediateThrowEvent": "intermediate throw event",
};
const MARKS = /^bpmn:(\w+)EventDefinition$/;
// Where the words of the type are not the words of the menu.
const OTHER = {
  "bpmn:EventBasedGateway": "Event-based gateway", "bpmn:SubProcess": "Sub-process", "bpmn:AdHocSubProcess": "Ad-hoc sub-process", "bpmn:Participant": "Pool",
  "bpmn:Collaboration": "Diagram", "bpmn:Process": "Process", "bpmn:TextAnnotation": "Text annotation",
};

const spaced = (type) => {
  const words = type.replace("bpmn:", "").replace(/([a-z])([A-Z])/g, "$1 $2").toLowerCase();
  return words[0].toUpperCase() + words.slice(1);
};

export function kindOf({ businessObject: bo }) {
  if (bo.$type === "bpmn:SubProcess" && bo.triggeredByEvent) return say("Event sub-process");
  const event = EVENTS[bo.$type];
  if (!event) return say(OTHER[bo.$type] ?? spaced(bo.$type));
  const [mark, ...others] = bo.get("eventDefinitions");
  if (others.length) return say("Several events");
  const name = mark ? `${MARKS.exec(mark.$type)[1]} ${event}`.replace("Compensate", "Compensation") : event;
  const quiet = mark && (bo.cancelActivity === false || bo.isInterrupting === false) ? " (non-interrupting)" : "";
  return say(name[0].toUpperCase() + name.slice(1) + quiet);
}
