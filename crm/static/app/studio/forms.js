// The editor of forms: form-js with our components (templates/studio/form.html). What is changed goes into the draft by itself; a
// form in which nothing was changed is never written. The preview is drawn by the server, by the code that draws it for staff.
// The mark of bpmn.io in the corner must stay visible: its licence asks for it.

import "@bpmn-io/form-js/dist/assets/form-js-base.css";
import "@bpmn-io/form-js/dist/assets/flatpickr/light.css";
import "@bpmn-io/form-js-editor/dist/assets/dragula.css";
import "@bpmn-io/form-js/dist/assets/form-js-editor-base.css";
import "@bpmn-io/form-js/dist/assets/properties-panel.css";
import "./forms/forms.css";

import { FormEditor } from "@bpmn-io/form-js-editor";

import { offerText } from "./correcting.js";
import { draft } from "./draft.js";
import { ours } from "./forms/components.js";
import { speak, speakPage } from "./forms/language.js";
import { lists } from "./forms/lists.js";
import { markFindings } from "./forms/marks.js";
import { bindPreview } from "./forms/preview.js";
import { beforeLeaving } from "./leaving.js";

const REST = 250; // milliseconds without a change after which the text is made
const WIDE = 900; // pixels; on narrower screens a form is only looked at

const page = document.querySelector("[data-form-editor]");
const facts = JSON.parse(page.querySelector("[data-editor-facts]").textContent);
const canvas = page.querySelector("[data-canvas]");
speak(facts.locale, facts.words);

function keepSaved(editor) {
  const original = draft.content;
  const stack = editor.get("commandStack");
  let timer = null;
  const text = () => (stack.canUndo() ? `${JSON.stringify(editor.saveSchema(), null, 2)}\n` : original);
  const write = () => {
    clearTimeout(timer);
    timer = null;
    draft.write(text());
  };
  editor.on("commandStack.changed", () => {
    draft.touch();
    clearTimeout(timer);
    timer = setTimeout(write, REST);
  });
  beforeLeaving(() => timer !== null && write());
  return text;
}

function bindButtons(editor) {
  const stack = editor.get("commandStack");
  const acts = { undo: () => stack.undo(), redo: () => stack.redo() };
  const buttons = [...page.querySelectorAll("[data-act]")];
  for (const button of buttons) button.addEventListener("click", () => acts[button.dataset.act]());
  const refresh = () => {
    for (const button of buttons) button.disabled = !(button.dataset.act === "undo" ? stack.canUndo() : stack.canRedo());
  };
  editor.on("commandStack.changed", refresh);
  refresh();
}

function choose(editor, element) {
  const registry = editor.get("formFieldRegistry");
  const field = registry.get(element) ?? registry.getAll().find((each) => each.key === element || each.path === element);
  if (!field) return;
  editor.get("selection").set(field);
  canvas.querySelector(`.fjs-element[data-id="${CSS.escape(field.id)}"]`)?.scrollIntoView({ block: "nearest" });
}

async function edit() {
  const editor = new FormEditor({ container: canvas, additionalModules: [ours, lists(facts.lists, facts.words)] });
  await editor.importSchema(JSON.parse(draft.content));
  const text = keepSaved(editor);
  bindButtons(editor);
  markFindings(editor, draft, canvas);
  // What was put in by a key of the palette is chosen, as after a drag.
  editor.on("commandStack.formField.add.postExecuted", ({ context }) => setTimeout(() => choose(editor, context.formField.id)));
  draft.onShow((element) => choose(editor, element));
  speakPage(canvas);
  page.dataset.ready = "yes";
  return text;
}

async function begin() {
  let text = () => draft.content;
  if (window.innerWidth >= WIDE) {
    text = await edit().catch((error) => {
      console.warn("form", error);
      return offerText(page, error);
    });
  } else page.dataset.ready = "yes";
  const look = bindPreview(page, facts.urls.preview, text);
  if (window.innerWidth < WIDE) look();
}

begin();
