// Reads a file into the editor so that nothing of it is lost when it is saved again.

import { standIn } from "./groups/repeating.js";

const BPMN = "http://www.omg.org/spec/BPMN/20100524/MODEL";
const ITEMS = ["inputDataItem", "outputDataItem"];
const REFERENCES = ["bpmn:loopDataInputRef", "bpmn:loopDataOutputRef"];

// Two repeated steps may call their item alike, and many tools write this name as the id. The library takes an id only once and
// would leave the second one out: each gets an id of its own, and the name says what the id said.
export function withOwnIds(xml) {
  if (!ITEMS.some((name) => xml.includes(name))) return xml;
  const document = new DOMParser().parseFromString(xml, "application/xml");
  if (document.querySelector("parsererror")) return xml;
  const items = ITEMS.flatMap((name) => [...document.getElementsByTagNameNS(BPMN, name)]);
  for (const [number, item] of items.entries()) {
    if (!item.hasAttribute("name")) item.setAttribute("name", item.id);
    const taken = (id) => document.querySelectorAll(`[id="${CSS.escape(id)}"]`).length > (item.id === id ? 1 : 0);
    let id = item.id || "item";
    for (let more = number + 1; taken(id); more += 1) id = `${item.id || "item"}_${more}`;
    item.setAttribute("id", id);
  }
  return new XMLSerializer().serializeToString(document);
}

// Where the standard wants references but variables stand, the library finds nothing of that id and forgets the text.
export function keepsVariables(modeler) {
  modeler.get("eventBus").on("import.parse.complete", ({ references = [] }) => {
    for (const { element, property, id } of references) {
      if (REFERENCES.includes(property)) element.set(property.slice("bpmn:".length), standIn(modeler.get("moddle"), id));
    }
  });
}

// Opens the text. A diagram without a drawing is laid out by the server first.
// Answers what of it could not be read.
export async function open(modeler, text, layOut) {
  const read = async (xml) => (await modeler.importXML(withOwnIds(xml))).warnings.filter(({ property }) => !REFERENCES.includes(property));
  try {
    return await read(text);
  } catch (error) {
    if (!/no diagram to display/i.test(error.message)) throw error;
    return read(await layOut(text));
  }
}
