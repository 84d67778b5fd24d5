// Names in the diagram editor: drawn and searched in the reader's language, translated beside the element.

import TextRenderer from "bpmn-js/lib/draw/TextRenderer";
import BpmnSearchProvider from "bpmn-js/lib/features/search/BpmnSearchProvider";
import { getLabel, isLabel } from "bpmn-js/lib/util/LabelUtil";
import { spokenText } from "../names.js";
import { say } from "./language.js";

// The fields, one or none, for the translation of a name.
export function translationOf(names, name, id) {
  if (!name || !names.texts) return [];
  return [{
    id, label: say(names.other(name) === "en" ? "Name in English" : "Name in Chinese"), kind: "text", lazy: true,
    read: () => names.translation(name),
    write: (words) => names.translate(name, words),
  }];
}

// Found by either name.
class SpokenSearch extends BpmnSearchProvider {
  constructor(elementRegistry, searchPad, canvas, search, names) {
    super(elementRegistry, searchPad, canvas, search);
    this.names = names;
  }

  find(pattern) {
    const roots = this._canvas.getRootElements();
    const elements = this._elementRegistry.filter((element) => !isLabel(element) && !roots.includes(element));
    const items = elements.map((element) => ({ element, id: element.id, label: this.both(getLabel(element)) }));
    return this._search(items, pattern, { keys: ["label", "id"] }).map(({ item, tokens }) => ({ element: item.element, primaryTokens: tokens.label, secondaryTokens: tokens.id }));
  }

  both(name) {
    const shown = this.names.shown(name);
    return shown === name ? name : `${shown} · ${name}`;
  }
}
SpokenSearch.$inject = [...BpmnSearchProvider.$inject, "names"];

export const namesOf = (names) => ({ names: ["value", names], textRenderer: ["type", spokenText(TextRenderer)], bpmnSearch: ["type", SpokenSearch] });

// The switch between the names of the reader's language and those that stand in the diagram.
export function bindNames(modeler, names, button) {
  const draw = () => modeler.get("eventBus").fire("elements.changed", { elements: modeler.get("elementRegistry").filter((element) => element.parent) });
  const offer = () => {
    button.hidden = !names.any;
  };
  button.addEventListener("click", () => {
    names.drawsThem = !names.drawsThem;
    button.setAttribute("aria-pressed", String(names.drawsThem));
    draw();
  });
  names.onChange(() => {
    offer();
    draw();
  });
  offer();
}
