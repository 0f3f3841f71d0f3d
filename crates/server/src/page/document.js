// One open document, as it was indexed, at the passage of its hit. Long documents are read in ranges of
// lines, more above and more below.

import { $, el, calm, terms } from "./dom.js";
import { name, pathName } from "./text.js";
import { counted, lines as lineWords, place } from "./words.js";
import { ask } from "./api.js";
import { close } from "./address.js";
import { announce, refusal } from "./notices.js";
import { gradeButtons, canJudge } from "./judging.js";
import { lineElements, isPlain } from "./lines.js";

const BEFORE = 60;
const AFTER = 140;
const MORE = 200;
const MOST = 60_000;

export class OpenDocument {
  constructor(panel, { id, collection }, hit) {
    Object.assign(this, { panel, id, collection, hit, most: MOST, stop: new AbortController() });
  }

  /** Says whether this is that document. */
  is({ id, collection }) {
    return this.id === id && (this.collection ?? "") === (collection ?? "");
  }

  /** Stops what is being fetched for it. */
  forget() {
    this.stop.abort();
  }

  /** Shows the document, or why it cannot be shown, and returns what it is called. */
  async show() {
    try {
      this.found = await this.beginning();
    } catch (error) {
      if (this.stop.signal.aborted) return this.id;
      const title = el("h2", { id: "reading-title", tabindex: -1 }, name(this.id));
      this.panel.replaceChildren(this.bar(), title, refusal(error));
      return this.id;
    }
    if (!this.stop.signal.aborted) this.draw();
    return this.found.title || this.id;
  }

  // Where the lines before the passage are so long that it is cut off, it is read without them.
  async beginning() {
    const at = this.hit?.passage?.lines;
    if (!at) return this.part([1, BEFORE + AFTER]);
    const found = await this.part([Math.max(1, at.first - BEFORE), at.last + AFTER]);
    return whole(found).last >= at.last ? found : this.part([at.first, at.last + AFTER]);
  }

  part([first, last]) {
    const { id, collection, most, stop } = this;
    const parts = new URLSearchParams({
      ...(collection && { collection }),
      lines: `${first}-${last}`,
      max_chars: most,
    });
    return ask("GET", `v1/documents/${encodeURIComponent(id)}?${parts}`, { signal: stop.signal });
  }

  draw() {
    const kind = isPlain(this.found) ? "div.text.plain-text" : "div.text";
    const more = (side, words) =>
      el("button.plain.more", { id: `more-${side}`, click: () => this.extend(side) }, words);
    this.range = whole(this.found);
    this.text = el(kind, { id: "reading-text" }, this.rows(this.found));
    this.above = more("above", "More above");
    this.below = more("below", "More below");
    this.panel.replaceChildren(this.bar(), this.heading(), this.above, this.text, this.below);
    this.showRange();
    this.toPassage(false);
  }

  rows(found) {
    const { first, last } = whole(found);
    return lineElements(found, this.hit).slice(0, last - first + 1);
  }

  bar() {
    const { id, hit, found } = this;
    const toPassage = { id: "to-passage", click: () => this.toPassage(true) };
    const copyId = { id: "copy-id", click: ({ currentTarget }) => copy(id, currentTarget) };
    const closes = { id: "reading-close", "aria-label": "Close the document", click: close };
    return el(
      "div.reading-bar",
      el("span.bar-title", { "aria-hidden": "true" }, found ? name(found.title || id) : null),
      el("span", { id: "reading-range" }),
      hit && found ? el("button.plain", toPassage, "To the passage") : null,
      el("button.plain", copyId, "Copy id"),
      el("button.close", closes, "×"),
    );
  }

  heading() {
    const { id, collection, hit, found } = this;
    const where = hit ? place(hit.passage) : "";
    return el(
      "header.reading-heading",
      el("h2", { id: "reading-title", tabindex: -1 }, name(found.title || id)),
      el(
        "p.where",
        el("span.path", pathName(found.source?.path || id)),
        where ? el("span.location", { id: "reading-place" }, name(where)) : null,
      ),
      el("details", el("summary", "About this document"), facts(this)),
      canJudge() ? gradeButtons({ id, collection }, "reading-title") : null,
    );
  }

  // A single line that is longer than one answer may be is read again, with more of it.
  get cut() {
    const { found, range } = this;
    return found.truncated && range.last === range.first && found.lines.last === range.last;
  }

  showRange() {
    const { found, range, cut, above, below, text } = this;
    above.hidden = range.first <= 1;
    below.hidden = range.last >= found.total_lines && !cut;
    below.textContent = cut ? "The rest of this long line" : "More below";
    const all = above.hidden && below.hidden;
    $("reading-range").textContent = all
      ? counted(found.total_lines, "line")
      : `${lineWords(range)} of ${found.total_lines}`;
    text.dataset.first = range.first;
    text.dataset.last = range.last;
  }

  async extend(side) {
    const { range, cut } = this;
    const button = this[side];
    button.disabled = true;
    if (cut) this.most *= 8;
    try {
      if (side === "above") await this.readAbove(MORE);
      else if (cut) this.putAgain(await this.part([range.first, range.last]));
      else this.putBelow(await this.part([range.last + 1, range.last + MORE]));
      this.showRange();
      announce(`Now ${lineWords(range)}`);
    } catch (error) {
      if (!this.stop.signal.aborted) announce(error.message);
    }
    button.disabled = false;
    if (button.hidden) $("reading-title")?.focus({ preventScroll: true });
  }

  // A part that was cut would leave a gap, so fewer lines are read then. What was being read stays in
  // its place.
  async readAbove(count) {
    const { first } = this.range;
    const found = await this.part([Math.max(1, first - count), first - 1]);
    if (found.truncated && count > 1) {
      await this.readAbove(Math.floor(count / 2));
      return;
    }
    const height = this.panel.scrollHeight;
    this.text.prepend(...lineElements(found, this.hit));
    this.panel.scrollTop += this.panel.scrollHeight - height;
    this.range.first = found.lines.first;
  }

  putBelow(found) {
    this.text.append(...this.rows(found));
    this.range.last = whole(found).last;
    this.found = found;
  }

  putAgain(found) {
    this.text.replaceChildren(...lineElements(found, this.hit));
    this.found = found;
  }

  // What is in sight without scrolling is not scrolled to, so that the title stays.
  toPassage(gently) {
    const { panel } = this;
    const target = panel.querySelector(".sentence-here") ?? panel.querySelector(".in-passage");
    const top = panel.getBoundingClientRect().top - panel.scrollTop;
    const end = target ? target.getBoundingClientRect().bottom - top : 0;
    panel.scrollTo({
      top: end < panel.clientHeight * 0.8 ? 0 : end - panel.clientHeight * 0.35,
      behavior: gently && !calm() ? "smooth" : "instant",
    });
  }
}

// A range that was cut after so many characters ends within a line, which is read again with the next.
function whole({ lines: { first, last }, truncated }) {
  return { first, last: truncated ? Math.max(first, last - 1) : last };
}

function facts({ id, collection, found: { source = {}, metadata = {} } }) {
  const file = source.file || source.path;
  const line = source.line == null ? "" : `:${source.line}`;
  const said = (value) => name(typeof value === "string" ? value : JSON.stringify(value));
  const rows = [
    ["Id", pathName(id)],
    file ? ["File", [pathName(file), line]] : null,
    collection ? ["Collection", name(collection)] : null,
    ...Object.entries(metadata).map(([field, value]) => [name(field), said(value)]),
  ];
  return terms("dl.facts", rows);
}

async function copy(text, button) {
  const words = button.textContent;
  const copied = navigator.clipboard?.writeText(text) ?? Promise.reject();
  button.textContent = await copied.then(
    () => "Copied",
    () => "Not allowed to copy",
  );
  announce(button.textContent);
  setTimeout(() => button.replaceChildren(words), 1600);
}
