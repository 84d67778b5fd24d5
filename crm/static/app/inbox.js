// The inbox by keyboard, and a list that does not renew itself under somebody's ticks. The page works without it.

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
