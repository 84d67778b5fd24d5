// Differences listed beside the diagrams: a name in the list shows the element in both (see diagram.js), and both diagrams move
// and change their size together, as long as the reader wants it so.

const COMPARED = ["added", "removed", "changed"];
let showing = false;

const figuresOf = (comparison) => [...comparison.querySelectorAll("[data-diagram]")];
const together = (comparison) => comparison.querySelector("[data-together]")?.checked;

function lead(leader, comparison) {
  if (!leader?.dataset.look) return;
  const detail = JSON.parse(leader.dataset.look);
  for (const figure of figuresOf(comparison)) {
    if (figure !== leader && figure.dataset.ready) figure.dispatchEvent(new CustomEvent("diagram:follow", { detail }));
  }
}

function marked(figure) {
  const story = JSON.parse(figure.querySelector("[data-story]").textContent);
  return COMPARED.some((part) => story[part]?.length);
}

document.addEventListener("diagram:moved", ({ target: figure }) => {
  const comparison = figure.closest("[data-comparison]");
  if (comparison && !showing && figure.dataset.ready && together(comparison)) lead(figure, comparison);
});

// At first both look where the newer one begins to differ.
function begin(comparison) {
  const figures = figuresOf(comparison);
  if (figures.every(({ dataset }) => dataset.ready) && together(comparison)) lead(figures.findLast(marked) ?? figures.at(-1), comparison);
}

document.addEventListener("diagram:ready", ({ target }) => {
  const comparison = target.closest("[data-comparison]");
  if (comparison) begin(comparison);
});
// They may have been drawn before this script was read.
document.querySelectorAll("[data-comparison]").forEach(begin);

document.addEventListener("change", ({ target }) => {
  if (target.matches("[data-together]")) begin(target.closest("[data-comparison]"));
});

document.addEventListener("click", (event) => {
  const goal = event.target.closest("[data-difference]");
  const comparison = goal?.closest("[data-comparison]");
  if (!comparison) return;
  // Each that has the element brings it to its own middle; one that does not have it looks at the same place.
  showing = true;
  const answered = figuresOf(comparison).map((figure) => [figure, !figure.dispatchEvent(new CustomEvent("diagram:show", { detail: goal.dataset.difference, cancelable: true }))]);
  showing = false;
  const found = answered.filter(([, has]) => has);
  if (found.length === 1 && together(comparison)) lead(found[0][0], comparison);
  const calm = matchMedia("(prefers-reduced-motion: reduce)").matches;
  comparison.querySelector(".comparison-sides").scrollIntoView({ block: "nearest", behavior: calm ? "auto" : "smooth" });
});
