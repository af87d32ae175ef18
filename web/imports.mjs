// Checks how the page's files import each other: never in a circle, and each
// only what lies below it. Parts know the store, the api and what can be done;
// they never know each other.
import { readdir, readFile } from "node:fs/promises";
import { dirname, join, relative } from "node:path";

const root = process.argv[2] ?? new URL("page", import.meta.url).pathname;
const layers = ["lib", "api.ts", "store", "actions", "parts", "main.ts"]; // each may import from those before it and its own

const files = (await readdir(root, { recursive: true })).filter((f) => f.endsWith(".ts"));
const imports = new Map();
for (const file of files) {
  const text = await readFile(join(root, file), "utf8");
  imports.set(file, [...text.matchAll(/^(?:import|export)\b[^;]*?["'](\.[^"']+)["'];/gm)].map((m) => relative(root, join(root, dirname(file), m[1]))));
}

const wrong = [];
const layer = (file) => layers.indexOf(file.split("/")[0]);
/** part is the part of the page that a file belongs to: a file or a folder of parts. */
const part = (file) => file.split("/").slice(0, 2).join("/");
for (const [file, all] of imports) {
  if (layer(file) < 0) wrong.push(`${file} is in none of ${layers.join(", ")}`);
  for (const to of all) {
    if (!imports.has(to)) wrong.push(`${file} imports ${to}, which is not there`);
    else if (layer(to) > layer(file)) wrong.push(`${file} imports ${to}, which lies above it`);
    else if (file.startsWith("parts/") && to.startsWith("parts/") && part(file) !== part(to)) wrong.push(`${file} imports ${to}: parts do not know each other`);
  }
}

const done = new Set();
function walk(file, path) {
  if (path.includes(file)) return void wrong.push(`a circle: ${[...path.slice(path.indexOf(file)), file].join(" -> ")}`);
  if (done.has(file)) return;
  for (const to of imports.get(file) ?? []) walk(to, [...path, file]);
  done.add(file);
}
for (const file of files) walk(file, []);

for (const w of wrong) console.error(w);
process.exit(wrong.length ? 1 : 0);
