// Text of a log, as nodes: what is not seen is shown, what varies is set apart.

import { h } from "./dom.ts";

/** unseen are characters that would hide or turn text around: controls, and those that set its direction. */
const unseen = /[\u0000-\u0008\u000a-\u001f\u007f-\u009f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/;

export type Mark = readonly [from: number, to: number, kind?: string];

/** findAll is where a text stands in another one, ASCII letters in any case. */
export function findAll(text: string, search: string): Mark[] {
  if (!search) return [];
  // Lower case of the same length, so that places are the same in both.
  const low = text.replace(/[A-Z]/g, (c) => c.toLowerCase());
  const needle = search.toLowerCase();
  const all: Mark[] = [];
  for (let at = low.indexOf(needle); at >= 0; at = low.indexOf(needle, at + needle.length)) all.push([at, at + needle.length]);
  return all;
}

/**
 * logText is text of a log, with what is searched for marked and unseen
 * characters shown by their number: a log line must not look like another.
 */
export function logText(text: string, marks: readonly Mark[] = []): Node[] {
  const out: Node[] = [];
  let at = 0;
  for (const [from, to, kind] of marks) {
    plain(text.slice(at, from), out);
    const inner: Node[] = [];
    plain(text.slice(from, to), inner);
    if (inner.length) out.push(h("mark", { class: kind }, ...inner));
    at = to;
  }
  plain(text.slice(at), out);
  return out;
}

/** lineText is a line as the table has it: its message, and its fields muted behind it. */
export function lineText(text: string, message: number | undefined, marks: readonly Mark[]): Node[] {
  if (!message || message >= text.length) return logText(text, marks);
  const clip = (from: number, to: number): Mark[] =>
    marks.flatMap(([a, b, kind]): Mark[] => (a < to && b > from ? [[Math.max(a, from) - from, Math.min(b, to) - from, kind]] : []));
  return [...logText(text.slice(0, message), clip(0, message)), h("span", { class: "rest" }, ...logText(text.slice(message), clip(message, text.length)))];
}

/** allMarks are marks of two kinds, none in another: what a reason speaks of goes before what is searched for. */
export function allMarks(odd: readonly Mark[], found: readonly Mark[]): Mark[] {
  const all: Mark[] = odd.map(([a, b]): Mark => [a, b, "odd"]);
  for (const f of found) if (!odd.some(([a, b]) => f[0] < b && f[1] > a)) all.push(f);
  return all.sort((a, b) => a[0] - b[0]);
}

function plain(text: string, out: Node[]): void {
  for (;;) {
    const i = text.search(unseen);
    if (i < 0) break;
    if (i > 0) out.push(document.createTextNode(text.slice(0, i)));
    const code = text.charCodeAt(i).toString(16).padStart(2, "0");
    out.push(h("span", { class: "unseen" }, code.length > 2 ? `\\u${code.padStart(4, "0")}` : `\\x${code}`));
    text = text.slice(i + 1);
  }
  if (text) out.push(document.createTextNode(text));
}

/** patternText is a pattern with what varies set apart. It is empty for events that have fields alone. */
export function patternText(text: string): Node[] {
  if (!text) return [h("span", { class: "small" }, "no message")];
  return text
    .split(/(<(?:num|time|ip|id|ver|level|path)>)/)
    .filter((s) => s !== "")
    .flatMap((s): Node[] => (/^<[a-z]+>$/.test(s) ? [h("span", { class: "var" }, s.slice(1, -1))] : logText(s)));
}
