// Findings of the check, shown at the elements they are about.

import { dom } from "./dom.js";

const KIND = "finding";
// Pixels at full size; at events, gateways and flows a smaller one.
const SIZE = 18;
const SMALL = 14;
const SMALL_SIDE = 60; // an element with a shorter side is a small one
// A mark shrinks together with its element, down to a dot that can still be seen. From afar its letter cannot be read and is left out.
const SCALE = { min: 0.3, max: 1 };
const FAR = 0.55;

export class Marks {
  constructor(modeler, file) {
    this.modeler = modeler;
    this.file = file;
    this.findings = [];
    modeler.get("eventBus").on(["shape.removed", "connection.removed"], () => { this.drawn = ""; });
    modeler.get("eventBus").on("commandStack.changed", () => this.draw());
    const look = ({ scale }) => modeler.get("canvas").getContainer().classList.toggle("studio-far", scale < FAR);
    modeler.get("eventBus").on("canvas.viewbox.changed", ({ viewbox }) => look(viewbox));
    look(modeler.get("canvas").viewbox());
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
      const element = registry.get(id);
      const small = Boolean(element.waypoints) || Math.min(element.width, element.height) < SMALL_SIDE;
      const html = mark(list, small, () => this.modeler.get("selection").select(element));
      overlays.add(id, KIND, { position: position(element, (small ? SMALL : SIZE) / 2), html, scale: SCALE });
    }
  }
}

function grouped(findings) {
  const groups = new Map();
  for (const finding of findings) groups.set(finding.element, [...(groups.get(finding.element) ?? []), finding]);
  return groups;
}

// At a flow in its middle: overlays are placed from the upper left corner of what holds all its points.
function position(element, half) {
  const { waypoints } = element;
  if (!waypoints) return { top: -half, left: -half };
  const [left, top] = [Math.min(...waypoints.map(({ x }) => x)), Math.min(...waypoints.map(({ y }) => y))];
  const middle = Math.floor((waypoints.length - 1) / 2);
  const [from, to] = [waypoints[middle], waypoints[middle + 1]];
  return { top: (from.y + to.y) / 2 - top - half, left: (from.x + to.x) / 2 - left - half };
}

function mark(list, small, onclick) {
  const severity = list.some((finding) => finding.severity === "error") ? "error" : "warning";
  return dom("span", { class: `studio-mark studio-mark-${severity}${small ? " studio-mark-small" : ""}`, title: list.map(({ message }) => message).join("\n"), onclick }, severity === "error" ? "!" : "?");
}
