// Why a hit is here: what each stage said of it, in words.

import { el, terms } from "./dom.js";
import { pathName } from "./text.js";
import { percent, signed, stageWords } from "./words.js";
import { largePicture } from "./ranks.js";

/** Returns what is shown below a hit when someone asks why it is here. */
export function explanation(hit, answer, columns) {
  const stages = hit.stages;
  if (!stages) return el("p.quiet", "The server told nothing of the stages.");
  const exact = `${signed(stages.exact ?? 0)}, because it has the very words of the query`;
  const rows = [
    ...columns.sources.map((source) => [source, sourceWords(source, stages[source])]),
    stages.exact > 0 && ["exact", exact],
    stages.fused !== undefined && ["fused", orderWords(stages.fused)],
    answer.feedback && ["feedback", [orderWords(stages.feedback), feedbackWords(answer.feedback)]],
    columns.chain.includes("reranked") && ["reranked", rerankWords(stages)],
    ["shown", shownWords(hit)],
  ];
  const ways = columns.sources.length + columns.chain.length;
  return [ways > 1 && largePicture(hit, answer.hits, columns), terms("dl", rows)];
}

const score = (value) =>
  Math.abs(value) >= 100 ? value.toFixed(0) : value.toFixed(Math.abs(value) >= 10 ? 1 : 3);

const rankWords = ({ rank }) => (rank == null ? "not in its list" : `rank ${rank}`);

function sourceWords(source, stage) {
  if (!stage) return `did not find it (${stageWords(source)})`;
  const stands = stage.imputed ? ", its lowest score stands in" : "";
  return `${rankWords(stage)}, score ${score(stage.score)}${stands}: ${stageWords(source)}`;
}

function orderWords(stage) {
  if (!stage) return "not in this order";
  return `${rankWords(stage)}, score ${score(stage.score)}`;
}

function feedbackWords({ by, documents = [] }) {
  const moved = documents.flatMap((id, i) => [i > 0 ? " and " : "", pathName(id)]);
  return [" after the query was moved towards ", moved, by ? `, picked by the ${by}` : ""];
}

function rerankWords({ reranked, expected }) {
  if (!reranked) {
    const guess =
      expected == null ? "" : `; a probability of ${percent(expected)} was expected of it`;
    return `not read${guess}`;
  }
  const { probability, logit, truncated } = reranked;
  const cut = truncated ? "; not all of the passage was read" : "";
  const said = `probability ${percent(probability)} (logit ${score(logit)})`;
  return `${rankWords(reranked)}: read together with the query, ${said}${cut}`;
}

function shownWords({ rank, probability, score: least, ranked_by: by }) {
  const parts = [`place ${rank}`];
  if (by != null) parts.push(`ordered by ${score(by)}`);
  if (probability != null) parts.push(`relevant with a probability of ${percent(probability)}`);
  if (least != null && probability != null && percent(least) !== percent(probability)) {
    parts.push(`shown as ${percent(least)}, since no hit shows more than the one before it`);
  }
  return parts.join(", ");
}
