// The time that the reranker may take: a slider over what GET /v1/budget says time buys, with no limit
// at its end.

import { on } from "./events.js";
import { $ } from "./dom.js";
import { ask } from "./api.js";
import { wanted, want } from "./address.js";
import { collectionNames } from "./connection.js";
import { milliseconds, counted } from "./words.js";

const UNMEASURED = [50, 100, 200, 500, 1000, 2000, 5000].map((budget_ms) => ({ budget_ms }));

const slider = $("budget");
let points = UNMEASURED;
let pace = null;
let measured = null;

on("status", learn);
on("wanted", show);

slider.addEventListener("input", say);
slider.addEventListener("change", () => want({ budget: chosen()?.budget_ms ?? null }));

// What time buys differs little between collections; the first that is searched stands for all.
async function learn() {
  const collection = wanted().collections[0] ?? collectionNames()[0];
  if (!collection || measured === collection) return;
  try {
    const { points: found, per_pair_ms: each } = await ask(
      "GET",
      `v1/budget?${new URLSearchParams({ collection })}`,
    );
    if (found?.length > 0) points = [...found].sort((a, b) => a.budget_ms - b.budget_ms);
    pace = each ?? null;
    measured = collection;
  } catch {
    points = UNMEASURED;
  }
  show();
}

/** Returns the points of the slider, among them the one that the address asks for. */
function stops() {
  const { budget } = wanted();
  if (budget == null || points.some(({ budget_ms: ms }) => ms === budget)) return points;
  const own = { budget_ms: budget, reads: pace ? Math.floor(budget / pace) : undefined };
  return [...points, own].sort((a, b) => a.budget_ms - b.budget_ms);
}

const chosen = () => stops()[Number(slider.value)] ?? null;

function show() {
  const all = stops();
  const { budget } = wanted();
  slider.max = all.length;
  slider.value = budget == null ? all.length : all.findIndex(({ budget_ms: ms }) => ms === budget);
  say();
}

function say() {
  const point = chosen();
  const reads = point?.reads == null ? "" : `, about ${counted(point.reads, "passage")}`;
  const words = point ? `${milliseconds(point.budget_ms)}${reads}` : "no limit";
  $("budget-says").textContent = words;
  slider.setAttribute("aria-valuetext", words);
}
