// A value that is mostly one of a few and may be any expression: it is chosen from a list, or written. What the list has no entry
// for is shown as it is written.
//
// `field.simple` is {kind, load(), options(known), read(text, known), write(choice), note}: `load` answers what the options are made
// of, without any only the expression is there; `read` gives the choice behind a text, or null where the text says more than the list.

import { dom } from "./dom.js";
import { feelField } from "./feel-field.js";
import { KINDS } from "./fields.js";
import { say } from "./language.js";

export function eitherField(view, around) {
  let known = [];
  let written = null; // not decided before it is known what there is to choose
  const formula = {};
  const listed = {};
  const chosen = () => view.field.simple.read(view.field.read(), known);
  const follow = () => {
    const { simple, ...field } = view.field;
    formula.field = { ...field, kind: "feel" };
    listed.field = { ...field, kind: simple.kind, hint: simple.note, read: () => chosen() ?? "", write: (choice) => field.write(simple.write(choice)), options: () => simple.options(known) };
  };
  const turn = dom("button", { type: "button", class: "btn btn-sm mt-1", onclick: () => { written = !written; show(); } });
  const show = () => {
    const asWritten = written !== false || !known.length;
    turn.hidden = !known.length || (asWritten && chosen() === null);
    turn.textContent = asWritten ? say("Choose from a list") : say("Write an expression");
    const part = asWritten ? formula.node : listed.node;
    if (view.node.firstChild !== part) view.node.replaceChildren(part, turn);
  };
  const load = async () => {
    const { simple } = view.field;
    known = await simple.load();
    if (simple !== view.field.simple || !known.length) return;
    if (listed.node) listed.refresh();
    else KINDS[simple.kind](listed);
    // Whoever has begun to write goes on writing.
    if (chosen() === null) written = true;
    else written ??= formula.node.contains(document.activeElement);
    show();
  };

  follow();
  feelField(formula, around);
  view.node = dom("div", {}, formula.node, turn);
  view.flush = () => formula.flush();
  view.leave = () => formula.leave();
  view.resume = (text) => {
    written = true;
    show();
    formula.resume(text);
  };
  view.refresh = () => {
    follow();
    formula.refresh();
    load();
  };
  show();
  load();
}
