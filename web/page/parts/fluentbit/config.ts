// The options as a filter section of a Fluent Bit configuration, classic and
// YAML, ready to paste.

import type { Given, Option, Pattern } from "../../api.ts";
import { count } from "../../lib/format.ts";

export type Format = "classic" | "yaml";

/** Value is a value of an option and what is said of it, in a comment before it. */
interface Value {
  value: string;
  comment?: string;
}

/** Normal is what is to be ignored, of a log of so many lines. */
export interface Normal {
  patterns: readonly Pattern[];
  lines: number;
}

/** settings are the options that differ from their defaults, in the table's order. */
function settings(table: Option[], given: Given, contamination: number, normal: Normal): [Option, Value[]][] {
  const all: [Option, Value[]][] = [];
  for (const o of table) {
    let values: Value[] = (given[o.name] ?? []).filter((v) => v.trim() !== "" && v.trim() !== o.default).map((value) => ({ value }));
    if (o.name === "Contamination") values = contamination ? [{ value: String(contamination) }] : [];
    if (o.name === "Ignore") values.push(...ignored(normal));
    if (values.length) all.push([o, values]);
  }
  return all;
}

const ignored = ({ patterns, lines }: Normal): Value[] =>
  patterns.map((p) => ({ value: `pattern:${p.record}`, comment: `${count(p.lines)} of ${count(lines)} lines, such as: ${readable(p.text)}` }));

/** readable is a pattern as a comment can have it: short, on its line, and of characters that YAML allows. */
function readable(text: string): string {
  const all = [...text.replace(/[\p{C}\p{Z}\s]+/gu, " ").trim()];
  return all.length > 100 ? `${all.slice(0, 99).join("")}…` : all.join("");
}

export function section(format: Format, table: Option[], given: Given, contamination: number, normal: Normal): string {
  const all = settings(table, given, contamination, normal);
  const remark = (indent: string, v: Value): string => (v.comment ? `${indent}# ${v.comment}\n` : "");
  if (format === "classic") {
    const width = Math.max(...["Match", ...all.map(([o]) => o.name)].map((name) => name.length)) + 2;
    const line = (name: string, v: Value): string => `${remark("    ", v)}    ${name.padEnd(width)}${v.value}\n`;
    const rest = all.flatMap(([o, values]) => values.map((v) => line(o.name, v)));
    return `[FILTER]\n${line("Name", { value: "anomaly" })}${line("Match", { value: "*" })}${rest.join("")}`;
  }
  let out = "pipeline:\n  filters:\n    - name: anomaly\n      match: '*'\n";
  for (const [o, values] of all) {
    const key = o.name.toLowerCase();
    if (o.multiple) out += `      ${key}:\n${values.map((v) => `${remark("        ", v)}        - ${scalar(v.value)}\n`).join("")}`;
    else out += `      ${key}: ${scalar(values[0]!.value)}\n`;
  }
  return out;
}

/** scalar is a value of YAML: in single quotes a backslash stands for itself, as a regular expression wants it. */
const scalar = (v: string): string => (/^[A-Za-z0-9_][A-Za-z0-9_.-]*$/.test(v) ? v : `'${v.replaceAll("'", "''")}'`);
