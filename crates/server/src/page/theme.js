// The colours: as the system has them, light or dark. A classic script, so that the choice holds before
// anything is painted; it is kept in localStorage.

(() => {
  const KEY = "trommel.theme";
  const ORDER = ["auto", "light", "dark"];
  const WORDS = { auto: "as the system has them", light: "light", dark: "dark" };
  const root = document.documentElement;

  const kept = () => {
    try {
      return localStorage.getItem(KEY);
    } catch {
      return null;
    }
  };

  let theme = ORDER.includes(kept()) ? kept() : "auto";
  root.dataset.theme = theme;

  document.addEventListener("DOMContentLoaded", () => {
    const button = document.getElementById("theme");
    const show = () => {
      root.dataset.theme = theme;
      button.dataset.theme = theme;
      button.setAttribute("aria-label", `Colours: ${WORDS[theme]}`);
      button.title = `Colours: ${WORDS[theme]}`;
    };
    show();
    button.addEventListener("click", () => {
      theme = ORDER[(ORDER.indexOf(theme) + 1) % ORDER.length];
      try {
        localStorage.setItem(KEY, theme);
      } catch {
        // A browser that keeps nothing shows it all the same.
      }
      show();
    });
  });
})();
