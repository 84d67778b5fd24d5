// The preview: the server draws the form from the text in the editor. It can be filled in and checked like the real one; files
// are not sent, for nothing is kept here.

const token = () => document.querySelector("meta[name=csrf-token]")?.content ?? "";

export function bindPreview(page, url, text) {
  const panel = page.querySelector("[data-preview]");
  const place = panel.querySelector("[data-preview-place]");
  const design = page.querySelector("[data-design]");
  const [designs, looks] = [page.querySelector("[data-show=design]"), page.querySelector("[data-show=preview]")];
  let number = 0;

  const draw = async (act = "") => {
    const form = place.querySelector("form");
    const sent = act && form ? new FormData(form) : new FormData();
    for (const [name, value] of [...sent.entries()]) if (value instanceof File) sent.delete(name);
    sent.set("_schema", text());
    sent.set("_step", panel.querySelector("[data-preview-step]")?.value ?? "");
    sent.set("_act", act);
    const own = (number += 1);
    panel.setAttribute("aria-busy", "true");
    const answer = await fetch(url, { method: "POST", body: sent, headers: { "X-CSRFToken": token() }, credentials: "same-origin" }).catch(() => null);
    if (own !== number) return;
    panel.removeAttribute("aria-busy");
    if (!answer?.ok) return;
    place.replaceChildren(document.createRange().createContextualFragment(await answer.text()));
    const schema = place.querySelector("input[name=_schema]");
    if (schema) {
      schema.value = text();
      place.querySelector("input[name=_step]").value = sent.get("_step");
    }
    // The script of forms brings what was put in to life as it does for parts that htmx puts in.
    place.dispatchEvent(new Event("htmx:afterSwap", { bubbles: true }));
    if (act === "check") place.querySelector("[data-error-summary], [role=status]")?.focus();
  };

  const show = (preview) => {
    panel.hidden = !preview;
    if (design) design.hidden = preview;
    designs.setAttribute("aria-pressed", String(!preview));
    looks.setAttribute("aria-pressed", String(preview));
    if (preview) draw();
  };
  designs.addEventListener("click", () => show(false));
  looks.addEventListener("click", () => show(true));
  panel.querySelector("[data-preview-step]")?.addEventListener("change", () => draw());
  for (const button of panel.querySelectorAll("[data-width]")) {
    button.addEventListener("click", () => {
      panel.dataset.as = button.dataset.width;
      for (const each of panel.querySelectorAll("[data-width]")) each.setAttribute("aria-pressed", String(each === button));
    });
  }
  place.addEventListener("submit", (event) => {
    event.preventDefault();
    draw(event.submitter?.name === "_refresh" ? "fill" : "check");
  });
  return () => show(true);
}
