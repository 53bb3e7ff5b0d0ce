// Children per parent of one foreign key: the real histogram as an outline, the synthetic one filled.
import { dataTable, DataBehind, h, s } from "./dom.mjs";
import { count, number, plain, share } from "./format.mjs";
import { LEFT, Plot } from "./plot.mjs";
import { linear, niceTicks } from "./scale.mjs";

const HEIGHT = 176;
const CELL_LABEL = 24;
const REAL = "real";
const SYNTHETIC = "synthetic";

/** Return the name of a cell; the last one holds all that have as many children or more. */
export function cellName(k, cells) {
  return k > 0 && k === cells - 1 ? `${k}+` : String(k);
}

export class LinkagePlot extends Plot {
  constructor(label) {
    super(label, HEIGHT, 10);
    this.linkage = null;
    this.bars = s("g", {});
    this.outline = s("polyline", { class: "shj-real" });
    this.shapeLayer.append(this.bars, this.outline);
  }

  update(linkage) {
    this.linkage = linkage;
    this.redraw();
  }

  redraw() {
    if (!this.linkage) return;
    const { real, synthetic } = this.linkage;
    this.cells = Math.max(real.length, synthetic.length, 1);
    const ticks = niceTicks(0, Math.max(...real, ...synthetic, 0.01));
    this.y = linear(0, ticks[ticks.length - 1], this.floor, this.top);
    this.step = (this.end - LEFT) / this.cells;
    const every = Math.max(Math.ceil(CELL_LABEL / this.step), 1);
    const below = [];
    for (let k = 0; k < this.cells; k += every) below.push([this.middle(k), "middle", cellName(k, this.cells)]);
    this.axes(ticks, this.y, share, below);
    this.bars.replaceChildren(...synthetic.map((value, k) => s("rect", {
      x: LEFT + this.step * (k + 0.18), y: this.y(value), width: this.step * 0.64,
      height: Math.max(this.floor - this.y(value), 0), rx: 1, class: "shj-synthetic",
    })));
    const corners = [`${LEFT},${this.floor}`];
    real.forEach((value, k) => corners.push(
      `${LEFT + this.step * k},${this.y(value)}`, `${LEFT + this.step * (k + 1)},${this.y(value)}`,
    ));
    corners.push(`${LEFT + this.step * real.length},${this.floor}`);
    this.outline.setAttribute("points", corners.join(" "));
    this.reading.follow();
  }

  middle(k) {
    return LEFT + this.step * (k + 0.5);
  }

  places() {
    return this.linkage ? Array.from({ length: this.cells }, (_, k) => this.middle(k)) : [];
  }

  at(k) {
    const { real, synthetic } = this.linkage;
    const side = (name, cells) => ({ name, slot: name, value: cells.length ? share(cells[k] || 0) : "not yet", y: this.y(cells[k] || 0) });
    const lines = [side(REAL, real), side(SYNTHETIC, synthetic)];
    const children = `${cellName(k, this.cells)} ${k === 1 && this.cells > 2 ? "child" : "children"}`;
    return { key: k, title: children, lines, dots: lines.filter((line) => line.value !== "not yet") };
  }
}

/** The statistics below a histogram: what it shows, as text. */
function statistics(linkage) {
  const line = (name, stats) => h(
    "tr", {}, h("th", { scope: "row" }, h("span", { class: `shj-key shj-key-${name}`, "aria-hidden": "true" }), name),
    ...[count(stats.parents), number(stats.mean), number(stats.variance), share(stats.childless)]
      .map((text) => h("td", { class: "shj-num" }, text)),
  );
  const heads = ["", "parents", "mean", "variance", "childless"].map((head) =>
    h(head ? "th" : "td", { scope: head ? "col" : null, class: "shj-num" }, head));
  const far = linkage.distance === null ? "after generation" : number(linkage.distance);
  return [
    h("table", { class: "shj-stats" }, h("thead", {}, h("tr", {}, ...heads)),
      h("tbody", {}, line(REAL, linkage.real_stats || {}), line(SYNTHETIC, linkage.synthetic_stats || {}))),
    h("p", { class: "shj-distance" }, h("span", { class: "shj-soft" }, "total variation distance "), far),
  ];
}

export class LinkageFigure {
  constructor(name, linkage) {
    this.plot = new LinkagePlot(`Rows of ${plain(name)} per row of ${plain(linkage.parent)}, by ${plain(linkage.foreign_key)}`);
    this.plots = [this.plot];
    this.title = `${plain(linkage.parent)} → ${plain(name)}`;
    this.stats = h("div", {});
    this.subject = h("span", { class: "shj-soft" }, `children per parent, by ${plain(linkage.foreign_key)}`);
    const role = linkage.driving === false ? h("span", { class: "shj-tag", title: "this key does not decide how many rows there are" }, "not driving") : null;
    this.data = new DataBehind(() => this.table());
    this.element = h(
      "figure", {}, h("figcaption", {}, h("strong", {}, this.title), role, this.subject),
      this.plot.box, this.stats, this.data.element,
    );
  }

  update(linkage) {
    if (linkage === this.plot.linkage) return;
    this.plot.update(linkage);
    this.stats.replaceChildren(...statistics(linkage));
    const far = linkage.distance === null ? "" : `, total variation distance ${number(linkage.distance)}`;
    const real = linkage.real_stats || {};
    this.plot.reading.summarise(`real mean ${number(real.mean)}, childless ${share(real.childless)}${far}`);
    this.data.refresh(true);
  }

  table() {
    const { linkage, cells } = this.plot;
    const side = (shares, k) => (shares.length ? share(shares[k] || 0) : "–");
    const rows = Array.from({ length: cells }, (_, k) => [cellName(k, cells), side(linkage.real, k), side(linkage.synthetic, k)]);
    return dataTable(`Share of parents, ${this.title}`, ["children", REAL, SYNTHETIC], rows);
  }
}

