// Text that comes from documents. Characters that would deceive the eye are written out, as `\u{202e}`;
// byte ranges of UTF-8 become places in strings, and places become marks.

import { el } from "./dom.js";

const DECEPTIVE =
  /[\0-\x1f\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\u2028\u2029\ufeff\ufff9-\ufffb\u{e0000}-\u{e007f}]/gu;
// Running text keeps its tabs and line ends, and the marks that right-to-left writing needs.
const DECEPTIVE_IN_TEXT =
  /[\0-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ufeff\ufff9-\ufffb\u{e0000}-\u{e007f}]/gu;

const written = (c) => `\\u{${c.codePointAt(0).toString(16)}}`;

/** Returns a name (title, id, path) as a plain string, for attributes and messages. */
export function escaped(text) {
  return String(text ?? "").replace(DECEPTIVE, written);
}

/** Returns a name as an element that cannot turn the direction of what stands beside it. */
export function name(text, attributes = {}) {
  return el("bdi", { dir: "auto", ...attributes }, harmless(String(text ?? ""), DECEPTIVE));
}

/** Returns a path or an id, which reads from left to right whatever it is written in. */
export const pathName = (text) => name(text, { dir: "ltr" });

function harmless(text, deceptive) {
  const nodes = [];
  let at = 0;
  for (const found of text.matchAll(deceptive)) {
    nodes.push(text.slice(at, found.index), el("span.control", written(found[0])));
    at = found.index + found[0].length;
  }
  nodes.push(text.slice(at));
  return nodes.filter((node) => node !== "");
}

const utf8Length = (point) => (point < 0x80 ? 1 : point < 0x800 ? 2 : point < 0x10000 ? 3 : 4);

/** Returns byte ranges of a text's UTF-8 as ranges of the string, cut to whole characters. */
export function ranges(text, byteRanges) {
  const places = new Map();
  let byte = 0;
  let at = 0;
  for (const wanted of byteRanges.flat().sort((a, b) => a - b)) {
    while (at < text.length) {
      const point = text.codePointAt(at);
      if (byte + utf8Length(point) > wanted) break;
      byte += utf8Length(point);
      at += point > 0xffff ? 2 : 1;
    }
    places.set(wanted, at);
  }
  return byteRanges.map(([from, to]) => [places.get(from), places.get(Math.max(from, to))]);
}

/** Returns `text` from one place to another as nodes, with `mark` elements over the ranges. */
export function marked(text, from, to, marks) {
  const nodes = [];
  let at = from;
  for (const [begin, end] of [...marks].sort((a, b) => a[0] - b[0])) {
    const first = Math.max(begin, at);
    const last = Math.min(end, to);
    if (last <= first) continue;
    nodes.push(...harmless(text.slice(at, first), DECEPTIVE_IN_TEXT));
    nodes.push(el("mark", harmless(text.slice(first, last), DECEPTIVE_IN_TEXT)));
    at = last;
  }
  nodes.push(...harmless(text.slice(at, Math.max(at, to)), DECEPTIVE_IN_TEXT));
  return nodes;
}

/** Returns running text as nodes. */
export const running = (text) => harmless(text, DECEPTIVE_IN_TEXT);
