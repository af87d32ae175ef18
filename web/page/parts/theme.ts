// Light, dark, or as the system has it.

import { $, on } from "../lib/dom.ts";
import { state, type Theme, update } from "../store/store.ts";

const themes: Theme[] = ["", "light", "dark"];

function setTheme(theme: Theme): void {
  if (theme) document.documentElement.dataset["theme"] = theme;
  else delete document.documentElement.dataset["theme"];
  const words = theme ? `Colors: ${theme}` : "Colors: as the system has them";
  $("theme").setAttribute("aria-label", words);
  $("theme").title = words;
  $("theme").textContent = { "": "◐", light: "○", dark: "●" }[theme];
  try {
    localStorage.setItem("theme", theme);
  } catch {
    // A browser that keeps nothing: then it is for this time.
  }
  update({ theme });
}

export function startTheme(): void {
  let kept: string | null = null;
  try {
    kept = localStorage.getItem("theme");
  } catch {
    // As the system has it.
  }
  setTheme(themes.find((t) => t === kept) ?? "");
  on("theme", "click", () => setTheme(themes[(themes.indexOf(state.theme) + 1) % themes.length]!));
}
