// Drives the page of a real server in a real Chromium: typing, streaming, reading, judging, filters, hostile
// text, and axe-core in light and dark, narrow and wide.
//
//   npm install --prefix TOOLS puppeteer-core axe-core
//   PAGE_TOOLS=TOOLS TROMMEL=target/release/trommel node --test tests/page/server.test.mjs

import test, { before, after } from "node:test";
import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { mkdtempSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";

const require = createRequire(join(resolve(process.env.PAGE_TOOLS ?? "."), "here.js"));
const puppeteer = require("puppeteer-core");
const AXE = readFileSync(require.resolve("axe-core/axe.min.js"), "utf8");
const TROMMEL = resolve(process.env.TROMMEL ?? "target/release/trommel");
const CHROMIUM = process.env.CHROMIUM ?? "/usr/bin/chromium";

let folder;
let server;
let origin;
let browser;
let page;
const foreign = [];
const problems = [];

before(async () => {
  folder = mkdtempSync(join(tmpdir(), "trommel-page-"));
  mkdirSync(join(folder, "notes"));
  const note = (name, text) => writeFileSync(join(folder, "notes", name), text);
  note("heron.md", "# The heron\n\nThe grey heron nests in April, high in the alders.\n");
  note("otter.md", "# The otter\n\nThe otter dives at dusk and eats at night.\n");
  note("lynx.md", "# The lynx\n\nThe lynx sleeps by day, and never near the heron.\n");
  const hostile = "# <img src=x onerror=window.ran=true> \u202egnp.nrehtron\n\n<script>window.ran=true</script> A heron.\n";
  note("hostile.md", hostile);
  const indexed = spawnSync(TROMMEL, ["index", "notes"], { cwd: folder });
  assert.equal(indexed.status, 0, String(indexed.stderr));
  server = spawn(TROMMEL, ["serve", "--bind", "127.0.0.1:0"], { cwd: folder });
  origin = await new Promise((found) => {
    let said = "";
    server.stderr.on("data", (data) => {
      said += data;
      const address = said.match(/http:\/\/[\d.:]+/);
      if (address) found(address[0]);
    });
  });
  browser = await puppeteer.launch({ executablePath: CHROMIUM, args: ["--no-sandbox"] });
  page = await browser.newPage();
  page.on("pageerror", (error) => problems.push(String(error)));
  page.on("console", (message) => message.type() === "error" && problems.push(message.text()));
  page.on("request", (request) => {
    const url = new URL(request.url());
    if (url.protocol !== "data:" && url.origin !== origin) foreign.push(request.url());
  });
});

after(async () => {
  await browser?.close();
  server?.kill();
  rmSync(folder, { recursive: true, force: true });
});

const answered = (query) =>
  page.waitForSelector(`#results[data-phase="answer"][data-query="${query}"]`, { timeout: 30000 });
const ids = () => page.$$eval("[data-hit]", (hits) => hits.map((hit) => hit.dataset.id));
const moved = () => new Promise((done) => setTimeout(done, 450));

async function visit(query, { width = 1280, scheme = "light" } = {}) {
  await page.setViewport({ width, height: 860 });
  await page.emulateMediaFeatures([{ name: "prefers-color-scheme", value: scheme }]);
  await page.goto(`${origin}/?q=${encodeURIComponent(query)}`);
  await answered(query);
  await moved();
}

test("what is typed is answered, and the address carries it", async () => {
  await page.goto(origin);
  await page.type("#query", "heron");
  await answered("heron");
  assert.equal((await ids())[0], "heron.md");
  assert.equal(new URL(page.url()).searchParams.get("q"), "heron");
  await page.goto(origin);
  await page.goBack();
  await answered("heron");
});

test("keys lead from the query to a hit and into its document", async () => {
  await visit("when does the heron nest");
  await page.keyboard.press("Escape");
  await page.evaluate(() => document.activeElement.blur());
  await page.keyboard.press("j");
  await page.keyboard.press("Enter");
  await page.waitForFunction(
    () => document.querySelector("#reading-text")?.textContent.includes("alders"),
    { timeout: 10000 },
  );
  await page.keyboard.press("Escape");
});

test("a judgement is in the files that eval reads", async () => {
  await visit("heron");
  await page.click('[data-hit][data-id="heron.md"] [data-grade="3"]');
  const qrels = join(folder, "judgements", "qrels", "test.tsv");
  for (let turn = 0; turn < 100; turn += 1) {
    try {
      if (readFileSync(qrels, "utf8").includes("heron.md\t3")) return;
    } catch {
      // Not there yet.
    }
    await new Promise((done) => setTimeout(done, 50));
  }
  assert.fail("no judgement was written");
});

test("a path narrows the search", async () => {
  await visit("heron");
  await page.type("#filter-new", "lynx.md");
  await page.click("#filter-add");
  await page.waitForFunction(
    () => [...document.querySelectorAll("[data-hit]")].every((it) => it.dataset.id === "lynx.md"),
    { timeout: 10000 },
  );
});

test("a document's text is never more than text", async () => {
  await visit("a heron in the picture");
  const title = await page.$eval('[data-hit][data-id="hostile.md"] .title', (it) => it.textContent);
  assert.ok(!title.includes("\u202e"), title);
  await page.click('[data-hit][data-id="hostile.md"] .title');
  await page.waitForSelector("#reading-text");
  await moved();
  assert.equal(await page.evaluate(() => window.ran), undefined);
  assert.equal(await page.$("#reading-text script, #hits img[onerror]"), null);
});

for (const scheme of ["light", "dark"]) {
  for (const width of [360, 1280]) {
    test(`axe finds nothing: ${scheme}, ${width} px`, async () => {
      await visit("heron", { width, scheme });
      await page.evaluate(AXE);
      const tags = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"];
      const found = await page.evaluate((only) => axe.run(document, { runOnly: only }), tags);
      assert.deepEqual(found.violations.map((it) => it.id), []);
      const width_of = await page.evaluate(() => document.documentElement.scrollWidth);
      assert.ok(width_of <= width, `${width_of} px`);
    });
  }
}

test("no request left the server, and nothing went wrong", () => {
  assert.deepEqual(foreign, []);
  assert.deepEqual(problems, []);
});
