// The switch for playing tokens through the diagram. The library's own texts are fixed in its templates, so they are replaced as
// they appear; names that people gave are those of the reader's language, as on the canvas, and the library escapes them.

import simulation from "bpmn-js-token-simulation/lib/modeler";
import { say } from "./language.js";

const PARTS = ".bts-palette, .bts-log, .bts-notifications, .bts-context-pad, .bts-set-animation-speed, .bts-scopes, .bts-element-notification";
// Said of a process or of a sub-process with its name before it.
const ENDS = { started: "{name} started", finished: "{name} finished", canceled: "{name} canceled" };

export const simulationModule = simulation;

function translated(text, known, names) {
  const plain = text.trim();
  // The library adds a number that says nothing to anybody.
  if (plain.startsWith("Focus process instance ")) return say("Look at this run only");
  if (!plain || !known(plain)) {
    const [, name, end] = /^(.*) (started|finished|canceled)$/s.exec(plain) ?? [];
    if (end) return say(ENDS[end], { name: ["Process", "SubProcess"].includes(name) ? say(name === "Process" ? "Process" : "Sub-process") : names.drawn(name) });
    return plain ? text.replace(plain, () => names.drawn(plain)) : null;
  }
  return text.replace(plain, say(plain));
}

// What was said once stays as it is: one name may be the translation of another.
const told = new WeakMap();

function tell(node, place, text, known, names, put) {
  const before = told.get(node) ?? {};
  if (text === null || before[place] === text) return;
  const now = translated(text, known, names);
  if (now === null) return;
  told.set(node, { ...before, [place]: now });
  if (now !== text) put(now);
}

function translate(part, known, names) {
  const texts = document.createTreeWalker(part, NodeFilter.SHOW_TEXT);
  while (texts.nextNode()) {
    const node = texts.currentNode;
    tell(node, "text", node.data, known, names, (words) => { node.data = words; });
  }
  for (const element of [part, ...part.querySelectorAll("[title], [aria-label]")]) {
    for (const name of ["title", "aria-label"]) tell(element, name, element.getAttribute(name), known, names, (words) => element.setAttribute(name, words));
  }
}

// `words`: the texts of the library that are known; of all others only names are replaced.
export function speakSimulation(container, words, names) {
  const known = (text) => words.includes(text);
  const all = () => container.querySelectorAll(PARTS).forEach((part) => translate(part, known, names));
  all();
  new MutationObserver(all).observe(container, { childList: true, subtree: true, characterData: true, attributes: true, attributeFilter: ["title"] });
}

// Switched by a button of ours: the library's own cannot be reached by keyboard. `then` is told whether tokens are played now.
export function bindSimulation(modeler, button, then) {
  const mode = modeler.get("toggleMode");
  button.addEventListener("click", () => mode.toggleMode());
  modeler.get("eventBus").on("tokenSimulation.toggleMode", ({ active }) => {
    button.setAttribute("aria-pressed", String(active));
    button.classList.toggle("active", active);
    then(active);
  });
}
