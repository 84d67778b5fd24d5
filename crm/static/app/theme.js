// Sets light or dark before the first paint: what the person chose on this device, else what the system prefers.
(() => {
  const system = matchMedia("(prefers-color-scheme: dark)");
  const apply = () => {
    let chosen = null;
    try { chosen = localStorage.getItem("theme"); } catch { /* storage may be forbidden; the system's choice stands then */ }
    document.documentElement.dataset.bsTheme = chosen === "dark" || chosen === "light" ? chosen : system.matches ? "dark" : "light";
  };
  document.documentElement.classList.add("has-script");
  system.addEventListener("change", apply);
  apply();
})();
