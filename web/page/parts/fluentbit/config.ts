// The options as a filter section of a Fluent Bit configuration, classic and
// YAML, ready to paste.

import type { Given, Option } from "../../api.ts";

export type Format = "classic" | "yaml";

/** settings are the options that differ from their defaults, in the table's order. */
function settings(table: Option[], given: Given, contamination: number, ignore: string[]): [Option, string[]][] {
  const all: [Option, string[]][] = [];
  for (const o of table) {
    let values = (given[o.name] ?? []).filter((v) => v.trim() !== "" && v.trim() !== o.default);
    if (o.name === "Contamination") values = contamination ? [String(contamination)] : [];
    if (o.name === "Ignore") values = [...values, ...ignore];
    if (values.length) all.push([o, values]);
  }
  return all;
}

export function section(format: Format, table: Option[], given: Given, contamination: number, ignore: string[]): string {
  const all = settings(table, given, contamination, ignore);
  if (format === "classic") {
    const lines = [["Name", "anomaly"], ["Match", "*"]];
    for (const [o, values] of all) for (const v of values) lines.push([o.name, v]);
    const width = Math.max(...lines.map(([name]) => name!.length)) + 2;
    return `[FILTER]\n${lines.map(([name, v]) => `    ${name!.padEnd(width)}${v}`).join("\n")}\n`;
  }
  let out = "pipeline:\n  filters:\n    - name: anomaly\n      match: '*'\n";
  for (const [o, values] of all) {
    const key = o.name.toLowerCase();
    if (o.multiple) out += `      ${key}:\n${values.map((v) => `        - ${scalar(v)}\n`).join("")}`;
    else out += `      ${key}: ${scalar(values[0]!)}\n`;
  }
  return out;
}

/** scalar is a value of YAML: in single quotes a backslash stands for itself, as a regular expression wants it. */
const scalar = (v: string): string => (/^[A-Za-z0-9_][A-Za-z0-9_.-]*$/.test(v) ? v : `'${v.replaceAll("'", "''")}'`);
