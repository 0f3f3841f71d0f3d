// Indexing jobs: starts one, follows its events, cancels it. A job that was already running when the page
// came is followed as well.

import { on, tell } from "./events.js";
import { ask, stream, pause } from "./api.js";
import { refresh } from "./connection.js";
import { again } from "./search.js";
import { announce } from "./notices.js";

const jobs = new Map();
const followed = new Set();

/** Returns the last job of a collection that the page knows of. */
export const jobOf = (collection) => jobs.get(collection) ?? null;

export const runningJobs = () => [...jobs.values()].filter(({ state }) => state === "running");

/** Begins to bring a collection up to date. */
export async function begin(collection) {
  follow(await ask("POST", "v1/index", { body: { collection } }));
  announce(`Bringing ${collection} up to date`);
}

/** Stops a job; what it committed stays. */
export async function cancel({ id }) {
  await ask("DELETE", `v1/jobs/${encodeURIComponent(id)}`);
}

async function follow(job) {
  keep(job);
  if (job.state !== "running" || followed.has(job.id)) return;
  followed.add(job.id);
  while (jobs.get(job.collection)?.state === "running") {
    try {
      for await (const { data } of stream("GET", `v1/jobs/${encodeURIComponent(job.id)}/events`))
        keep(data);
      // A stream that ended without saying so leaves the job's state to be asked for.
      if (jobs.get(job.collection)?.state === "running")
        keep(await ask("GET", `v1/jobs/${encodeURIComponent(job.id)}`));
    } catch (error) {
      if (!error.gone) break;
    }
    if (jobs.get(job.collection)?.state === "running") await pause(2000);
  }
  followed.delete(job.id);
  const { state, report } = jobs.get(job.collection);
  announce(`Indexing of ${job.collection}: ${state}`);
  await refresh();
  if (report && report.added + report.updated + report.removed > 0) again();
}

function keep(job) {
  jobs.set(job.collection, job);
  tell("job", job);
}

on("status", ({ jobs: known = [] }) => {
  for (const job of known) {
    const mine = jobs.get(job.collection);
    if (!mine || (job.state === "running" && mine.id !== job.id)) follow(job);
  }
});
