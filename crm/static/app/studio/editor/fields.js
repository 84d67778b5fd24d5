// The fields of the panel: each shows one value of the model and writes it back. They are drawn once for an element and then
// brought up to date in place, so that whoever types keeps the cursor.
//
// A field is {id, label, kind, read, write, …}: `read()` gives the value as text, `write(text)` takes the new one.

import { dom } from "./dom.js";
import { say } from "./language.js";

const REST = 400; // milliseconds without a key after which what was typed goes into the model

export function fieldId(field) {
  return `field-${field.id}`;
}

// The frame around each field: label, the control itself, a hint below.
export function framed(field, control, ...below) {
  const hint = field.hint ? dom("div", { class: "form-hint", id: `${fieldId(field)}-hint` }, field.hint) : null;
  if (hint) control.setAttribute("aria-describedby", hint.id);
  const label = dom("label", { class: `form-label${field.need ? " required" : ""}`, for: fieldId(field) }, field.label);
  if (field.note) label.append(" ", dom("span", { class: "form-label-description" }, field.note));
  return dom("div", { class: "studio-field", "data-field": field.id }, label, control, ...below, hint);
}

// Writes what is typed after a rest, at once when the field is left. `lazy` fields wait until then altogether.
export function typed(view, control, lazy = false) {
  let timer = null;
  const write = () => {
    clearTimeout(timer);
    timer = null;
    if (control.value === view.field.read()) return;
    const fault = view.field.check?.(control.value);
    view.blame?.(fault ?? "");
    if (!fault) view.field.write(control.value);
  };
  control.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(() => !lazy && write(), REST);
  });
  control.addEventListener("change", write);
  view.flush = () => timer !== null && write();
  // Where the panel is drawn anew, the field that takes the place of this one goes on with what was typed and not written.
  view.leave = () => {
    if (timer === null) return null;
    clearTimeout(timer);
    timer = null;
    return control.value;
  };
  view.resume = (text) => {
    control.value = text;
    control.dispatchEvent(new Event("input"));
  };
  view.refresh = () => {
    const value = view.field.read();
    if (timer === null && control.value !== value) control.value = value;
  };
  control.value = view.field.read();
}

function textField(view) {
  const { field } = view;
  const list = field.options ? dom("datalist", { id: `${fieldId(field)}-list` }, ...field.options().map(({ value, label }) => dom("option", { value }, label))) : null;
  const control = dom("input", {
    class: "form-control", id: fieldId(field), type: "text", autocomplete: "off", spellcheck: "false", maxlength: field.most ?? 500,
    list: list?.id, inputmode: field.inputmode, placeholder: field.placeholder, readonly: field.fixed,
  });
  typed(view, control, field.lazy);
  // A single line is given by Enter.
  control.addEventListener("keydown", ({ key }) => key === "Enter" && control.dispatchEvent(new Event("change")));
  const fault = dom("div", { class: "studio-fault", role: "status" });
  view.blame = (text) => {
    fault.textContent = text;
    control.classList.toggle("is-invalid", Boolean(text));
  };
  view.node = framed(field, control, list, fault);
}

function areaField(view) {
  const { field } = view;
  const control = dom("textarea", { class: "form-control studio-area", id: fieldId(field), rows: field.rows ?? 1, spellcheck: "false" });
  typed(view, control);
  view.node = framed(field, control);
}

// A value that is no longer offered stays visible and chosen, marked as unknown.
function selectField(view) {
  const { field } = view;
  const control = dom("select", { class: "form-select", id: fieldId(field) });
  view.refresh = () => {
    const value = view.field.read();
    const options = view.field.options();
    if (!options.some((option) => option.value === value)) options.push({ value, label: say("{value} (unknown)", { value }) });
    const shown = JSON.stringify(options);
    if (control.dataset.shown !== shown) {
      control.replaceChildren(...options.map((option) => dom("option", { value: option.value }, option.label)));
      control.dataset.shown = shown;
    }
    control.value = value;
  };
  control.addEventListener("change", () => view.field.write(control.value));
  view.refresh();
  view.node = framed(field, control);
}

function checkField(view) {
  const { field } = view;
  const control = dom("input", { class: "form-check-input", type: "checkbox", id: fieldId(field) });
  view.refresh = () => {
    control.checked = view.field.read() === "true";
  };
  control.addEventListener("change", () => view.field.write(control.checked ? "true" : ""));
  view.refresh();
  const label = dom("label", { class: "form-check-label", for: fieldId(field) }, field.label);
  const hint = field.hint ? dom("div", { class: "form-hint", id: `${fieldId(field)}-hint` }, field.hint) : null;
  if (hint) control.setAttribute("aria-describedby", hint.id);
  view.node = dom("div", { class: "studio-field", "data-field": field.id }, dom("div", { class: "form-check mb-0" }, control, label), hint);
}

// Several of a list, kept as one text with commas.
function boxesField(view) {
  const { field } = view;
  const chosen = () => view.field.read().split(",").map((part) => part.trim()).filter(Boolean);
  const set = dom("fieldset", { class: "studio-field", "data-field": field.id });
  view.refresh = () => {
    const now = chosen();
    const known = view.field.options();
    const all = [...known, ...now.filter((value) => !known.some((option) => option.value === value)).map((value) => ({ value, label: say("{value} (unknown)", { value }) }))];
    // Boxes that are there already stay, and with them the focus of whoever ticks them by keyboard.
    const shown = JSON.stringify([view.field.label, view.field.hint, all]);
    if (set.dataset.shown !== shown) {
      set.dataset.shown = shown;
      set.replaceChildren(dom("legend", { class: "form-label" }, view.field.label), ...all.map(({ value, label }, place) => {
        const box = dom("input", { class: "form-check-input", type: "checkbox", id: `${fieldId(field)}-${place}`, value });
        box.addEventListener("change", () => {
          const left = chosen().filter((other) => other !== value);
          view.field.write((box.checked ? [...left, value] : left).join(", "));
        });
        return dom("div", { class: "form-check mb-1" }, box, dom("label", { class: "form-check-label", for: box.id }, label));
      }));
      if (view.field.hint) set.append(dom("div", { class: "form-hint" }, view.field.hint));
    }
    for (const box of set.querySelectorAll("input")) box.checked = now.includes(box.value);
  };
  view.refresh();
  view.node = set;
}

function linksField(view) {
  const links = view.field.links.filter(({ url }) => url).map(({ label, url }) => dom("a", { href: url, class: "me-3" }, label));
  view.node = dom("div", { class: "studio-field", "data-field": view.field.id }, ...links);
}

function noteField(view) {
  view.node = dom("p", { class: "studio-field text-secondary mb-0", "data-field": view.field.id }, view.field.label);
}

export const KINDS = { text: textField, area: areaField, select: selectField, check: checkField, boxes: boxesField, links: linksField, note: noteField };
