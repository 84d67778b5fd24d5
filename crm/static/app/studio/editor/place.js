// The element that the panel shows, with all that its groups need to read and change the model.

const HOLDERS = ["messageRef", "signalRef", "errorRef", "escalationRef"];

export class Place {
  constructor(element, { modeler, ext, draft, catalogue, links, names }) {
    this.element = element;
    this.bo = element.businessObject;
    Object.assign(this, { modeler, ext, draft, catalogue, links, names });
    this.moddle = modeler.get("moddle");
    this.definitions = modeler.getDefinitions();
    this.property = this.property.bind(this);
  }

  change(steps) {
    this.modeler.get("changing").apply(this.element, steps);
  }

  set(properties) {
    this.change([[this.bo, properties]]);
  }

  setPart(part, properties) {
    this.change([[part, properties]]);
  }

  setProperty(name, value) {
    this.change(this.ext.setProperty(this.bo, name, value));
  }

  // Several at once: each is written over what the ones before left, in one step to undo.
  setProperties(values) {
    this.modeler.get("changing").inTurn(Object.entries(values).map(([name, value]) => () => this.setProperty(name, value)));
  }

  create(type, attributes, parent) {
    const made = this.modeler.get("bpmnFactory").create(type, attributes);
    made.$parent = parent;
    return made;
  }

  freshId(prefix) {
    return this.moddle.ids.nextPrefixed(`${prefix[0].toUpperCase()}${prefix.slice(1)}_`);
  }

  // A field for one of our properties.
  property(id, field) {
    return { id, read: () => this.ext.property(this.bo, id), write: (value) => this.setProperty(id, value), ...field };
  }

  processOf(bo) {
    let owner = bo;
    while (owner && owner.$type !== "bpmn:Process") owner = owner.$parent;
    return owner;
  }

  // The role of the innermost lane around the element that names one.
  laneRole() {
    const owners = [];
    let inner = this.bo;
    while (inner && inner.$type !== "bpmn:Process") {
      owners.push(inner);
      inner = inner.$parent;
    }
    const within = (set, outer) => {
      for (const lane of set?.lanes ?? []) {
        if (lane === this.bo) return outer;
        const role = this.ext.property(lane, "role") || outer;
        const deeper = within(lane.childLaneSet, role);
        if (deeper !== null) return deeper;
        if (lane.get("flowNodeRef").some((node) => owners.includes(node))) return role;
      }
      return null;
    };
    for (const set of inner?.get("laneSets") ?? []) {
      const role = within(set, "");
      if (role !== null) return role;
    }
    return "";
  }

  owners(id) {
    const found = this.moddle.ids.assigned(id);
    return found && found !== true ? [found] : found ? [{}] : [];
  }

  // The elements and event definitions that point to a message, signal, error or escalation.
  usesOf(root) {
    const found = new Set();
    for (const { businessObject: bo } of this.modeler.get("elementRegistry").getAll()) {
      for (const holder of [bo, ...(bo.eventDefinitions ?? [])]) if (HOLDERS.some((name) => holder[name] === root)) found.add(holder);
    }
    return [...found];
  }
}
