// Judgements: how relevant a document is for the query, from 0 to 3. They are kept by the server, and
// `trommel eval` reads them.

import { on, tell } from "./events.js";
import { el } from "./dom.js";
import { escaped } from "./text.js";
import { GRADES } from "./words.js";
import { ask } from "./api.js";
import { announce, failed, unnotice } from "./notices.js";
import { collectionNames } from "./connection.js";

const given = new Map();
const known = new Set();
const shows = new WeakMap();
let query = "";

const keyOf = ({ collection, id }) => JSON.stringify([query, collection ?? "", id]);

/** Says whether there is a query that documents can be judged for. */
export const canJudge = () => query !== "";

/** Returns the grade that was given to a document for the query; `null` if none was. */
export const gradeOf = (hit) => given.get(keyOf(hit)) ?? null;

/** Gives a grade; the same one again takes it back. */
export async function judge(hit, grade) {
  const key = keyOf(hit);
  const before = given.get(key) ?? null;
  const now = before === grade ? null : grade;
  keep(key, now);
  announce(now === null ? "judgement taken back" : `judged ${now}, ${GRADES[now]}`);
  try {
    await ask("POST", "v1/judgements", {
      body: { collection: hit.collection || collectionNames()[0], query, id: hit.id, grade: now },
    });
    unnotice("judging");
  } catch (error) {
    keep(key, before);
    failed("judging", error);
  }
}

function keep(key, grade) {
  if (grade === null) given.delete(key);
  else given.set(key, grade);
  tell("grades");
}

/** Returns the four buttons of a document; its title has the id `labelledby`. */
export function gradeButtons(hit, labelledby) {
  const word = el("span.grade-word", { "aria-hidden": "true" });
  const buttons = GRADES.map((words, grade) =>
    el(
      "button",
      {
        class: "grade",
        "data-grade": grade,
        "aria-pressed": "false",
        "aria-label": `${grade}, ${words}`,
        title: `${grade}: ${words}`,
        click: () => judge(hit, grade),
      },
      String(grade),
    ),
  );
  const element = el(
    "div.grades",
    {
      role: "group",
      "aria-label": "Judge",
      "aria-describedby": labelledby,
      "data-grades": escaped(hit.id),
    },
    el("span.grades-label", { "aria-hidden": "true" }, "Judge"),
    buttons,
    word,
  );
  const show = () => {
    const grade = gradeOf(hit);
    buttons.forEach((button, i) => button.setAttribute("aria-pressed", String(i === grade)));
    word.textContent = grade === null ? "" : GRADES[grade];
  };
  show();
  shows.set(element, show);
  return element;
}

on("grades", () =>
  document.querySelectorAll("[data-grades]").forEach((element) => shows.get(element)?.()),
);
on("cleared", () => {
  query = "";
});

// Judgements of the query are fetched once for each collection that has hits.
on("answer", async ({ answer, phase, request }) => {
  const asked = (query = request.query);
  tell("grades");
  if (phase !== "answer") return;
  const names = new Set(
    answer.hits.map(({ collection }) => collection ?? collectionNames()[0] ?? ""),
  );
  for (const collection of names) {
    const key = JSON.stringify([collection, asked]);
    if (known.has(key)) continue;
    known.add(key);
    try {
      const parts = new URLSearchParams({ query: asked, ...(collection && { collection }) });
      const { judgements = [] } = await ask("GET", `v1/judgements?${parts}`);
      for (const { query: of, id, grade } of judgements)
        given.set(JSON.stringify([of, collection, id]), grade);
      tell("grades");
    } catch {
      known.delete(key);
    }
  }
});
