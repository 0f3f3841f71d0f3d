// What is shown of an indexing job: how far it is, and in the end what it did and what it left out.

import { el } from "./dom.js";
import { name, pathName, escaped } from "./text.js";
import { counted, number, percent, seconds } from "./words.js";
import { cancel } from "./jobs.js";
import { refusal } from "./notices.js";

const REASONS = {
  hidden: "hidden",
  ignored: "left out by a rule",
  symlink: "links",
  "not-a-file": "not files",
  "non-utf8-name": "names that are not text",
  binary: "not text",
  empty: "empty",
  "too-large": "too large",
  "too-many-passages": "too many passages",
  unreadable: "not readable",
  "no-text": "no text in it, such as scans",
  "invalid-json": "lines that are not JSON",
  "missing-field": "lines without a field that is needed",
};

/** Returns how much of a job is done, from 0 to 1; `null` where that is not known. */
export const share = ({ bytes: read, total_bytes: all }) => (all ? Math.min(1, read / all) : null);

/** Returns what is shown of a job in `place`. */
export function jobParts(job, place) {
  if (job.state === "running") return progress(job, place);
  if (job.state === "failed") return refusal(job.error ?? { message: "indexing failed" });
  return report(job);
}

// The cancel button is kept while the numbers change, so that it keeps the focus.
function progress(job, place) {
  const { documents, per_second: pace, seconds_left: left, file, collection } = job;
  const known = share(job);
  const stop = { "data-cancel": true, click: () => cancel(job).catch(() => {}) };
  const old = place.querySelector(".cancel");
  const button = old ?? el("button.cancel", stop, "Cancel");
  if (old !== null && document.activeElement === old) queueMicrotask(() => old.focus());
  const words = [
    known === null ? "" : percent(known),
    counted(documents, "document"),
    pace ? `${number(Math.round(pace))} a second` : "",
    left == null ? "" : `about ${seconds(left)} left`,
  ];
  return [
    el("progress", {
      "aria-label": `Indexing ${escaped(collection)}`,
      ...(known !== null && { max: 1, value: known }),
    }),
    el("div.row", el("p.pace", words.filter(Boolean).join(" · ")), button),
    el("p.quiet.small.file", file ? pathName(file) : "\u00a0"),
  ];
}

function report({ state, report: found, documents }) {
  const stopped = state === "cancelled";
  const words = `Cancelled after ${counted(documents, "document")}; what was committed stays.`;
  if (!found) return el("p", stopped ? words : "Done.");
  const counts = ["added", "updated", "removed", "unchanged"].map(
    (what) => `${number(found[what] ?? 0)} ${what}`,
  );
  return [
    stopped && el("p", words),
    el("p.done", stopped ? "" : "Done: ", counts.join(" · ")),
    skips(found),
  ];
}

function skips({ skipped = [], skipped_counts: counts = {} }) {
  const reasons = Object.entries(counts).sort((a, b) => b[1] - a[1]);
  if (reasons.length === 0) return null;
  const total = reasons.reduce((sum, [, count]) => sum + count, 0);
  const listed = (reason) => skipped.filter((it) => it.reason === reason);
  return el(
    "div.skips",
    el("p", `${counted(total, "file was", "files were")} left out:`),
    reasons.map(([reason, count]) => skippedFor(reason, count, listed(reason))),
  );
}

function skippedFor(reason, count, files) {
  const rest = count - files.length;
  const entry = ({ path, line, detail }) =>
    el(
      "li",
      el("span.path", pathName(path), line == null ? "" : `:${line}`),
      detail && detail !== reason ? el("span.quiet", " ", name(detail)) : null,
    );
  return el(
    "details",
    { "data-reason": reason },
    el("summary", `${REASONS[reason] ?? reason.replaceAll("-", " ")}: ${number(count)}`),
    el("ul", files.map(entry), rest > 0 ? el("li.quiet", `and ${number(rest)} more`) : null),
  );
}
