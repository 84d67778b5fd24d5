// What was written and is not stored yet is kept in this browser, so that it outlives the window: a crash, a computer that is
// switched off, a server that was away for too long, a draft that was published meanwhile. Whoever opens the file again, in this
// draft or in the next one of the process, is asked what becomes of it.

const MARK = "heliu-draft:";
const NEVER = 0; // the revision of a file that is not there yet
const LONGEST = 30 * 86400000; // milliseconds after which nobody is asked any more

export class Kept {
  constructor({ id, key, file, me }) {
    this.draft = id;
    this.name = `${MARK}${key}:${file}:${me}`;
    this.sweep();
  }

  // A browser without room, or that keeps nothing, only takes this safety away.
  keep(text, revision) {
    try {
      localStorage.setItem(this.name, JSON.stringify({ text, draft: this.draft, revision, at: Date.now() }));
    } catch {
      this.forget();
    }
  }

  forget() {
    try {
      localStorage.removeItem(this.name);
    } catch {
      // Nothing was kept.
    }
  }

  found() {
    try {
      const found = JSON.parse(localStorage.getItem(this.name));
      // Revisions of one draft say nothing about another: then it is asked first whether to write over what stands there.
      return found && { ...found, revision: found.draft === this.draft ? found.revision : NEVER };
    } catch {
      return null;
    }
  }

  sweep() {
    try {
      for (const name of Object.keys(localStorage).filter((each) => each.startsWith(MARK))) {
        if (!(JSON.parse(localStorage.getItem(name))?.at > Date.now() - LONGEST)) localStorage.removeItem(name);
      }
    } catch {
      // What cannot be read is not asked about either.
    }
  }
}

export function offerCopy(draft) {
  const found = draft.copy.found();
  if (!found || found.text === draft.content) {
    draft.copy.forget();
    return;
  }
  const box = draft.part("data-kept");
  const words = draft.part("data-kept-words");
  words.textContent = draft.word("kept", { at: new Date(found.at).toLocaleString(draft.facts.locale.replace("_", "-")) });
  box.hidden = false;
  draft.part("data-kept-drop").addEventListener("click", () => {
    box.hidden = true;
    if (!draft.unsaved) draft.copy.forget();
  });
  draft.part("data-kept-take").addEventListener("click", async () => {
    try {
      await draft.store(found.text, found.revision);
      draft.copy.forget();
      draft.reload();
    } catch (fault) {
      const { name, revision } = fault.problem?.current ?? {};
      const clash = fault.status === 409;
      // Who asks for it once more, after having been told whose work goes, means it.
      if (clash) found.revision = revision ?? 0;
      words.textContent = clash ? draft.word("conflict", { name: name ?? draft.word("somebody") }) : draft.word("failed", { reason: draft.reason(fault) });
    }
  });
}
