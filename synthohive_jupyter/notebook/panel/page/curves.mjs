// Curves over epochs: the losses of a table, and its validation metric below them.
import { dataTable, DataBehind, h, s, setAttributes, setText } from "./dom.mjs";
import { count, number, plain } from "./format.mjs";
import { LEFT, Plot } from "./plot.mjs";
import { emptyNote } from "./reading.mjs";
import { apart, axisEnd, drawnRange, entering, linear, nearest, niceTicks, thinned } from "./scale.mjs";
import { losses } from "./state.mjs";

const DASHES = [null, "6 3", "2 3", "8 3 2 3"];
const LABEL_GAP = 14;
const LABELS = 88;
const LOSS_HEIGHT = 176;
const METRIC_HEIGHT = 104;
const MOST_ROWS = 24;
const DOT = 2.6;

function slotOf(k) {
  return k % DASHES.length;
}

/** One curve in the page: the elements stay, their attributes change. */
class CurveShape {
  constructor(name, slot) {
    this.name = name;
    this.slot = slot;
    const kind = `shj-curve shj-slot-${slot}`;
    this.line = s("polyline", { class: kind, "stroke-dasharray": DASHES[slot] });
    this.stems = s("path", { class: kind });
    this.dots = s("path", { class: `shj-dot shj-slot-${slot}` });
    this.label = s("text", { class: `shj-name shj-slot-${slot}` }, name.slice(0, 12));
    this.elements = [this.line, this.stems, this.dots, this.label];
  }

  /** Draw a path; columns that do not follow each other stand alone, on the ground. */
  draw(path, ground) {
    const fixed = path.map(([x, y]) => `${x.toFixed(1)},${y.toFixed(1)}`);
    const alone = ground !== null;
    setAttributes(this.line, { points: alone ? "" : fixed.join(" ") });
    setAttributes(this.stems, { d: alone ? path.map(([x, y], k) => `M${fixed[k]}V${ground.toFixed(1)}`).join("") : "" });
    const dots = alone ? path : path.slice(-1);
    const arc = `a${DOT},${DOT} 0 1 0 ${2 * DOT},0a${DOT},${DOT} 0 1 0 ${-2 * DOT},0`;
    setAttributes(this.dots, { d: dots.map(([x, y]) => `M${(x - DOT).toFixed(1)},${y.toFixed(1)}${arc}`).join("") });
  }
}

/** The curves that `pick` finds in a table, on one axis of values. */
export class CurvePlot extends Plot {
  constructor(label, height, pick) {
    super(label, height, LABELS);
    this.pick = pick;
    this.table = null;
    this.shapes = new Map();
    this.bestLine = s("line", { class: "shj-best" });
    this.bestText = s("text", { class: "shj-tick" });
    this.shapeLayer.append(this.bestLine, this.bestText);
  }

  update(table) {
    this.table = table;
    this.epochs = null;
    this.curves = this.pick(table);
    this.redraw();
  }

  redraw() {
    if (!this.table || !this.keepShapes()) return;
    const { table } = this;
    const over = table.fitted || table.status !== "running";
    const last = axisEnd(table.epoch, table.epochs, over);
    const values = this.curves.map(([, curve]) => curve.points.map((point) => point[1]));
    const alone = table.unit !== "epoch";
    const range = alone ? [Math.min(0, ...values.flat()), Math.max(...values.flat())] : drawnRange(values);
    const ticks = niceTicks(...range, this.height > METRIC_HEIGHT ? 3 : 2);
    this.x = linear(1, last, LEFT, this.end);
    this.y = linear(ticks[0], ticks[ticks.length - 1], this.floor, this.top);
    const middle = (LEFT + this.end) / 2;
    this.axes(ticks, this.y, number, [[LEFT, "start", "1"], [middle, "middle", table.unit], [this.end, "end", count(last)]]);
    this.drawBest(table.best_epoch, last);
    const ends = this.curves.map(([name, curve]) => {
      const points = alone ? curve.points : entering(curve.points, ticks[0], ticks[ticks.length - 1]);
      const path = points.map(([epoch, value]) => [this.x(epoch), this.y(value)]);
      this.shapes.get(name).draw(path, alone ? this.y(Math.max(ticks[0], 0)) : null);
      return path[path.length - 1];
    });
    const places = apart(ends.map((place) => place[1] + 4), LABEL_GAP, this.floor + 4);
    this.curves.forEach(([name], k) => {
      setAttributes(this.shapes.get(name).label, { x: Math.min(ends[k][0], this.end) + 8, y: places[k].toFixed(1) });
    });
    this.reading.follow();
  }

  /** Have one shape for each curve; false where there is nothing to draw. */
  keepShapes() {
    const names = this.curves.map(([name]) => name);
    if ([...this.shapes.keys()].join("\n") !== names.join("\n")) {
      for (const shape of this.shapes.values()) shape.elements.forEach((element) => element.remove());
      this.shapes = new Map(names.map((name, k) => [name, new CurveShape(name, slotOf(k))]));
      for (const shape of this.shapes.values()) this.shapeLayer.append(...shape.elements);
    }
    if (names.length > 0) return true;
    this.gridKey = "";
    this.gridLayer.replaceChildren(emptyNote(this, this.whyEmpty()));
    setAttributes(this.bestLine, { visibility: "hidden" });
    setText(this.bestText, "");
    return false;
  }

  whyEmpty() {
    const { table } = this;
    if (table.status === "waiting") return "waits for its turn";
    if (table.fitted || table.status === "done") return "nothing to train here";
    return table.phase === "train" ? `the first ${table.unit} is not over yet` : "training has not begun";
  }

  drawBest(epoch, last) {
    const there = Boolean(epoch) && epoch <= last;
    const x = there ? this.x(epoch) : 0;
    setAttributes(this.bestLine, { x1: x, x2: x, y1: this.top - 4, y2: this.floor, visibility: there ? "visible" : "hidden" });
    setText(this.bestText, there ? `best ${count(epoch)}` : "");
    const left = x < LEFT + 60;
    setAttributes(this.bestText, { x: left ? x + 4 : x - 4, y: this.top - 5, "text-anchor": left ? "start" : "end" });
  }

  /** All epochs that have a value, ascending. */
  known() {
    if (!this.epochs) {
      const all = new Set(this.curves.flatMap(([, curve]) => curve.points.map((point) => point[0])));
      this.epochs = [...all].sort((a, b) => a - b);
    }
    return this.epochs;
  }

  places() {
    return this.table && this.x ? this.known().map((epoch) => this.x(epoch)) : [];
  }

  at(k) {
    const epoch = this.known()[k];
    const found = this.curves.map(([name, curve], order) => {
      const epochs = curve.points.map((point) => point[0]);
      const point = curve.points[nearest(epochs, epoch)];
      return { name, slot: slotOf(order), value: number(point[1], 4), y: this.y(point[1]), there: point[0] === epoch };
    }).filter((reading) => reading.there);
    const best = epoch === this.table.best_epoch ? " (best)" : "";
    return { key: epoch, title: `${this.table.unit} ${count(epoch)}${best}`, lines: found, dots: found };
  }
}

/** The figure of one table's training. */
export class TrainingFigure {
  constructor(name) {
    const label = `Losses of ${plain(name)}`;
    this.losses = new CurvePlot(label, LOSS_HEIGHT, losses);
    this.metric = new CurvePlot(`Validation metric of ${plain(name)}`, METRIC_HEIGHT, (table) =>
      Object.entries(table.curves).filter(([curve, { points }]) => curve === "metric" && points.length > 0)
        .map(([, curve]) => ["validation", curve]));
    this.plots = [this.losses, this.metric];
    this.subject = h("span", { class: "shj-soft" });
    this.below = h("p", { class: "shj-soft shj-small" }, "Validation metric, lower is better");
    this.data = new DataBehind(() => this.table());
    this.element = h(
      "figure", {}, h("figcaption", {}, h("strong", {}, "Training"), this.subject),
      this.losses.box, this.below, this.metric.box, this.data.element,
    );
  }

  update(table) {
    setText(this.subject, `loss per ${table.unit}`);
    const validated = Boolean(table.curves.metric && table.curves.metric.points.length);
    this.below.hidden = !validated;
    this.metric.box.hidden = !validated;
    this.losses.update(table);
    this.losses.reading.summarise(losses(table).map(([name, curve]) => `${name} ${number(curve.last)}`).join(", ") || this.losses.whyEmpty());
    if (validated) {
      this.metric.update(table);
      this.metric.reading.summarise(`latest ${number(table.curves.metric.last)}, best ${table.unit} ${count(table.best_epoch)}`);
    }
    this.data.element.hidden = this.losses.curves.length === 0;
    this.data.refresh();
  }

  table() {
    const { table } = this.losses;
    const curves = Object.entries(table.curves).filter(([, curve]) => curve.points.length > 0);
    const values = curves.map(([, curve]) => new Map(curve.points));
    const epochs = thinned(this.losses.known(), MOST_ROWS, (epoch) => epoch === table.best_epoch);
    const heads = [table.unit, ...curves.map(([name]) => (name === "metric" ? "validation" : name))];
    const rows = epochs.map((epoch) => [count(epoch), ...values.map((known) => number(known.get(epoch), 4))]);
    const all = this.losses.known().length;
    const part = epochs.length < all ? `, ${epochs.length} of ${all} drawn points` : "";
    return dataTable(`Losses of ${plain(table.name)}${part}`, heads, rows);
  }
}
