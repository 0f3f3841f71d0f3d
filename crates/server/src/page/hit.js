// One hit: made once, and brought up to date in place, so that what has the focus keeps it.

import { el, put, fill } from "./dom.js";
import { name, pathName, escaped, marked, ranges } from "./text.js";
import { place, percent, FRESHNESS } from "./words.js";
import { bar, columnsOf, smallPicture, movementWords, movedUp } from "./ranks.js";
import { explanation } from "./why.js";
import { gradeButtons } from "./judging.js";
import { open, wanted, href } from "./address.js";

const LONGEST = 600;
const BEFORE = 120;
let made = 0;

/** Returns what tells one document of all collections from all others. */
export const keyOf = ({ collection = "", id }) => `${collection}\0${id}`;

/** Returns what a document is called: its title, else its id. */
export const titleOf = ({ title, id }) => title || id;

/** A hit on the page. */
export class Hit {
  constructor(hit) {
    const number = (made += 1);
    this.key = keyOf(hit);
    this.link = el("a.title", {
      id: `hit-${number}`,
      click: (event) => this.open(event),
    });
    this.rank = el("span.place-number");
    this.score = el("span.score");
    this.trail = el("p.trail", { hidden: true });
    this.where = el("p.where");
    this.sentence = el("p.sentence", { dir: "auto", click: (event) => this.open(event) });
    this.picture = el("div.picture");
    this.grades = gradeButtons(hit, `hit-${number}`);
    this.why = el("div.why", { id: `why-${number}`, hidden: true });
    this.whyButton = el(
      "button.plain.why-button",
      {
        "aria-expanded": "false",
        "aria-controls": `why-${number}`,
        click: () => this.explain(),
      },
      "Why is it here?",
    );
    this.element = el(
      "li.hit",
      {
        "data-hit": true,
        "data-id": escaped(hit.id),
        "data-collection": escaped(hit.collection),
      },
      el("div.figures", this.rank, this.score),
      el("div.said", el("h3", this.link), this.where, this.trail, this.sentence),
      this.picture,
      el("div.acts", this.grades, this.whyButton),
      this.why,
    );
  }

  /** Shows what an answer says of the document. */
  update(hit, { answer, severalCollections }) {
    this.hit = hit;
    this.answer = answer;
    this.columns = columnsOf(answer.hits);
    this.element.dataset.rank = hit.rank;
    this.rank.textContent = hit.rank;
    this.link.replaceChildren(name(titleOf(hit)));
    this.link.setAttribute(
      "href",
      href({ ...wanted(), open: { id: hit.id, collection: hit.collection ?? "" } }),
    );
    put(this.score, scoreFigure(hit));
    put(this.where, whereabouts(hit, severalCollections));
    fill(this.trail, headings(hit));
    put(this.sentence, bestSentence(hit.passage));
    const moved = movedUp(hit, this.columns) ?? 0;
    const way = moved > 0 ? "span.moved.up" : moved < 0 ? "span.moved.down" : "span.moved";
    put(
      this.picture,
      hit.stages && smallPicture(hit, this.columns),
      hit.stages && el(way, movementWords(hit, this.columns)),
    );
    if (!this.why.hidden) put(this.why, explanation(hit, answer, this.columns));
  }

  /** Opens the document beside the hits; a click that wants a tab of its own is left to the browser. */
  open(event) {
    if (event.ctrlKey || event.metaKey || event.shiftKey || event.button > 0) return;
    if (!getSelection().isCollapsed && event.currentTarget === this.sentence) return;
    event.preventDefault();
    this.link.focus({ preventScroll: true });
    open({ id: this.hit.id, collection: this.hit.collection ?? "" });
  }

  /** Shows or hides why the document is here. */
  explain() {
    const shown = this.why.hidden;
    fill(this.why, shown ? [explanation(this.hit, this.answer, this.columns)] : []);
    this.whyButton.setAttribute("aria-expanded", String(shown));
  }
}

function scoreFigure({ score, probability, rank }) {
  const share = score ?? probability;
  if (share == null) return [];
  const words = `Relevant with a probability of ${percent(share)}`;
  const heard = el("span.unseen", `, place ${rank}, probability `);
  return [
    el("span.percent", { title: words }, heard, percent(share)),
    bar(share, 48, { room: true }),
  ];
}

/** Returns where a document is: collection, path and place of the passage, and whether it changed since. */
function whereabouts(hit, severalCollections) {
  const { source = {}, passage = {}, freshness } = hit;
  const file = source.path || hit.id;
  const words = FRESHNESS[freshness];
  return [
    severalCollections && hit.collection ? el("span.collection", name(hit.collection)) : null,
    el("span.path", pathName(file), source.line == null ? "" : `:${source.line}`),
    source.member ? el("span", pathName(source.member)) : null,
    place(passage) ? el("span.location", name(place(passage))) : null,
    words && el(`span.freshness.${freshness}`, { "data-freshness": freshness }, words),
  ];
}

function headings({ passage, title }) {
  const trail = (passage?.headings ?? []).filter((heading) => heading && heading !== title);
  return trail.flatMap((heading, i) => [
    i > 0 ? el("span.step", { "aria-hidden": "true" }, " › ") : null,
    name(heading),
  ]);
}

// A sentence without end, as of a table, is shown from shortly before its first match.
function bestSentence(passage) {
  if (!passage?.text) return [];
  const { text } = passage;
  const asked = [passage.sentence ?? [0, 0], ...(passage.matches ?? [])];
  const [sentence, ...matches] = ranges(text, asked);
  const [from, to] = sentence[1] > sentence[0] ? sentence : [0, text.length];
  if (to - from <= LONGEST) return marked(text, from, to, matches);
  const match = matches.find(([begin]) => begin >= from && begin < to)?.[0] ?? from;
  const begin = whole(text, Math.max(from, match - BEFORE));
  const end = whole(text, Math.min(to, begin + LONGEST));
  const seen = matches.filter(([first, last]) => last > begin && first < end);
  return [begin > from ? "… " : "", ...marked(text, begin, end, seen), end < to ? " …" : ""];
}

const graphemes = new Intl.Segmenter("en", { granularity: "grapheme" });

// What a reader takes for one character is not cut, as a letter with its marks or a flag of two letters.
function whole(text, at) {
  return graphemes.segment(text).containing(at)?.index ?? at;
}
