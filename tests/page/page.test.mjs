// Drives the page in a real Chromium against mock.py.
//
//   npm install --prefix TOOLS puppeteer-core axe-core
//   PAGE_TOOLS=TOOLS node --test tests/page/page.test.mjs

import test, { before, after, beforeEach } from "node:test";
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const require = createRequire(join(process.env.PAGE_TOOLS ?? ".", "here.js"));
const puppeteer = require("puppeteer-core");
const AXE = readFileSync(require.resolve("axe-core/axe.min.js"), "utf8");
const HERE = dirname(fileURLToPath(import.meta.url));
const PORT = 7793;
const ORIGIN = `http://127.0.0.1:${PORT}`;
const EVIL = "<script>alert(2)</script>/evil.html";
const QUERY = "how to bleed a radiator";
const HITS = `/?q=${encodeURIComponent(QUERY)}`;

let server;
let browser;
let page;
const foreign = [];
const problems = [];

const wait = (ms) => new Promise((done) => setTimeout(done, ms));
const set = (values) =>
  fetch(`${ORIGIN}/mock/set`, { method: "POST", body: JSON.stringify(values) });
const log = async () => (await fetch(`${ORIGIN}/mock/log`)).json();
const searches = (entries) => entries.filter(({ path }) => path === "/v1/search");
const until = (check, ...args) =>
  page.waitForFunction(check, { timeout: 8000, polling: 30 }, ...args);
const settled = async (query) => {
  await until(
    (it) =>
      document
        .querySelector("#results")
        .matches(`[data-phase=answer]${it ? `[data-query="${it}"]` : ""}`),
    query,
  );
  await wait(350);
};
const text = (selector) => page.$eval(selector, (element) => element.textContent);
const titles = () => page.$$eval("[data-hit] .title", (all) => all.map((it) => it.textContent));
const focused = (selector) => page.evaluate((it) => document.activeElement?.matches(it), selector);
const press = (key) => page.keyboard.press(key);
const address = () => new URL(page.url());

async function visit(
  path = "/",
  { width = 1280, height = 860, scheme = "light", motion = "no-preference" } = {},
) {
  await page.setViewport({ width, height });
  await page.emulateMediaFeatures([
    { name: "prefers-color-scheme", value: scheme },
    { name: "prefers-reduced-motion", value: motion },
  ]);
  await page.goto(ORIGIN + path);
  await until(
    () =>
      document.querySelector("#collections:not([hidden])") ||
      document.querySelector("dialog[open]"),
  );
}

before(async () => {
  server = spawn("python3", [join(HERE, "mock.py"), "--port", String(PORT), "--slow", "0.5"], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  await new Promise((done) => server.stdout.once("data", done));
  browser = await puppeteer.launch({
    executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
    args: ["--no-sandbox"],
  });
});
after(async () => {
  await browser?.close();
  server?.kill();
});
beforeEach(async () => {
  await set({ key: null, busy: 0, gone: false, ready: true, slow: 0.4, judgements: {}, jobs: {} });
  await page?.close();
  page = await browser.newPage();
  page.on("request", (request) => {
    if (!request.url().startsWith(ORIGIN) && !request.url().startsWith("data:"))
      foreign.push(request.url());
  });
  page.on("dialog", (dialog) => {
    problems.push(`dialog: ${dialog.message()}`);
    dialog.dismiss();
  });
  page.on("pageerror", (error) => problems.push(`error: ${error.message}`));
  page.on("console", (message) => {
    if (/Content Security Policy|Refused/.test(message.text())) problems.push(message.text());
  });
  await log();
});

test("typing searches after a pause, and the request before is stopped", async () => {
  await visit();
  assert.ok(await focused("#query"));
  await page.evaluate(async () => {
    const query = document.querySelector("#query");
    for (const letter of "radiator") {
      query.value += letter;
      query.dispatchEvent(new InputEvent("input", { bubbles: true }));
      await new Promise((done) => setTimeout(done, 20));
    }
  });
  await settled();
  const first = searches(await log());
  assert.equal(first.length, 1, "one search for eight keys");
  assert.equal(first[0].body.query, "radiator");
  assert.equal(first[0].body.explain, true);
  assert.match(first[0].accept, /event-stream/);
  await page.type("#query", " bleed");
  await wait(300);
  await page.type("#query", " air");
  await settled("radiator bleed air");
  const entries = await log();
  assert.deepEqual(
    searches(entries).map(({ body }) => body.query),
    ["radiator bleed", "radiator bleed air"],
  );
  await wait(300);
  assert.ok(
    [...entries, ...(await log())].some(({ stopped }) => stopped),
    "the first stream was closed",
  );
});

test("the fused order is shown at once and reordered as the reranker reads", async () => {
  await set({ slow: 1 });
  await visit();
  await page.evaluate(() => {
    window.seen = { summaries: new Set(), moved: 0 };
    new MutationObserver(() =>
      window.seen.summaries.add(document.querySelector("#summary").textContent),
    ).observe(document.querySelector("#results"), {
      childList: true,
      subtree: true,
      characterData: true,
    });
    const animate = Element.prototype.animate;
    Element.prototype.animate = function (...args) {
      window.seen.moved += 1;
      return animate.apply(this, args);
    };
  });
  await page.type("#query", QUERY);
  await until(() => document.querySelectorAll("[data-hit]").length === 10);
  const fused = await titles();
  await until(() => document.querySelector("#reading-of")?.textContent === "read 8 of 50");
  await settled();
  const final = await titles();
  assert.notDeepEqual(fused, final);
  assert.ok(await page.evaluate(() => window.seen.moved > 0), "hits glided");
  assert.match(await text("#summary"), /^10 hits · read 48 of 50 passages, settled · 188 ms$/);
  assert.equal(
    await page.$eval("#cost", (it) => /nothing unread could enter the hits/.test(it.textContent)),
    true,
  );
  await until(() => document.querySelector("#live").textContent === "10 hits; reranked");
  const ranks = await page.$$eval("[data-hit]", (all) => all.map((it) => it.dataset.rank));
  assert.deepEqual(ranks, ["1", "2", "3", "4", "5", "6", "7", "8", "9", "10"]);
  assert.match(
    await page.$eval("[data-rank='2'] svg.ranks", (it) => it.getAttribute("aria-label")),
    /^Ranks: bm25 \d+, dense \d+, .*fused \d+, feedback \d+, reranked \d+, shown 2$/,
  );
});

test("nothing moves by itself for those who want no motion", async () => {
  await visit("/", { motion: "reduce" });
  await page.evaluate(() => {
    window.moved = 0;
    Element.prototype.animate = () => {
      window.moved += 1;
    };
  });
  await page.type("#query", QUERY);
  await settled();
  assert.equal(await page.evaluate(() => window.moved), 0);
});

test("the focus stays on its hit while the order changes", async () => {
  await set({ slow: 1 });
  await visit();
  await page.type("#query", QUERY);
  await until(() => document.querySelectorAll("[data-hit]").length === 10);
  await press("ArrowDown");
  await press("j");
  const id = await page.evaluate(() => document.activeElement.closest("[data-hit]").dataset.id);
  await settled();
  assert.equal(
    await page.evaluate(() => document.activeElement.closest("[data-hit]")?.dataset.id),
    id,
  );
});

test("the keyboard does everything", async () => {
  await visit(HITS);
  await settled();
  await page.evaluate(() => document.activeElement.blur());
  await press("/");
  assert.ok(await focused("#query"));
  await press("ArrowDown");
  assert.ok(await focused("[data-rank='1'] .title"));
  await press("j");
  await press("ArrowDown");
  assert.ok(await focused("[data-rank='3'] .title"));
  await press("k");
  assert.ok(await focused("[data-rank='2'] .title"));
  assert.ok(await page.$("[data-rank='2'].selected"));
  await press("w");
  assert.match(await text("[data-rank='2'] .why"), /reranked.*probability/);
  await press("w");
  await press("Enter");
  await until(() => document.querySelector("#reading-text"));
  assert.ok(await focused("#reading-title"));
  assert.equal(
    address().searchParams.get("doc"),
    await page.$eval("[data-rank='2']", (it) => it.dataset.id),
  );
  await press("Escape");
  await until(() => document.querySelector("#reading").hidden);
  assert.ok(await focused("[data-rank='2'] .title"));
  await press("?");
  assert.ok(await page.$("#keys[open]"));
  await press("Escape");
  assert.equal(await page.$("#keys[open]"), null);
  await press("ArrowUp");
  await press("ArrowUp");
  assert.ok(await focused("#query"));
  await page.keyboard.type(" j0?");
  assert.equal(
    await page.$eval("#query", (it) => it.value),
    `${QUERY} j0?`,
    "in the query, letters are letters",
  );
});

test("Enter in the query goes to the hits of that very query", async () => {
  await visit();
  await page.type("#query", QUERY);
  await press("Enter");
  await until(() => document.activeElement.matches("[data-hit] .title"));
  assert.equal(searches(await log()).length, 1);
});

test("judgements are posted, shown, taken back, and there again later", async () => {
  await visit(HITS);
  await settled();
  await page.focus("[data-rank='2'] .title");
  await log();
  await press("3");
  await until(
    () => document.querySelector("[data-rank='2'] [data-grade='3']").ariaPressed === "true",
  );
  await wait(100);
  const id = await page.$eval("[data-rank='2']", (it) => it.dataset.id);
  const posts = (await log()).filter(
    ({ method, path }) => method === "POST" && path === "/v1/judgements",
  );
  assert.deepEqual(
    posts.map(({ body }) => body),
    [{ collection: "notes", query: QUERY, id, grade: 3 }],
  );
  assert.match(await text("[data-rank='2'] .grades"), /perfect/);
  await page.reload();
  await settled();
  await until(
    () => document.querySelector("[data-rank='2'] [data-grade='3']").ariaPressed === "true",
  );
  await log();
  await page.click("[data-rank='2'] [data-grade='3']");
  await wait(150);
  assert.equal((await log()).find(({ path }) => path === "/v1/judgements").body.grade, null);
  await page.click("[data-rank='2'] .title");
  await until(() => document.querySelector("#reading-text"));
  await press("1");
  await until(
    () => document.querySelector("[data-rank='2'] [data-grade='1']").ariaPressed === "true",
  );
  assert.ok(await page.$("#reading [data-grade='1'][aria-pressed='true']"));
});

test("filters, paths, collections, time and stage are in the request and in the address", async () => {
  await visit(HITS);
  await settled();
  await page.type("#filter-new", "author=Ada");
  await press("Enter");
  await until(() => document.querySelectorAll("[data-hit]").length === 3);
  await page.type("#filter-new", "manuals/");
  await page.click("#filter-add");
  await until(() => document.querySelectorAll("[data-hit]").length === 2);
  await page.click("#collections [data-collection='papers']");
  await page.select("#stage", "fused");
  await page.focus("#budget");
  await press("ArrowLeft");
  await wait(400);
  const { body } = searches(await log()).at(-1);
  assert.deepEqual(body, {
    query: QUERY,
    collections: ["notes"],
    filter: ["author=Ada"],
    path: ["manuals/"],
    budget_ms: 2000,
    stage: "fused",
    k: 10,
    explain: true,
  });
  assert.equal(await text("#budget-says"), "2 s, about 487 passages");
  const { searchParams } = address();
  assert.deepEqual(Object.fromEntries(searchParams), {
    q: QUERY,
    c: "notes",
    filter: "author=Ada",
    path: "manuals/",
    budget: "2000",
    stage: "fused",
  });
  await page.reload();
  await until(() => document.querySelector("#budget-says").textContent.startsWith("2 s"));
  assert.equal(await page.$eval("#stage", (it) => it.value), "fused");
  assert.equal(
    await page.$eval("#collections [data-collection='papers'] ", (it) => it.checked),
    false,
  );
  await page.click("[data-filter='author=Ada'] button");
  await page.click("[data-path='manuals/'] button");
  await until(() => document.querySelectorAll("#filters li").length === 0);
  assert.ok(await focused("#filter-new"));
});

test("a filter that is refused says so beside the filters", async () => {
  await visit(HITS);
  await settled();
  await page.type("#filter-new", "autor=Ada");
  await press("Enter");
  await until(() => !document.querySelector("#filter-error").hidden);
  assert.equal(
    await text("#filter-error"),
    "No document has the field `autor`. Did you mean `author`?",
  );
  assert.equal(await page.$$eval("[data-hit]", (all) => all.length), 10, "the hits stay");
  assert.equal(await page.$$eval(".notice", (all) => all.length), 0);
});

test("more hits are added without showing the first order again", async () => {
  await visit(HITS);
  await settled();
  const first = await titles();
  await page.evaluate(() => {
    window.orders = new Set();
    const seen = () =>
      window.orders.add(document.querySelector("[data-rank='2'] .title").textContent);
    new MutationObserver(seen).observe(document.querySelector("#hits"), {
      childList: true,
      subtree: true,
    });
  });
  await page.click("#more");
  await until(() => document.querySelectorAll("[data-hit]").length > 10);
  assert.deepEqual((await titles()).slice(0, 10), first);
  assert.equal(searches(await log()).at(-1).body.k, 30);
  assert.equal(await page.evaluate(() => window.orders.size), 1);
  assert.equal(await page.$eval("#more", (it) => it.hidden), true, "there are no more");
});

test("back and forward go through searches and open documents", async () => {
  await visit();
  await page.type("#query", "valve", { delay: 30 });
  await settled();
  await wait(2100);
  await page.$eval("#query", (it) => {
    it.value = "";
  });
  await page.type("#query", "warranty", { delay: 30 });
  await settled("warranty");
  await page.click("[data-hit] .title");
  await until(() => document.querySelector("#reading-text"));
  await page.goBack();
  await until(() => document.querySelector("#reading").hidden);
  assert.equal(address().searchParams.get("q"), "warranty");
  await page.goBack();
  await until(() => document.querySelector("#query").value === "valve");
  await settled();
  await page.goForward();
  await page.goForward();
  await until(() => document.querySelector("#reading-text"));
  assert.equal(await page.$eval("#query", (it) => it.value), "warranty");
  await page.click("#reading-close");
  await until(() => document.querySelector("#reading").hidden && !location.search.includes("doc="));
});

test("a document of an address opens at the passage of its hit", async () => {
  await visit(`${HITS}&doc=${encodeURIComponent("logbook/boiler-room-2023.md")}&in=notes`);
  await until(() => document.querySelector("#reading-text .sentence-here"));
  assert.match(await text(".sentence-here"), /we had to bleed the radiator/);
  const seen = await page.evaluate(() => {
    const line = document.querySelector(".sentence-here").getBoundingClientRect();
    const panel = document.querySelector("#reading").getBoundingClientRect();
    return line.top > panel.top && line.bottom < Math.min(panel.bottom, innerHeight);
  });
  assert.ok(seen, "the passage is in sight");
  assert.equal(await page.$eval("#reading-text", (it) => it.dataset.first), "1141");
  const where = () => page.$eval("[data-line='1200']", (it) => it.getBoundingClientRect().top);
  await page.$eval("#reading", (it) => {
    it.scrollTop = 0;
  });
  const above = await where();
  await page.click("#more-above");
  await until(() => document.querySelector("#reading-text").dataset.first === "941");
  assert.ok(Math.abs((await where()) - above) < 60, "what was read stays in place");
  await page.click("#more-below");
  await until(() => document.querySelector("#reading-text").dataset.last === "1552");
  const numbers = await page.$$eval(".line", (all) => all.map((it) => Number(it.dataset.line)));
  assert.deepEqual(
    numbers,
    Array.from({ length: 1552 - 941 + 1 }, (_, i) => 941 + i),
  );
});

test("a document of a paged format names its pages", async () => {
  await visit(`${HITS}&doc=${encodeURIComponent("warranty/radiator-warranty.pdf")}&in=papers`);
  await until(() => document.querySelector("#reading-text .in-passage"));
  assert.equal(await text("#reading-place"), "p. i (5)");
  assert.deepEqual(
    (await page.$$eval(".begins", (all) => all.map((it) => it.textContent))).slice(0, 2),
    ["p. i (5)", "p. ii (6)"],
  );
  assert.match(
    await page.$eval("[data-id='warranty/radiator-warranty.pdf'] .where", (it) => it.textContent),
    /p\. i \(5\)/,
  );
});

test("what one answer cannot hold is read in several, and nothing is lost", async () => {
  await visit("/?doc=data%2Fwide.csv&in=papers");
  await until(() => document.querySelector("#reading-text"));
  const lines = () => page.$$eval(".line", (all) => all.map((it) => it.textContent));
  assert.ok((await lines()).length < 200, "the first part was cut");
  for (let i = 0; i < 9 && !(await page.$eval("#more-below", (it) => it.hidden)); i += 1) {
    const before = (await lines()).length;
    await page.$eval("#more-below", (it) => it.click());
    await until((count) => document.querySelectorAll(".line").length > count, before);
  }
  const cells = (n) => Array.from({ length: 40 }, (_, m) => `cell ${n}.${m}`);
  assert.deepEqual(
    await lines(),
    Array.from({ length: 400 }, (_, n) => [n + 1, ...cells(n)].join(",")),
  );
  assert.equal(await text("#reading-range"), "400 lines");
  await visit("/?q=bleed&path=data%2Fvalves.json");
  await settled();
  assert.match(await text("[data-hit] .sentence"), /^\{"valves": .* …$/);
  assert.ok((await text("[data-hit] .sentence")).length < 650, "a sentence without end is cut");
  await visit("/?q=cell+390&path=data%2Fwide.csv&doc=data%2Fwide.csv&in=papers");
  await until(() => document.querySelector("#reading-text .in-passage"));
  const first = await page.$eval("#reading-text", (it) => Number(it.dataset.first));
  await page.$eval("#more-above", (it) => it.click());
  await until((it) => Number(document.querySelector("#reading-text").dataset.first) < it, first);
  const numbers = await page.$$eval(".line", (all) => all.map((it) => Number(it.dataset.line)));
  assert.ok(
    numbers.every((it, i) => i === 0 || it === numbers[i - 1] + 1),
    "no gap",
  );
  await visit("/?doc=data%2Fvalves.json&in=papers");
  await until(() => document.querySelector("#reading-text"));
  assert.equal(await text("#more-below"), "The rest of this long line");
  await page.$eval("#more-below", (it) => it.click());
  await until(() => document.querySelector("#more-below").hidden);
  assert.ok((await lines())[0].endsWith('{"radiator": 5999, "bleed": true}]}'));
});

test("a plain JSON answer without stages, collections and locations is shown as well", async () => {
  const answer = {
    schema: "trommel.answer.v1",
    query: "x",
    stage: "fused",
    reranked: false,
    answered: true,
    hits: [
      {
        rank: 1,
        id: "a/b.txt",
        score: 0.5,
        title: "",
        source: { path: "a/b.txt" },
        freshness: "current",
        metadata: {},
        passage: {
          lines: { first: 3, last: 3 },
          headings: [],
          text: "größer als ß",
          sentence: [0, 0],
          matches: [[0, 8]],
        },
      },
    ],
  };
  await page.setRequestInterception(true);
  page.on("request", (request) =>
    request.url().endsWith("/v1/search")
      ? request.respond({ contentType: "application/json", body: JSON.stringify(answer) })
      : request.continue(),
  );
  await visit("/?q=x");
  await settled();
  assert.deepEqual(await titles(), ["a/b.txt"]);
  assert.equal(await text("[data-hit] .where"), "a/b.txtline 3");
  assert.equal(await text("[data-hit] mark"), "größer");
  assert.match(await text("#summary"), /^1 hit · ordered by fused · /);
});

test("byte ranges mark the right characters of a text that is not ASCII", async () => {
  await visit(HITS);
  await settled();
  const row = "[data-id='עברית/רדיאטור.txt']";
  assert.deepEqual(await page.$$eval(`${row} mark`, (all) => all.map((it) => it.textContent)), [
    "bleed",
    "radiator",
  ]);
  assert.match(await text(`${row} .sentence`), /^כדי לשחרר .* קטן\.$/);
  assert.equal(await page.$eval(`${row} .sentence`, (it) => getComputedStyle(it).direction), "rtl");
});

test("a sentence that is too long is cut between what a reader takes for characters", async () => {
  await visit(HITS);
  await settled();
  const half = "กำ".repeat(250);
  const shown = await page.evaluate(async (text) => {
    const { Hit } = await import("/page/hit.js");
    const passage = { text, sentence: [0, 3001], matches: [[1501, 1504]] };
    const hit = { id: "long", rank: 1, probability: 0.5, passage };
    const made = new Hit(hit);
    made.update(hit, { answer: { hits: [hit] }, severalCollections: false });
    return made.sentence.textContent;
  }, `${half}x${half}`);
  // Both the place 120 before the match and that 600 behind the beginning are inside a character.
  assert.equal(shown, `… ${"กำ".repeat(60)}x${"กำ".repeat(239)} …`);
});

test("hostile text is shown and does nothing", async () => {
  await visit(`${HITS}&doc=${encodeURIComponent(EVIL)}&in=notes`);
  await until(() => document.querySelector("#reading-text .in-passage"));
  await settled();
  await page.$$eval("details", (all) =>
    all.forEach((it) => {
      it.open = true;
    }),
  );
  await page.click(".why-button");
  await wait(200);
  assert.ok((await titles()).includes("<img src=x onerror=alert(1)>"));
  assert.equal(await text("#reading-title"), "<img src=x onerror=alert(1)>");
  assert.match(await text("#reading-text"), /\\u\{1b\}\[31mred\\u\{7\}/);
  assert.equal(await page.evaluate(() => window.pwned), undefined);
  assert.equal(
    await page.$$eval(
      "main img, main script, main b[onmouseover], main svg[onload], main iframe",
      (all) => all.length,
    ),
    0,
  );
  await visit("/?q=invoice");
  await settled();
  const invoice = (await titles()).find((it) => it.startsWith("Radiator invoice"));
  assert.equal(
    invoice,
    "Radiator invoice \\u{202e}gnp.exe\\u{202c} and \\u{2066}isolated\\u{2069} \\u{200f}mark",
  );
  const left = await page.evaluate(
    () =>
      [...document.querySelectorAll("main *")].filter((it) =>
        [...it.childNodes].some(
          (node) =>
            node.nodeType === 3 &&
            /[\u202a-\u202e\u2066-\u2069\u0080-\u009f\u0000-\u0008]/.test(node.data),
        ),
      ).length +
      [...document.querySelectorAll("*")].filter((it) =>
        [...it.attributes].some(
          ({ name, value }) =>
            !["href", "value"].includes(name) && /[\u202a-\u202e\u2066-\u2069]/.test(value),
        ),
      ).length,
  );
  assert.equal(left, 0);
});

test("why a document is not here is asked and answered in words", async () => {
  await visit(HITS);
  await settled();
  await page.type("#why-not-id", "theses/hydronic-balancing.pdf");
  await press("Enter");
  await until(() => document.querySelector(".why-lines"));
  const asked = (await log()).filter(({ path }) => path === "/v1/why").map(({ body }) => body);
  assert.deepEqual(
    asked.map(({ collection, id, query, k }) => [collection, id, query, k]),
    [
      ["notes", "theses/hydronic-balancing.pdf", QUERY, 10],
      ["papers", "theses/hydronic-balancing.pdf", QUERY, 10],
    ],
  );
  assert.match(await text("#why-not-says"), /not among the first 10/);
  await page.$eval("#why-not-id", (it) => {
    it.value = "nowhere.md";
  });
  await page.click("#why-not-ask");
  await until(() => document.querySelector("#why-not-says .problem"));
  assert.match(await text("#why-not-says"), /No document has the id `nowhere.md`\. Near: manuals/);
});

test("what nothing answers is said calmly, and a failed reranker too", async () => {
  await visit("/?q=nothing");
  await settled();
  assert.equal(await page.$eval("#unanswered", (it) => it.hidden), false);
  await until(() =>
    /nothing is likely to answer/.test(document.querySelector("#live").textContent),
  );
  await visit("/?q=fail");
  await settled();
  assert.match(
    await text("[data-notice='reranker']"),
    /The reranker failed: the model's file is gone/,
  );
  await visit("/?q=empty");
  await until(() => document.querySelector("#summary").textContent.startsWith("0 hits"));
});

test("the helps panel counts what is missing, then draws", async () => {
  await set({ ready: false });
  await visit(HITS);
  await settled();
  await page.click("#helps-open");
  await until(() => document.querySelector("[data-needed='7']"));
  await press("Escape");
  await set({ ready: true });
  await page.click("#helps-open");
  await until(() => document.querySelectorAll("#helps .intervals").length === 2);
  assert.match(await text("#helps [data-row='reranked']"), /0\.781 0\.710 to 0\.850/);
  assert.match(
    await text("#helps [data-row='fused → feedback']"),
    /−0\.004 −0\.022 to \+0\.014not shown, about 140 more queries would show it/,
  );
  assert.equal(await page.$$eval("#helps .plot circle", (all) => all.length), 8);
  assert.match(await text("#helps-advice"), /leave it on/);
});

test("indexing runs, shows how far it is, and what it left out", async () => {
  await set({ slow: 0.5 });
  await visit(HITS);
  await settled();
  await page.click("#indexing-open");
  await until(() => document.querySelector("[data-update='notes']"));
  assert.equal(
    await page.$("[data-update='papers']"),
    null,
    "a read-only collection has no button",
  );
  await page.click("[data-update='notes']");
  await until(() => document.querySelector("[data-job='notes'] progress"));
  await until(() =>
    / a second · about \d+ s left/.test(document.querySelector("[data-job='notes']").textContent),
  );
  assert.match(await text("#indexing-state"), /%|…/);
  await until(() => document.querySelector("[data-job='notes'] .done"));
  assert.match(
    await text("[data-job='notes']"),
    /Done: 12 added · 3 updated · 1 removed · 805 unchanged33 files were left out/,
  );
  await page.click("[data-reason='binary'] summary");
  assert.match(await text("[data-reason='binary']"), /^not text: 31.*and 19 more$/);
  await page.click("[data-update='notes']");
  await page.waitForSelector("[data-cancel]");
  await page.click("[data-cancel]");
  await until(() => /Cancelled/.test(document.querySelector("[data-job='notes']").textContent));
  assert.ok((await log()).some(({ method, path }) => method === "DELETE" && path === "/v1/jobs/2"));
});

test("a key that is wanted is asked for, refused, and kept", async () => {
  await set({ key: "right" });
  await visit(HITS);
  await page.waitForSelector("#key[open]");
  assert.ok(await focused("#key-value"));
  await page.keyboard.type("wrong");
  await press("Enter");
  await until(() => !document.querySelector("#key-problem").hidden);
  await page.keyboard.type("right");
  await press("Enter");
  await settled();
  assert.equal(await page.evaluate(() => sessionStorage.getItem("trommel.key")), "right");
  await page.reload();
  await settled();
  assert.equal(await page.$("#key[open]"), null);
});

test("a busy server is asked again when it says so", async () => {
  await visit();
  await set({ busy: 1 });
  await page.type("#query", QUERY);
  await page.waitForSelector("[data-notice='busy']");
  assert.match(
    await text("[data-notice='busy']"),
    /The server is busy; trying again in 1 second\./,
  );
  await settled();
  assert.equal(await page.$("[data-notice='busy']"), null);
});

test("a server that is gone loses nothing that is shown, and comes back by itself", async () => {
  await visit(HITS);
  await settled();
  await set({ gone: true });
  await page.type("#query", " valve");
  await page.waitForSelector("[data-notice='gone']");
  assert.equal(await page.$$eval("[data-hit]", (all) => all.length), 10);
  await set({ gone: false });
  await until(() => !document.querySelector("[data-notice='gone']"));
  await settled();
  assert.equal(searches(await log()).at(-1).body.query, `${QUERY} valve`);
  await visit("/?q=break");
  await page.waitForSelector("[data-notice='gone']");
  assert.equal(await page.$$eval("[data-hit]", (all) => all.length), 10, "the fused order stays");
});

test("nothing is wider than a window of 320 px", async () => {
  current = { scheme: "light", width: 320, height: 640 };
  for (const name of ["start", "hits", "why open", "refined", "reading", "helps", "keys"]) {
    await STATES[name]();
    assert.ok((await excess()) <= 0, `${name}: ${await excess()} px`);
  }
});

test("the colours can be chosen and are kept", async () => {
  await visit(HITS, { scheme: "dark" });
  const ground = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor);
  const dark = await ground();
  await page.click("#theme");
  const light = await ground();
  assert.notEqual(light, dark);
  await page.reload();
  assert.equal(await ground(), light);
  await page.click("#theme");
  assert.equal(await ground(), dark);
});

const STATES = {
  start: async () => visitAs("/"),
  hits: async () => {
    await visitAs(HITS);
    await settled();
    await page.focus("[data-rank='2'] .title");
    await press("2");
  },
  "why open": async () => {
    await visitAs(HITS);
    await settled();
    await page.click("[data-rank='1'] .why-button");
  },
  refined: async () => {
    await visitAs(`${HITS}&filter=author%3DAda&path=manuals%2F&budget=200&stage=fused`);
    await settled();
    if (current.width < 600) await page.click("#refine-toggle");
  },
  "filter refused": async () => {
    await visitAs(`${HITS}&filter=autor%3DAda`);
    await until(() => !document.querySelector("#filter-error").hidden);
  },
  reading: async () => {
    await visitAs(`${HITS}&doc=warranty%2Fradiator-warranty.pdf&in=papers`);
    await until(() => document.querySelector("#more-below"));
    await settled();
  },
  "reading hostile": async () => {
    await visitAs(`${HITS}&doc=${encodeURIComponent(EVIL)}&in=notes`);
    await until(() => document.querySelector("#reading-text"));
    await page.click("#reading summary");
  },
  "not found": async () => {
    await visitAs("/?doc=nowhere.md&in=notes");
    await until(() => document.querySelector("#reading .problem"));
  },
  unanswered: async () => {
    await visitAs("/?q=nothing");
    await settled();
    await page.type("#why-not-id", "papers.txt");
    await press("Enter");
    await until(() => document.querySelector("#why-not-says .problem"));
  },
  keys: async () => {
    await visitAs(HITS);
    await settled();
    await page.click("#keys-open");
  },
  key: async () => {
    await set({ key: "x" });
    await visitAs("/");
    await page.keyboard.type("y");
    await press("Enter");
    await until(() => !document.querySelector("#key-problem").hidden);
    await set({ key: null });
  },
  helps: async () => {
    await visitAs("/");
    await page.click("#helps-open");
    await until(() => document.querySelector("#helps .intervals"));
  },
  "helps early": async () => {
    await set({ ready: false });
    await visitAs("/");
    await page.click("#helps-open");
    await until(() => document.querySelector("[data-needed]"));
    await set({ ready: true });
  },
  "indexing running": async () => {
    await set({ slow: 4 });
    await visitAs("/");
    await page.click("#indexing-open");
    await page.waitForSelector("[data-update='notes']");
    await page.click("[data-update='notes']");
    await page.waitForSelector("[data-cancel]");
  },
  "indexing done": async () => {
    await set({ slow: 0.05 });
    await page.reload();
    await page.click("#indexing-open");
    await page.waitForSelector("[data-reason]");
    await page.click("[data-reason] summary");
  },
  gone: async () => {
    await visitAs(HITS);
    await settled();
    await set({ gone: true });
    await page.type("#query", "s");
    await page.waitForSelector("[data-notice='gone']");
    await set({ gone: false });
  },
};
let current;
const excess = () =>
  page.evaluate(() => {
    const { scrollWidth } = document.documentElement;
    return scrollWidth - Math.ceil(document.documentElement.getBoundingClientRect().width);
  });
const visitAs = (path) => visit(path, { ...current, motion: "reduce" });

for (const scheme of ["light", "dark"]) {
  for (const width of [360, 1280]) {
    test(
      `axe finds nothing in ${scheme} at ${width} px, and nothing is wider than the window`,
      { timeout: 240_000 },
      async () => {
        current = { scheme, width, height: width < 600 ? 740 : 860 };
        const found = [];
        for (const [name, arrange] of Object.entries(STATES)) {
          await arrange();
          await wait(120);
          await page.evaluate(AXE);
          const { violations } = await page.evaluate(() =>
            window.axe.run(document, {
              runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
              resultTypes: ["violations"],
            }),
          );
          for (const { id, nodes } of violations)
            found.push(
              `${name}: ${id}: ${nodes
                .slice(0, 3)
                .map((it) => `${it.html.slice(0, 160)} ${it.any[0]?.message ?? it.failureSummary}`)
                .join(" | ")}`,
            );
          const wide = await excess();
          if (wide > 0) found.push(`${name}: ${wide} px wider than the window`);
        }
        assert.deepEqual(found, []);
      },
    );
  }
}

test("no request left the origin, and no rule of the page's policy was broken", () => {
  assert.deepEqual(foreign, []);
  assert.deepEqual(problems, []);
});
