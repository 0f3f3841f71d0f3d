// Dot-and-interval plots within a table: each row has its own picture on the scale of all rows, and the
// same values as text beside it.

import { el, svg } from "./dom.js";

const WIDTH = 260;
const HEIGHT = 26;
const MARGIN = 18;

/** Returns the table. A row has `name`, `value`, `low`, `high`, `says`, and `kind`: "better", "worse" or "". */
export function intervalTable(caption, head, rows, { zero = false } = {}) {
  const scale = scaleOf(
    rows.flatMap(({ low, high, value }) => [low, high, value]),
    zero,
  );
  // The roles are said, since on narrow screens the rows are laid out as blocks.
  const cell = (attributes, ...content) => el("td", { role: "cell", ...attributes }, content);
  const axis = el("tr.axis", { "aria-hidden": "true" }, el("td"), el("td", ticks(scale)), el("td"));
  return el(
    "table.intervals",
    { role: "table" },
    el("caption", caption),
    el(
      "thead",
      { role: "rowgroup" },
      el(
        "tr",
        { role: "row" },
        head.map((words) => el("th", { scope: "col", role: "columnheader" }, words)),
      ),
    ),
    el(
      "tbody",
      { role: "rowgroup" },
      rows.map((row) =>
        el(
          "tr",
          { role: "row", "data-row": row.name, "data-kind": row.kind || null },
          el("th", { scope: "row", role: "rowheader" }, row.name),
          cell({ class: "plot" }, picture(row, scale)),
          cell({ class: "value" }, row.says),
        ),
      ),
      axis,
    ),
  );
}

function scaleOf(values, zero) {
  const low = Math.min(...values, ...(zero ? [0] : []));
  const high = Math.max(...values, ...(zero ? [0] : []));
  const step = niceStep((high - low || 0.1) / 4);
  const from = Math.floor(low / step + 1e-9) * step;
  const to = Math.ceil(high / step - 1e-9) * step;
  const x = (value) => MARGIN + ((WIDTH - 2 * MARGIN) * (value - from)) / (to - from || 1);
  return { from, to, step, x, zero };
}

function niceStep(rough) {
  const power = 10 ** Math.floor(Math.log10(rough));
  return [1, 2, 5, 10].map((factor) => factor * power).find((step) => step >= rough * 0.999);
}

function tickValues({ from, to, step }) {
  const count = Math.round((to - from) / step);
  return Array.from({ length: count + 1 }, (_, i) => from + i * step);
}

function plot(height, ...content) {
  return svg(
    "svg",
    {
      viewBox: `0 0 ${WIDTH} ${height}`,
      width: WIDTH,
      height,
      "aria-hidden": "true",
      focusable: "false",
    },
    content,
  );
}

function picture({ value, low, high, kind }, scale) {
  const { x, zero } = scale;
  const middle = HEIGHT / 2;
  const grid = tickValues(scale).map((at) =>
    svg("line", {
      class: zero && Math.abs(at) < 1e-9 ? "zero" : "grid",
      x1: x(at),
      x2: x(at),
      y1: 0,
      y2: HEIGHT,
    }),
  );
  return plot(
    HEIGHT,
    grid,
    svg("line", {
      class: `interval ${kind ?? ""}`.trim(),
      x1: x(low),
      x2: x(high),
      y1: middle,
      y2: middle,
    }),
    [low, high].map((end) =>
      svg("line", {
        class: `interval ${kind ?? ""}`.trim(),
        x1: x(end),
        x2: x(end),
        y1: middle - 4,
        y2: middle + 4,
      }),
    ),
    svg("circle", { class: `dot ${kind ?? ""}`.trim(), cx: x(value), cy: middle, r: 4.5 }),
  );
}

function ticks(scale) {
  const digits = Math.max(0, -Math.floor(Math.log10(scale.step) + 1e-9));
  const words = (value) => (Math.abs(value) < 1e-9 ? "0" : value.toFixed(digits).replace("-", "−"));
  return plot(
    16,
    tickValues(scale).map((at) =>
      svg("text.tick", { x: scale.x(at), y: 12, "text-anchor": "middle" }, words(at)),
    ),
  );
}
