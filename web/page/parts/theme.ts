// Light, dark, or as the system has it.

import { logChart } from "./chart/chart.ts";
import { $ } from "../lib/dom.ts";

const themes = ["", "light", "dark"];

function setTheme(t: string): void {
  if (t) document.documentElement.dataset["theme"] = t;
  else delete document.documentElement.dataset["theme"];
  const words = t ? `Colors: ${t}` : "Colors: as the system has them";
  $("theme").setAttribute("aria-label", words);
  $("theme").title = words;
  $("theme").textContent = { "": "◐", light: "○", dark: "●" }[t] ?? "◐";
  try {
    localStorage.setItem("theme", t);
  } catch {
    // A browser that keeps nothing: then it is for this time.
  }
  logChart.redraw();
}

export function startTheme(): void {
  let theme = "";
  try {
    theme = localStorage.getItem("theme") ?? "";
  } catch {
    // As the system has it.
  }
  setTheme(themes.includes(theme) ? theme : "");
  $("theme").addEventListener("click", () => setTheme(themes[(themes.indexOf(document.documentElement.dataset["theme"] ?? "") + 1) % themes.length]!));
}
