// The options as a section for Fluent Bit, and what is set aside as normal,
// which puts lines into it.

import { filter } from "../../actions/filter.ts";
import { say } from "../../actions/tell.ts";
import { $, copy, h, keepFocus, on, onChoice } from "../../lib/dom.ts";
import { patternText } from "../../lib/logtext.ts";
import { shownLog } from "../../store/derived.ts";
import type { Normal } from "../../store/filters.ts";
import { state, subscribeNow } from "../../store/store.ts";
import { type Format, section } from "./config.ts";

let format: Format = "classic";

export function startFluentBit(): void {
  onChoice("format", (value) => {
    format = value as Format;
    drawSection();
  });
  on("copy-section", "click", () => {
    void copy(sectionText(), $("copy-section")).then((done) => {
      if (done) return say("Copied.");
      getSelection()?.selectAllChildren($("section"));
      say("The browser does not let the page copy. The section is selected.");
    });
  });
  subscribeNow(() => [shownLog()?.options, shownLog()?.mode, state.filters.stop, state.filters.normal], drawSection);
  subscribeNow(() => [state.filters.normal], drawNormal);
}

function sectionText(): string {
  const { start, filters } = state;
  return section(format, start.options, shownLog()?.options ?? {}, start.stops[filters.stop]!, filters.normal.map((n) => n.ignore).filter(Boolean));
}

function drawSection(): void {
  $("section").textContent = sectionText();
  $("section-note").textContent = shownLog()?.mode === "batch" ? "Fluent Bit judges as stream mode does: by the lines before each." : "";
}

function drawNormal(): void {
  const { normal } = state.filters;
  const takeBack = (n: Normal): void => filter({ normal: normal.filter((o) => o.id !== n.id) });
  const one = (n: Normal): HTMLElement =>
    h("li", {}, h("code", {}, ...patternText(n.text)), h("button", { type: "button", class: "quiet", "data-key": n.id, onclick: () => takeBack(n), "aria-label": `Take back: ${n.text}` }, "Take back"));
  const none = h("li", { class: "small" }, "Nothing yet. “This is normal” beside a pattern puts it here, with an Ignore line above.");
  keepFocus($("normal"), $("tab-section"), () => $("normal").replaceChildren(...(normal.length ? normal.map(one) : [none])));
}
