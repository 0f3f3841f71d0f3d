// What is said of a whole search: how many hits, how far the reranker read and why it stopped, how long
// each step took, whether anything answers the query; and what stands there before there is one.

import { on } from "./events.js";
import { $, el, put, fill, present, terms } from "./dom.js";
import { name } from "./text.js";
import { counted, milliseconds, number, since, STOPPED } from "./words.js";
import { bar } from "./ranks.js";
import { notice, unnotice, announce } from "./notices.js";

const STOPPED_SHORT = {
  budget: "stopped by the time limit",
  failed: "the reranker failed",
  settled: "settled",
};
const BEFORE_IT = "The order is that of the stage before it";
const HOW_IT_WORKS =
  "Words find, vectors find what is said in other words, and a model reads the best of both. " +
  "Every hit shows how it came to its place.";

const summary = $("summary");
const progress = $("progress");

const dot = () => el("span", { "aria-hidden": "true" }, " · ");
const said = (...parts) => present(parts).flatMap((part, i) => (i > 0 ? [dot(), part] : [part]));
const total = ({ timings = [] }) =>
  timings.reduce((sum, { ms, meanwhile }) => sum + (meanwhile ? 0 : ms), 0);

const phaseIs = (phase) => {
  $("results").dataset.phase = phase;
};

on("search", ({ request }) => {
  phaseIs("searching");
  $("results").dataset.query = request.query;
  if (summary.hidden) fill(summary, "Searching …");
  $("start").hidden = true;
});

on("answer", ({ answer, phase, took }) => {
  const final = phase === "answer";
  const hits = counted(answer.hits.length, "hit");
  phaseIs(phase);
  $("facts").hidden = false;
  $("unanswered").hidden = !final || answer.answered !== false;
  progress.hidden = final || phase === "fused";
  if (final) {
    const ms = total(answer) || took;
    const time = el("span", { "data-ms": true }, milliseconds(ms));
    fill(summary, said(hits, readingWords(answer), time));
    fill($("cost"), costs(answer, ms));
    const nothing = answer.answered === false ? "; nothing is likely to answer this" : "";
    announce(`${hits}; ${answer.reranked ? "reranked" : `ordered by ${answer.stage}`}${nothing}`);
  } else if (phase === "fused") {
    fill(summary, hits);
  }
  if (answer.failure) notice("reranker", `The reranker failed: ${answer.failure}`, BEFORE_IT);
  else unnotice("reranker");
});

on("progress", ({ read, of }) => {
  progress.hidden = false;
  progress.max = of || 1;
  progress.value = read;
  const hits = counted(document.querySelectorAll("[data-hit]").length, "hit");
  const far = el("span", { id: "reading-of" }, `read ${number(read)} of ${number(of)}`);
  fill(summary, said(hits, far));
});

on("failure", () => {
  phaseIs("failed");
  progress.hidden = true;
  if (document.querySelector("[data-hit]") === null) summary.hidden = true;
});

on("cleared", () => {
  phaseIs("none");
  for (const id of ["progress", "summary", "facts", "unanswered"]) $(id).hidden = true;
  $("start").hidden = false;
});

on("status", ({ collections = [] }) => put($("start"), beginning(collections)));

function readingWords({ rerank, reranked, stage }) {
  // Where the reranker could read nothing, the order is that of fusion.
  if (!rerank) return reranked ? "" : `ordered by ${stage === "reranked" ? "fused" : stage}`;
  const stopped = STOPPED_SHORT[rerank.stopped];
  const read = `read ${number(rerank.read)} of ${counted(rerank.of, "passage")}`;
  return stopped ? `${read}, ${stopped}` : read;
}

function costs(answer, ms) {
  const { rerank, passes = [], timings = [], cache } = answer;
  const model = ({ reranker }) => el("span.model", name(String(reranker).split("@")[0]));
  const rows = [
    ["Read", rerank ? `${number(rerank.read)} of ${counted(rerank.of, "passage")}` : "nothing"],
    rerank && ["Stopped", STOPPED[rerank.stopped] ?? rerank.stopped],
    cache?.asked && ["From memory", `${number(cache.found)} of ${counted(cache.asked, "score")}`],
    ...passes.flatMap((pass, i) => [
      [i > 0 ? "Then" : "Reranker", model(pass)],
      pass.unknown_languages && ["Not read", unknownWords(pass.unknown_languages)],
    ]),
    ["In all", milliseconds(ms)],
  ];
  return [terms("dl.facts", rows), timings.length > 0 && steps(timings)];
}

const languageName = new Intl.DisplayNames("en", { type: "language" });

// What a reranker left where it was, because it does not know the language.
function unknownWords({ query, passages, languages }) {
  const names = languages.map((code) => languageName.of(code)).join(", ");
  return query ? `the query is in ${names}` : `${counted(passages, "passage")} in ${names}`;
}

function steps(timings) {
  const longest = Math.max(...timings.map(({ ms }) => ms), 0.001);
  const row = ({ step, ms }) =>
    el(
      "tr",
      el("th", { scope: "row" }, step),
      el("td", bar(ms / longest, 60)),
      el("td.number", milliseconds(ms)),
    );
  const head = ["Step", "Share", "Time"].map((words) => el("th", { scope: "col" }, words));
  return el(
    "table.steps",
    el("caption.unseen", "Time of each step"),
    el("thead.unseen", el("tr", head)),
    el("tbody", timings.map(row)),
  );
}

function beginning(collections) {
  const documents = collections.reduce((sum, it) => sum + it.documents, 0);
  if (documents === 0) {
    const how = ["Open ", el("b", "Index"), " above to read your documents in."];
    return [el("p.lead", "Nothing is indexed yet."), el("p", how)];
  }
  const several = collections.length > 1;
  const where = several ? counted(collections.length, "collection") : name(collections[0].name);
  const state = ({ documents: count, committed }) =>
    ` · ${counted(count, "document")}${committed ? `, changed ${since(committed)}` : ""}`;
  const entry = (it) => el("li", name(it.name), el("span.quiet", state(it)));
  return [
    el("p.lead", `${counted(documents, "document")} in `, where, "."),
    several && el("ul", { role: "list" }, collections.map(entry)),
    el("p", HOW_IT_WORKS),
    el("p.quiet", el("kbd", "/"), " comes back to the query, ", el("kbd", "?"), " shows all keys."),
  ];
}
