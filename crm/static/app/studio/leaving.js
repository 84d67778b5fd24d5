// An editor makes its text a moment after the last change. Somebody who leaves does not wait for that moment: `write` is called
// before the draft's own listeners, which send what has been written.

const WAYS = [[window, "blur"], [window, "click"], [window, "beforeunload"], [document, "visibilitychange"]];

export function beforeLeaving(write) {
  for (const [target, leaving] of WAYS) {
    target.addEventListener(leaving, (event) => (leaving !== "click" || event.target.closest?.("a[href], [data-check-all]")) && write(), true);
  }
}
