// Names in the editor of decision tables: drawn in the reader's language, as in the row that is tried out below, and translated where
// they are changed: at the head of a column, and below the name of the decision.

import TextRenderer from "dmn-js-drd/lib/draw/TextRenderer";
import EditableComponent from "dmn-js-shared/lib/components/EditableComponent";
import { Component, createVNode } from "inferno";
import { spokenText } from "../names.js";
import { say } from "./language.js";

const LONGEST = 2000;
const DECISION = /^decision(-table)?-name\b/;

// What is typed into a head gets unbreakable spaces from the browser, which are stored as others.
const plain = (text) => (text ?? "").replaceAll("\u00a0", " ");

// The name of a decision is changed in its place, where the library draws it: whoever writes there sees what the file holds.
const held = EditableComponent.prototype.getDisplayValue;
EditableComponent.prototype.getDisplayValue = function drawn() {
  const value = held.call(this);
  if (!DECISION.test(this.props.className) || this.state.focussed || this.state.changing !== false) return value;
  return this.context.injector.get("names").drawn(plain(value));
};

// The field for the translation of a name. What is typed counts when the field is left, and when the menu around it closes.
class Translation extends Component {
  constructor(props, context) {
    super(props, context);
    this.names = context.injector.get("names");
    this.element = this.find(context.injector, props);
    this.redraw = () => this.forceUpdate();
    this.write = () => this.node && this.names.translate(this.name, this.node.value);
    this.keep = (node) => {
      if (node) this.node = node;
    };
  }

  componentDidMount() {
    this.context.changeSupport.onElementsChanged(this.element.id, this.redraw);
    this.show();
  }

  componentDidUpdate() {
    this.show();
  }

  componentWillUnmount() {
    this.context.changeSupport.offElementsChanged(this.element.id, this.redraw);
    this.write();
  }

  show() {
    if (this.node && document.activeElement !== this.node) this.node.value = this.names.translation(this.name);
  }

  render() {
    this.name = plain(this.element[this.property]);
    if (!this.name || !this.names.texts) {
      this.node = null;
      return null;
    }
    const words = say(this.names.other(this.name) === "en" ? "Name in English" : "Name in Chinese");
    const field = createVNode(64, "input", "dms-input", null, 1, { type: "text", maxlength: LONGEST, autocomplete: "off", spellcheck: "false", "data-translation": this.property, onchange: this.write }, null, this.keep);
    return createVNode(1, "label", "studio-table-translation", [createVNode(1, "span", "dms-label", words, 0), field], 4);
  }
}

class OfColumn extends Translation {
  property = "label";

  find(_, { context }) {
    return context.input ?? context.output;
  }
}

class OfTable extends Translation {
  property = "name";

  find(injector) {
    return injector.get("sheet").getRoot().businessObject.$parent;
  }
}

class OfFormula extends Translation {
  property = "name";

  find(injector) {
    return injector.get("viewer").getDecision();
  }
}

class Translations {
  constructor(components) {
    components.onGetComponent("context-menu", 900, ({ contextMenuType } = {}) => ["input-edit", "output-edit"].includes(contextMenuType) && OfColumn);
    components.onGetComponent("table.before", 400, () => OfTable);
    components.onGetComponent("viewer", 1400, () => OfFormula);
  }
}
Translations.$inject = ["components"];

// The parts for each view of the library; where nothing can be changed nothing is translated either.
export function namesIn(view, names, changeable) {
  if (view === "drd") return { names: ["value", names], textRenderer: ["type", spokenText(TextRenderer)] };
  return { names: ["value", names], ...(changeable && view !== "boxedExpression" ? { __init__: ["translations"], translations: ["type", Translations] } : {}) };
}

const put = (place, words) => {
  const text = place?.firstChild;
  // The text stays the library's own, which changes it together with the name.
  if (text?.nodeType === Node.TEXT_NODE && text.data !== words) text.data = words;
};

// What the drawing shows of the file, in the reader's language.
function dress(root, viewer, names) {
  const table = viewer?.get("sheet", false)?.getRoot().businessObject;
  const decision = table?.$parent ?? viewer?.get("viewer", false)?.getDecision?.();
  for (const kind of ["input", "output"]) {
    root.querySelectorAll(`thead .${kind}-cell`).forEach((head, at) => {
      const label = table?.[kind]?.[at]?.label;
      if (label) put(head.querySelector(`.${kind}-label`), names.drawn(plain(label)));
    });
  }
  if (decision?.name) for (const place of root.querySelectorAll(".decision-table-name, .decision-name")) put(place, names.drawn(plain(decision.name)));
}

// Keeps the names of the open view in the reader's language, whenever it draws and whenever a translation is changed.
export function bindNames(root, editor, names) {
  const again = () => dress(root, editor.viewer, names);
  new MutationObserver(again).observe(root, { childList: true, characterData: true, subtree: true });
  names.onChange(() => {
    const { viewer } = editor;
    const decision = viewer?.get("sheet", false)?.getRoot().businessObject.$parent ?? viewer?.get("viewer", false)?.getDecision?.();
    const elements = decision ? [decision] : viewer?.get("elementRegistry", false)?.filter((element) => element.parent) ?? [];
    viewer?.get("eventBus").fire("elements.changed", { elements });
    again();
  });
  again();
}
