// Progressive enhancement of every page; nothing here is needed for a page to work, and each part can be taken out alone.
// No text stands here: words come from data attributes and from layouts/_windows.html.

const each = (selector, act, root = document) => root.querySelectorAll(selector).forEach(act);
const typing = (target) => target.closest("input:not([type=checkbox],[type=radio]), textarea, select, [contenteditable]");

// -- Requests by htmx carry the token, rest while the page is hidden, and a failed poll leaves what is shown.
document.addEventListener("htmx:config:request", (event) => {
  const request = event.detail.ctx.request;
  if (request.method !== "GET") request.headers["X-CSRFToken"] = document.querySelector("meta[name=csrf-token]")?.content ?? "";
});
document.addEventListener("htmx:before:request", (event) => {
  if (document.hidden && event.target.matches?.("[data-live]")) event.preventDefault();
});
// Here and not before the swap: a header of the answer could lead away from the page, and what was typed there would be lost.
document.addEventListener("htmx:before:response", (event) => {
  const { sourceElement, response } = event.detail.ctx;
  if (sourceElement?.matches?.("[data-live]") && (response.status !== 200 || response.raw.redirected)) event.preventDefault();
});
document.addEventListener("htmx:after:swap", () => {
  each("[data-mirror]", (copy) => {
    const live = document.querySelector(`[data-live="${copy.dataset.mirror}"]`);
    if (live) copy.replaceChildren(...[...live.cloneNode(true).childNodes]);
  });
});

// -- A list that renews itself keeps the reader's row, wherever it is now.
let place = null;
document.addEventListener("htmx:before:swap", () => {
  const here = document.querySelector(".row-here");
  place = here && { url: here.dataset.url, focused: here === document.activeElement };
});
document.addEventListener("htmx:after:swap", () => {
  if (!place?.url || document.querySelector(".row-here")) return;
  const here = document.querySelector(`[data-rows] tr[data-url="${CSS.escape(place.url)}"]`);
  if (here) stand(here, place.focused);
});

// -- Dangerous acts ask first.
// Whoever came from a menu, which is shut by then, comes back to what opens it; to other places the browser brings them itself.
const openWindow = (dialog, opener) => {
  const menu = opener.closest("[data-menu]");
  if (menu) dialog.addEventListener("close", () => menu.querySelector("summary").focus(), { once: true });
  dialog.showModal();
};
const confirmation = document.getElementById("confirm");
let waiting = null;
document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-confirm]");
  if (!button || !confirmation || button.dataset.confirmed) return;
  event.preventDefault();
  waiting = button;
  document.getElementById("confirm-text").textContent = button.dataset.confirm;
  const yes = confirmation.querySelector("[data-yes]");
  yes.classList.toggle("btn-danger", button.classList.contains("btn-danger") || button.classList.contains("text-danger"));
  confirmation.returnValue = "";
  openWindow(confirmation, button);
});
confirmation?.addEventListener("close", () => {
  const button = waiting;
  waiting = null;
  if (confirmation.returnValue !== "yes" || !button) return;
  button.dataset.confirmed = "yes";
  button.click();
  delete button.dataset.confirmed;
});

// -- A form is sent once. The button stays enabled in the browser's eyes, since a disabled one would not send its value.
document.addEventListener("submit", (event) => {
  const form = event.target;
  if (event.defaultPrevented || form.method === "dialog") return;
  if (form.dataset.sent) return event.preventDefault();
  if (form.method !== "post" || form.hasAttribute("hx-post")) return;
  form.dataset.sent = "yes";
  event.submitter?.setAttribute("data-busy", "");
});
addEventListener("pageshow", () => {
  each("form[data-sent]", (form) => delete form.dataset.sent);
  each("[data-busy]", (button) => button.removeAttribute("data-busy"));
});

// -- Windows, menus, sleeping buttons, messages.
document.addEventListener("click", (event) => {
  const opener = event.target.closest("[data-opens]");
  if (opener) {
    event.preventDefault();
    const dialog = document.getElementById(opener.dataset.opens);
    if (dialog) openWindow(dialog, opener);
    opener.closest("[data-menu]")?.removeAttribute("open");
  }
  if (event.target.closest("[data-close]")) event.target.closest("dialog")?.close();
  if (event.target.closest("[data-asleep]")) event.preventDefault();
  if (event.target.closest("[data-dismiss]")) event.target.closest("[data-toast]")?.remove();
  if (event.target.matches("dialog")) event.target.close();
});
// A menu shuts when somebody clicks beside it or leaves it by keyboard.
for (const kind of ["click", "focusin"]) {
  document.addEventListener(kind, (event) => each("[data-menu][open]", (menu) => menu.contains(event.target) || menu.removeAttribute("open")));
}
document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  const menu = document.querySelector("[data-menu][open]");
  menu?.removeAttribute("open");
  menu?.querySelector("summary").focus();
});
each("[data-toast=good], [data-toast=info]", (note) => {
  let left;
  const leave = () => {
    note.classList.add("toast-leaving");
    setTimeout(() => note.remove(), 250);
  };
  // Its time counts while it can be read: the page is whole, and somebody looks at it.
  const stop = () => clearTimeout(left);
  const start = () => {
    stop();
    if (document.readyState === "complete" && !document.hidden) left = setTimeout(leave, 6000);
  };
  note.addEventListener("pointerenter", stop);
  note.addEventListener("pointerleave", start);
  note.addEventListener("focusin", stop);
  note.addEventListener("focusout", start);
  addEventListener("load", start);
  document.addEventListener("visibilitychange", () => (document.hidden ? stop() : start()));
});

// -- Filters apply when they are chosen.
each("[data-filters]", (form) => form.addEventListener("change", (event) => {
  if (event.target.matches("select, input[type=date], input[type=checkbox]")) form.requestSubmit();
}));

// -- Rows: a click or Enter opens, ticks feed the bar of bulk acts.
document.addEventListener("click", (event) => {
  const row = event.target.closest("[data-rows] tr[data-url]");
  if (!row || event.target.closest("a, button, input, label, summary, .cell-check") || getSelection().toString()) return;
  if (event.ctrlKey || event.metaKey) open(row.dataset.url, "_blank", "noopener");
  else location.assign(row.dataset.url);
});
const countTicked = (scope) => {
  const boxes = [...scope.querySelectorAll("[data-check]")];
  const number = boxes.filter((box) => box.checked).length;
  const all = scope.querySelector("[data-check-all]");
  if (all) Object.assign(all, { checked: number > 0 && number === boxes.length, indeterminate: number > 0 && number < boxes.length });
  each("[data-bulk]", (bar) => {
    bar.classList.toggle("bulk-on", number > 0);
    const words = bar.querySelector("[data-bulk-count]");
    words.textContent = words.dataset.words.replace("{number}", number);
  }, scope);
};
document.addEventListener("change", (event) => {
  const scope = event.target.closest("form") ?? document;
  if (event.target.matches("[data-check-all]")) each("[data-check]", (box) => { box.checked = event.target.checked; }, scope);
  if (event.target.matches("[data-check], [data-check-all]")) countTicked(scope);
});

// -- Keys. Single letters rest while somebody types, and in windows.
let going = false;
const stand = (row, focused) => {
  each(".row-here", (other) => other.classList.remove("row-here"));
  row.classList.add("row-here");
  row.tabIndex = -1;
  if (focused) row.focus({ preventScroll: true });
};
const move = (by) => {
  const rows = [...document.querySelectorAll("[data-rows] > tbody > tr")];
  if (!rows.length) return;
  const here = rows.findIndex((row) => row.classList.contains("row-here"));
  const next = rows[Math.min(Math.max(here + by, 0), rows.length - 1)];
  stand(next, true);
  next.scrollIntoView({ block: "nearest" });
};
const keys = {
  "/": () => (document.querySelector("[data-search]:not(:disabled)") ?? document.querySelector("[data-list-search]"))?.focus(),
  "?": () => document.getElementById("shortcuts")?.showModal(),
  j: () => move(1),
  k: () => move(-1),
  x: () => document.querySelector(".row-here [data-check]")?.click(),
  g: () => { going = true; setTimeout(() => { going = false; }, 1500); },
};
document.addEventListener("keydown", (event) => {
  const typed = typing(event.target);
  if (event.key === "Enter" && (event.ctrlKey || event.metaKey) && typed?.form) return typed.form.requestSubmit();
  if (event.ctrlKey || event.metaKey || event.altKey || typed || document.querySelector("dialog[open]")) return;
  if (going && /^[1-9]$/.test(event.key)) return document.querySelectorAll(".side-nav li > a")[event.key - 1]?.click();
  if (event.key === "Enter" && event.target.matches("tr[data-url]")) return location.assign(event.target.dataset.url);
  const named = /^[\w[\]]$/.test(event.key) && document.querySelector(`[data-key="${event.key}"]`);
  const act = keys[event.key] ?? (named ? () => named.click() : null);
  if (!act) return;
  event.preventDefault();
  act();
});

// -- In a long navigation the entry of this page is in view.
const entry = document.querySelector(".side-nav a[aria-current]");
if (entry) {
  const nav = entry.closest(".side-nav");
  const below = entry.getBoundingClientRect().bottom - nav.getBoundingClientRect().bottom;
  // Half an entry more, so that one sees that the list goes on.
  if (below > -entry.offsetHeight / 2) nav.scrollTop += below + entry.offsetHeight * 1.5;
}

// -- Times say how long ago they were, in the language of the page.
const spans = [["year", 31536000], ["month", 2592000], ["day", 86400], ["hour", 3600], ["minute", 60]];
const ago = new Intl.RelativeTimeFormat(document.documentElement.lang, { numeric: "auto" });
each("time[data-moment]", (time) => {
  const seconds = (new Date(time.dateTime) - Date.now()) / 1000;
  const [unit, size] = spans.find(([, length]) => Math.abs(seconds) >= length) ?? ["second", 1];
  time.title = `${ago.format(Math.round(seconds / size), unit)} · ${time.title}`;
});

// -- The present part of a long strip is in view: the step of a case, the folder, the tab.
each(".stages-list, .folders ul, .tabs ul", (list) => {
  const here = list.querySelector(".stage-live, [aria-current]");
  if (!here || list.scrollWidth <= list.clientWidth) return;
  const [around, inside] = [list.getBoundingClientRect(), here.getBoundingClientRect()];
  list.scrollLeft += inside.left - around.left - (around.width - inside.width) / 2;
});

// -- Files are chosen in the reader's language, which a browser's own button need not speak. The field itself lies over the picture of one.
function dressFiles(root) {
  each("input[type=file].form-control", (input) => {
    const picker = document.getElementById("file-picker")?.content.firstElementChild.cloneNode(true);
    if (!picker) return;
    const names = picker.querySelector("[data-none]");
    const tell = () => { names.textContent = [...input.files].map((file) => file.name).join(", ") || names.dataset.none; };
    picker.classList.toggle("is-invalid", input.classList.contains("is-invalid"));
    input.classList.replace("form-control", "file-field");
    input.replaceWith(picker);
    picker.append(input);
    input.addEventListener("change", tell);
    input.form?.addEventListener("reset", () => setTimeout(tell));
    tell();
  }, root);
}
dressFiles(document);
document.addEventListener("htmx:after:swap", () => dressFiles(document));
