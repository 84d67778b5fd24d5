// The record of a process: fields and states in two tables, kept as record.json. Written only after somebody changed something.

import { draft } from "./draft.js";

const page = document.querySelector("[data-record]");

const parts = (row) => Object.fromEntries([...row.querySelectorAll("[data-part]")].map((input) => [input.dataset.part, input]));

function field(row) {
  const { label, name, kind, options, required } = parts(row);
  const said = { name: name.value.trim(), label: label.value.trim(), kind: kind.value };
  if (required.checked) said.required = true;
  if (kind.value === "choice") said.options = options.value.split(/[,，]/).map((word) => word.trim()).filter(Boolean);
  return said;
}

function state(row) {
  const { label, key, tone } = parts(row);
  return { key: key.value.trim(), label: label.value.trim(), tone: tone.value };
}

function begin() {
  // What is in the file and not on the page (an icon, the plural) stays.
  const kept = draft.content ? JSON.parse(draft.content) : {};
  const whole = (name) => page.querySelector(`[data-whole=${name}]`);

  const write = () => {
    const described = {
      ...kept,
      name: whole("name").value.trim(),
      title: whole("title").value.trim(),
      customer: whole("customer").checked,
      fields: [...page.querySelectorAll("[data-fields] > tr")].map(field),
      states: [...page.querySelectorAll("[data-states] > tr")].map(state),
    };
    draft.write(`${JSON.stringify(described, null, 2)}\n`);
  };

  const add = (what) => {
    const row = page.querySelector(`[data-new=${what}]`).content.querySelector("tr").cloneNode(true);
    page.querySelector(`[data-${what}s]`).append(row);
    return row;
  };

  page.addEventListener("input", write);
  page.addEventListener("focusout", () => draft.save());
  page.addEventListener("click", (event) => {
    const button = event.target.closest("button");
    if (!button) return;
    if ("remove" in button.dataset) {
      button.closest("tr").remove();
      write();
    } else if (button.dataset.add) {
      const what = button.dataset.add;
      if (page.querySelectorAll(`[data-${what}s] > tr`).length >= Number(button.dataset.most)) return;
      add(what).querySelector("input").focus();
    } else if ("begin" in button.dataset) {
      page.querySelector("[data-no-record]").hidden = true;
      page.querySelector("[data-has-record]").hidden = false;
      whole("name").value = page.dataset.name;
      const first = parts(add("state"));
      first.label.value = page.dataset.firstState;
      first.key.value = "new";
      write();
      whole("name").focus();
    }
  });
}

if (draft && page) begin();
