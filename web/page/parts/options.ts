// What the next scan is to be done with: the mode, and the options of the
// detector as a form, made from the server's table.

import type { Given, Mode, Option } from "../api.ts";
import { isField, scanAgain } from "../actions/logs.ts";
import { $, h, on, onChoice, showChoice } from "../lib/dom.ts";
import { state, subscribe, subscribeNow, update } from "../store/store.ts";

type Input = HTMLInputElement | HTMLTextAreaElement;

const inputs = new Map<string, Input>();

export function startOptions(): void {
  $("fields").replaceChildren(...state.start.options.filter(isField).map(field));
  onChoice("mode", (mode) => {
    update({ nextScan: { ...state.nextScan, mode: mode as Mode } });
    void scanAgain();
  });
  on("options-toggle", "click", () => update({ optionsOpen: !state.optionsOpen }));
  on("options", "input", () => setOptions(read()));
  on("options", "submit", (e) => {
    e.preventDefault();
    void scanAgain();
  });
  on("options", "reset", () => {
    setOptions({});
    update({ optionError: null });
  });
  subscribeNow(() => [state.nextScan], draw);
  subscribe(() => [state.optionsOpen], () => {
    $("options").hidden = !state.optionsOpen;
    $("options-toggle").setAttribute("aria-expanded", String(state.optionsOpen));
  });
  subscribe(() => [state.optionError], drawError); // which takes the focus: when the form is open
}

const setOptions = (options: Given): void => update({ nextScan: { ...state.nextScan, options } });

function field(o: Option): HTMLElement {
  const id = `option-${o.flag}`;
  const attrs = { id, name: o.name, spellcheck: "false", autocomplete: "off", "aria-describedby": `${id}-help ${id}-error` };
  const input = o.multiple ? h("textarea", { ...attrs, rows: 2, placeholder: "one in each line" }) : h("input", { ...attrs, type: "text", placeholder: o.default });
  inputs.set(o.name, input);
  return h("div", {}, h("label", { for: id }, o.name.replaceAll("_", " ")), input, h("p", { id: `${id}-help` }, `${o.help} ${upper(o.range)}.`), h("p", { id: `${id}-error`, class: "wrong" }));
}

const values = (input: Input): string[] => input.value.split("\n").map((v) => v.trim()).filter(Boolean);

/** read is what the form says. */
const read = (): Given => Object.fromEntries([...inputs].map(([name, input]) => [name, values(input)] as const).filter(([, given]) => given.length));

/** draw leaves alone what says the same: somebody is writing there. */
function draw(): void {
  const { mode, options } = state.nextScan;
  showChoice("mode", mode);
  for (const [name, input] of inputs) {
    const given = (options[name] ?? []).join("\n");
    if (values(input).join("\n") !== given) input.value = given;
  }
}

function drawError(): void {
  for (const [name, input] of inputs) {
    const wrong = name === state.optionError?.option;
    if (wrong) input.setAttribute("aria-invalid", "true");
    else input.removeAttribute("aria-invalid");
    $(`${input.id}-error`).textContent = wrong ? state.optionError!.text : "";
    if (wrong) input.focus();
  }
}

const upper = (s: string): string => s.charAt(0).toUpperCase() + s.slice(1);
