// Elements. Text enters the page as text nodes only, and what has not changed is not touched.
import { plain } from "./format.mjs";

const SVG = "http://www.w3.org/2000/svg";

function build(element, attributes, children) {
  for (const [key, value] of Object.entries(attributes || {})) {
    if (value !== null && value !== undefined) element.setAttribute(key, String(value));
  }
  for (const child of children) {
    if (child !== null && child !== undefined) {
      element.append(child instanceof Node ? child : plain(child));
    }
  }
  return element;
}

/** Return an HTML element; children that are no nodes become text. */
export function h(tag, attributes, ...children) {
  return build(document.createElement(tag), attributes, children);
}

/** Return an SVG element. */
export function s(tag, attributes, ...children) {
  return build(document.createElementNS(SVG, tag), attributes, children);
}

/** Set a text where it differs; an equal one would make the page lay itself out again. */
export function setText(element, text) {
  const wanted = plain(text);
  if (element.textContent !== wanted) element.textContent = wanted;
}

/** Set attributes where they differ; null takes one away. */
export function setAttributes(element, attributes) {
  for (const [key, value] of Object.entries(attributes)) {
    if (value === null || value === undefined) element.removeAttribute(key);
    else if (element.getAttribute(key) !== String(value)) element.setAttribute(key, String(value));
  }
}

/** Return a real table: heads are texts, rows are lists of texts, the first of each names it. */
export function dataTable(caption, heads, rows) {
  const cell = (text, k) => (k === 0 ? h("th", { scope: "row" }, text) : h("td", { class: "shj-num" }, text));
  return h(
    "table", { class: "shj-data" }, h("caption", {}, caption),
    h("thead", {}, h("tr", {}, ...heads.map((head) => h("th", { scope: "col" }, head)))),
    h("tbody", {}, ...rows.map((row) => h("tr", {}, ...row.map(cell)))),
  );
}

/** A table behind a picture. It is built when somebody looks, and then at most once a second. */
export class DataBehind {
  constructor(make) {
    this.make = make;
    this.built = 0;
    this.place = h("div", { class: "shj-behind" });
    this.element = h("details", { class: "shj-details" }, h("summary", {}, "Show data"), this.place);
    this.element.addEventListener("toggle", () => this.refresh(true));
  }

  refresh(now = false) {
    if (!this.element.open || (!now && performance.now() - this.built < 1000)) return;
    this.built = performance.now();
    this.place.replaceChildren(this.make());
  }
}
