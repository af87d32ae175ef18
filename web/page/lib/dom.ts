// What the page needs of the DOM. Text goes in as text nodes alone: there is no
// way through here for a log line to become markup.

import { begin } from "./pending.ts";

type Child = Node | string | null | undefined | false;
type Attrs = Record<string, string | number | boolean | null | undefined | ((e: never) => void)>;

/** h makes an element; on… attributes are listeners, true is an empty attribute, false, null and undefined are none. */
export function h<K extends keyof HTMLElementTagNameMap>(tag: K, attrs: Attrs = {}, ...children: Child[]): HTMLElementTagNameMap[K] {
  const e = document.createElement(tag);
  for (const [name, value] of Object.entries(attrs)) {
    if (typeof value === "function") e.addEventListener(name.slice(2), value as EventListener);
    else if (value === true) e.setAttribute(name, "");
    else if (value !== false && value != null) e.setAttribute(name, String(value));
  }
  e.append(...children.filter((c): c is Node | string => c != null && c !== false));
  return e;
}

/** $ is the element of the page's skeleton with that id. */
export function $<T extends HTMLElement = HTMLElement>(id: string): T {
  const e = document.getElementById(id);
  if (!e) throw new Error(`no element #${id}`);
  return e as T;
}

/** unseen are characters that would hide or turn text around: controls, and those that set its direction. */
const unseen = /[\u0000-\u0008\u000a-\u001f\u007f-\u009f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/;

/**
 * logText is text of a log, with what is searched for marked and unseen
 * characters shown by their number: a log line must not look like another.
 */
export function logText(text: string, search = ""): Node[] {
  const out: Node[] = [];
  const needle = search.toLowerCase();
  // Lower case of the same length, so that places are the same in both.
  const low = needle ? text.replace(/[A-Z]/g, (c) => c.toLowerCase()) : "";
  let at = 0;
  while (needle) {
    const hit = low.indexOf(needle, at);
    if (hit < 0) break;
    plain(text.slice(at, hit), out);
    const mark = h("mark");
    const inner: Node[] = [];
    plain(text.slice(hit, hit + needle.length), inner);
    mark.append(...inner);
    out.push(mark);
    at = hit + needle.length;
  }
  plain(text.slice(at), out);
  return out;
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

/** put writes a text where it is another one: a live region speaks at each change. */
export function put(e: HTMLElement, text: string): void {
  if (e.textContent !== text) e.textContent = text;
}

/** copy puts text on the clipboard, and says so on a button for a moment. It is false where the browser does not let it. */
export async function copy(text: string, button: HTMLElement): Promise<boolean> {
  const words = button.textContent;
  try {
    await navigator.clipboard.writeText(text); // not there without https, but on this very machine
  } catch {
    return false;
  }
  button.textContent = "Copied";
  setTimeout(() => (button.textContent = words), 1500);
  return true;
}

/** later runs the last of several calls that come fast one after the other. */
export function later(ms: number, run: () => void): () => void {
  let timer = 0;
  let end: (() => void) | null = null;
  return () => {
    clearTimeout(timer);
    end ??= begin();
    timer = window.setTimeout(() => {
      try {
        run();
      } finally {
        end?.();
        end = null;
      }
    }, ms);
  };
}

/** findFocus moves the focus when it is nowhere, or on what is hidden now, which the browser itself notices a frame later. */
export function findFocus(otherwise: HTMLElement): void {
  const at = document.activeElement;
  if (!at || at === document.body || !at.checkVisibility()) otherwise.focus();
}

/**
 * keepFocus draws what is in a box anew. Where the focus was in it, it goes to
 * the control of the same data-key, else to the one at the same place, else to
 * another element.
 */
export function keepFocus(box: HTMLElement, otherwise: HTMLElement, draw: () => void): void {
  const controls = (): HTMLElement[] => [...box.querySelectorAll<HTMLElement>("a, button, input, select, [tabindex]")];
  const had = box.contains(document.activeElement) ? (document.activeElement as HTMLElement) : null;
  const place = had ? controls().indexOf(had) : -1;
  draw();
  if (!had || had.isConnected) return;
  const now = controls();
  const key = had.dataset["key"];
  const next = (key && now.find((e) => e.dataset["key"] === key)) || now[Math.min(place, now.length - 1)] || otherwise;
  next.focus({ preventScroll: true });
}
