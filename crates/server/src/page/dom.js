// Making and finding elements. Text goes in as text nodes only; nothing here reads markup.

const SVG = "http://www.w3.org/2000/svg";

/** Returns the element of that id. */
export const $ = (id) => document.getElementById(id);

/**
 * Returns a new element. Its name may carry classes, `p.quiet`; attributes come first, if any: a function
 * is a listener, `true` an empty attribute, and what is null is left out. A button submits nothing.
 */
export function el(name, ...content) {
  const element = document.createElement(name.split(".")[0]);
  if (element.localName === "button") element.setAttribute("type", "button");
  return furnished(element, name, content);
}

/** Returns a new SVG element, as `el` does. */
export function svg(name, ...content) {
  return furnished(document.createElementNS(SVG, name.split(".")[0]), name, content);
}

function furnished(element, name, content) {
  const [, ...classes] = name.split(".");
  if (classes.length > 0) element.setAttribute("class", classes.join(" "));
  const plain = content[0]?.constructor === Object;
  for (const [key, value] of Object.entries(plain ? content[0] : {})) {
    if (typeof value === "function") element.addEventListener(key, value);
    else if (value === true) element.setAttribute(key, "");
    else if (value != null && value !== false) element.setAttribute(key, value);
  }
  element.append(...present(plain ? content.slice(1) : content));
  return element;
}

/** Returns the content of an element without what is missing. */
export const present = (content) =>
  content.flat(Infinity).filter((child) => child != null && child !== false && child !== "");

/** Puts this content into an element instead of what is there. */
export const put = (element, ...content) => element.replaceChildren(...present(content));

/** Shows an element with this content, or hides it where there is none. */
export function fill(element, ...content) {
  put(element, content);
  element.hidden = !element.hasChildNodes();
}

/** Returns a list of terms and what is said of each; a row that is missing is left out. */
export const terms = (name, rows) =>
  el(name, present(rows.map((row) => row && el("div", el("dt", row[0]), el("dd", row[1])))));

/** Says whether keys that are pressed in an element are meant for it. */
export function takesText(element) {
  return (
    element instanceof Element &&
    element.matches(
      "textarea, select, [contenteditable], input:not([type=checkbox], [type=radio], [type=button])",
    )
  );
}

export const calm = () => matchMedia("(prefers-reduced-motion: reduce)").matches;

/** Lets a dialog close by its buttons and by a click beside it. */
export function closable(dialog) {
  dialog.addEventListener("click", ({ target, clientX: x, clientY: y }) => {
    const { left, right, top, bottom } = dialog.getBoundingClientRect();
    const beside = target === dialog && (x < left || x > right || y < top || y > bottom);
    if (beside || target.closest("[data-close]")) dialog.close();
  });
}
