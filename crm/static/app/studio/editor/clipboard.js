// What was copied can be pasted into another draft of the same person, in this window or another one: it is kept in the browser as
// text. The library's own clipboard ends with the page.

import { standIn } from "./groups/repeating.js";

const REPEATED = ["loopDataInputRef", "loopDataOutputRef"];
const NAMED = ["messageRef", "signalRef", "errorRef", "escalationRef"];
const SAID = ["name", "errorCode", "escalationCode"];

// References do not travel; those to what the process names come along by their names, those that stand for a variable by their text.
function told(value) {
  if (Array.isArray(value)) return value.map(told);
  if (!value || typeof value !== "object") return value;
  const made = Object.fromEntries(Object.entries(value).filter(([, each]) => typeof each !== "function").map(([name, each]) => [name, told(each)]));
  if (value.$descriptor?.isGeneric) made.$ns = value.$descriptor.ns.uri;
  else if (value.$type) {
    for (const name of REPEATED) if (value[name]) (made.$variables ??= {})[name] = value[name].id;
    for (const name of NAMED) if (value[name]) (made.$named ??= {})[name] = { type: value[name].$type, ...Object.fromEntries(SAID.map((each) => [each, value[name][each]])) };
  }
  return made;
}

class Travelling {
  constructor(eventBus, moddle, bpmnjs, user) {
    this.moddle = moddle;
    this.bpmnjs = bpmnjs;
    const place = `heliu-studio-copied:${user}`;
    let mine = "";
    eventBus.on("copyPaste.elementsCopied", 1000, ({ tree, hints }) => {
      if (hints?.clip === false || !Object.keys(tree).length) return;
      try {
        mine = JSON.stringify(told(tree));
        localStorage.setItem(place, mine);
      } catch (fault) {
        // What is too large for the browser can be pasted here only.
        console.warn("copied", fault);
      }
    });
    eventBus.on("copyPaste.pasteElements", 2500, (context) => {
      const kept = localStorage.getItem(place);
      if (!context.tree && kept && kept !== mine) context.tree = this.read(kept);
    });
  }

  read(text) {
    try {
      return this.made(JSON.parse(text));
    } catch (fault) {
      console.warn("copied", fault);
      return undefined;
    }
  }

  made(value) {
    if (Array.isArray(value)) return value.map((each) => this.made(each));
    if (!value || typeof value !== "object") return value;
    const { $type: type, $ns: ns, $variables: variables = {}, $named: named = {}, ...rest } = value;
    const attributes = Object.fromEntries(Object.entries(rest).map(([name, each]) => [name, this.made(each)]));
    if (!type) return attributes;
    const made = ns ? Object.assign(this.moddle.createAny(type, ns), attributes) : this.moddle.create(type, attributes);
    for (const each of Object.values(attributes).flat()) if (each?.$type) each.$parent = made;
    for (const [name, id] of Object.entries(variables)) made.set(name, standIn(this.moddle, id));
    for (const [name, said] of Object.entries(named)) made.set(name, this.root(said));
    return made;
  }

  // The message, signal, error or escalation of this name, made where there is none.
  root({ type, ...said }) {
    const definitions = this.bpmnjs.getDefinitions();
    const roots = definitions.get("rootElements");
    const known = roots.find((root) => root.$type === type && SAID.every((name) => root[name] === said[name]));
    if (known) return known;
    const given = Object.fromEntries(Object.entries(said).filter(([, words]) => words !== undefined));
    const made = this.moddle.create(type, { id: this.moddle.ids.nextPrefixed(`${type.split(":")[1]}_`), ...given });
    made.$parent = definitions;
    roots.push(made);
    return made;
  }
}
Travelling.$inject = ["eventBus", "moddle", "bpmnjs", "user"];

export const travelling = (user) => ({ __init__: ["travelling"], travelling: ["type", Travelling], user: ["value", user] });
