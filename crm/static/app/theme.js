// Sets light or dark before the first paint: what the person chose on this device, else what the system prefers.
// The buttons for it are in the account menu.
(() => {
  const KEY = "heliu-theme";
  const system = matchMedia("(prefers-color-scheme: dark)");
  const chosen = () => {
    try { return localStorage.getItem(KEY) ?? ""; } catch { return ""; /* storage may be forbidden */ }
  };
  const apply = () => {
    const choice = chosen();
    document.documentElement.dataset.bsTheme = choice || (system.matches ? "dark" : "light");
    document.querySelectorAll("[data-theme]").forEach((button) => button.setAttribute("aria-pressed", button.dataset.theme === choice));
  };
  document.documentElement.classList.add("has-script");
  document.addEventListener("DOMContentLoaded", apply);
  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-theme]");
    if (!button) return;
    try {
      if (button.dataset.theme) localStorage.setItem(KEY, button.dataset.theme);
      else localStorage.removeItem(KEY);
    } catch { /* then it lasts as long as nothing can be remembered: not at all */ }
    apply();
  });
  system.addEventListener("change", apply);
  apply();
})();
