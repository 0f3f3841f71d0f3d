// Puts the page together: the query field, and what has to happen at the start. Each part wires itself
// when it is loaded; the order below is that in which they hear of events.

import { on, tell } from "./events.js";
import { $ } from "./dom.js";
import { escaped } from "./text.js";
import { wanted, want } from "./address.js";
import { refresh } from "./connection.js";
import "./notices.js";
import "./judging.js";
import "./search.js";
import "./hits.js";
import "./facts.js";
import "./whynot.js";
import { start as startRefine } from "./refine.js";
import "./budget.js";
import "./reading.js";
import "./helps.js";
import "./indexing.js";
import "./keys.js";

const query = $("query");

const typed = () => want({ query: query.value }, { typing: true });

// What is being composed, as of Japanese, is no query yet.
query.addEventListener("input", ({ isComposing }) => isComposing || typed());
query.addEventListener("compositionend", typed);
$("search").addEventListener("submit", (event) => event.preventDefault());
$("home").addEventListener("click", (event) => {
  if (event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  want({ query: "", open: null });
  query.focus();
});

on("wanted", ({ state, typing }) => {
  if (!typing && query.value.trim() !== state.query.trim()) query.value = state.query;
  document.title = state.query.trim() ? `${escaped(state.query.trim())} – trommel` : "trommel";
});

query.value = wanted().query;
startRefine();
refresh();
tell("wanted", { state: wanted(), typing: false });
if (!wanted().query && !wanted().open) query.focus();
