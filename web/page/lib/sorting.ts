// Tables that are sorted by their heads.

import { type Child, h, keepFocus } from "./dom.ts";

export interface Sort {
  value: string; // as the server calls it
  order: "ascending" | "descending";
}

export interface Head {
  title: Child;
  name: string;
  number?: true;
  sorts?: readonly Sort[]; // that the head offers, one after the other
}

/** drawHeads has a button in the head of each column that a table can be sorted by. */
export function drawHeads(row: HTMLElement, otherwise: HTMLElement, columns: readonly Head[], sort: string, sortBy: (value: string) => void): void {
  const head = (c: Head): HTMLElement => {
    const sorts = c.sorts ?? [];
    const now = sorts.findIndex((s) => s.value === sort);
    const other = sorts[(now + 1) % sorts.length];
    const title = other ? h("button", { type: "button", class: "sort", "data-key": c.name, onclick: () => sortBy(other.value) }, c.title) : c.title;
    return h("th", { role: "columnheader", scope: "col", class: `${c.name}${c.number ? " num" : ""}`, "aria-sort": sorts[now]?.order }, title);
  };
  keepFocus(row, otherwise, () => row.replaceChildren(...columns.map(head)));
}
