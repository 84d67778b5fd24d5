// Differences listed beside the diagrams: a name in the list shows the element in both (see diagram.js).

document.addEventListener("click", (event) => {
  const goal = event.target.closest("[data-difference]");
  const comparison = goal?.closest("[data-comparison]");
  if (!comparison) return;
  for (const figure of comparison.querySelectorAll("[data-diagram]")) {
    figure.dispatchEvent(new CustomEvent("diagram:show", { detail: goal.dataset.difference }));
  }
  const calm = matchMedia("(prefers-reduced-motion: reduce)").matches;
  comparison.querySelector(".comparison-sides").scrollIntoView({ block: "nearest", behavior: calm ? "auto" : "smooth" });
});
