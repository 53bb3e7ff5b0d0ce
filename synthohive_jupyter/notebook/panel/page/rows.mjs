// One line of the list of tables; `update` writes only what has changed.
import { h, s, setAttributes, setText } from "./dom.mjs";
import { count, duration, number, plain } from "./format.mjs";
import { drawnRange, entering, linear, thinned } from "./scale.mjs";
import { losses, MARKS, phaseText, remainingText, tablePart } from "./state.mjs";

const SPARK_WIDTH = 64;
const SPARK_HEIGHT = 17;
const SPARK_POINTS = 64;

/** Return the points of a sparkline, "" where there is no curve to speak of. */
export function sparkPoints(table) {
  const [first] = losses(table);
  if (!first || table.unit !== "epoch" || first[1].points.length < 2) return "";
  const points = thinned(first[1].points, SPARK_POINTS);
  const [low, high] = drawnRange([points.map((point) => point[1])]);
  const y = linear(low, high, SPARK_HEIGHT - 2, 2);
  const x = linear(points[0][0], points[points.length - 1][0], 1, SPARK_WIDTH - 1);
  const path = entering(points, low, high);
  return path.map(([epoch, value]) => `${x(epoch).toFixed(1)},${y(value).toFixed(1)}`).join(" ");
}

export class Row {
  constructor(name, pick) {
    this.name = name;
    this.status = "waiting";
    this.selected = false;
    this.mark = h("span", { class: "shj-mark", "aria-hidden": "true" });
    this.button = h("button", { type: "button", class: "shj-pick", tabindex: "-1", title: plain(name) }, name);
    this.phase = h("td", { class: "shj-phase" });
    this.fill = h("div", { class: "shj-fill" });
    this.bar = h("div", { class: "shj-bar", role: "progressbar", "aria-valuemin": "0", "aria-label": plain(name) }, this.fill);
    this.epoch = h("td", { class: "shj-num shj-epoch" });
    this.line = s("polyline", { class: "shj-curve shj-slot-0" });
    this.spark = s("svg", { viewBox: `0 0 ${SPARK_WIDTH} ${SPARK_HEIGHT}`, width: SPARK_WIDTH, height: SPARK_HEIGHT, role: "img", class: "shj-spark" }, this.line);
    this.rows = h("td", { class: "shj-num shj-sizes" });
    this.time = h("td", { class: "shj-num shj-time" });
    this.left = h("td", { class: "shj-num shj-left" });
    this.element = h(
      "tr", { class: "shj-row" }, h("th", { scope: "row" }, this.mark, this.button), this.phase,
      h("td", { class: "shj-barcell" }, this.bar), this.epoch, h("td", { class: "shj-sparkcell" }, this.spark),
      this.rows, this.time, this.left,
    );
    this.element.addEventListener("click", () => pick(name));
  }

  update(table, run) {
    this.status = table.status;
    this.drawClass();
    setText(this.mark, MARKS[table.status] || "");
    setText(this.phase, phaseText(table, run));
    this.fill.style.transform = `scaleX(${tablePart(table).toFixed(3)})`;
    setAttributes(this.bar, {
      "aria-valuemax": table.epochs,
      "aria-valuenow": table.epoch,
      "aria-valuetext": `${this.phase.textContent}, ${table.unit} ${table.epoch} of ${table.epochs}`,
    });
    setText(this.epoch, table.epoch ? `${table.epoch}/${table.epochs}` : "");
    setAttributes(this.epoch, { title: `${table.unit}s` });
    this.drawSpark(table);
    const sizes = [table.rows || null, table.sampled].filter((size) => size !== null);
    setText(this.rows, sizes.map(count).join(" → "));
    setText(this.time, table.seconds ? duration(table.seconds) : "");
    setText(this.left, remainingText(table));
  }

  drawSpark(table) {
    const points = sparkPoints(table);
    const [first] = losses(table);
    setAttributes(this.line, { points });
    setAttributes(this.spark, {
      "aria-hidden": points ? null : "true",
      "aria-label": points ? `${plain(first[0])} loss, latest ${number(first[1].last)}` : null,
    });
  }

  /** Mark as the table that is shown below; only it is a stop of the Tab key. */
  select(selected) {
    setAttributes(this.button, { "aria-pressed": selected, tabindex: selected ? "0" : "-1" });
    this.selected = selected;
    this.drawClass();
  }

  drawClass() {
    setAttributes(this.element, { class: `shj-row shj-${this.status}${this.selected ? " shj-selected" : ""}` });
  }
}
