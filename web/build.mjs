// Builds the page from page into dist, where Go embeds it. The same sources and
// the versions in package-lock.json give the same bytes.
import { build } from "esbuild";
import { copyFile, mkdir, readFile, rm, writeFile } from "node:fs/promises";

const here = (path) => new URL(path, import.meta.url).pathname;

await rm(here("dist"), { recursive: true, force: true });
await mkdir(here("dist"), { recursive: true });
await build({
  entryPoints: { app: here("page/main.ts"), style: here("page/style.css") },
  outdir: here("dist"),
  bundle: true,
  minify: true,
  format: "esm",
  target: ["chrome123", "firefox120", "safari17.5"], // light-dark() in the style sheet
  banner: { js: "/*! flb-anomaly. Includes uPlot (MIT), see licenses.txt */" },
  legalComments: "none",
  logLevel: "warning",
});
await copyFile(here("page/index.html"), here("dist/index.html"));
await copyFile(here("page/icon.svg"), here("dist/icon.svg"));
const uplot = await readFile(here("node_modules/uplot/LICENSE"), "utf8");
await writeFile(here("dist/licenses.txt"), `uPlot, in app.js and style.css\n\n${uplot}`);
