// The table of texts: every field that is changed goes into texts.json, and nothing else of that file is touched.

import { draft } from "./draft.js";

const table = document.querySelector("[data-texts]");
const raw = document.querySelector("[data-raw]");

if (draft && table) {
  const texts = draft.content ? JSON.parse(draft.content) : {};
  table.addEventListener("input", (event) => {
    const field = event.target.closest("[data-source]");
    if (!field) return;
    const { locale, source } = field.dataset;
    const words = field.value.trim();
    if (words) (texts[locale] ??= {})[source] = words;
    else if (texts[locale]) delete texts[locale][source];
    field.closest("td").classList.toggle("texts-missing", !words && "missing" in field.dataset);
    draft.write(`${JSON.stringify(texts, null, 2)}\n`);
  });
  table.addEventListener("focusout", () => draft.save());
}

if (draft && raw) {
  raw.addEventListener("input", () => draft.write(raw.value));
  // As soon as the file can be read again the table comes back.
  draft.onSaved(() => {
    try {
      JSON.parse(draft.content);
    } catch {
      return;
    }
    if (!draft.unsaved) location.reload();
  });
}
