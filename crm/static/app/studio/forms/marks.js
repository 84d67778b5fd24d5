// Findings of the server at the fields of the form.

const BAD = "studio-form-bad";
const DOUBTFUL = "studio-form-doubtful";

export function markFindings(editor, draft, canvas) {
  let found = [];
  const show = () => {
    for (const marked of canvas.querySelectorAll(`.${BAD}, .${DOUBTFUL}`)) {
      marked.classList.remove(BAD, DOUBTFUL);
      marked.removeAttribute("title");
    }
    for (const finding of found) {
      const field = editor.get("formFieldRegistry").getAll().find((each) => [each.id, each.key, each.path].includes(finding.element));
      const place = field && canvas.querySelector(`.fjs-element[data-id="${CSS.escape(field.id)}"]`);
      if (!place) continue;
      place.classList.add(finding.severity === "error" ? BAD : DOUBTFUL);
      place.title = [place.title, finding.message].filter(Boolean).join("\n");
    }
  };
  draft.onFindings((list) => {
    found = list.filter((each) => each.element && each.file === draft.facts.file);
    show();
  });
  // The form is drawn again after each change.
  editor.on("commandStack.changed", () => setTimeout(show));
}
