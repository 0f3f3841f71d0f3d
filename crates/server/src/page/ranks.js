// How each stage ranked a hit, as a picture: the sources on the left, then what their lists became, and
// on the right the place at which the hit is shown. Higher is better; the scale is logarithmic.

import { svg } from "./dom.js";

const CHAIN = ["fused", "feedback", "reranked"];
const NO_SOURCE = new Set([...CHAIN, "exact", "expected", "passes"]);
const SMALL = {
  width: 190,
  height: 52,
  top: 16,
  bottom: 8,
  left: 62,
  right: 12,
  sources: ["bm25", "dense"],
};
const LARGE = { width: 520, height: 190, top: 36, bottom: 16, left: 150, right: 20, sources: null };

/** Returns a share of one as a bar of that width; `room` shows how long it could be. */
export function bar(share, width, { room = false } = {}) {
  const full = Math.max(1, width * Math.min(1, share));
  return svg(
    "svg.bar",
    { viewBox: `0 0 ${width} 4`, width, height: 4, "aria-hidden": "true" },
    room && svg("rect.bar-room", { width, height: 4, rx: 2 }),
    svg("rect.bar-full", { width: full, height: 4, rx: Math.min(2, full / 2) }),
  );
}

/** Returns the sources and the stages after them that any of the hits went through. */
export function columnsOf(hits) {
  const names = new Set(
    hits.flatMap((hit) =>
      Object.entries(hit.stages ?? {})
        .filter(([, value]) => value != null)
        .map(([name]) => name),
    ),
  );
  return {
    sources: [...names].filter((name) => !NO_SOURCE.has(name)),
    chain: CHAIN.filter((name) => names.has(name)),
    lowest: Math.max(
      5,
      ...hits.flatMap((hit) => Object.values(hit.stages ?? {}).map((stage) => stage?.rank ?? 1)),
    ),
  };
}

export const rankIn = (hit, stage) => hit.stages?.[stage]?.rank ?? null;

/** Returns how many places the reranker and what follows it moved a hit up; `null` where it took no part. */
export function movedUp(hit, { chain }) {
  if (!chain.includes("reranked")) return null;
  const before = rankIn(hit, "feedback") ?? rankIn(hit, "fused");
  return before === null ? null : before - hit.rank;
}

/** Returns a hit's movement in words. */
export function movementWords(hit, columns) {
  const moved = movedUp(hit, columns);
  if (moved === null) return "";
  if (moved === 0) return "kept its place";
  return moved > 0 ? `▲ moved up ${moved}` : `▼ moved down ${-moved}`;
}

/** Returns the ranks as a sentence, for those who do not see the picture. */
export function rankWords(hit, { sources, chain }) {
  const said = [...sources, ...chain].map((name) => `${name} ${rankIn(hit, name) ?? "not ranked"}`);
  return `Ranks: ${[...said, `shown ${hit.rank}`].join(", ")}`;
}

/** Returns the small picture that stands beside a hit. */
export function smallPicture(hit, columns) {
  const sources = columns.sources.filter((name) => SMALL.sources.includes(name));
  const shape = layout(SMALL, {
    ...columns,
    sources: sources.length ? sources : columns.sources.slice(0, 2),
  });
  return svg(
    "svg.ranks",
    {
      role: "img",
      width: SMALL.width,
      height: SMALL.height,
      viewBox: `0 0 ${SMALL.width} ${SMALL.height}`,
      "aria-label": rankWords(hit, columns),
    },
    drawn(hit, shape),
  );
}

/** Returns the large picture: the hit among all others, with the columns named. */
export function largePicture(hit, hits, columns) {
  const shape = layout(LARGE, columns);
  const others = hits
    .filter((other) => other !== hit)
    .map((other) => svg("g.other", path(other, shape)));
  const names = [...columns.chain, "shown"].map((name) =>
    svg(
      "text.column",
      {
        x: shape.x(name),
        y: 12,
        "text-anchor": name === "shown" ? "end" : "middle",
        dx: name === "shown" ? 12 : 0,
      },
      name,
    ),
  );
  return svg(
    "svg.ranks.large",
    {
      role: "img",
      viewBox: `0 0 ${LARGE.width} ${LARGE.height}`,
      "aria-label": rankWords(hit, columns),
    },
    others,
    names,
    drawn(hit, shape),
  );
}

function layout(size, { sources, chain, lowest }) {
  const columns = [...chain, "shown"];
  const room = size.width - size.left - size.right;
  const step = room / columns.length;
  const depth = size.height - size.top - size.bottom;
  return {
    sources,
    chain,
    size,
    x: (name) =>
      sources.includes(name) ? size.left : size.left + step * (columns.indexOf(name) + 1),
    y: (rank) => size.top + depth * Math.min(1, Math.log(rank) / Math.log(lowest)),
  };
}

// Missing ranks leave a gap in the line; the last part is dashed where the reranker did not read the hit.
function path(hit, { sources, chain, x, y }) {
  const at = (name) => [x(name), y(name === "shown" ? hit.rank : rankIn(hit, name))];
  const ranked = [...chain.filter((name) => rankIn(hit, name) !== null), "shown"];
  const lines = sources
    .filter((name) => rankIn(hit, name) !== null)
    .map((name) => line(at(name), at(ranked[0])));
  for (let i = 1; i < ranked.length; i += 1) {
    const unread =
      ranked[i] === "shown" && chain.includes("reranked") && ranked[i - 1] !== "reranked";
    lines.push(line(at(ranked[i - 1]), at(ranked[i]), unread ? "unread" : ""));
  }
  return lines;
}

function line([x1, y1], [x2, y2], kind) {
  const middle = (x1 + x2) / 2;
  return svg("path", {
    class: `way ${kind ?? ""}`.trim(),
    d: `M${x1} ${y1}C${middle} ${y1} ${middle} ${y2} ${x2} ${y2}`,
  });
}

function drawn(hit, shape) {
  const { sources, chain, x, y, size } = shape;
  const parts = path(hit, shape);
  const labels = spread(
    sources.map((name) => ({ name, rank: rankIn(hit, name) })),
    (rank) => (rank === null ? size.height - 6 : y(rank)),
  );
  for (const { name, rank, at } of labels) {
    parts.push(
      svg(
        "text.source",
        { x: size.left - 9, y: at + 3.5, "text-anchor": "end" },
        `${name} ${rank ?? "–"}`,
      ),
    );
    if (rank !== null)
      parts.push(
        svg("circle", {
          class: name === "dense" ? "node ring" : "node",
          cx: x(name),
          cy: y(rank),
          r: name === "dense" ? 4 : 2,
        }),
      );
  }
  for (const name of [...chain, "shown"]) {
    const rank = name === "shown" ? hit.rank : rankIn(hit, name);
    if (rank === null) continue;
    const last = name === "shown" ? " last" : "";
    parts.push(
      svg("circle", { class: `node${last}`, cx: x(name), cy: y(rank), r: last ? 3.5 : 2 }),
    );
    parts.push(
      svg(
        "text",
        { class: `rank${last}`, x: x(name), y: y(rank) - 6, "text-anchor": "middle" },
        String(rank),
      ),
    );
  }
  return parts;
}

// Labels that would lie on each other are moved apart.
function spread(labels, y) {
  const gap = 12;
  const placed = labels
    .map((label) => ({ ...label, at: y(label.rank) }))
    .sort((a, b) => a.at - b.at);
  placed.forEach((label, i) => {
    if (i > 0) label.at = Math.max(label.at, placed[i - 1].at + gap);
  });
  return placed;
}
