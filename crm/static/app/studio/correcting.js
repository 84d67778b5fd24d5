// A file that an editor cannot draw is shown as text (templates/studio/_unreadable.html), saved like other changes and opened again.

import { draft } from "./draft.js";

export function offerText(page, error) {
  const box = page.querySelector("[data-import-fault]");
  const area = box.querySelector("[data-import-text]");
  box.querySelector("[data-import-reason]").textContent = error.message;
  area.value = draft.content;
  area.addEventListener("input", () => draft.write(area.value));
  box.querySelector("[data-import-again]").addEventListener("click", async () => {
    await draft.save();
    if (!draft.unsaved) location.reload();
  });
  for (const part of page.querySelectorAll("[data-editor-parts], [data-editor-tools]")) part.hidden = true;
  box.hidden = false;
  page.dataset.ready = "fault";
  return () => area.value;
}
