// What the page needs of the DOM. Text goes in as text nodes alone: there is no
// way through here for a log line to become markup.

export type Child = Node | string | null | undefined | false;
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

/** on adds a listener to an element of the skeleton. */
export const on = <K extends keyof HTMLElementEventMap>(id: string, event: K, run: (e: HTMLElementEventMap[K]) => void): void => $(id).addEventListener(event, run);

const radios = (name: string): NodeListOf<HTMLInputElement> => document.querySelectorAll<HTMLInputElement>(`input[name=${name}]`);

/** onChoice hears which of several radio buttons is chosen. */
export function onChoice(name: string, run: (value: string) => void): void {
  for (const input of radios(name)) input.addEventListener("change", () => run(input.value));
}

/** showChoice checks one of them, and disables others. */
export function showChoice(name: string, value: string, disabled: readonly string[] = []): void {
  for (const input of radios(name)) {
    input.checked = input.value === value;
    input.disabled = disabled.includes(input.value);
  }
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
