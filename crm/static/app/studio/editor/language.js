// The editor's words in the reader's language. Our own come from the page, translated by the server; those of the drawing
// library from its Chinese file (it is called zn.js there) and from chinese.json, which corrects and completes it.

import library from "bpmn-js-i18n/translations/zn.js";
import ours from "./chinese.json";

let chinese = false;
let words = {};
// Texts for which no Chinese was found: a test looks here, and the set must stay empty.
const missing = new Set();
window.heliuMissing = () => [...missing];

export function speak(locale, given) {
  chinese = locale.toLowerCase().startsWith("zh");
  words = given;
}

function found(text) {
  if (text in words) return words[text];
  if (!chinese) return text;
  if (text in ours) return ours[text];
  if (text in library) return library[text];
  missing.add(text);
  return text;
}

// The text in the reader's language, with the values in the place of {names}.
export function say(text, values = {}) {
  return found(text).replace(/{([^}]+)}/g, (whole, name) => values[name] ?? whole);
}

export const speaking = { translate: ["value", say] };
