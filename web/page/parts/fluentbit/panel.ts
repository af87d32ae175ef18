// The options as a section for Fluent Bit, and what is set aside as normal,
// which puts lines into it.

import { shape } from "../detail.ts";
import { change } from "../tabs.ts";
import { $, copy, h, keepFocus } from "../../lib/dom.ts";
import { page, say } from "../../store.ts";
import { type Format, section } from "./config.ts";

/** setAside takes a pattern out of the view. */
export function setAside(p: { id: string; text: string; ignore: string }): void {
  const { filters } = page;
  const normal = [...filters.normal.filter((n) => n.id !== p.id), { id: p.id, text: p.text, ignore: p.ignore }];
  change({ normal, ...(filters.pattern === p.id ? { pattern: "", patternText: "" } : {}) });
  say("The pattern is set aside as normal: the Fluent Bit section has an Ignore line for it.");
}

function sectionText(): string {
  const { begin, filters, log } = page;
  const format = document.querySelector<HTMLInputElement>("input[name=format]:checked")!.value as Format;
  return section(format, begin.options, log?.options ?? {}, begin.stops[filters.stop]!, filters.normal.map((n) => n.ignore).filter(Boolean));
}

export function drawSection(): void {
  const { normal } = page.filters;
  $("section").textContent = sectionText();
  $("section-note").textContent = page.log?.mode === "batch" ? "Fluent Bit judges as stream mode does: by the lines before each." : "";
  const one = (n: (typeof normal)[number]): HTMLElement =>
    h(
      "li",
      {},
      h("code", {}, ...shape(n.text)),
      h("button", { type: "button", class: "quiet", "data-key": n.id, onclick: () => change({ normal: normal.filter((o) => o.id !== n.id) }), "aria-label": `Take back: ${n.text}` }, "Take back"),
    );
  keepFocus($("normal"), $("tab-section"), () =>
    $("normal").replaceChildren(...(normal.length ? normal.map(one) : [h("li", { class: "small" }, "Nothing yet. “This is normal” beside a pattern puts it here, with an Ignore line above.")])),
  );
}

export function listenToSection(): void {
  for (const input of document.querySelectorAll("input[name=format]")) input.addEventListener("change", drawSection);
  $("copy-section").addEventListener("click", () => {
    void copy(sectionText(), $("copy-section")).then((done) => {
      if (done) return say("Copied.");
      getSelection()?.selectAllChildren($("section"));
      say("The browser does not let the page copy. The section is selected.");
    });
  });
}
