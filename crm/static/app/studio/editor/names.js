// What an element is called in the other language. The diagram holds one name; its translations stand in texts.json of the draft.

import { say } from "./language.js";

const FILE = "texts.json";
const HAN = /\p{Script=Han}/u;

export class Names {
  // `texts`: language → name → translation; null where the file cannot be read. `changed` is called after each change.
  constructor(draft, texts, changed) {
    this.draft = draft;
    this.texts = texts;
    this.changed = changed;
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

  // The name as the reader of this page meets it elsewhere.
  shown(name) {
    return this.texts?.[this.draft.facts.locale]?.[name] || name;
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
