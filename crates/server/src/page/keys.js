// The keyboard: one listener for the whole page. A key that an element takes for itself is left to it.

import { $, takesText, closable } from "./dom.js";
import { step, goToHits, selectedHit } from "./hits.js";
import { search } from "./search.js";
import { close, wanted } from "./address.js";
import { judge, canJudge } from "./judging.js";

const query = $("query");

closable($("keys"));
$("keys-open").addEventListener("click", () => $("keys").showModal());

document.addEventListener("keydown", (event) => {
  const { key, target, isComposing, ctrlKey, metaKey, altKey } = event;
  if (
    isComposing ||
    ctrlKey ||
    metaKey ||
    altKey ||
    event.defaultPrevented ||
    document.querySelector("dialog[open]")
  )
    return;
  const act =
    key === "Escape"
      ? escape(target)
      : target === query
        ? inQuery(key)
        : takesText(target)
          ? null
          : onPage(key, target);
  if (!act) return;
  event.preventDefault();
  act();
});

function escape(target) {
  if (wanted().open) return close;
  const hit = selectedHit();
  if (hit && !hit.why.hidden && hit.element.contains(target)) return () => hit.explain();
  if (target !== query && !takesText(target)) return () => query.focus();
  return null;
}

function inQuery(key) {
  if (key === "ArrowDown") return () => step(selectedHit() ? 0 : 1);
  if (key === "Enter") return enter;
  return null;
}

// The first Enter searches at once and goes to the first hit, the second opens it.
function enter() {
  search();
  goToHits();
}

function onPage(key, target) {
  const reading = $("reading").contains(target);
  const arrows = !reading;
  if (key === "/")
    return () => {
      query.focus();
      query.select();
    };
  if (key === "?") return () => $("keys").showModal();
  if (key === "j" || (key === "ArrowDown" && arrows)) return () => step(1);
  if (key === "k" || (key === "ArrowUp" && arrows)) return () => step(-1);
  if (/^[0-3]$/.test(key)) return grade(Number(key), reading);
  const hit = selectedHit();
  if (hit && key === "w" && !reading) return () => hit.explain();
  if (hit && key === "Enter" && target === document.body) return () => hit.link.click();
  return null;
}

function grade(number, reading) {
  const subject = reading ? wanted().open : selectedHit()?.hit;
  return subject && canJudge() ? () => judge(subject, number) : null;
}
