// The reading panel: one document beside the hits, or over them where the window is narrow. It opens and
// closes as the address wants it.

import { on, tell } from "./events.js";
import { $, el } from "./dom.js";
import { escaped } from "./text.js";
import { wanted } from "./address.js";
import { announce } from "./notices.js";
import { hitOf, focusOn, selectedHit } from "./hits.js";
import { OpenDocument } from "./document.js";

const BAR = 50;

const panel = $("reading");
const narrow = matchMedia("(max-width: 62rem)");
let shown = null;

// A page that begins with a query and a document waits for the hits, which know the passage.
let waiting = Boolean(wanted().query && wanted().open);

on("wanted", follow);
on("shown", () => {
  waiting = false;
  if (shown && !shown.hit && hitOf(shown)) load(shown);
  else follow();
});
on("failure", () => {
  waiting = false;
  follow();
});
narrow.addEventListener("change", seclude);
addEventListener("scroll", reach, { passive: true });
addEventListener("resize", reach);
panel.addEventListener("scroll", nameInBar, { passive: true });

function follow() {
  const { open } = wanted();
  if (!open) shut();
  else if (!waiting && !shown?.is(open)) load(open);
}

function shut() {
  if (!shown) return;
  const last = shown;
  const inside = panel.contains(document.activeElement) || document.activeElement === document.body;
  last.forget();
  shown = null;
  keepInPlace(() => {
    panel.hidden = true;
    panel.replaceChildren();
    document.body.classList.remove("reading");
  });
  seclude();
  if (inside) focusOn(last);
  tell("opened", null);
}

async function load({ id, collection }) {
  const takesFocus = !shown?.is({ id, collection }) || panel.contains(document.activeElement);
  shown?.forget();
  const here = (shown = new OpenDocument(panel, { id, collection }, hitOf({ id, collection })));
  keepInPlace(() => {
    document.body.classList.add("reading");
    panel.hidden = false;
  });
  panel.setAttribute("aria-busy", "true");
  if (!panel.hasChildNodes()) panel.append(el("p.quiet.waiting", "Opening …"));
  seclude();
  const title = await here.show();
  if (here !== shown) return;
  panel.removeAttribute("aria-busy");
  announce(`Opened ${escaped(title)}`);
  if (takesFocus) $("reading-title")?.focus({ preventScroll: true });
  tell("opened", { id, collection });
}

// The bar names the document once its title is out of sight.
function nameInBar() {
  const title = $("reading-title")?.getBoundingClientRect().bottom ?? Infinity;
  panel.classList.toggle("scrolled", title < panel.getBoundingClientRect().top + BAR);
}

// The panel reaches to the bottom of the window, wherever it begins.
function reach() {
  if (shown) panel.style.setProperty("--at", `${Math.max(0, panel.getBoundingClientRect().top)}px`);
}

// The hits get narrower or wider; the selected one stays where it was on the screen.
function keepInPlace(change) {
  const hit = selectedHit()?.element;
  const before = hit?.getBoundingClientRect().top;
  change();
  if (hit) scrollBy({ top: hit.getBoundingClientRect().top - before, behavior: "instant" });
  reach();
}

// Where the panel covers the page, nothing behind it can be reached.
function seclude() {
  const covered = shown !== null && narrow.matches;
  for (const id of ["top", "skip", "refine", "results", "facts"]) $(id).inert = covered;
}
