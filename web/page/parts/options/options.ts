// What the next scan is to be done with: mode and options.

import type { Mode } from "../../api.ts";
import { $ } from "../../lib/dom.ts";
import { Fields } from "./form.ts";
import { page } from "../../store.ts";

export const fields = new Fields($("fields"));

export const mode = (): Mode => (document.querySelector<HTMLInputElement>("input[name=mode]:checked")?.value as Mode) ?? page.begin.mode;

export function setMode(m: Mode): void {
  for (const input of document.querySelectorAll<HTMLInputElement>("input[name=mode]")) input.checked = input.value === m;
}

export function showOptions(on: boolean): void {
  $("options").hidden = !on;
  $("options-toggle").setAttribute("aria-expanded", String(on));
}
