// The list of hits: the fused order at once, then every order that the reranker makes of it, the moved
// hits gliding to their places. The selected hit is the one that has the focus, or had it last.

import { on, tell } from "./events.js";
import { $, calm } from "./dom.js";
import { Hit, keyOf } from "./hit.js";
import { collectionNames } from "./connection.js";
import { more, request as asking } from "./search.js";
import { wanted } from "./address.js";

const GLIDE = 320;

const list = $("hits");
let shown = new Map();
let selected = null;
let question = "";
let complete = false;
let going = false;

/** Returns the hits as the page has them, best first. */
export const hitsShown = () => [...shown.values()].map(({ hit }) => hit);

/** Returns the hit of a document, if it is shown. */
export const hitOf = (document) => shown.get(keyOf(document))?.hit ?? null;

/** Returns the selected hit, if there is one. */
export const selectedHit = () => shown.get(selected) ?? null;

/** Selects the hit that is so many places further down, and gives it the focus. */
export function step(by) {
  const keys = [...shown.keys()];
  const at = keys.indexOf(selected);
  const next = at < 0 ? (by > 0 ? 0 : keys.length - 1) : at + by;
  if (next < 0) focusQuery();
  else if (keys.length > 0) select(keys[Math.min(next, keys.length - 1)], true);
}

/** Goes to the hits, as soon as they are those of what is wanted now. */
export function goToHits() {
  going = question !== JSON.stringify(asking(wanted()));
  if (!going) step(shown.has(selected) ? 0 : 1);
}

/** Gives the focus back to a document's hit, or to the query. */
export function focusOn(document) {
  const there = document && shown.get(keyOf(document));
  if (there) select(there.key, true);
  else focusQuery();
}

function focusQuery() {
  const query = $("query");
  query.focus({ preventScroll: true });
  query.setSelectionRange(query.value.length, query.value.length);
}

function select(key, focus) {
  for (const [other, { element, link }] of shown) {
    const now = other === key;
    element.classList.toggle("selected", now);
    if (now) link.setAttribute("aria-current", "true");
    else link.removeAttribute("aria-current");
  }
  selected = key;
  const hit = shown.get(key);
  if (!hit) return;
  if (focus) {
    hit.link.focus({ preventScroll: true });
    hit.element.scrollIntoView({ block: "nearest", behavior: calm() ? "auto" : "smooth" });
  }
}

function show({ answer, phase, request }) {
  const asked = JSON.stringify({ ...request, k: undefined, explain: undefined });
  const same = asked === question;
  // More hits of the same search replace its final order only by another final one.
  if (same && complete && phase !== "answer") return;
  question = asked;
  complete = phase === "answer";
  const before = same && phase !== "fused" ? places() : new Map();
  const severalCollections =
    collectionNames().length > 1 ||
    new Set(answer.hits.map(({ collection }) => collection)).size > 1;
  const next = new Map();
  for (const hit of answer.hits) {
    const key = keyOf(hit);
    if (next.has(key)) continue;
    const row = shown.get(key) ?? new Hit(hit);
    row.update(hit, { answer, severalCollections });
    next.set(key, row);
  }
  shown = next;
  const inside = list.contains(document.activeElement);
  if (!shown.has(selected) || (!same && !inside)) select(null, false);
  arrange([...shown.values()].map(({ element }) => element));
  if (inside && !list.contains(document.activeElement))
    $("hits-heading").focus({ preventScroll: true });
  glide(before);
  if (going && document.activeElement === $("query")) step(1);
  going = false;
  list.removeAttribute("aria-busy");
  $("more").hidden = phase !== "answer" || answer.hits.length < request.k || request.k >= 100;
  tell("shown", { hits: answer.hits });
}

// The element that has the focus is not moved, since that would take it away: the others move around it.
function arrange(elements) {
  const still = elements.find((element) => element.contains(document.activeElement));
  for (const child of [...list.children]) {
    if (!elements.includes(child)) child.remove();
  }
  let passed = !still;
  for (const element of elements) {
    if (element === still) passed = true;
    else if (passed) list.append(element);
    else list.insertBefore(element, still);
  }
}

const places = () =>
  new Map([...list.children].map((element) => [element, element.getBoundingClientRect().top]));

function glide(before) {
  if (calm()) return;
  for (const element of list.children) {
    if (!before.has(element)) {
      if (before.size > 0)
        element.animate([{ opacity: 0 }, { opacity: 1 }], { duration: GLIDE, easing: "ease-out" });
      continue;
    }
    const by = before.get(element) - element.getBoundingClientRect().top;
    if (Math.abs(by) < 1) continue;
    element.animate([{ transform: `translateY(${by}px)` }, { transform: "none" }], {
      duration: GLIDE,
      easing: "cubic-bezier(.2, .7, .2, 1)",
    });
  }
}

on("answer", show);
on("search", () => list.setAttribute("aria-busy", "true"));
on("failure", () => list.removeAttribute("aria-busy"));
on("opened", (document) => {
  const open = document && keyOf(document);
  for (const [key, { element }] of shown) element.classList.toggle("open", key === open);
});
on("cleared", () => {
  shown = new Map();
  selected = null;
  question = "";
  list.replaceChildren();
  list.removeAttribute("aria-busy");
  $("more").hidden = true;
  tell("shown", { hits: [] });
});

list.addEventListener("focusin", (event) => {
  const element = event.target.closest("[data-hit]");
  const row = [...shown.values()].find((it) => it.element === element);
  if (row && row.key !== selected) select(row.key, false);
});
$("more").addEventListener("click", more);
