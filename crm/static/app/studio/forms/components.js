// What the palette offers: the components that a form of ours may have, and six of our own. Ours are components of form-js with
// settings that the server knows: a list by name (valuesKey) and the way it is drawn (properties.widget).

import { jsx } from "preact/jsx-runtime";

import { say, word } from "./language.js";

// Refused by the server, or of no effect there; a form that has them can still be opened.
const LEFT_OUT = ["button", "iframe", "documentPreview", "filepicker"];

// Outlines of Tabler's icons, in a field of 24 by 24.
const DRAWN = {
  person: "M8 7a4 4 0 1 0 8 0a4 4 0 0 0 -8 0M6 21v-2a4 4 0 0 1 4 -4h4a4 4 0 0 1 4 4v2",
  customer: "M3 21h18M5 21v-14l8 -4v18M19 21v-10l-6 -4M9 9v.01M9 12v.01M9 15v.01M9 18v.01",
  product: "M12 3l8 4.5v9l-8 4.5l-8 -4.5v-9l8 -4.5M12 12l8 -4.5M12 12v9M12 12l-8 -4.5",
  dictionary: "M9 6h11M9 12h11M9 18h11M5 6v.01M5 12v.01M5 18v.01",
  rating: "M12 17.75l-6.172 3.245l1.179 -6.873l-5 -4.867l6.9 -1l3.086 -6.253l3.086 6.253l6.9 1l-5 4.867l1.179 6.873z",
  file: "M15 7l-6.5 6.5a1.5 1.5 0 0 0 3 3l6.5 -6.5a3 3 0 0 0 -6 -6l-6.5 6.5a4.5 4.5 0 0 0 9 9l6.5 -6.5",
};

const OURS = {
  person: { group: "selection", made: { type: "select", valuesKey: "people", searchable: true, properties: { widget: "person" } } },
  customer: { group: "selection", made: { type: "select", valuesKey: "customers", searchable: true, properties: { widget: "customer" } } },
  product: { group: "selection", made: { type: "select", valuesKey: "products", searchable: true } },
  dictionary: { group: "selection", made: { type: "select", valuesKey: "dictionary/channel" } },
  rating: { group: "basic-input", made: { type: "number", decimalDigits: 0, validate: { min: 1, max: 5 }, properties: { widget: "rating" } } },
  file: { group: "basic-input", made: { type: "filepicker" } },
};

function outline(path) {
  const pen = { fill: "none", stroke: "currentColor", "stroke-width": 2, "stroke-linecap": "round", "stroke-linejoin": "round" };
  return () => jsx("svg", { width: 54, height: 54, viewBox: "-12 -12 48 48", "aria-hidden": "true", ...pen, children: jsx("path", { d: path }) });
}

// The first customer of a form is the one that the case is about: that is the name by which everything else knows it.
const OF_THE_CASE = { customer: "customer_id" };

function entry(name, taken) {
  const { group, made } = OURS[name];
  const label = word(name);
  const key = () => (OF_THE_CASE[name] && !taken(OF_THE_CASE[name]) ? OF_THE_CASE[name] : `${name}_${Math.random().toString(36).slice(2, 6)}`);
  const create = (options = {}) => ({ label, key: key(), ...options, ...structuredClone(made) });
  return Object.assign(() => null, { config: { type: name, keyed: true, name: label, group, icon: outline(DRAWN[name]), create } });
}

// Names, and the labels that a new component begins with, in the reader's language.
function inWords(component) {
  const { config } = component;
  const create = (options = {}, isNew = true) => {
    const made = config.create(options, isNew);
    if (!isNew) return made;
    for (const name of ["label", "dateLabel"]) if (made[name] && !options[name]) made[name] = say(made[name]);
    if (made.values) made.values = made.values.map((one) => ({ ...one, label: say(one.label) }));
    return made;
  };
  return Object.assign((props) => component(props), component, { config: { ...config, name: say(config.name ?? config.label ?? ""), create } });
}

function enrich(formFields, injector) {
  const taken = (key) => injector.get("formFieldRegistry").getAll().some((field) => field.key === key);
  for (const [type, component] of Object.entries(formFields._formFields)) if (type !== "default") formFields.register(type, inWords(component));
  for (const name of Object.keys(OURS)) formFields.register(name, entry(name, taken));
  // The palette lists what can be enumerated.
  for (const type of LEFT_OUT) Object.defineProperty(formFields._formFields, type, { enumerable: false });
}

export const ours = { __init__: [["formFields", "injector", enrich]] };
