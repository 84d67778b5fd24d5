// A field for FEEL: checked by the server while it is typed, and completed from the variables that are known at this place and
// from the functions of the language. Ctrl and Space offer everything.

import { dom } from "./dom.js";
import { fieldId, framed, typed } from "./fields.js";
import { say } from "./language.js";

const CHECK_AFTER = 400; // milliseconds
const MOST = 12; // of what is offered at once
const WORD = /[\p{L}_][\p{L}\p{N}_.]*$/u;

// What can stand at the cursor: [{label, insert, back, detail}], `back` is how far the cursor goes back from the end.
export function offers(before, variables, functions, all) {
  const quotes = before.replaceAll('\\"', "").split('"').length - 1;
  if (quotes % 2) return { word: "", items: [] };
  const word = WORD.exec(before)?.[0] ?? "";
  if (!word && !all) return { word, items: [] };
  const begins = (name) => name.toLowerCase().startsWith(word.toLowerCase()) && name !== word;
  const known = variables.filter(({ name }) => begins(name)).map(({ name, type }) => ({ label: name, insert: name, back: 0, detail: type ? say(type) : "" }));
  const called = functions.filter(begins).map((name) => ({ label: `${name}()`, insert: `${name}()`, back: 1, detail: say("function") }));
  return { word, items: [...known, ...called].slice(0, MOST) };
}

export function feelField(view, { draft, functions, element }) {
  const { field } = view;
  const list = dom("ul", { class: "studio-offers", role: "listbox", id: `${fieldId(field)}-offers`, "aria-label": say("Suggestions"), hidden: true });
  const fault = dom("div", { class: "studio-fault", id: `${fieldId(field)}-fault`, role: "status" });
  const control = dom("textarea", {
    class: "form-control studio-area studio-feel", id: fieldId(field), rows: field.rows ?? 1, spellcheck: "false", autocomplete: "off",
    autocapitalize: "off", "aria-autocomplete": "list", "aria-controls": list.id, placeholder: field.placeholder,
  });
  typed(view, control);
  view.node = framed(field, control, list, fault);
  control.setAttribute("aria-describedby", [control.getAttribute("aria-describedby"), fault.id].filter(Boolean).join(" "));

  let timer = null;
  let asked = 0;
  const check = async () => {
    const text = control.value;
    const number = ++asked;
    const plain = text.trim() === "" || field.plain?.test(text.trim());
    const answer = plain ? null : await draft.feel(text, field.feel ?? "expression", element);
    if (number !== asked || !control.isConnected) return;
    const wrong = Boolean(answer) && answer.severity !== "warning";
    fault.textContent = answer?.problem ?? "";
    fault.classList.toggle("studio-fault-warning", Boolean(answer) && !wrong);
    control.classList.toggle("is-invalid", wrong);
    control.setAttribute("aria-invalid", String(wrong));
  };
  const refresh = view.refresh;
  view.refresh = () => {
    const before = control.value;
    refresh();
    if (control.value !== before) check();
  };

  let known = [];
  let items = [];
  let place = 0;
  const close = () => {
    items = [];
    list.hidden = true;
    control.removeAttribute("aria-activedescendant");
  };
  const choose = (item) => {
    const end = control.selectionStart;
    const word = WORD.exec(control.value.slice(0, end))?.[0] ?? "";
    control.setRangeText(item.insert, end - word.length, end, "end");
    control.selectionStart = control.selectionEnd = control.selectionEnd - item.back;
    close();
    control.dispatchEvent(new Event("input"));
  };
  const draw = () => {
    list.replaceChildren(...items.map((item, number) => dom("li", {
      role: "option", id: `${list.id}-${number}`, "aria-selected": String(number === place),
      onmousedown: (event) => { event.preventDefault(); choose(item); },
    }, dom("span", {}, item.label), item.detail && dom("small", { class: "text-secondary" }, item.detail))));
    list.hidden = !items.length;
    if (!items.length) return close();
    control.setAttribute("aria-activedescendant", `${list.id}-${place}`);
    list.children[place].scrollIntoView({ block: "nearest" });
    return undefined;
  };
  // At once with what was known last, since whoever types on must not choose what fitted the word before; then with what the
  // server knows by now.
  const offer = (all) => {
    const before = control.value.slice(0, control.selectionStart);
    const fitting = field.feel === "template" ? [] : offers(before, known, functions, all).items;
    if (items.length === fitting.length && items.every(({ label }, number) => label === fitting[number].label)) return;
    items = fitting;
    place = 0;
    draw();
  };
  const open = async (all) => {
    const before = control.value.slice(0, control.selectionStart);
    offer(all);
    known = (await draft.variables(element)) ?? [];
    if (document.activeElement === control && before === control.value.slice(0, control.selectionStart)) offer(all);
  };
  control.addEventListener("input", (event) => {
    clearTimeout(timer);
    timer = setTimeout(check, CHECK_AFTER);
    if (event.isTrusted) open(false);
  });
  control.addEventListener("blur", close);
  control.addEventListener("keydown", (event) => {
    if (event.key === " " && event.ctrlKey) {
      event.preventDefault();
      open(true);
    } else if (items.length && (event.key === "ArrowDown" || event.key === "ArrowUp")) {
      event.preventDefault();
      place = (place + (event.key === "ArrowDown" ? 1 : items.length - 1)) % items.length;
      draw();
    } else if (items.length && (event.key === "Enter" || event.key === "Tab")) {
      event.preventDefault();
      choose(items[place]);
    } else if (items.length && event.key === "Escape") {
      event.stopPropagation();
      close();
    }
  });
  check();
}
