// The state of the page is its address: the search, and the document that is open. Whoever wants
// something else changes the address; everything else follows from the event `wanted`.

import { tell } from "./events.js";

const NOTHING = {
  query: "",
  collections: [],
  filters: [],
  paths: [],
  budget: null,
  stage: "",
  open: null,
};
const PAUSE = 2000;

let state = read();
let typedAt = -Infinity;

/** Returns what is wanted now. */
export const wanted = () => state;

/** Changes a part of what is wanted. While someone types, the address is replaced, not added to. */
export function want(part, { typing = false } = {}) {
  const now = performance.now();
  const within = typing && now - typedAt < PAUSE;
  typedAt = typing ? now : -Infinity;
  move({ ...state, ...part }, within, null);
  tell("wanted", { state, typing });
}

/** Opens a document; going back closes it, also if another one was open before. */
export function open(document) {
  const next = { ...state, open: document };
  move(next, history.state?.opened === href(state), { opened: href(next) });
  tell("wanted", { state, typing: false });
}

/** Closes the open document: by going back, where that undoes its opening. */
export function close() {
  if (history.state?.opened === href(state)) history.back();
  else want({ open: null });
}

function move(next, replace, mark) {
  const there = href(next);
  const here = href(state);
  state = next;
  typedAt = mark ? -Infinity : typedAt;
  if (there === here) return;
  try {
    if (replace) history.replaceState(mark ?? history.state, "", there);
    else history.pushState(mark, "", there);
  } catch {
    // A browser refuses too many changes in a short time; the next one brings the address up to date.
  }
}

/** Returns the address of a state. */
export function href({ query, collections, filters, paths, budget, stage, open: shown }) {
  const parts = new URLSearchParams();
  if (query) parts.set("q", query);
  collections.forEach((it) => parts.append("c", it));
  filters.forEach((it) => parts.append("filter", it));
  paths.forEach((it) => parts.append("path", it));
  if (budget != null) parts.set("budget", budget);
  if (stage) parts.set("stage", stage);
  if (shown) {
    parts.set("doc", shown.id);
    if (shown.collection) parts.set("in", shown.collection);
  }
  const text = parts.toString();
  return text ? `?${text}` : location.pathname;
}

function read() {
  const parts = new URLSearchParams(location.search);
  const budget = Number.parseInt(parts.get("budget") ?? "", 10);
  return {
    ...NOTHING,
    query: parts.get("q") ?? "",
    collections: parts.getAll("c").filter(Boolean),
    filters: parts.getAll("filter").filter(Boolean),
    paths: parts.getAll("path").filter(Boolean),
    budget: budget > 0 ? budget : null,
    stage: parts.get("stage") ?? "",
    open: parts.get("doc") ? { id: parts.get("doc"), collection: parts.get("in") ?? "" } : null,
  };
}

addEventListener("popstate", () => {
  state = read();
  typedAt = -Infinity;
  tell("wanted", { state, typing: false });
});
