// Findings of the check, shown at the elements they are about.

import { dom } from "./dom.js";

const KIND = "finding";

export class Marks {
  constructor(modeler, file) {
    this.modeler = modeler;
    this.file = file;
    this.findings = [];
    modeler.get("eventBus").on(["shape.removed", "connection.removed"], () => { this.drawn = ""; });
    modeler.get("eventBus").on("commandStack.changed", () => this.draw());
  }

  show(findings) {
    this.findings = findings.filter(({ element, file }) => element && (!file || file === this.file));
    this.draw();
  }

  draw() {
    const registry = this.modeler.get("elementRegistry");
    const byElement = Map.groupBy ? Map.groupBy(this.findings, ({ element }) => element) : grouped(this.findings);
    const there = [...byElement].filter(([id]) => registry.get(id));
    const drawn = JSON.stringify(there.map(([id, list]) => [id, list.map(({ severity, message }) => [severity, message])]));
    if (drawn === this.drawn) return;
    this.drawn = drawn;
    const overlays = this.modeler.get("overlays");
    overlays.remove({ type: KIND });
    for (const [id, list] of there) {
      const html = mark(list, () => this.modeler.get("selection").select(registry.get(id)));
      overlays.add(id, KIND, { position: position(registry.get(id)), html, scale: false });
    }
  }
}

function grouped(findings) {
  const groups = new Map();
  for (const finding of findings) groups.set(finding.element, [...(groups.get(finding.element) ?? []), finding]);
  return groups;
}

// At a flow in its middle: overlays are placed from the upper left corner of what holds all its points.
function position(element) {
  const { waypoints } = element;
  if (!waypoints) return { top: -9, left: -9 };
  const [left, top] = [Math.min(...waypoints.map(({ x }) => x)), Math.min(...waypoints.map(({ y }) => y))];
  const half = Math.floor((waypoints.length - 1) / 2);
  const [from, to] = [waypoints[half], waypoints[half + 1]];
  return { top: (from.y + to.y) / 2 - top - 9, left: (from.x + to.x) / 2 - left - 9 };
}

function mark(list, onclick) {
  const severity = list.some((finding) => finding.severity === "error") ? "error" : "warning";
  return dom("span", { class: `studio-mark studio-mark-${severity}`, title: list.map(({ message }) => message).join("\n"), onclick }, severity === "error" ? "!" : "?");
}
