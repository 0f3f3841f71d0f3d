// Numbers, places and states as people say them.

const whole = new Intl.NumberFormat("en");
const rounded = (digits) => new Intl.NumberFormat("en", { maximumFractionDigits: digits });

export const number = (value) => whole.format(value);
export const counted = (count, one, many = `${one}s`) =>
  `${number(count)} ${count === 1 ? one : many}`;

/** Returns a duration in milliseconds, such as `0.3 ms`, `188 ms` or `1.4 s`. */
export function milliseconds(ms) {
  if (ms >= 1000) return `${rounded(ms >= 10000 ? 0 : 1).format(ms / 1000)} s`;
  return `${rounded(ms >= 10 ? 0 : 1).format(ms)} ms`;
}

export function seconds(count) {
  if (count < 90) return `${number(Math.round(count))} s`;
  return count < 5400
    ? `${number(Math.round(count / 60))} min`
    : `${rounded(1).format(count / 3600)} h`;
}

export function bytes(count) {
  const units = ["bytes", "kB", "MB", "GB", "TB"];
  const power = Math.min(units.length - 1, Math.floor(Math.log10(Math.max(count, 1)) / 3));
  return `${rounded(power === 0 ? 0 : 1).format(count / 1000 ** power)} ${units[power]}`;
}

export const percent = (share) => `${Math.round(share * 100)} %`;

/** Returns a share of one with its sign, such as `+0.031`. */
export const signed = (value) => `${value < 0 ? "−" : "+"}${Math.abs(value).toFixed(3)}`;

export function since(iso) {
  const passed = (Date.now() - Date.parse(iso)) / 1000;
  if (!(passed >= 0)) return iso;
  if (passed < 60) return "just now";
  const [unit, size] =
    passed < 3600 ? ["minute", 60] : passed < 86400 ? ["hour", 3600] : ["day", 86400];
  return `${counted(Math.floor(passed / size), unit)} ago`;
}

export function lines({ first, last }) {
  return first === last ? `line ${number(first)}` : `lines ${number(first)}–${number(last)}`;
}

/** Returns where a passage stands: page, slide, sheet …, else its lines; "" where nothing is known. */
export function place(passage) {
  return location(passage.location) || (passage.lines ? lines(passage.lines) : "");
}

/** Returns a location in words; every field but its kind may be missing. */
export function location(at) {
  if (!at) return "";
  if (at.text) return at.text;
  if (at.from) return [location(at.from), location(at.to)].filter(Boolean).join(" to ");
  const [kind, fields] = at.kind ? [at.kind, at] : (Object.entries(at)[0] ?? [""]);
  const { name, number: count, label, title, first_row, last_row } = fields ?? {};
  const plain = name ?? count;
  if (kind === "page") {
    const other = label != null && plain != null && String(label) !== String(plain);
    return `p. ${label ?? plain ?? ""}${other ? ` (${plain})` : ""}`;
  }
  const rows = first_row == null ? "" : `, rows ${first_row}–${last_row ?? first_row}`;
  const called = label ?? title;
  return `${kind} ${plain ?? ""}${called == null ? "" : `: ${called}`}${rows}`.trim();
}

export const FRESHNESS = {
  changed: "changed since indexed",
  stale: "changed since indexed",
  gone: "the file is gone",
  unknown: "may have changed",
};

export const STOPPED = {
  settled: "nothing unread could enter the hits any more",
  all: "everything was read",
  complete: "everything was read",
  budget: "the time was up",
  failed: "the reranker failed",
};

export const GRADES = ["not relevant", "related", "relevant", "perfect"];

/** Returns what a stage does, in words. */
export function stageWords(stage) {
  return (
    {
      bm25: "the words of the query",
      dense: "its meaning, by vectors",
      "bm25+neighbours": "its words and those of near passages",
      fused: "words and meaning together",
      feedback: "searched again near the best document",
      reranked: "read together with the query",
    }[stage] ?? "a source of its own"
  );
}
