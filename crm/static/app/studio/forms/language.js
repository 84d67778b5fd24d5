// form-js has no translation of its own: its words are replaced in the page as they appear, in the palette, the panel and the marks
// around the form, never in what the author has written.

import chinese from "./chinese.json";

let inChinese = false;
let ours = {};
// Texts for which no Chinese was found: a test looks here, and the set must stay empty.
const missing = new Set();
window.heliuMissing = () => [...missing];

const PLACES = ".fjs-palette-container, .fjs-properties-container, .fjs-empty-editor, .fjs-context-pad, .bio-properties-panel-popup, .bio-properties-panel-tooltip";
// What the author has written, formulas, and names of things.
const THEIRS = ".cm-editor, textarea, code, .bio-properties-panel-header-label, .bio-properties-panel-collapsible-entry-header-title, [data-heliu]";
// What controls of the form itself say.
const CONTROLS = ".fjs-form-field:not(.fjs-form-field-text, .fjs-form-field-html) :not(label, label *)";
const SAID = ["Search", "Select", "Browse", "No files selected", "Add new", "Nothing to show."];
const ATTRIBUTES = ["title", "placeholder", "aria-label"];
// Sentences with a part that changes.
const PATTERNS = [
  [/^Remove (.+)$/, (found) => `删除${said(found)}`],
  [/^List contains (\d+) items?$/, (found) => `共 ${found} 项`],
  [/^Create new (.+) item$/, () => "新增一项"],
  [/^Create an? (.+) element$/, (found) => `添加${said(found)}`],
];

export function speak(locale, words) {
  inChinese = locale.toLowerCase().startsWith("zh");
  ours = words;
}

export const word = (name) => ours[name] ?? name;
const said = (text) => chinese[text] ?? text;

export function say(text) {
  return inChinese ? said(text) : text;
}

function swap(text, counts = true) {
  const key = text.trim();
  if (!/[A-Za-z]{2}/.test(key)) return null;
  if (key in chinese) return text.replace(key, chinese[key]);
  for (const [pattern, made] of PATTERNS) {
    const found = key.match(pattern);
    if (found) return made(found[1]);
  }
  if (!counts) return null;
  if (!/^[\w.]*[_.\d]|^(FEEL|HTML|ISO 8601|ID|JSON)$/.test(key) && !/[\u4e00-\u9fff]/.test(key)) missing.add(key);
  return null;
}

function walkControls(root) {
  for (const control of root.querySelectorAll(CONTROLS)) {
    if (SAID.includes(control.placeholder)) control.placeholder = said(control.placeholder);
    for (const node of control.childNodes) if (node.nodeType === Node.TEXT_NODE && SAID.includes(node.data.trim())) node.data = said(node.data.trim());
  }
}

function walk(root) {
  walkControls(root);
  for (const area of root.querySelectorAll(PLACES)) {
    const texts = document.createTreeWalker(area, NodeFilter.SHOW_TEXT);
    while (texts.nextNode()) {
      const node = texts.currentNode;
      if (node.parentElement.closest(THEIRS)) continue;
      // Options of selects may be the author's own.
      const made = swap(node.data, !node.parentElement.closest("option"));
      if (made && made !== node.data) node.data = made;
    }
    for (const name of ATTRIBUTES) {
      for (const element of area.querySelectorAll(`[${name}]`)) {
        if (element.closest(".cm-editor")) continue;
        const made = swap(element.getAttribute(name));
        if (made && made !== element.getAttribute(name)) element.setAttribute(name, made);
      }
    }
  }
}

export function speakPage(root) {
  if (!inChinese) return;
  walk(root);
  new MutationObserver(() => walk(root)).observe(root, { childList: true, subtree: true, characterData: true });
}
