// The inbox and its tasks by keyboard, and a list that does not renew itself under somebody's ticks. The pages work without it.

const ticked = () => document.querySelector("#folder [data-check]:checked");
document.addEventListener("htmx:before:request", (event) => {
  // What is ticked, and the row whose button has just been reached, stay where they are until the act is done.
  if (event.target.matches?.("#folder") && ticked()) event.preventDefault();
});

const acts = {
  o: (row) => location.assign(row.dataset.url),
  c: (row) => row.querySelector("[data-claim]")?.click(),
};
document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || document.querySelector("dialog[open]")) return;
  if (event.target.closest("input:not([type=checkbox],[type=radio]), textarea, select, [contenteditable]")) return;
  const row = document.querySelector("#folder .row-here");
  if (!row || !acts[event.key]) return;
  event.preventDefault();
  acts[event.key](row);
});

// -- Whoever comes back from a task goes on at the row that follows it.
const here = document.querySelector("#folder .row-here");
if (here) {
  here.tabIndex = -1;
  here.focus({ preventScroll: true });
  const { top, bottom } = here.getBoundingClientRect();
  if (top < 80 || bottom > innerHeight - 80) here.scrollIntoView({ block: "center" });
}

// -- Ctrl+Shift+Enter in the form of a task: complete it and go on to the next. Before the plain Ctrl+Enter of every form.
document.addEventListener("keydown", (event) => {
  if (event.key !== "Enter" || !event.shiftKey || !(event.ctrlKey || event.metaKey)) return;
  const next = document.querySelector(".work-answers button[value=next]");
  if (!next) return;
  event.preventDefault();
  event.stopImmediatePropagation();
  next.click();
}, { capture: true });

// -- Where there is room beside the form, the customer stands open.
const customer = document.querySelector("[data-beside]");
if (customer && matchMedia("(min-width: 992px)").matches) customer.open = true;
