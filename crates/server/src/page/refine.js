// What narrows and shapes a search: collections, filters and paths, and the last stage. All of it is in
// the address; this shows it and changes it.

import { on } from "./events.js";
import { $, el } from "./dom.js";
import { name, escaped } from "./text.js";
import { wanted, want } from "./address.js";
import { collectionNames } from "./connection.js";
import { sentence } from "./notices.js";

// field, operator, value; a word operator stands between blanks.
const CONDITION = /^((?:not\s+)?(?:"[^"]*"|[^\s!<>=~"]+))\s*(!=|<=|>=|=|<|>|~|\sin\s)\s*(.*)$/s;
const STAGES = [
  ["", "all stages"],
  ["feedback", "feedback, nothing read"],
  ["fused", "words and meaning"],
  ["dense", "meaning alone (dense)"],
  ["bm25", "words alone (bm25)"],
];

$("stage").append(...STAGES.map(([value, words]) => el("option", { value }, words)));
$("stage").addEventListener("change", (event) => want({ stage: event.target.value }));

$("filter-form").addEventListener("submit", (event) => {
  event.preventDefault();
  const field = $("filter-new");
  const text = field.value.trim();
  if (!text) return;
  field.value = "";
  const { filters, paths } = wanted();
  if (CONDITION.test(text)) want({ filters: [...new Set([...filters, text])] });
  else want({ paths: [...new Set([...paths, text.replace(/^path:\s*/, "")])] });
});

$("refine-toggle").addEventListener("click", () => {
  const open = $("refine").classList.toggle("open");
  $("refine-toggle").setAttribute("aria-expanded", String(open));
});

function chip(kind, text, remove) {
  const [, field, operator, value] =
    kind === "filter" ? (CONDITION.exec(text) ?? [null, "", "", text]) : [null, "path", "", text];
  return el(
    "li.chip",
    { [`data-${kind}`]: escaped(text) },
    el("span.field", name(field.trim())),
    el("span.operator", operator.trim()),
    name(value),
    el("button", { "aria-label": `Remove ${kind} ${escaped(text)}`, click: remove }, "×"),
  );
}

function without(list, gone) {
  return list.filter((it) => it !== gone);
}

function show() {
  const { filters, paths, collections, budget, stage } = wanted();
  const focused = $("filters").contains(document.activeElement);
  $("filters").replaceChildren(
    ...filters.map((text) =>
      chip("filter", text, () => want({ filters: without(wanted().filters, text) })),
    ),
    ...paths.map((text) =>
      chip("path", text, () => want({ paths: without(wanted().paths, text) })),
    ),
  );
  if (focused) $("filter-new").focus();
  if (!STAGES.some(([value]) => value === stage)) {
    $("stage").append(el("option", { value: stage }, escaped(stage)));
    STAGES.push([stage, stage]);
  }
  $("stage").value = stage;
  const count =
    filters.length + paths.length + (collections.length > 0) + (budget != null) + (stage !== "");
  $("refine-count").hidden = count === 0;
  $("refine-count").textContent = count;
  $("refine-toggle").setAttribute("aria-label", count ? `Refine, ${count} set` : "Refine");
  showCollections();
}

function showCollections() {
  const names = collectionNames();
  const chosen = wanted().collections;
  const box = $("collections");
  box.hidden = names.length < 2;
  if (box.hidden) return;
  const old = [...box.querySelectorAll("input")].map(({ value }) => value);
  if (JSON.stringify(old) !== JSON.stringify(names)) {
    box.querySelectorAll("label").forEach((label) => label.remove());
    box.append(
      ...names.map((it) =>
        el(
          "label.pick",
          el("input", {
            type: "checkbox",
            value: it,
            "data-collection": escaped(it),
            change: choose,
          }),
          name(it),
        ),
      ),
    );
  }
  for (const input of box.querySelectorAll("input"))
    input.checked = chosen.length === 0 || chosen.includes(input.value);
}

// All of them, and none of them, is no restriction.
function choose() {
  const inputs = [...$("collections").querySelectorAll("input")];
  const chosen = inputs.filter(({ checked }) => checked).map(({ value }) => value);
  want({ collections: chosen.length === inputs.length ? [] : chosen });
}

on("wanted", show);
on("status", showCollections);

// A search that failed for its filter says so where the filter is.
on("failure", ({ ofFilter, message, hint }) => {
  $("filter-error").hidden = !ofFilter;
  if (ofFilter)
    $("filter-error").textContent = [message, hint].filter(Boolean).map(sentence).join(" ");
});
on("answer", () => {
  $("filter-error").hidden = true;
});
on("cleared", () => {
  $("filter-error").hidden = true;
});

/** Shows what the address has at the start. */
export const start = show;
