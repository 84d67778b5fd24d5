// The bell stays true while somebody looks at the page. Each stream ends at once and the browser comes back for the next one
// when the server said; the first is asked for as late as that, because the page itself brought the count.
{
  const bell = document.querySelector("[data-notices]");
  const FIRST_AFTER = 20000;
  let stream = null;
  let seen = bell?.dataset.seen;

  const say = (told) => {
    const pattern = document.getElementById("notice-toast");
    const place = document.querySelector("[data-toasts]");
    for (const each of [...told].reverse()) {
      const toast = pattern.content.cloneNode(true);
      const link = toast.querySelector("a");
      link.textContent = each.words;
      link.href = each.url;
      place.append(toast);
    }
  };

  const ring = (event) => {
    const told = JSON.parse(event.data);
    seen = event.lastEventId;
    bell.querySelector("[data-count]").hidden = !told.unread;
    bell.querySelector("[data-count] .count").textContent = told.unread > 99 ? "99+" : told.unread;
    bell.querySelector("[data-words]").textContent = told.words;
    bell.title = told.words;
    say(told.said);
  };

  const listen = () => {
    if (stream || document.hidden) return;
    stream = new EventSource(`${bell.dataset.notices}?seen=${seen}`);
    stream.addEventListener("notices", ring);
  };
  const rest = () => {
    stream?.close();
    stream = null;
  };

  if (bell) {
    setTimeout(listen, FIRST_AFTER);
    document.addEventListener("visibilitychange", () => (document.hidden ? rest() : listen()));
    // A page that is left and kept for going back must not go on asking.
    window.addEventListener("pagehide", rest);
  }
}
