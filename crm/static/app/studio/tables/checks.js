// What the server says about the table as it stands in the editor: what a row comes to, and where rules are missing or meet.

import { draft } from "../draft.js";

const token = () => document.querySelector("meta[name=csrf-token]")?.content ?? "";

// What the program itself calls names of the table, as the row that is tried out says them.
export const knownIn = (page) => JSON.parse(page.querySelector("[data-known]")?.dataset.known ?? "{}");

export function bindChecks(page, urls, editor, names) {
  const places = { try: page.querySelector("[data-try]"), analysis: page.querySelector("[data-analysis]") };
  const asked = { try: 0, analysis: 0 };

  async function draw(name, more = {}) {
    const form = places.try.querySelector("form");
    const sent = form ? new FormData(form) : new FormData();
    sent.set("_text", editor.text);
    for (const [key, value] of Object.entries(more)) sent.set(key, value);
    const own = (asked[name] += 1);
    const answer = await fetch(urls[name], { method: "POST", body: sent, headers: { "X-CSRFToken": token() }, credentials: "same-origin" }).catch(() => null);
    if (own !== asked[name] || !answer?.ok) return false;
    places[name].replaceChildren(document.createRange().createContextualFragment(await answer.text()));
    if (name === "try") names.learn(knownIn(page));
    return true;
  }

  const chosen = () => places.try.querySelector("[data-decision]")?.value;

  // Tries the row out and marks the rules that hold; `_ask` in `more` only asks for the values of other columns.
  async function tryOut(more = {}, goal = "") {
    if (!(await draw("try", more))) return;
    const tried = places.try.querySelector("[data-tried]");
    editor.mark((tried?.dataset.rules ?? "").split(" ").filter(Boolean).map(Number));
    if (goal) (places.try.querySelector("[aria-invalid]") ?? places.try.querySelector(goal))?.focus();
  }

  async function show(decision) {
    await editor.choose(decision);
    tryOut({ _ask: "1" });
    draw("analysis");
  }

  places.try.addEventListener("submit", (event) => {
    event.preventDefault();
    tryOut({}, "[data-tried]");
  });
  places.try.addEventListener("change", ({ target }) => {
    if (target.matches("select[data-decision]")) show(chosen());
    if (target.matches("select[data-case]")) tryOut(target.value ? { _fill: "1" } : { _ask: "1" }, "select[data-case]");
  });
  places.analysis.addEventListener("click", (event) => {
    const button = event.target.closest("[data-add-rule]");
    if (button) editor.addRule(JSON.parse(button.dataset.addRule));
  });
  // A changed column asks for other values, and a changed rule may answer otherwise; somebody who is typing values is left alone.
  editor.changed.push(() => {
    draw("analysis");
    if (!places.try.contains(document.activeElement)) tryOut(places.try.querySelector("[data-tried]") ? {} : { _ask: "1" });
  });
  // A translation stands in another file, which is stored first.
  names.onChange(async () => {
    await draft.altered;
    draw("analysis");
    if (!places.try.contains(document.activeElement)) tryOut(places.try.querySelector("[data-tried]") ? {} : { _ask: "1" });
  });
  // Another decision was opened in the drawing.
  editor.opened.push((decision) => {
    const select = places.try.querySelector("select[data-decision]");
    if (!select || select.value === decision || ![...select.options].some((each) => each.value === decision)) return;
    select.value = decision;
    show(decision);
  });
}
