// What the server says about the table as it stands in the editor: what a row comes to, and where rules are missing or meet.

const token = () => document.querySelector("meta[name=csrf-token]")?.content ?? "";

export function bindChecks(page, urls, editor) {
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
    return true;
  }

  const chosen = () => places.try.querySelector("[data-decision]")?.value;

  places.try.addEventListener("submit", async (event) => {
    event.preventDefault();
    if (!(await draw("try"))) return;
    const tried = places.try.querySelector("[data-tried]");
    editor.mark((tried?.dataset.rules ?? "").split(" ").filter(Boolean).map(Number));
    (places.try.querySelector("[aria-invalid]") ?? tried)?.focus();
  });
  places.try.addEventListener("change", async (event) => {
    if (!event.target.matches("select[data-decision]")) return;
    await editor.choose(chosen());
    draw("try", { _ask: "1" });
    draw("analysis");
  });
  places.analysis.addEventListener("click", (event) => {
    const button = event.target.closest("[data-add-rule]");
    if (button) editor.addRule(JSON.parse(button.dataset.addRule));
  });
  // A changed column asks for other values; somebody who is typing them is left alone.
  editor.changed.push(() => {
    draw("analysis");
    if (!places.try.contains(document.activeElement)) draw("try", { _ask: "1" });
  });
}
