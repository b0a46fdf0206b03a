// Light or dark, before the first paint: a classic script, because modules run later. "system" follows the machine.
(() => {
  const KEY = "vigil.colours";
  const dark = matchMedia("(prefers-color-scheme: dark)");
  const chosen = () => {
    try {
      return localStorage.getItem(KEY) ?? "system";
    } catch {
      return "system"; // storage switched off
    }
  };
  const show = () => {
    const choice = chosen();
    document.documentElement.dataset.theme = choice === "system" ? (dark.matches ? "dark" : "light") : choice;
    dispatchEvent(new Event("vigil-colours"));
  };
  dark.addEventListener("change", show);
  show();
  window.vigilColours = {
    chosen,
    choose(value) {
      try {
        localStorage.setItem(KEY, value);
      } catch {
        // holds for this page alone then
      }
      document.documentElement.dataset.theme = value === "system" ? (dark.matches ? "dark" : "light") : value;
      dispatchEvent(new Event("vigil-colours"));
    },
  };
})();
