// dmn-js says its words through `translate`; the Chinese ones stand in chinese.json.

import words from "./chinese.json";

let chinese = false;
// Texts for which no Chinese was found: a test looks here, and the set must stay empty.
const missing = new Set();
window.heliuMissing = () => [...missing];

export function speak(locale) {
  chinese = locale.toLowerCase().startsWith("zh");
}

export function say(text, values = {}) {
  if (chinese && !(text in words)) missing.add(text);
  return ((chinese && words[text]) || text).replace(/{([^}]+)}/g, (whole, name) => values[name] ?? whole);
}

export const speaking = { translate: ["value", say] };

// Words that the drawing says without asking for a translation.
const SILENT = { "Move Input": "移动输入列", "Move Output": "移动输出列", "Move Rule": "移动规则", "Remove item": "移除", "Decision table context menu": "决策表菜单" };
const SAID = ["title", "aria-label"];

// What the drawing leaves without words, or in English, whenever it draws.
export function name(root) {
  const swap = () => {
    for (const head of root.querySelectorAll("th.index-column:empty")) head.textContent = "#";
    if (!chinese) return;
    for (const attribute of SAID) {
      for (const element of root.querySelectorAll(`[${attribute}]`)) {
        const word = SILENT[element.getAttribute(attribute)];
        if (word) element.setAttribute(attribute, word);
      }
    }
  };
  new MutationObserver(swap).observe(root, { childList: true, subtree: true });
  swap();
}
