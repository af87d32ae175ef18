// The options of the detector as a form, made from the server's table.

import type { Given, Option } from "../../api.ts";
import { h } from "../../lib/dom.ts";

export class Fields {
  private inputs = new Map<string, HTMLInputElement | HTMLTextAreaElement>();

  constructor(private readonly box: HTMLElement) {}

  build(table: Option[]): void {
    this.inputs.clear();
    this.box.replaceChildren(
      ...table
        .filter((o) => o.name !== "Contamination") // the slider
        .map((o) => {
          const id = `option-${o.flag}`;
          const attrs = { id, name: o.name, spellcheck: "false", autocomplete: "off", "aria-describedby": `${id}-help ${id}-error` };
          const input = o.multiple ? h("textarea", { ...attrs, rows: 2, placeholder: "one in each line" }) : h("input", { ...attrs, type: "text", placeholder: o.default });
          this.inputs.set(o.name, input);
          return h("div", {}, h("label", { for: id }, o.name.replaceAll("_", " ")), input, h("p", { id: `${id}-help` }, `${o.help} ${upper(o.range)}.`), h("p", { id: `${id}-error`, class: "wrong" }));
        }),
    );
  }

  set(given: Given): void {
    for (const [name, input] of this.inputs) input.value = (given[name] ?? []).join("\n");
    this.complain();
  }

  get(): Given {
    const given: Given = {};
    for (const [name, input] of this.inputs) {
      const values = input.value.split("\n").map((v) => v.trim()).filter(Boolean);
      if (values.length) given[name] = values;
    }
    return given;
  }

  /** complain shows an error beside the option that it is about; it is false when there is none such. */
  complain(option?: string, text = ""): boolean {
    for (const input of this.inputs.values()) {
      input.removeAttribute("aria-invalid");
      document.getElementById(`${input.id}-error`)!.textContent = "";
    }
    const input = option ? this.inputs.get(option) : undefined;
    if (!input) return false;
    input.setAttribute("aria-invalid", "true");
    document.getElementById(`${input.id}-error`)!.textContent = text;
    input.focus();
    return true;
  }
}

const upper = (s: string): string => s.charAt(0).toUpperCase() + s.slice(1);
