// What mostly stands in an expression, for people to choose: an answer of a form as a condition, a state of the record, the
// answers that the record keeps.

import { say } from "../language.js";

const TEXT = /^"((?:[^"\\]|\\["\\])*)"$/;
const quoted = (text) => `"${text.replace(/["\\]/g, "\\$&")}"`;
// { address: address, live_on: live_on }
const SAME = /^\{\s*(?:([a-z_]\w*)\s*:\s*\1\s*(?:,\s*(?!\})|(?=\})))*\}$/;

// Conditions that ask for one answer of a field with options.
export function answered(at, element) {
  const conditions = (variables) => variables.flatMap(({ name, label, values }) => values.map(([value, words]) => ({
    value: `${name} = ${typeof value === "string" ? quoted(value) : value}`,
    label: say("{field}: {answer}", { field: label || name, answer: typeof value === "boolean" ? say(value ? "yes" : "no") : words }),
  })));
  return {
    kind: "select",
    load: async () => conditions(((await at.draft.variables(element)) ?? []).filter(({ values }) => values?.length)),
    options: (known) => [{ value: "", label: say("Choose an answer") }, ...known],
    read: (text, known) => (text.trim() === "" || known.some(({ value }) => value === text.trim()) ? text.trim() : null),
    write: (choice) => choice,
  };
}

export function simpleParameter(at, operation, name) {
  if (operation === "records/set_state" && name === "state") return stateOfRecord(at);
  if (operation === "records/keep" && name === "values") return keptAnswers(at);
  return undefined;
}

function stateOfRecord(at) {
  const states = at.catalogue.record?.states ?? [];
  return {
    kind: "select",
    load: async () => states,
    options: (known) => [{ value: "", label: say("Choose a state") }, ...known.map(({ key, label }) => ({ value: key, label: `${label} (${key})` }))],
    read: (text) => (text.trim() === "" ? "" : TEXT.exec(text.trim())?.[1] ?? null),
    write: (key) => (key ? quoted(key) : ""),
  };
}

function keptAnswers(at) {
  const fields = at.catalogue.record?.fields ?? [];
  return {
    kind: "boxes",
    load: async () => fields,
    options: (known) => known.map(({ name, label }) => ({ value: name, label: `${label} (${name})` })),
    note: say("The answers of forms with the same names go into these fields of the record."),
    read: (text) => {
      if (text.trim() === "") return "";
      return SAME.test(text.trim()) ? text.replace(/[{}\s]/g, "").split(",").filter(Boolean).map((pair) => pair.split(":")[0]).join(",") : null;
    },
    write: (names) => {
      const kept = names.split(",").map((name) => name.trim()).filter(Boolean);
      return kept.length ? `{ ${kept.map((name) => `${name}: ${name}`).join(", ")} }` : "";
    },
  };
}
