// Reads a file into the editor so that nothing of it is lost when it is saved again.

import { standIn } from "./groups/repeating.js";

const BPMN = "http://www.omg.org/spec/BPMN/20100524/MODEL";
const ITEMS = ["inputDataItem", "outputDataItem"];
const MESSAGED = /(send|receive)Task/;
const POINTING = ["flowNodeRef", "incoming", "outgoing"];
const SPACED = /(?:flowNodeRef|incoming|outgoing)>\s+[^\s<]|[^\s>]\s+<\/[\w.-]*:?(?:flowNodeRef|incoming|outgoing)>/;
const REFERENCES = ["bpmn:loopDataInputRef", "bpmn:loopDataOutputRef"];

// The library leaves out what the standard does not have, and people would lose it with their first change. Three such habits of
// other tools are common, and are said in the standard's way before the library reads the text; spaces around a reference are one.
export function readable(xml) {
  if (!ITEMS.some((name) => xml.includes(name)) && !MESSAGED.test(xml) && !SPACED.test(xml)) return xml;
  const document = new DOMParser().parseFromString(xml, "application/xml");
  if (document.querySelector("parsererror")) return xml;
  for (const name of POINTING) for (const pointer of tags(document, name)) pointer.textContent = pointer.textContent.trim();
  giveOwnIds(document);
  for (const task of [...tags(document, "sendTask"), ...tags(document, "receiveTask")]) sayMessage(document, task);
  return new XMLSerializer().serializeToString(document);
}

const tags = (owner, name) => [...owner.getElementsByTagNameNS(BPMN, name)];

// Two repeated steps may call their item alike, and many tools write this name as the id, which can be there only once: each gets
// an id of its own, and the name says what the id said.
function giveOwnIds(document) {
  for (const [number, item] of ITEMS.flatMap((name) => tags(document, name)).entries()) {
    if (!item.hasAttribute("name")) item.setAttribute("name", item.id);
    const taken = (id) => document.querySelectorAll(`[id="${CSS.escape(id)}"]`).length > (item.id === id ? 1 : 0);
    let id = item.id || "item";
    for (let more = number + 1; taken(id); more += 1) id = `${item.id || "item"}_${more}`;
    item.setAttribute("id", id);
  }
}

// A task names its message itself; an event inside of it is how some tools write the same.
function sayMessage(document, task) {
  const inside = [...task.children].find((child) => child.namespaceURI === BPMN && child.localName === "messageEventDefinition");
  if (!inside) return;
  if (inside.hasAttribute("messageRef")) task.setAttribute("messageRef", inside.getAttribute("messageRef"));
  const [words] = tags(inside, "extensionElements");
  const own = [...task.children].find((child) => child.localName === "extensionElements");
  if (words && own) own.append(...words.childNodes);
  else if (words) task.prepend(words);
  inside.remove();
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
  // What arrives here is text already, whatever encoding its first line speaks of.
  const harmless = ({ property, message }) => REFERENCES.includes(property) || message.startsWith("unsupported document encoding");
  const read = async (xml) => (await modeler.importXML(readable(xml))).warnings.filter((warning) => !harmless(warning));
  try {
    return await read(text);
  } catch (error) {
    if (!/no diagram to display/i.test(error.message)) throw error;
    return read(await layOut(text));
  }
}
