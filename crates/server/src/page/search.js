// Runs the search that the address names: while someone types after a short pause, and the one before
// is stopped. What the server sends is told on as it comes.

import { on, tell } from "./events.js";
import { stream, Failure } from "./api.js";
import { wanted } from "./address.js";

const DEBOUNCE = 150;
const FIRST = 10;

let timer = 0;
let running = null;
let asked = "";
let unfinished = false;
let k = FIRST;

on("wanted", ({ typing }) => {
  clearTimeout(timer);
  timer = setTimeout(search, typing ? DEBOUNCE : 0);
});

// Whatever was cut off when the server went is asked again when it is back.
on("back", () => {
  if (unfinished) again();
});

/** Searches now, if what is wanted was not asked yet. */
export function search() {
  clearTimeout(timer);
  const base = request(wanted());
  const key = JSON.stringify(base);
  if (key === asked) return;
  asked = key;
  k = FIRST;
  start(base);
}

/** Asks the same again, such as after documents were added. */
export function again() {
  start(request(wanted()));
}

/** Asks for more hits of the same search. */
export function more() {
  k = k < 50 ? k * 2 + 10 : 100;
  again();
}

/** Returns what is asked of the server for a state, without how many hits. */
export function request({ query, collections, filters, paths, budget, stage }) {
  const text = query.trim();
  return {
    query: text,
    ...(collections.length && { collections }),
    ...(filters.length && { filter: filters }),
    ...(paths.length && { path: paths }),
    ...(budget != null && { budget_ms: budget }),
    ...(stage && { stage }),
  };
}

function start(base) {
  running?.abort();
  running = null;
  unfinished = false;
  if (!base.query) {
    tell("cleared");
    return;
  }
  running = new AbortController();
  run({ ...base, k, explain: true }, running.signal);
}

async function run(asking, signal) {
  unfinished = true;
  tell("search", { request: asking });
  const began = performance.now();
  let final = false;
  try {
    for await (const { event, data } of stream("POST", "v1/search", { body: asking, signal })) {
      if (signal.aborted) return;
      if (event === "progress") {
        tell("progress", data);
      } else if (["fused", "reranked", "answer"].includes(event)) {
        final ||= event === "answer";
        tell("answer", {
          answer: data,
          phase: event,
          request: asking,
          took: performance.now() - began,
        });
      }
    }
    if (!final && !signal.aborted) {
      tell("gone");
      throw new Failure(0, {
        code: "gone",
        message: "the server stopped in the middle of the answer",
      });
    }
    unfinished = false;
  } catch (error) {
    if (signal.aborted) return;
    const failure =
      error instanceof Failure
        ? error
        : new Failure(200, { message: `the answer cannot be read: ${error.message}` });
    unfinished = failure.gone;
    asked = "";
    tell("failure", failure);
  }
}
