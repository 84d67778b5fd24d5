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

// A name for programs out of what people read, where it has Latin letters; else the kind of thing and the next free number.
function nameFor(label, what, taken) {
  const latin = label.toLowerCase().replace(/[^a-z0-9]+/g, "_").replace(/^[0-9_]+|_+$/g, "").slice(0, 40);
  if (latin && !taken.includes(latin)) return latin;
  for (let number = 1; ; number += 1) if (!taken.includes(`${what}_${number}`)) return `${what}_${number}`;
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

  // The field that names the record is one of those that are there now.
  const offerTitles = () => {
    const select = whole("title");
    const [none] = select.options;
    const chosen = select.value;
    const offered = [...page.querySelectorAll("[data-fields] > tr")].map(field).filter(({ name }) => name);
    select.replaceChildren(none, ...offered.map(({ name, label }) => new Option(label || name, name, false, name === chosen)));
  };

  page.addEventListener("input", () => {
    offerTitles();
    write();
  });
  // Whoever goes on without giving a name gets one.
  page.addEventListener("focusout", ({ target, relatedTarget }) => {
    const row = target.dataset.part && target.closest("tr");
    const name = row && row.querySelector("[data-part=name], [data-part=key]");
    const label = row && row.querySelector("[data-part=label]");
    if (!name || name.value || relatedTarget === name || !label.value.trim()) return;
    const others = [...row.parentElement.querySelectorAll("[data-part=name], [data-part=key]")].map((input) => input.value);
    name.value = nameFor(label.value, name.dataset.part === "key" ? "state" : "field", others);
    offerTitles();
    write();
  });
  page.querySelector("[data-saved-first]").addEventListener("submit", async (event) => {
    if (!draft.unsaved) return;
    event.preventDefault();
    await draft.save();
    if (!draft.unsaved) event.target.submit();
  });
  page.addEventListener("focusout", () => draft.save());
  page.addEventListener("click", (event) => {
    const button = event.target.closest("button");
    if (!button) return;
    if ("remove" in button.dataset) {
      button.closest("tr").remove();
      offerTitles();
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
