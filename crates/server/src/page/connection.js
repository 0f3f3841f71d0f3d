// The connection: says that the server is busy, gone or back, asks quietly whether it is there again,
// asks for the key that a server wants, and keeps what GET /v1/status said.

import { on, tell } from "./events.js";
import { $ } from "./dom.js";
import { ask, keysComeFrom } from "./api.js";
import { notice, unnotice, failed, announce } from "./notices.js";
import { counted } from "./words.js";

const LONGEST = 15_000;

let gone = false;
let state = null;

/** Returns what the server said of itself; `null` before it did. */
export const status = () => state;

/** Returns the names of the collections. */
export const collectionNames = () => (state?.collections ?? []).map(({ name }) => name);

/** Asks the server for its state and tells it on. */
export async function refresh() {
  try {
    state = await ask("GET", "v1/status");
    unnotice("status");
    tell("status", state);
  } catch (error) {
    failed("status", error);
  }
}

on("busy", (seconds) => {
  notice("busy", `The server is busy; trying again in ${counted(seconds, "second")}`);
});

on("gone", () => {
  if (gone) return;
  gone = true;
  notice(
    "gone",
    "The server does not answer",
    "What is shown stays; the page tries again by itself",
  );
  retry(1000);
});

on("reached", () => {
  unnotice("busy");
  if (!gone) return;
  gone = false;
  unnotice("gone");
  announce("The server answers again.");
  refresh();
  tell("back");
});

// Any answer at all will do, so this goes past `ask`, which would speak of every failure.
async function retry(wait) {
  await new Promise((done) => setTimeout(done, wait));
  if (!gone) return;
  const answer = await fetch("v1/status", { cache: "no-store" }).catch(() => null);
  if (answer) tell("reached");
  else retry(Math.min(LONGEST, wait * 1.6));
}

keysComeFrom(
  (refused) =>
    new Promise((given) => {
      const dialog = $("key");
      const problem = $("key-problem");
      const value = $("key-value");
      const wasIn = document.activeElement;
      const end = (key) => {
        dialog.onclose = null;
        dialog.close();
        value.value = "";
        if (wasIn?.isConnected) wasIn.focus();
        given(key);
      };
      problem.hidden = !refused;
      problem.textContent = refused ? "The server did not take that key." : "";
      $("key-form").onsubmit = (event) => {
        event.preventDefault();
        if (value.value.trim()) end(value.value.trim());
      };
      $("key-cancel").onclick = () => end(null);
      dialog.onclose = () => end(null);
      dialog.showModal();
      value.focus();
    }),
);
