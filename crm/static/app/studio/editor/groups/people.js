// A step for people: who does it, with which form, until when. And who may begin a case.

import { say } from "../language.js";

const HUMAN = ["bpmn:UserTask", "bpmn:ManualTask", "bpmn:Task"];
const ISO = /^(R\d*\/|P(\d|T)|\d{4}-\d\d)/;
export const isHuman = (bo) => HUMAN.includes(bo.$type);

const roles = (at) => at.catalogue.roles.map(({ key, name }) => ({ value: key, label: name }));
const people = (at) => at.catalogue.people.map(({ username, name }) => ({ value: username, label: name }));

export function roleName(at, key) {
  return at.catalogue.roles.find((role) => role.key === key)?.name ?? key;
}

function rules() {
  return [
    { value: "", label: say("Whoever of the role takes it") },
    { value: "person", label: say("One person") },
    { value: "candidates", label: say("Any of several people") },
    { value: "initiator", label: say("Whoever began the case") },
    { value: "superior", label: say("The superior") },
    { value: "department_head", label: say("The head of the department") },
    { value: "record_owner", label: say("Whoever is responsible for the record") },
    { value: "variable", label: say("Whom an expression names") },
    { value: "least_busy", label: say("Whoever of the role has the fewest open tasks") },
    { value: "round_robin", label: say("The people of the role in turn") },
  ];
}

// Parameters that a rule does not take are removed with it: the check would refuse them.
function chooseRule(at, rule) {
  const keep = { superior: ["assignOf", "assignLevels"], department_head: ["assignOf"], least_busy: ["assignRole"], round_robin: ["assignRole"] }[rule] ?? [];
  const gone = ["assignTo", "assignRole", "assignOf", "assignLevels"].filter((name) => !keep.includes(name));
  // An assignee in the old manner says the same as a rule, and only one of the two may stand.
  if (rule) gone.push("assignee", "candidates");
  at.setProperties({ ...Object.fromEntries(gone.map((name) => [name, ""])), assign: rule === "role" ? "" : rule });
}

export function peopleGroup(at) {
  if (!isHuman(at.bo)) return null;
  const { property, ext, bo } = at;
  const lane = at.laneRole();
  const none = lane ? say("That of the lane: {role}", { role: roleName(at, lane) }) : say("None");
  const rule = ext.property(bo, "assign").trim();
  const fields = [
    property("role", { label: say("Role"), kind: "select", need: !lane, options: () => [{ value: "", label: none }, ...roles(at)] }),
    {
      id: "assign", label: say("Who of them"), kind: "select", options: rules,
      read: () => (rule === "role" ? "" : rule), write: (value) => chooseRule(at, value),
    },
  ];
  if (rule === "person") fields.push(property("assignTo", { label: say("Person"), kind: "text", need: true, options: () => people(at), hint: say("The user name.") }));
  if (rule === "candidates") fields.push(property("assignTo", { label: say("People"), kind: "text", need: true, hint: say("User names, separated by commas.") }));
  if (rule === "variable") fields.push(property("assignTo", { label: say("Who"), kind: "feel", need: true, hint: say("The number or the name of a user, or a list of them.") }));
  if (rule === "least_busy" || rule === "round_robin") {
    fields.push(property("assignRole", { label: say("Choose from the role"), kind: "select", options: () => [{ value: "", label: say("That of the step") }, ...roles(at)] }));
  }
  if (rule === "superior" || rule === "department_head") {
    const bases = () => [{ value: "", label: say("Of whoever began the case") }, { value: "record", label: say("Of whoever is responsible for the record") }];
    fields.push({ ...property("assignOf", { label: say("Whose"), kind: "select", options: bases }), read: () => ext.property(bo, "assignOf").replace(/^initiator$/, "") });
  }
  if (rule === "superior") fields.push(property("assignLevels", { label: say("How many levels up"), kind: "text", inputmode: "numeric", placeholder: "1", most: 3 }));
  if (!rule) {
    fields.push(property("assignee", { label: say("Assignee"), kind: "feel", note: say("optional"), hint: say("The number of a user; empty: whoever of the role takes it.") }));
    if (ext.property(bo, "candidates")) fields.push(property("candidates", { label: say("Candidates"), kind: "feel" }));
  }
  fields.push({
    id: "assignNot", label: say("Not whoever began the case"), kind: "check",
    read: () => String(ext.property(bo, "assignNot") === "initiator"), write: (value) => at.setProperty("assignNot", value ? "initiator" : ""),
  });
  if (at.links.assignees) fields.push({ id: "whoGets", kind: "links", links: [{ label: say("Who gets it?"), url: at.links.assignees }] });
  return { id: "people", label: say("Who does it"), fields };
}

function formField(at, none) {
  const forms = at.catalogue.forms.map(({ key, title }) => ({ value: key, label: title && title !== key ? `${title} (${key})` : key }));
  return at.property("formKey", { label: say("Form"), kind: "select", options: () => [{ value: "", label: none }, ...forms] });
}

function formLinks(at, rights) {
  const key = at.ext.property(at.bo, "formKey");
  const links = [];
  if (key && at.catalogue.forms.some((form) => form.key === key)) links.push({ label: say("Open the form"), url: at.links.form(key) });
  if (key && rights) links.push({ label: say("Field rights"), url: at.links.rights(at.bo.id) });
  if (!key) links.push({ label: say("New form"), url: at.links.newForm(at.bo.id) }, { label: say("All forms"), url: at.links.forms });
  return { id: "formLinks", kind: "links", links };
}

export function formGroup(at) {
  if (isHuman(at.bo)) {
    const needed = at.bo.$type === "bpmn:UserTask";
    const fields = [{ ...formField(at, needed ? say("Choose a form") : say("No form")), need: needed }, formLinks(at, true)];
    const several = { kind: "text", most: 2000, hint: say("Keys of fields, separated by commas.") };
    if (at.ext.property(at.bo, "hiddenFields")) fields.push(at.property("hiddenFields", { ...several, label: say("Hidden fields") }));
    if (at.ext.property(at.bo, "readOnlyFields")) fields.push(at.property("readOnlyFields", { ...several, label: say("Fields to read only") }));
    return { id: "form", label: say("Form"), fields };
  }
  if (at.bo.$type !== "bpmn:StartEvent" || at.bo.$parent?.$type !== "bpmn:Process") return null;
  const fields = [formField(at, say("No form")), formLinks(at, false)];
  if (!at.bo.get("eventDefinitions").length) {
    const hint = say("None: whoever may start processes.");
    fields.push(at.property("role", { label: say("Who may start it"), kind: "boxes", options: () => roles(at), hint }));
  }
  return { id: "form", label: say("Start"), fields };
}

export function timeGroup(at) {
  if (!isHuman(at.bo)) return null;
  const hint = say("A span of working time such as PT4H or P2D, or an expression for a point in time.");
  return {
    id: "time", label: say("Time and priority"),
    fields: [
      at.property("dueDate", { label: say("Due"), kind: "feel", plain: ISO, hint, placeholder: "PT4H" }),
      at.property("priority", { label: say("Priority"), kind: "feel", hint: say("0 low, 1 normal, 2 high, 3 urgent, or an expression.") }),
    ],
  };
}

export function laneGroup(at) {
  if (at.bo.$type !== "bpmn:Lane") return null;
  const outer = at.laneRole();
  const none = outer ? say("That of the lane: {role}", { role: roleName(at, outer) }) : say("None");
  const field = at.property("role", { label: say("Role"), kind: "select", options: () => [{ value: "", label: none }, ...roles(at)], hint: say("All steps of the lane are for this role, unless they say otherwise.") });
  return { id: "people", label: say("Who does it"), fields: [field] };
}
