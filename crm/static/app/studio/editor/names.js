// What elements are called in other languages. The diagram holds one name for each; translations stand in texts.json of the draft.
// On the canvas and in the search names are those of the reader's language, as everywhere outside of the editor.

import TextRenderer from "bpmn-js/lib/draw/TextRenderer";
import BpmnSearchProvider from "bpmn-js/lib/features/search/BpmnSearchProvider";
import { getLabel, isLabel } from "bpmn-js/lib/util/LabelUtil";
import { say } from "./language.js";

const FILE = "texts.json";
const HAN = /\p{Script=Han}/u;

export class Names {
  // `texts`: language → name → translation; null where the file cannot be read.
  constructor(draft, texts) {
    this.draft = draft;
    this.texts = texts;
    this.drawsThem = true;
    this.listeners = [];
  }

  get any() {
    return Object.keys(this.texts?.[this.draft.facts.locale] ?? {}).length > 0;
  }

  onChange(listener) {
    this.listeners.push(listener);
  }

  changed() {
    for (const listener of this.listeners) listener();
  }

  // The name as the reader meets it outside of the editor.
  shown(name) {
    return this.texts?.[this.draft.facts.locale]?.[name] || name;
  }

  drawn(name) {
    return this.drawsThem ? this.shown(name) : name;
  }

  // The fields, one or none, for the translation of a name.
  fields(name, id) {
    if (!name || !this.texts) return [];
    const locale = HAN.test(name) ? "en" : "zh_CN";
    return [{
      id, label: say(locale === "en" ? "Name in English" : "Name in Chinese"), kind: "text", lazy: true,
      read: () => this.texts[locale]?.[name] ?? "",
      write: (words) => this.put(locale, name, words.trim()),
    }];
  }

  put(locale, name, words) {
    set(this.texts, locale, name, words);
    this.draft.alter(FILE, (content) => {
      const texts = content ? JSON.parse(content) : {};
      set(texts, locale, name, words);
      return `${JSON.stringify(texts, null, 2)}\n`;
    });
    this.changed();
  }
}

function set(texts, locale, name, words) {
  if (words) (texts[locale] ??= {})[name] = words;
  else if (texts[locale]) delete texts[locale][name];
}

class SpokenText extends TextRenderer {
  constructor(config, names) {
    super(config);
    const draw = this.createText;
    this.createText = (text, options) => draw(names.drawn(text), options);
  }
}
SpokenText.$inject = ["config.textRenderer", "names"];

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

export const namesOf = (names) => ({ names: ["value", names], textRenderer: ["type", SpokenText], bpmnSearch: ["type", SpokenSearch] });

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
