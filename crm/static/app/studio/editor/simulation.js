// The switch for playing tokens through the diagram. The library's own texts are fixed in its templates, so they are replaced as
// they appear; names that people gave are left alone, and the library escapes them.

import simulation from "bpmn-js-token-simulation/lib/modeler";
import { say } from "./language.js";

const PARTS = ".bts-palette, .bts-log, .bts-notifications, .bts-context-pad, .bts-set-animation-speed, .bts-scopes, .bts-element-notification";
// Said of a process or of a sub-process with its name before it.
const ENDS = { started: "{name} started", finished: "{name} finished", canceled: "{name} canceled" };

export const simulationModule = simulation;

function translated(text, known) {
  const plain = text.trim();
  // The library adds a number that says nothing to anybody.
  if (plain.startsWith("Focus process instance ")) return say("Look at this run only");
  if (!plain || !known(plain)) {
    const [, name, end] = /^(.*) (started|finished|canceled)$/s.exec(plain) ?? [];
    return end ? say(ENDS[end], { name: ["Process", "SubProcess"].includes(name) ? say(name === "Process" ? "Process" : "Sub-process") : name }) : null;
  }
  return text.replace(plain, say(plain));
}

function translate(part, known) {
  const texts = document.createTreeWalker(part, NodeFilter.SHOW_TEXT);
  while (texts.nextNode()) {
    const now = translated(texts.currentNode.data, known);
    if (now !== null && now !== texts.currentNode.data) texts.currentNode.data = now;
  }
  for (const element of [part, ...part.querySelectorAll("[title], [aria-label]")]) {
    for (const name of ["title", "aria-label"]) {
      const now = translated(element.getAttribute(name) ?? "", known);
      if (now !== null && now !== element.getAttribute(name)) element.setAttribute(name, now);
    }
  }
}

// `words`: the texts of the library that are known; only they are replaced.
export function speakSimulation(container, words) {
  const known = (text) => words.includes(text);
  const all = () => container.querySelectorAll(PARTS).forEach((part) => translate(part, known));
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
