// What our engine reads beyond BPMN: elements of the SpiffWorkflow namespace inside of extensionElements.
// They are kept as the nameless elements that moddle makes of everything it has no schema for: so whatever another tool wrote
// there survives a save, with its children and attributes. Nothing is changed in place: each change makes new elements, which
// the command stack can take back.

export const SPIFF = "http://spiffworkflow.org/bpmn/schema/1.0/core";
const PREFIX = "spiffworkflow";

const isOurs = (item, local) => item.$descriptor?.isGeneric && item.$descriptor.ns.uri === SPIFF && item.$descriptor.ns.localName === local;

export class Extensions {
  constructor(moddle, definitions) {
    this.moddle = moddle;
    const declared = Object.entries(definitions.$attrs).find(([name, value]) => value === SPIFF && name.startsWith("xmlns:"));
    this.prefix = declared ? declared[0].slice("xmlns:".length) : PREFIX;
    // Declared once at the top, or the writer would repeat it at every element.
    if (!declared) definitions.$attrs[`xmlns:${PREFIX}`] = SPIFF;
  }

  make(local, attributes = {}, { children, body } = {}) {
    const made = this.moddle.createAny(`${this.prefix}:${local}`, SPIFF, attributes);
    if (children) {
      made.$children = children;
      for (const child of children) child.$parent = made;
    }
    if (body) made.$body = body;
    return made;
  }

  values(owner) {
    return owner.get("extensionElements")?.get("values") ?? [];
  }

  // The properties in their order, as pairs of name and value.
  properties(owner) {
    const boxes = this.values(owner).filter((item) => isOurs(item, "properties"));
    return boxes.flatMap((box) => (box.$children ?? []).filter((child) => isOurs(child, "property")).map(({ name, value }) => [name ?? "", value ?? ""]));
  }

  property(owner, name) {
    return this.properties(owner).findLast(([known]) => known === name)?.[1] ?? "";
  }

  text(owner, local) {
    return this.values(owner).find((item) => isOurs(item, local))?.$body?.trim() ?? "";
  }

  operator(owner) {
    const found = this.values(owner).find((item) => isOurs(item, "serviceTaskOperator"));
    if (!found) return { name: "", result: "", parameters: [] };
    const lists = (found.$children ?? []).filter((child) => isOurs(child, "parameters"));
    const parameters = lists.flatMap((list) => (list.$children ?? []).filter((child) => isOurs(child, "parameter")));
    return {
      name: found.id ?? "",
      result: found.resultVariable ?? "",
      parameters: parameters.map(({ id, type, value }) => ({ id: id ?? "", type: type ?? "any", value: value ?? "" })),
    };
  }

  // Steps for `change`: pairs of a model element and what it shall hold.
  setProperty(owner, name, value) {
    const others = this.values(owner);
    const boxes = others.filter((item) => isOurs(item, "properties"));
    const last = boxes.findLast((box) => box.$children?.some((child) => child.name === name)) ?? boxes[0];
    const given = value === "" ? [] : [this.make("property", { name, value })];
    const old = last?.$children ?? [];
    const place = old.findIndex((child) => child.name === name);
    const kept = old.filter((child) => child.name !== name);
    kept.splice(place < 0 ? kept.length : place, 0, ...given);
    const box = kept.length ? [this.make("properties", {}, { children: kept.map((child) => this.copy(child)) })] : [];
    return this.replace(owner, last, box);
  }

  setText(owner, local, value) {
    const old = this.values(owner).find((item) => isOurs(item, local));
    return this.replace(owner, old, value === "" ? [] : [this.make(local, {}, { body: value })]);
  }

  setOperator(owner, { name, result, parameters }) {
    const old = this.values(owner).find((item) => isOurs(item, "serviceTaskOperator"));
    if (!name) return this.replace(owner, old, []);
    const children = parameters.length
      ? [this.make("parameters", {}, { children: parameters.map((parameter) => this.make("parameter", parameter)) })]
      : undefined;
    const attributes = { id: name, ...(result ? { resultVariable: result } : {}) };
    return this.replace(owner, old, [this.make("serviceTaskOperator", attributes, { children })]);
  }

  replace(owner, old, made) {
    const values = [...this.values(owner)];
    const place = old ? values.indexOf(old) : values.length;
    values.splice(place, old ? 1 : 0, ...made);
    const box = owner.get("extensionElements");
    if (!values.length) return box ? [[owner, { extensionElements: undefined }]] : [];
    if (box) {
      for (const item of made) item.$parent = box;
      return [[box, { values }]];
    }
    const fresh = this.moddle.create("bpmn:ExtensionElements", { values });
    fresh.$parent = owner;
    for (const item of values) item.$parent = fresh;
    return [[owner, { extensionElements: fresh }]];
  }

  copy(item) {
    return copied(this.moddle, item);
  }
}

function copied(moddle, item) {
  const { $children: children, $body: body, ...attributes } = item;
  const plain = Object.fromEntries(Object.entries(attributes).filter(([name]) => !name.startsWith("$")));
  const made = moddle.createAny(item.$type, item.$descriptor.ns.uri, plain);
  if (body) made.$body = body;
  if (children) {
    made.$children = children.map((child) => copied(moddle, child));
    for (const child of made.$children) child.$parent = made;
  }
  return made;
}

// bpmn-js leaves elements without schema behind when it copies or changes the kind of an element; they go along here.
class CopiesExtensions {
  constructor(eventBus, moddle) {
    eventBus.on("moddleCopy.canCopyProperty", 2000, ({ property }) => {
      if (property?.$descriptor?.isGeneric) return copied(moddle, property);
      return undefined;
    });
  }
}
CopiesExtensions.$inject = ["eventBus", "moddle"];

export const copiesExtensions = { __init__: ["copiesExtensions"], copiesExtensions: ["type", CopiesExtensions] };
