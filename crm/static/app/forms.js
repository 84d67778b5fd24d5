/* Comfort for forms drawn by templates/components/form.html. Every page works without it: then the server shows, hides,
   adds and removes when the form is sent. All texts come from the page; nothing is written here for people to read.

   - fields that depend on others: the form is posted to data-conditions-url, which answers what is hidden, computed, offered
   - rows of lists: copied from a <template>, removed in place
   - long lists of choices: tom-select where the page loaded it */
(() => {
  "use strict";

  const MOST_ROWS = 200;
  const PAUSE = 250; // milliseconds without a key before the server is asked

  function each(root, selector, act) {
    root.querySelectorAll(selector).forEach(act);
  }

  function find(root, id) {
    return root.querySelector(`#${CSS.escape(id)}`);
  }

  /* --- choices --------------------------------------------------------------------------------------------------- */

  function drawChoice(data, escape) {
    const hint = data.hint ? `<div class="text-secondary small">${escape(data.hint)}</div>` : "";
    return `<div>${escape(data.text)}${hint}</div>`;
  }

  function makeSearchable(select) {
    if (!window.TomSelect || select.tomselect || select.disabled) return;
    const url = select.dataset.searchUrl;
    const title = select.closest("[data-dynamic-form]")?.dataset.removeText || "";
    const required = select.getAttribute("aria-required") === "true";
    const settings = {
      plugins: select.multiple ? { remove_button: { title } } : required ? {} : { clear_button: { title } },
      allowEmptyOption: false,
      maxOptions: 200,
      // The second line too: a number is often all that somebody at the telephone has.
      searchField: ["text", "hint"],
      // At once: put off, the list would open again after the choice of somebody who types and clicks fast.
      refreshThrottle: 0,
      render: { option: drawChoice, no_results: null },
    };
    if (url) {
      settings.load = (query, done) => {
        fetch(`${url}${url.includes("?") ? "&" : "?"}q=${encodeURIComponent(query)}`, {
          headers: { Accept: "application/json" },
          credentials: "same-origin",
        })
          .then((answer) => (answer.ok ? answer.json() : []))
          .then((found) => done(found.map((one) => ({ value: one.value, text: one.label, hint: one.hint }))))
          .catch(() => done());
      };
    }
    const control = new window.TomSelect(select, settings);
    // The label now names the search box; the list behind it is out of reach and out of hearing.
    select.setAttribute("aria-hidden", "true");
    for (const name of ["aria-describedby", "aria-invalid", "aria-required"]) {
      if (select.hasAttribute(name)) control.control_input.setAttribute(name, select.getAttribute(name));
    }
  }

  function offer(select, choices) {
    const chosen = new Set(Array.from(select.selectedOptions, (option) => option.value));
    const wanted = select.multiple ? choices : [["", ""], ...choices];
    const present = Array.from(select.options, (option) => [option.value, option.text]);
    if (JSON.stringify(present) === JSON.stringify(wanted)) return;
    select.replaceChildren(
      ...wanted.map(([value, label]) => new Option(label, value, false, chosen.has(value))),
    );
    if (select.tomselect) {
      select.tomselect.clearOptions();
      select.tomselect.sync();
    }
  }

  /* --- conditions ------------------------------------------------------------------------------------------------- */

  function bringUpToDate(root, state) {
    const hidden = new Set(state.hidden);
    let changed = false;
    each(root, "[data-node]", (cell) => {
      if (cell.hidden !== hidden.has(cell.dataset.node)) {
        cell.hidden = !cell.hidden;
        changed = true;
      }
    });
    const note = root.querySelector("[data-hidden-fields]");
    if (note) note.value = state.hidden_fields.join(" ");
    for (const [id, text] of Object.entries(state.computed)) {
      const output = find(root, id);
      if (output) output.textContent = text;
    }
    for (const [id, choices] of Object.entries(state.choices)) {
      const select = find(root, id);
      if (select instanceof HTMLSelectElement) offer(select, choices);
    }
    if (changed) say(root, root.dataset.changedText);
  }

  function say(root, text) {
    const status = root.querySelector("[data-form-status]");
    if (status && text) status.textContent = text;
  }

  function watch(root, form) {
    const url = root.dataset.conditionsUrl;
    if (!url) return () => {};
    let timer = 0;
    let asked = 0;
    const ask = () => {
      const number = ++asked;
      const entered = new FormData(form);
      for (const [name, value] of [...entered]) if (value instanceof File) entered.delete(name);
      fetch(url, {
        method: "POST",
        body: entered,
        headers: { Accept: "application/json" },
        credentials: "same-origin",
      })
        .then((answer) => (answer.ok ? answer.json() : null))
        .then((state) => {
          // An answer that was overtaken by a later question is out of date.
          if (state && number === asked) bringUpToDate(root, state);
        })
        .catch(() => {}); // Without an answer the page stays as it is; the server decides when the form is sent.
    };
    const soon = (pause) => {
      clearTimeout(timer);
      timer = setTimeout(ask, pause);
    };
    root.addEventListener("input", () => soon(PAUSE));
    root.addEventListener("change", () => soon(0));
    return () => soon(0);
  }

  /* --- rows of lists ---------------------------------------------------------------------------------------------- */

  function rowsOf(list) {
    return list.querySelector("[data-list-rows]");
  }

  function limit(list) {
    const add = list.querySelector(":scope > [data-list-add]");
    if (add) add.disabled = rowsOf(list).children.length >= MOST_ROWS;
  }

  function addRow(root, list) {
    const blank = list.querySelector(":scope > [data-list-blank]");
    const number = Number(list.dataset.next);
    list.dataset.next = String(number + 1);
    const made = document.createElement("template");
    made.innerHTML = blank.innerHTML.replaceAll(list.dataset.place, String(number));
    const row = made.content.firstElementChild;
    rowsOf(list).append(row);
    prepare(row);
    limit(list);
    const first = row.querySelector("input:not([type=hidden]), select, textarea");
    if (first) (first.tomselect ? first.tomselect.control_input : first).focus();
    say(root, root.dataset.addedText);
  }

  function removeRow(root, row) {
    const list = row.closest("[data-list]");
    row.remove();
    limit(list);
    list.focus();
    say(root, root.dataset.removedText);
  }

  /* --- beginning -------------------------------------------------------------------------------------------------- */

  function prepare(part) {
    // With a script these buttons act at once, and the Enter key must not press them.
    each(part, "[data-list-add], [data-list-remove]", (button) => {
      button.type = "button";
    });
    each(part, "select[data-searchable]", makeSearchable);
  }

  function begin(root) {
    if (root.dataset.begun) return;
    root.dataset.begun = "true";
    const form = root.closest("form");
    if (!form) return;
    form.noValidate = true;
    each(root, "[data-enter-guard]", (button) => button.remove());
    prepare(root);
    const ask = watch(root, form);
    root.addEventListener("click", (event) => {
      const button = event.target.closest("[data-list-add], [data-list-remove]");
      if (!button) return;
      if (button.matches("[data-list-add]")) addRow(root, button.closest("[data-list]"));
      else removeRow(root, button.closest("[data-list-row]"));
      ask();
    });
    const summary = root.querySelector("[data-error-summary]");
    if (!summary) return;
    summary.addEventListener("click", (event) => {
      const field = event.target.hash && find(root, event.target.hash.slice(1));
      if (field && field.tomselect) {
        event.preventDefault();
        field.tomselect.focus();
      }
    });
  }

  function beginAll(part) {
    each(part, "[data-dynamic-form]", begin);
    each(part, "select[data-searchable]", makeSearchable);
    const summary = part.querySelector("[data-error-summary]");
    if (summary && !summary.contains(document.activeElement)) summary.focus();
  }

  document.addEventListener("DOMContentLoaded", () => beginAll(document));
  // Parts of a page that htmx swaps in may hold forms too; version 4 and the older ones name the event differently.
  for (const name of ["htmx:after:swap", "htmx:afterSwap"]) {
    document.addEventListener(name, (event) => beginAll(event.target instanceof Element ? event.target : document));
  }
})();
