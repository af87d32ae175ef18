// One line with all that is known of it, and the lines around it.

import type { LineAnswer, Row } from "../api.ts";
import { h, logText } from "../lib/dom.ts";
import { count, moment, score } from "../lib/format.ts";
import { isFlagged } from "./lines/grid.ts";

export interface Actions {
  close(): void;
  go(back: boolean): void; // to the next anomaly
  open(line: number): void;
  inPlace(line: number): void; // show it among all lines
  only(a: LineAnswer): void; // its pattern alone
  normal(a: LineAnswer): void;
}

export function drawDetail(box: HTMLElement, a: LineAnswer, levels: string[], stop: number, search: string, act: Actions): void {
  const { row } = a;
  const flagged = isFlagged(row, stop);
  const facts = [row.t ? `${moment(row.t)} UTC` : "", row.l ? levels[row.l]! : "no level", row.j ? `score ${score(row.s)}` : "not judged: the model was still learning"].filter(Boolean).join(" · ");
  box.setAttribute("aria-label", `Line ${count(row.n)}`);
  box.replaceChildren(
    h(
      "header",
      {},
      h("h2", { id: "detail-title", tabindex: -1 }, `Line ${count(row.n)}`),
      h("button", { type: "button", class: "quiet", "data-key": "previous", "aria-label": "Previous anomaly", title: "Previous anomaly (p)", onclick: () => act.go(true) }, "↑"),
      h("button", { type: "button", class: "quiet", "data-key": "next", "aria-label": "Next anomaly", title: "Next anomaly (n)", onclick: () => act.go(false) }, "↓"),
      h("button", { type: "button", class: "quiet", "aria-label": "Close the line", onclick: () => act.close() }, "✕"),
    ),
    h(
      "div",
      { class: `verdict${flagged ? " flagged" : ""}` },
      h("p", {}, h("b", {}, flagged ? "Anomaly" : row.j ? "Nothing unusual" : "Learning"), flagged && row.r ? ": " : "", ...(flagged ? logText(row.r ?? "") : [])),
      h("p", { class: "small" }, facts),
    ),
    h("ul", { class: "near", "aria-label": "The line and those around it" }, ...a.near.map((r) => (r.n === row.n ? here(row, stop, search) : near(r, stop, act)))),
    row.c ? h("p", { class: "small" }, "The line goes on; only its beginning is shown.") : "",
    h("h3", {}, "Its pattern"),
    h("pre", { tabindex: 0, "aria-label": "Pattern" }, ...shape(a.pattern.text)),
    h(
      "p",
      { class: "buttons" },
      h("button", { type: "button", class: "quiet", "data-key": "place", onclick: () => act.inPlace(row.n) }, "Show among all lines"),
      h("button", { type: "button", class: "quiet", "data-key": "only", onclick: () => act.only(a) }, "Only this pattern"),
      // Lines of many patterns: no one expression ignores them.
      a.pattern.ignore ? h("button", { type: "button", class: "quiet", onclick: () => act.normal(a), title: "Adds an Ignore line to the Fluent Bit section and takes the pattern out of the view" }, "This is normal") : "",
    ),
  );
  const list = box.querySelector<HTMLElement>(".near")!;
  const line = list.querySelector<HTMLElement>(".here")!;
  list.scrollTop = line.offsetTop - list.offsetTop - Math.max(0, list.clientHeight - line.clientHeight) / 2;
}

/** here is the line itself, all of it, among those around it. */
function here(r: Row, stop: number, search: string): HTMLElement {
  return h(
    "li",
    { class: `here${isFlagged(r, stop) ? " flagged" : ""}`, "aria-current": "true" },
    h("span", {}, count(r.n)),
    h("pre", { tabindex: 0, "aria-label": "The line", "data-key": `line-${r.n}` }, ...logText(r.x, search)),
  );
}

function near(r: Row, stop: number, act: Actions): HTMLElement {
  const flagged = isFlagged(r, stop);
  return h(
    "li",
    { class: flagged ? "flagged" : "" },
    h(
      "button",
      { type: "button", "data-key": `line-${r.n}`, onclick: () => act.open(r.n) },
      h("span", {}, count(r.n)),
      h("span", {}, flagged ? h("span", { class: "hidden" }, "anomaly: ") : null, ...logText(r.x.slice(0, 300))),
    ),
  );
}

/** shape is a pattern's text with what varies set apart. */
export function shape(text: string): Node[] {
  return text
    .split(/(<(?:num|time|ip|id|ver|level|path)>)/)
    .filter((s) => s !== "")
    .flatMap((s): Node[] => (/^<[a-z]+>$/.test(s) ? [h("span", { class: "var" }, s.slice(1, -1))] : logText(s)));
}
