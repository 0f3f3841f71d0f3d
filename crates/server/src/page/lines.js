// The lines of a document as elements: the passage of a hit marked, pages and the like named where they
// begin. Each line finds its own direction of writing.

import { el } from "./dom.js";
import { name, marked, ranges } from "./text.js";
import { location } from "./words.js";

const PLAIN =
  /\.(c|cc|cpp|h|hpp|rs|py|js|mjs|ts|tsx|go|java|kt|rb|php|sh|sql|css|json|jsonl|toml|ya?ml|xml|csv|tsv|log|ini|cfg|conf|diff|patch|ipynb|xlsx?|ods)$/i;

/** Says whether a document reads best in letters of one width. */
export const isPlain = ({ source, id }) => PLAIN.test(source?.path ?? id);

/** Returns an element for each line of a part of a document. */
export function lineElements({ text, lines, passages }, hit) {
  const marks = marksOf(text, lines, hit?.passage);
  const begins = beginnings(passages ?? []);
  const elements = [];
  let at = 0;
  for (const [i, line] of rowsOf(text, lines).entries()) {
    const number = lines.first + i;
    const end = at + line.length;
    elements.push(lineElement(text, at, end, number, marks, begins.get(number)));
    at = end + 1;
  }
  return elements;
}

// The line end of the last line may be there or not.
function rowsOf(text, { first, last }) {
  const rows = text.split("\n");
  if (rows.length > last - first + 1 && rows.at(-1) === "") rows.pop();
  return rows;
}

function lineElement(text, at, end, number, { passage, byLines, sentence, matches }, begins) {
  const inside = byLines
    ? number >= byLines.first && number <= byLines.last
    : passage && at < passage[1] && end >= passage[0];
  const to = end > at && text[end - 1] === "\r" ? end - 1 : end;
  const here = sentence && sentence[0] < to && sentence[1] > at;
  const [from, until] = here ? [Math.max(at, sentence[0]), Math.min(to, sentence[1])] : [to, to];
  const content = [
    ...marked(text, at, from, matches),
    here ? el("span.sentence-here", marked(text, from, until, matches)) : null,
    ...(here ? marked(text, until, to, matches) : []),
  ];
  return el(
    "div",
    { class: inside ? "line in-passage" : "line", dir: "auto", "data-line": number },
    begins ? el("span.begins", { dir: "ltr" }, name(begins)) : null,
    content.length > 0 && to > at ? content : el("br"),
  );
}

// The passage is found by its text; where the document has it several times, nearest to its lines. If it
// is not there, as when the document changed, its lines stand for it.
function marksOf(text, lines, passage) {
  const none = { passage: null, byLines: null, sentence: null, matches: [] };
  if (!passage?.text) return passage?.lines ? { ...none, byLines: passage.lines } : none;
  const expected = offsetOfLine(text, passage.lines ? passage.lines.first - lines.first : 0);
  let start = -1;
  for (let at = text.indexOf(passage.text); at >= 0; at = text.indexOf(passage.text, at + 1)) {
    if (start < 0 || Math.abs(at - expected) < Math.abs(start - expected)) start = at;
  }
  if (start < 0) return passage.lines ? { ...none, byLines: passage.lines } : none;
  const [sentence, ...matches] = ranges(passage.text, [
    passage.sentence ?? [0, 0],
    ...(passage.matches ?? []),
  ]).map(([from, to]) => [from + start, to + start]);
  return { passage: [start, start + passage.text.length], byLines: null, sentence, matches };
}

function offsetOfLine(text, count) {
  let at = 0;
  for (let i = 0; i < count; i += 1) {
    const next = text.indexOf("\n", at);
    if (next < 0) break;
    at = next + 1;
  }
  return at;
}

// A place is named at the first passage that stands there.
function beginnings(passages) {
  const begins = new Map();
  let before = "";
  for (const { lines, location: at } of passages) {
    const words = location(at);
    if (words && words !== before && lines) begins.set(lines.first, words);
    before = words;
  }
  return begins;
}
