// Shows BPMN diagrams read-only (templates/components/diagram.html): path taken, where the case stands, small figures at elements.
// Bundled with bpmn-js by tools/assets.py. Without it the page still shows the steps in words.
// The mark of bpmn.io in the corner must stay visible: its licence asks for it.

import NavigatedViewer from "bpmn-js/lib/NavigatedViewer";

const MARKERS = { path: "story-past", live: "story-live", overdue: "story-over", failed: "story-failed" };

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

function decorate(viewer, story) {
  const canvas = viewer.get("canvas");
  const elements = viewer.get("elementRegistry");
  const overlays = viewer.get("overlays");
  for (const [list, marker] of Object.entries(MARKERS)) {
    for (const id of story[list] ?? []) if (elements.get(id)) canvas.addMarker(id, marker);
  }
  for (const [id, badge] of Object.entries(story.badges ?? {})) {
    const element = elements.get(id);
    if (element) overlays.add(id, { position: { top: 0, left: element.width }, html: flag(badge, story.links?.[id]) });
  }
  viewer.get("eventBus").on("element.click", ({ element }) => {
    const url = story.links?.[element.id];
    if (url) location.assign(url);
  });
}

// A small diagram is not blown up, and a wide one on a narrow screen stays legible: it then begins where the case stands.
function fit(viewer, story) {
  const canvas = viewer.get("canvas");
  canvas.zoom("fit-viewport", "auto");
  const scale = canvas.zoom();
  const legible = 0.62;
  if (scale > 1) canvas.zoom(1, "auto");
  else if (scale < legible) {
    canvas.zoom(legible);
    const here = viewer.get("elementRegistry").get(story.live?.[0] ?? story.failed?.[0] ?? story.path?.[0]);
    if (here) canvas.scrollToElement(here, 40);
    else canvas.zoom("fit-viewport", "auto");
  }
}

async function show(figure) {
  const story = JSON.parse(figure.querySelector("[data-story]").textContent);
  const view = figure.querySelector("[data-view]");
  view.hidden = false;
  try {
    const xml = figure.dataset.url ? await fetchText(figure.dataset.url) : story.xml;
    const viewer = new NavigatedViewer({ container: figure.querySelector("[data-canvas]"), zoomScroll: { enabled: false } });
    await viewer.importXML(named(xml, story.labels ?? {}));
    decorate(viewer, story);
    fit(viewer, story);
    figure.querySelector("[data-legend]")?.removeAttribute("hidden");
    figure.addEventListener("click", (event) => {
      const how = event.target.closest("[data-zoom]")?.dataset.zoom;
      if (how === "fit") viewer.get("canvas").zoom("fit-viewport", "auto");
      else if (how) viewer.get("zoomScroll").stepZoom(how === "in" ? 1 : -1);
    });
    figure.dataset.ready = "yes";
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
