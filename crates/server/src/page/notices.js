// What the page has to say besides the hits: notices above them, and announcements for those who
// listen instead of look.

import { on } from "./events.js";
import { $, el } from "./dom.js";
import { escaped } from "./text.js";

const QUIET = 500;
let announcing = 0;

/** Shows a notice; one of the same kind is replaced. */
export function notice(kind, text, hint = "", { serious = false } = {}) {
  const words = [el("strong", sentence(text)), hint ? el("span", ` ${sentence(hint)}`) : null];
  const shown = el(
    "p",
    { class: serious ? "notice serious" : "notice", "data-notice": kind },
    words,
    el("button.close", { "aria-label": "Dismiss", click: () => shown.remove() }, "×"),
  );
  const old = find(kind);
  if (old?.firstChild.textContent === shown.firstChild.textContent) return;
  if (old) old.replaceWith(shown);
  else $("notices").append(shown);
}

/** Shows what a call failed with. A server that is gone has its own notice already. */
export function failed(kind, error) {
  if (!error.gone) notice(kind, error.message, error.hint, { serious: true });
}

/** Returns what a call failed with as a paragraph, to stand where it was asked. */
export function refusal({ message, hint }) {
  return el(
    "p.problem",
    { role: "alert" },
    [message, hint].filter(Boolean).map(sentence).join(" "),
  );
}

/** Takes a notice away. */
export function unnotice(kind) {
  find(kind)?.remove();
}

const find = (kind) => $("notices").querySelector(`[data-notice="${kind}"]`);

/** Returns a message of the server as a sentence of the page. */
export function sentence(message) {
  const text = escaped(message).trim();
  const end = /[.!?…:]$/.test(text) ? "" : ".";
  return text && text[0].toUpperCase() + text.slice(1) + end;
}

/** Has a screen reader say something, once what changes has come to rest. */
export function announce(text) {
  clearTimeout(announcing);
  announcing = setTimeout(() => {
    $("live").textContent = text;
  }, QUIET);
}

on("search", () => unnotice("search"));
on("cleared", () => unnotice("search"));
on("failure", (error) => {
  if (!error.ofFilter) failed("search", error);
});
