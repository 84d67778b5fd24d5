// What the parts of a diagram or of a table are called in other languages. Their file holds one name for each; translations stand in
// texts.json of the draft. Editors draw the names of the reader's language, as everywhere outside of them.

const FILE = "texts.json";
const HAN = /\p{Script=Han}/u;

const own = (words, name) => (words && Object.hasOwn(words, name) ? words[name] : undefined);

export class Names {
  // `texts`: language → name → translation; null where the file cannot be read. `known`: what the program itself calls some names.
  constructor(draft, texts, known = {}) {
    this.draft = draft;
    this.texts = texts;
    this.known = known;
    this.drawsThem = true;
    this.listeners = [];
  }

  get any() {
    return Object.keys({ ...this.known, ...this.texts?.[this.draft.facts.locale] }).length > 0;
  }

  onChange(listener) {
    this.listeners.push(listener);
  }

  changed() {
    for (const listener of this.listeners) listener();
  }

  // The name as the reader meets it outside of the editor.
  shown(name) {
    return own(this.texts?.[this.draft.facts.locale], name) || own(this.known, name) || name;
  }

  drawn(name) {
    return this.drawsThem ? this.shown(name) : name;
  }

  // The language into which a name is translated.
  other(name) {
    return HAN.test(name) ? "en" : "zh_CN";
  }

  translation(name) {
    return own(this.texts?.[this.other(name)], name) ?? "";
  }

  translate(name, words) {
    const locale = this.other(name);
    if (!this.texts || words.trim() === this.translation(name)) return;
    set(this.texts, locale, name, words.trim());
    this.draft.alter(FILE, (content) => {
      const texts = content ? JSON.parse(content) : {};
      set(texts, locale, name, words.trim());
      return `${JSON.stringify(texts, null, 2)}\n`;
    });
    this.changed();
  }

  // The program's own words for names that were given meanwhile.
  learn(known) {
    if (JSON.stringify(known) === JSON.stringify(this.known)) return;
    this.known = known;
    this.changed();
  }
}

function set(texts, locale, name, words) {
  if (words) (texts[locale] ??= {})[name] = words;
  else if (texts[locale]) delete texts[locale][name];
}

// What draws the texts of a library, drawing names in the reader's language.
export function spokenText(TextRenderer) {
  class SpokenText extends TextRenderer {
    constructor(config, names) {
      super(config);
      const draw = this.createText;
      this.createText = (text, options) => draw(names.drawn(text), options);
    }
  }
  SpokenText.$inject = ["config.textRenderer", "names"];
  return SpokenText;
}
