// Asks why a document is not among the hits: POST /v1/why for an id or a path, in each collection that
// is searched until one knows it.

import { on } from "./events.js";
import { $, el, put } from "./dom.js";
import { running } from "./text.js";
import { ask } from "./api.js";
import { wanted } from "./address.js";
import { request } from "./search.js";
import { refusal } from "./notices.js";
import { collectionNames } from "./connection.js";

const says = $("why-not-says");
let asking = null;

$("why-not").addEventListener("submit", async (event) => {
  event.preventDefault();
  const id = $("why-not-id").value.trim();
  if (!id) return;
  asking?.abort();
  asking = new AbortController();
  const { signal } = asking;
  put(says, el("p.quiet", "Asking …"));
  try {
    const { collections, ...rest } = request(wanted());
    const { text } = await firstThatKnows(collections ?? collectionNames(), (collection) =>
      ask("POST", "v1/why", {
        body: { ...rest, id, ...(collection && { collection }), k: 10 },
        signal,
      }),
    );
    put(
      says,
      el(
        "ul.why-lines",
        text.map((line) => el("li", { dir: "auto" }, running(line))),
      ),
    );
  } catch (error) {
    if (!signal.aborted) put(says, refusal(error));
  }
});

// A collection that has the document says most; one that left it out says why; the others know nothing.
async function firstThatKnows(collections, act) {
  let next;
  let failure;
  for (const collection of collections.length > 0 ? collections : [null]) {
    try {
      const said = await act(collection);
      if (said.found !== false) return said;
      next ??= said;
    } catch (error) {
      if (error.status !== 404) throw error;
      failure ??= error;
    }
  }
  if (next) return next;
  throw failure;
}

on("search", () => put(says));
on("cleared", () => put(says));
