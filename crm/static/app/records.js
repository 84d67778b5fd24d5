/* Fields that name another record: what is typed is looked up on the server, and the choice is put into the field as a line
   that begins with the record's number. Without this script people type the number or the whole name themselves. */
(() => {
  "use strict";

  function look(field) {
    const narrowing = field.dataset.narrowedBy && field.form.elements[field.dataset.narrowedBy];
    const address = (query) => {
      const near = narrowing ? `&near=${encodeURIComponent(narrowing.value)}` : "";
      return `${field.dataset.recordSearch}?q=${encodeURIComponent(query)}${near}`;
    };
    const draw = (data, escape) =>
      `<div>${escape(data.label || data.value)}${data.hint ? `<div class="text-secondary small">${escape(data.hint)}</div>` : ""}</div>`;
    const control = new window.TomSelect(field, {
      maxItems: 1,
      // The whole field is one choice, whatever stands in it.
      delimiter: "\n",
      valueField: "value",
      labelField: "value",
      searchField: ["value", "label", "hint"],
      // The server has looked already, and it finds by more than the words that are shown.
      score: () => () => 1,
      create: (typed) => ({ value: typed }),
      createOnBlur: true,
      persist: false,
      preload: "focus",
      shouldLoad: () => true,
      render: { option: draw, no_results: null, option_create: null },
      load: (query, done) => {
        control.clearOptions();
        fetch(address(query), { headers: { Accept: "application/json" }, credentials: "same-origin" })
          .then((answer) => (answer.ok ? answer.json() : []))
          .then(done)
          .catch(() => done());
      },
    });
    // The label now names the search box; the field behind it is out of reach and out of hearing.
    field.setAttribute("aria-hidden", "true");
    for (const name of ["aria-describedby", "aria-invalid", "aria-required"]) {
      if (field.hasAttribute(name)) control.control_input.setAttribute(name, field.getAttribute(name));
    }
    narrowing?.addEventListener("change", () => {
      control.clear(true);
      control.clearOptions();
      control.load("");
    });
  }

  // The address of a list names the filters that are set, and not all the others too.
  function nameOnlySet(form) {
    const empty = () => Array.from(form.elements).filter((field) => field.name && !field.value);
    form.addEventListener("submit", () => empty().forEach((field) => (field.disabled = true)));
    addEventListener("pageshow", () => Array.from(form.elements).forEach((field) => (field.disabled = false)));
  }

  function begin() {
    document.querySelectorAll("[data-filters]").forEach(nameOnlySet);
    if (window.TomSelect) document.querySelectorAll("[data-record-search]").forEach(look);
  }

  if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", begin);
  else begin();
})();
