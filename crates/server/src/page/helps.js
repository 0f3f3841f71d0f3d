// "Does each stage help on my documents?": what the judgements so far say of every stage, with intervals,
// and before there are enough of them, how many more are needed.

import { $, el, put, closable } from "./dom.js";
import { running, escaped } from "./text.js";
import { counted, signed, stageWords } from "./words.js";
import { ask } from "./api.js";
import { refusal } from "./notices.js";
import { wanted } from "./address.js";
import { collectionNames } from "./connection.js";
import { intervalTable } from "./intervals.js";

const HOW =
  " on the hits that you looked at: 0 not relevant, 1 related, 2 relevant, 3 perfect. " +
  "From that this page shows which stage is worth its time on your documents.";
const LEGEND = "The dot is the mean, the line the range in which it lies with 95 % confidence.";
const STAGE_HEAD = ["Stage", "Higher is better", "Mean and range"];
const CHANGE_HEAD = ["Step", "Right of 0 is better", "Difference and range"];

const dialog = $("helps");
const says = $("helps-says");
const result = el("div", { role: "status" });
let collection = "";

closable(dialog);
$("helps-open").addEventListener("click", () => {
  dialog.showModal();
  const names = collectionNames();
  if (!names.includes(collection)) collection = wanted().collections[0] ?? names[0] ?? "";
  put(says, choice(names), result);
  load();
});

async function load() {
  put(result, el("p.quiet", "Measuring …"));
  const asked = collection;
  try {
    const helps = await ask("GET", `v1/helps?${new URLSearchParams({ collection })}`);
    if (asked === collection) put(result, helps.ready ? measured(helps) : early(helps));
  } catch (error) {
    if (asked === collection) put(result, refusal(error));
  }
}

function choice(names) {
  if (names.length < 2) return null;
  const change = ({ target }) => {
    collection = target.value;
    load();
  };
  const options = names.map((it) =>
    el("option", { value: it, selected: it === collection }, escaped(it)),
  );
  const label = el("label", { for: "helps-collection" }, "Collection");
  return el("p.choice", label, el("select", { id: "helps-collection", change }, options));
}

function early({ queries, needed }) {
  const more = Math.max(0, needed - queries);
  const judged = counted(queries, "query is", "queries are");
  return [
    el(
      "p.lead",
      { "data-needed": more },
      `Judge the hits of ${counted(more, "more query", "more queries")}.`,
    ),
    el("progress", { max: needed, value: queries, "aria-label": "Queries judged" }),
    el("p.quiet", `${judged} judged, ${needed} are needed before numbers mean anything.`),
    el("p", "Search as you always do, and press ", el("kbd", "0"), " to ", el("kbd", "3"), HOW),
  ];
}

function measured({ queries, metric, stages = [], changes = [], advice = [] }) {
  const judged = counted(queries, "judged query", "judged queries");
  const advised = changes.filter((change) => change.advice);
  const change = ({ from, to, advice: line }) =>
    el("li", el("b", `${from} → ${to}: `), running(line));
  return [
    el("p.quiet", `${metric}, from ${judged}. ${LEGEND}`),
    advice.length > 0 &&
      el(
        "ul.advice",
        { id: "helps-advice" },
        advice.map((line) => el("li", running(line))),
      ),
    intervalTable("How good each stage is", STAGE_HEAD, stages.map(stageRow)),
    changes.length > 0 &&
      intervalTable("What each step changes", CHANGE_HEAD, changes.map(changeRow), { zero: true }),
    advised.length > 0 && el("ul.advice.small", advised.map(change)),
  ];
}

const stageRow = ({ stage, mean, low, high }) => ({
  name: stage,
  value: mean,
  low,
  high,
  says: [
    el("b", mean.toFixed(3)),
    el("span.quiet", ` ${low.toFixed(3)} to ${high.toFixed(3)}`),
    el("span.quiet.under", stageWords(stage)),
  ],
});

function changeRow({ from, to, difference, low, high, shown, more_queries: more }) {
  const verdict = shown ? (difference > 0 ? "better" : "worse") : "not shown";
  const needs =
    !shown && more ? `, about ${counted(more, "more query", "more queries")} would show it` : "";
  return {
    name: `${from} → ${to}`,
    value: difference,
    low,
    high,
    kind: shown ? verdict : "",
    says: [
      el("b", signed(difference)),
      el("span.quiet", ` ${signed(low)} to ${signed(high)}`),
      el("span.under", verdict, el("span.quiet", needs)),
    ],
  };
}
