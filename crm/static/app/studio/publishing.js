// The page of publishing: as long as the draft has errors its button sleeps and says how many there are, and another leads to them.

import { draft } from "./draft.js";

const place = document.querySelector("[data-publish]");

function tell(found) {
  const errors = found.filter((each) => each.severity === "error").length;
  const words = place.dataset.words.replace("{number}", errors);
  place.querySelector("[data-publish-ready]").hidden = errors > 0;
  place.querySelector("[data-publish-blocked]").hidden = errors === 0;
  place.querySelector("[data-publish-sum]").textContent = errors ? words : "";
  place.querySelector("[data-reason]").dataset.reason = words;
  place.querySelector("[data-asleep] .visually-hidden").textContent = `: ${words}`;
}

function showFindings() {
  const box = document.querySelector("[data-findings-box]");
  box.open = true;
  box.scrollIntoView({ block: "nearest" });
  (box.querySelector(".studio-finding-error .studio-finding-goal") ?? box.querySelector("summary")).focus();
}

if (place && draft) {
  draft.onFindings(tell);
  place.querySelector("[data-show-findings]").addEventListener("click", showFindings);
}
