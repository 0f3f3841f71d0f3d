// The panel of what is indexed: collections, their folders and sizes, and bringing them up to date.

import { on } from "./events.js";
import { $, el, put, fill, closable } from "./dom.js";
import { name, pathName, escaped } from "./text.js";
import { bytes, counted, number, percent, since } from "./words.js";
import { status, refresh } from "./connection.js";
import { begin, jobOf, runningJobs } from "./jobs.js";
import { share, jobParts } from "./progress.js";
import { refusal } from "./notices.js";

const dialog = $("indexing");
const says = $("indexing-says");
const server = el("p.quiet.server");
const problems = new Map();
const parts = new Map();
let drawn = "";

closable(dialog);
$("indexing-open").addEventListener("click", () => {
  dialog.showModal();
  show();
  refresh();
});
on("status", show);
on("job", ({ collection }) => {
  showState();
  parts.get(collection)?.showJob();
});

// The parts are made anew only where something changed: what someone is about to press stays.
function show() {
  showState();
  if (!dialog.open) return;
  put(server, serverWords(status() ?? {}));
  const collections = status()?.collections ?? [];
  const now = JSON.stringify(collections);
  if (now === drawn) return;
  drawn = now;
  const focused = document.activeElement?.dataset?.update;
  parts.clear();
  collections.forEach((it, place) => parts.set(it.name, new Part(it, place)));
  const none = status() ? "There is no collection yet." : "Not known yet.";
  put(
    says,
    collections.length > 0 ? [...parts.values()].map(({ element }) => element) : el("p", none),
    server,
  );
  if (focused != null) says.querySelector(`[data-update="${CSS.escape(focused)}"]`)?.focus();
}

function serverWords({ version, rerankers = [], queue }) {
  const models = rerankers.map(escaped).join(", ");
  const words = [
    version ? `trommel ${version}` : "",
    models ? `reads with ${models}` : "no reranker",
  ];
  if (queue) words.push(`${number(queue.running)} running, ${number(queue.waiting)} waiting`);
  return words.filter(Boolean).join(" · ");
}

function showState() {
  const [job] = runningJobs();
  const state = $("indexing-state");
  const known = job ? share(job) : null;
  const words = known === null ? "…" : percent(known);
  fill(state, job ? words : "");
  $("indexing-open").setAttribute("aria-label", job ? `Index, running, ${words}` : "Index");
}

// What is shown of one collection.
class Part {
  constructor(collection, place) {
    const called = escaped(collection.name);
    const heading = `indexed-${place}`;
    const start = { "data-update": called, click: () => this.start() };
    this.name = collection.name;
    this.button = el("button.main", start, "Bring up to date");
    this.job = el("div.job", { "data-job": called });
    const action = collection.writable === false ? el("span.quiet", "read only") : this.button;
    this.element = el(
      "section.collection-part",
      { "data-collection": called, "aria-labelledby": heading },
      el("div.head", el("h3", { id: heading }, name(collection.name)), action),
      sizes(collection),
      el("ul.roots", { role: "list" }, (collection.roots ?? []).map(root)),
      collection.encoder ? el("p.quiet.small", "Vectors by ", name(collection.encoder)) : null,
      this.job,
    );
    this.showJob();
  }

  async start() {
    problems.delete(this.name);
    await begin(this.name).catch((error) => problems.set(this.name, error));
    parts.get(this.name)?.showJob();
  }

  showJob() {
    const job = jobOf(this.name);
    const problem = problems.get(this.name);
    this.button.disabled = job?.state === "running";
    put(this.job, problem && refusal(problem), job && jobParts(job, this.job));
  }
}

function sizes({ documents, passages, bytes: size = 0, committed }) {
  const words = [counted(documents, "document"), counted(passages, "passage"), bytes(size)];
  const time = () => el("time", { datetime: committed, title: committed }, since(committed));
  return el("p.sizes", words.join(" · "), committed ? [" · changed ", time()] : " · never indexed");
}

function root({ kind, path, there }) {
  const gone = there === false ? el("span.freshness.gone", "not there now") : null;
  return el("li", el("span.quiet", `${kind} `), el("span.path", pathName(path)), gone);
}
