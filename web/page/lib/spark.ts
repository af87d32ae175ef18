// A small timeline: bars of counts along a log, as a picture that is not read out.

const SVG = "http://www.w3.org/2000/svg";
const HEIGHT = 20;

/** spark draws counts; the least of them is still seen. */
export function spark(bins: readonly number[], kind = ""): SVGSVGElement {
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("class", `spark ${kind}`.trim());
  svg.setAttribute("viewBox", `0 0 ${bins.length} ${HEIGHT}`);
  svg.setAttribute("preserveAspectRatio", "none");
  svg.setAttribute("aria-hidden", "true");
  const most = Math.max(1, ...bins);
  const path = document.createElementNS(SVG, "path");
  path.setAttribute("d", bins.map((n, i) => (n > 0 ? bar(i, Math.max(3, (n / most) * HEIGHT)) : "")).join(""));
  svg.append(path);
  return svg;
}

const bar = (x: number, tall: number): string => `M${x} ${HEIGHT}v${-tall.toFixed(1)}h1v${tall.toFixed(1)}z`;
