// Shows BPMN diagrams read-only (templates/components/diagram.html): path taken, where the case stands, small figures at elements.
// Bundled with bpmn-js by tools/assets.py. Without it the page still shows the steps in words.
// The mark of bpmn.io in the corner must stay visible: its licence asks for it.

import NavigatedViewer from "bpmn-js/lib/NavigatedViewer";

const SVG = "http://www.w3.org/2000/svg";
// Later ones win where an element is named in several.
const PARTS = ["path", "live", "overdue", "failed", "changed", "added", "removed"];
const COMPARED = ["added", "removed", "changed"];
const ARROWS = { ArrowLeft: [60, 0], ArrowRight: [-60, 0], ArrowUp: [0, 60], ArrowDown: [0, -60] };

// Names in the reader's language are put into the XML before it is drawn, so that the viewer wraps and places them itself.
function named(xml, labels) {
  if (!Object.keys(labels).length) return xml;
  const document = new DOMParser().parseFromString(xml, "application/xml");
  for (const [id, label] of Object.entries(labels)) {
    document.querySelector(`[id="${CSS.escape(id)}"]`)?.setAttribute("name", label);
  }
  return new XMLSerializer().serializeToString(document);
}

function flag(badge, url) {
  const mark = document.createElement(url ? "a" : "span");
  mark.className = `flag flag-${badge.tone ?? "neutral"}`;
  mark.textContent = badge.text;
  if (badge.title) mark.title = badge.title;
  if (url) mark.href = url;
  return mark;
}

// A frame around a shape, drawn behind it, so that what colour its author gave it stays.
function halo(element, part) {
  const round = element.width === element.height && element.width < 60;
  const gap = round ? 6 : 7;
  const frame = document.createElementNS(SVG, "rect");
  const size = { x: -gap, y: -gap, width: element.width + 2 * gap, height: element.height + 2 * gap, rx: round ? element.width : 16 };
  for (const [name, value] of Object.entries(size)) frame.setAttribute(name, value);
  frame.setAttribute("class", `halo halo-${part}`);
  return frame;
}

function decorate(viewer, story) {
  const canvas = viewer.get("canvas");
  const elements = viewer.get("elementRegistry");
  const overlays = viewer.get("overlays");
  const parts = new Map(PARTS.flatMap((part) => (story[part] ?? []).map((id) => [id, part])));
  for (const [id, part] of parts) {
    const element = elements.get(id);
    if (element?.waypoints) canvas.addMarker(id, COMPARED.includes(part) ? `story-${part}` : "story-past");
    else if (element) canvas.getGraphics(id).prepend(halo(element, part));
  }
  for (const [id, badge] of Object.entries(story.badges ?? {})) {
    const element = elements.get(id);
    if (element) overlays.add(id, { position: { top: 0, left: element.width }, html: flag(badge, story.links?.[id]) });
  }
  // The keyboard reaches figures that lie outside of what is shown. The browser would push the whole drawing aside to show them.
  canvas.getContainer().addEventListener("focusin", ({ target }) => {
    const id = target.closest("[data-container-id]")?.dataset.containerId;
    if (!elements.get(id) || !target.matches(":focus-visible")) return;
    canvas.getContainer().scrollTo(0, 0);
    canvas.scrollToElement(id, 60);
  });
  for (const id of Object.keys(story.links ?? {})) if (elements.get(id)) canvas.addMarker(id, "story-link");
  viewer.get("eventBus").on("element.click", ({ element }) => {
    const url = story.links?.[element.id];
    if (url) location.assign(url);
  });
}

// A small diagram is not blown up, and a wide one on a narrow screen stays legible: it then shows where the case stands.
// Of a case that stands nowhere any more, the whole way counts for more than the small print.
function fit(viewer, story) {
  const canvas = viewer.get("canvas");
  canvas.zoom("fit-viewport", "auto");
  const legible = 0.85;
  const enough = story.live?.length || story.failed?.length ? legible : 0.5;
  if (canvas.zoom() > 1) canvas.zoom(1, "auto");
  if (canvas.zoom() >= enough) return;
  const elements = viewer.get("elementRegistry");
  const here = elements.get(story.failed?.[0] ?? story.live?.[0] ?? story.path?.at(-1)) ?? compared(elements, story) ?? elements.get(busiest(story)) ?? elements.find(({ type }) => type === "bpmn:StartEvent");
  if (!here || here.waypoints) return;
  const { outer, inner } = canvas.viewbox();
  const [width, height] = [outer.width / legible, outer.height / legible];
  canvas.viewbox({
    x: within(here.x + here.width / 2 - width / 2, width, inner.x, inner.width),
    y: within(here.y + here.height / 2 - height / 2, height, inner.y, inner.height),
    width,
    height,
  });
}

// Where the largest figure stands, of a diagram that only counts.
function busiest({ badges = {} }) {
  return Object.keys(badges).sort((one, other) => (parseInt(badges[other].text, 10) || 0) - (parseInt(badges[one].text, 10) || 0))[0];
}

// The first shape that a comparison marks.
function compared(elements, story) {
  const marked = COMPARED.flatMap((part) => story[part] ?? []).map((id) => elements.get(id));
  return marked.find((element) => element && !element.waypoints);
}

// Where a window of this length begins so that it shows as little as possible of the void around the diagram.
function within(start, length, from, all) {
  if (length >= all) return from - (length - all) / 2;
  return Math.min(Math.max(start, from), from + all - length);
}

// The viewer itself moves with Ctrl and an arrow only, since in its editor the plain arrows move shapes.
function listen(figure, viewer) {
  const canvas = viewer.get("canvas");
  const act = (how) => (how === "fit" ? canvas.zoom("fit-viewport", "auto") : viewer.get("zoomScroll").stepZoom(how === "in" ? 1 : -1));
  figure.addEventListener("click", (event) => {
    const button = event.target.closest("[data-zoom]");
    if (button) act(button.dataset.zoom);
  });
  const surface = figure.querySelector("[data-canvas]");
  // A finger moves the diagram sideways and the page up and down (see touch-action in app.css).
  let finger = null;
  surface.addEventListener("pointerdown", (event) => { finger = event.pointerType === "touch" ? event.clientX : null; });
  surface.addEventListener("pointermove", (event) => {
    if (finger === null) return;
    canvas.scroll({ dx: event.clientX - finger, dy: 0 });
    finger = event.clientX;
  });
  for (const end of ["pointerup", "pointercancel"]) surface.addEventListener(end, () => { finger = null; });
  surface.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const [dx, dy] = ARROWS[event.key] ?? [];
    const how = { "+": "in", "=": "in", "-": "out", 0: "fit" }[event.key];
    if (dx === undefined && !how) return;
    event.preventDefault();
    if (how) act(how);
    else canvas.scroll({ dx, dy });
  });
}

// What a list beside the diagram names is brought to the middle and marked (studio/compare.js).
function answer(figure, viewer) {
  const canvas = viewer.get("canvas");
  let shown = null;
  figure.addEventListener("diagram:show", (event) => {
    if (shown) canvas.removeMarker(shown, "story-shown");
    shown = viewer.get("elementRegistry").get(event.detail) ? event.detail : null;
    if (!shown) return;
    event.preventDefault();
    canvas.addMarker(shown, "story-shown");
    canvas.scrollToElement(shown, 60);
  });
}

// Diagrams beside each other may move as one (studio/compare.js): each tells where it looks, and looks where another one does.
function accompany(figure, viewer) {
  const canvas = viewer.get("canvas");
  let following = false;
  viewer.on("canvas.viewbox.changed", ({ viewbox: { x, y, scale } }) => {
    figure.dataset.look = JSON.stringify({ x, y, scale });
    if (!following) figure.dispatchEvent(new CustomEvent("diagram:moved", { bubbles: true }));
  });
  figure.addEventListener("diagram:follow", ({ detail: { x, y, scale } }) => {
    const { outer } = canvas.viewbox();
    following = true;
    canvas.viewbox({ x, y, width: outer.width / scale, height: outer.height / scale });
    following = false;
  });
}

async function show(figure) {
  const story = JSON.parse(figure.querySelector("[data-story]").textContent);
  const view = figure.querySelector("[data-view]");
  view.hidden = false;
  try {
    const xml = figure.dataset.url ? await fetchText(figure.dataset.url) : story.xml;
    const viewer = new NavigatedViewer({ container: figure.querySelector("[data-canvas]"), zoomScroll: { enabled: false } });
    await viewer.importXML(named(xml, story.labels ?? {}));
    const drawing = viewer.get("canvas").getContainer().querySelector("svg");
    drawing.setAttribute("aria-label", figure.querySelector("[data-canvas]").getAttribute("aria-label"));
    decorate(viewer, story);
    accompany(figure, viewer);
    fit(viewer, story);
    figure.querySelector("[data-legend]")?.removeAttribute("hidden");
    listen(figure, viewer);
    answer(figure, viewer);
    figure.dataset.ready = "yes";
    figure.dispatchEvent(new CustomEvent("diagram:ready", { bubbles: true }));
  } catch (error) {
    view.hidden = true;
    figure.querySelector("[data-fault]").hidden = false;
    console.warn("diagram", error);
  }
}

async function fetchText(url) {
  const answer = await fetch(url, { headers: { Accept: "application/xml" } });
  if (!answer.ok) throw new Error(`${answer.status} ${url}`);
  return answer.text();
}

document.querySelectorAll("[data-diagram]").forEach(show);
document.addEventListener("htmx:after:swap", (event) => {
  event.target.querySelectorAll?.("[data-diagram]:not([data-ready])").forEach(show);
});
