// A draft in this window: its file is saved by itself, whoever else works at it is named, and the server says what stands in the
// way of publishing. Editors import `draft`; without a draft in the page it is null. Words come from the page (drafts/frame.py).
// All text goes into the page by textContent.

import { ask, isSignedOut, mayPass } from "./asking.js";
import { Kept, offerCopy } from "./keeping.js";

const REST = 800; // milliseconds without typing after which is saved
const RECHECK = 600; // milliseconds after a saving until findings are asked for
const EVERY = 20000; // milliseconds between looks at findings nobody asked for
const HERE = 15000; // milliseconds between two words that this window is still open
const AGAIN = 5000; // milliseconds until a saving that failed for a while is tried once more
const PATIENCE = 3000; // milliseconds for which somebody who leaves waits for the saving
const TURNS = 4; // how often a file is read again that somebody else saved in between
const KNOWN = 10000; // milliseconds for which variables of an element are taken as known

const rest = (time) => new Promise((done) => setTimeout(done, time));

function windowName() {
  let name = sessionStorage.getItem("heliu-studio-window");
  if (!name) {
    name = [...crypto.getRandomValues(new Uint8Array(12))].map((byte) => byte.toString(16).padStart(2, "0")).join("");
    sessionStorage.setItem("heliu-studio-window", name);
  }
  return name;
}

class Draft {
  constructor(page) {
    this.page = page;
    this.facts = JSON.parse(page.querySelector("[data-draft-facts]").textContent);
    this.content = this.facts.content;
    this.revision = this.facts.revision;
    this.pending = null;
    this.listeners = { findings: [], show: [], saved: [] };
    this.found = [];
    this.others = [];
    this.kept = new Map();
    this.altered = Promise.resolve();
    this.altering = 0;
    this.copy = new Kept(this.facts);
    this.begin();
  }

  part(name) {
    return this.page.querySelector(`[${name}]`);
  }

  word(key, values = {}) {
    return Object.entries(values).reduce((words, [name, value]) => words.replaceAll(`{${name}}`, value), this.facts.words[key] ?? key);
  }

  // -- Saving: only what differs from what is stored, one request at a time.

  // Something was changed whose text is still to be made: it is not saved, however soon somebody looks.
  touch() {
    this.touched = true;
    if (!this.conflict) this.say("unsaved");
  }

  write(text) {
    this.touched = false;
    clearTimeout(this.resting);
    if (text === this.content && !this.sending && !this.conflict) {
      this.pending = null;
      this.copy.forget();
      this.say("saved");
      return;
    }
    this.pending = text;
    this.copy.keep(text, this.revision);
    if (this.conflict) return;
    this.say("unsaved");
    this.resting = setTimeout(() => this.save(), REST);
  }

  async save() {
    clearTimeout(this.resting);
    if (this.sending) {
      await this.sending;
      return this.save();
    }
    if (this.pending === null || this.conflict) return undefined;
    const text = this.pending;
    this.pending = null;
    this.say("saving");
    this.sending = this.put(text).finally(() => {
      this.sending = null;
    });
    await this.sending;
    if (this.pending !== null && this.pending !== this.content && !this.failed) return this.save();
    return undefined;
  }

  async put(text) {
    try {
      const { revision } = await this.store(text, this.revision);
      this.content = text;
      this.revision = revision;
      this.failed = false;
      this.kept.clear();
      if (this.pending === text) this.pending = null;
      if (this.pending === null) this.copy.forget();
      else this.copy.keep(this.pending, revision);
      this.tellSignedOut(false);
      this.say(this.pending === null && !this.touched ? "saved" : "unsaved");
      for (const listener of this.listeners.saved) listener(revision);
      this.checkSoon();
    } catch (fault) {
      this.pending ??= text;
      this.failed = true;
      if (fault.status === 409) this.tellConflict("conflict", fault.problem.current ?? {});
      else {
        this.tellFault(fault);
        if (mayPass(fault)) this.resting = setTimeout(() => this.save(), AGAIN);
      }
    }
  }

  reason(fault) {
    if (isSignedOut(fault)) return this.word("signed_out");
    return fault.status ? fault.message : this.word("lost");
  }

  tellFault(fault) {
    this.say("failed", { reason: this.reason(fault) });
    this.tellSignedOut(isSignedOut(fault));
  }

  tellSignedOut(signedOut) {
    this.part("data-signed-out").hidden = !signedOut;
  }

  get unsaved() {
    return this.pending !== null || Boolean(this.sending) || this.altering > 0;
  }

  // Another file of the draft: `change` makes its new content of what stands there by now, whoever saved it last.
  alter(name, change) {
    this.altering += 1;
    this.altered = this.altered.then(() => this.alterNow(name, change)).catch((fault) => this.tellFault(fault)).finally(() => {
      this.altering -= 1;
    });
  }

  async alterNow(name, change) {
    const url = this.facts.urls.files + encodeURIComponent(name);
    for (let turn = 1; ; ) {
      try {
        const { content, revision } = await ask(url).catch((fault) => {
          if (fault.status !== 404) throw fault;
          return { content: "", revision: 0 };
        });
        await ask(url, "PUT", { content: change(content), seen: revision });
        this.tellSignedOut(false);
        if (this.pending === null && !this.sending) this.say("saved");
        return this.checkSoon();
      } catch (fault) {
        if (fault.status === 409 && turn < TURNS) turn += 1;
        else if (mayPass(fault)) {
          this.tellFault(fault);
          await rest(AGAIN);
        } else throw fault;
      }
    }
  }

  say(state, values) {
    const place = this.part("data-save-state");
    place.textContent = this.word(state, values);
    place.dataset.state = state;
  }

  tellConflict(words, current) {
    this.conflict = { revision: current.revision ?? this.revision, told: words };
    this.part("data-conflict-words").textContent = this.word(words, { name: current.name ?? this.word("somebody") });
    this.part("data-conflict").hidden = false;
    if (words === "conflict") this.say("unsaved");
  }

  keepMine() {
    this.revision = this.conflict.revision;
    this.conflict = null;
    this.failed = false;
    this.part("data-conflict").hidden = true;
    if (this.pending !== null) this.save();
  }

  loadTheirs() {
    this.pending = null;
    this.copy.forget();
    this.reload();
  }

  reload() {
    this.leaving = true;
    location.reload();
  }

  // -- Who else is here, and whether somebody saved the file that is open.
  async visit() {
    if (document.hidden) return;
    try {
      const { others, files } = await ask(this.facts.urls.presence, "POST", { window: windowName(), file: this.facts.file });
      this.drawOthers(others);
      this.tellSignedOut(false);
      const newest = files[this.facts.file] ?? 0;
      if (newest > this.revision && !this.sending && !this.conflict) {
        const other = others.find((each) => each.file === this.facts.file);
        this.tellConflict("changed", { name: other?.user, revision: newest });
      }
    } catch (fault) {
      // The next word finds the server again.
      if (isSignedOut(fault)) this.tellSignedOut(true);
    }
  }

  drawOthers(others) {
    const place = this.part("data-others");
    const names = [...new Set(others.map((each) => each.user))];
    place.hidden = !names.length;
    place.textContent = names.length ? this.word("here", { names: names.join(", ") }) : "";
    const same = others.find((each) => this.facts.file && each.file === this.facts.file);
    place.title = same ? this.word("same_file", { name: same.user }) : "";
    place.classList.toggle("studio-others-same", Boolean(same));
  }

  // -- Findings.
  onFindings(listener) {
    this.listeners.findings.push(listener);
    if (this.looked) listener(this.found);
  }

  onShow(listener) {
    this.listeners.show.push(listener);
    const wanted = decodeURIComponent(location.hash.slice(1));
    if (wanted && this.listeners.show.length === 1) setTimeout(() => listener(wanted));
  }

  onSaved(listener) {
    this.listeners.saved.push(listener);
  }

  show(element) {
    for (const listener of this.listeners.show) listener(element);
  }

  checkSoon(after = RECHECK) {
    clearTimeout(this.checking);
    this.checking = setTimeout(() => this.check(), after);
  }

  async check(thorough = false) {
    clearTimeout(this.checking);
    const number = (this.asked = (this.asked ?? 0) + 1);
    try {
      const { findings } = await ask(this.facts.urls.findings + (thorough ? "?thorough=1" : ""));
      if (number !== this.asked) return;
      this.found = findings;
      this.looked = true;
      this.drawFindings();
      for (const listener of this.listeners.findings) listener(findings);
    } catch {
      // What was found before stays; the next look comes by itself.
    } finally {
      if (number === this.asked) this.checking = setTimeout(() => !document.hidden && this.check(), EVERY);
    }
  }

  drawFindings() {
    const errors = this.found.filter((each) => each.severity === "error").length;
    const warnings = this.found.length - errors;
    const parts = [];
    if (errors) parts.push(this.word("errors", { number: errors }));
    if (warnings) parts.push(this.word("warnings", { number: warnings }));
    this.part("data-findings-sum").textContent = parts.join(" · ") || this.word("no_findings");
    this.part("data-findings-box").classList.toggle("studio-findings-bad", errors > 0);
    this.part("data-findings").replaceChildren(...this.found.map((each) => this.row(each)));
  }

  row(finding) {
    const line = document.createElement("li");
    line.className = `studio-finding studio-finding-${finding.severity === "error" ? "error" : "warning"}`;
    const sign = this.part(`data-finding=${finding.severity === "error" ? "error" : "warning"}`);
    const here = !finding.file || finding.file === this.facts.file;
    const goal = document.createElement(here ? "button" : "a");
    if (here) {
      goal.type = "button";
      goal.addEventListener("click", () => this.show(finding.element));
    } else goal.href = this.address(finding);
    goal.className = "studio-finding-goal";
    const level = document.createElement("span");
    level.className = "visually-hidden";
    level.textContent = `${this.word(finding.severity === "error" ? "error" : "warning")}: `;
    goal.append(sign.content.cloneNode(true), level, finding.message);
    line.append(goal);
    return line;
  }

  address({ file, element }) {
    const { draft } = this.facts.urls;
    const place = element ? `#${encodeURIComponent(element)}` : "";
    if (file.endsWith(".form.json")) return `${draft}/forms/${encodeURIComponent(file.slice(0, -".form.json".length))}${place}`;
    if (file.endsWith(".dmn")) return `${draft}/tables/${encodeURIComponent(file)}${place}`;
    if (file.endsWith(".bpmn")) return `${draft}/diagram${place}`;
    return `${draft}/texts`;
  }

  // -- Questions to the server.
  store(content, seen) {
    return ask(this.facts.urls.file, "PUT", { content, seen });
  }

  call(url, body = {}) {
    return ask(url, "POST", body);
  }

  get(url) {
    return ask(url);
  }

  async feel(text, kind = "expression", element = "") {
    try {
      return (await ask(this.facts.urls.feel, "POST", { text, kind, element: element ?? "" })).fault;
    } catch {
      return null;
    }
  }

  catalogue(element) {
    return ask(this.facts.urls.catalogue + (element ? `?element=${encodeURIComponent(element)}` : ""));
  }

  async variables(element) {
    const known = this.kept.get(element);
    if (known && known.until > Date.now()) return known.list;
    try {
      const list = (await this.catalogue(element)).variables;
      this.kept.set(element, { list, until: Date.now() + KNOWN });
      return list;
    } catch {
      return known?.list ?? [];
    }
  }

  begin() {
    if (this.facts.file) this.say("saved");
    if (this.facts.file) offerCopy(this);
    this.part("data-theirs").addEventListener("click", () => this.loadTheirs());
    this.part("data-mine").addEventListener("click", () => this.keepMine());
    this.part("data-check-all").addEventListener("click", async (event) => {
      const button = event.currentTarget;
      button.disabled = true;
      this.part("data-findings-sum").textContent = this.word("checking");
      await this.save();
      await this.check(true);
      button.disabled = false;
      this.part("data-findings-box").open = true;
    });
    window.addEventListener("blur", () => this.save());
    document.addEventListener("visibilitychange", () => {
      this.save();
      this.visit();
    });
    document.addEventListener("click", (event) => this.leaveSaved(event));
    window.addEventListener("beforeunload", (event) => {
      if (!this.unsaved || this.leaving) return;
      event.preventDefault();
    });
    this.visit();
    setInterval(() => this.visit(), HERE);
    this.checkSoon(0);
  }

  // A click that leads away waits until everything is stored. What cannot be stored is asked about by the browser.
  async leaveSaved(event) {
    const link = event.target.closest?.("a[href]");
    const plain = event.button === 0 && !event.ctrlKey && !event.metaKey && !event.shiftKey && !event.altKey;
    if (!link || !plain || link.target || !this.unsaved || this.conflict || event.defaultPrevented) return;
    if (link.origin !== location.origin || (link.pathname === location.pathname && link.hash)) return;
    event.preventDefault();
    await Promise.race([Promise.all([this.save(), this.altered]), rest(PATIENCE)]);
    if (!this.conflict) location.assign(link.href);
  }
}

export function openDraft() {
  const page = document.querySelector("[data-draft]");
  return page ? new Draft(page) : null;
}

export const draft = openDraft();
