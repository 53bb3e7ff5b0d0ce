// The frame that curves and histograms share: layers, an axis of values, a width that fits.
import { h, s, setAttributes } from "./dom.mjs";
import { plain } from "./format.mjs";
import { Reading } from "./reading.mjs";

const WIDTH = 420;
const TOP = 16;
const BOTTOM = 24;
export const LEFT = 44;

export class Plot {
  constructor(label, height, right) {
    this.width = WIDTH;
    this.height = height;
    this.right = right;
    this.top = TOP;
    this.floor = height - BOTTOM;
    this.gridLayer = s("g", {});
    this.shapeLayer = s("g", {});
    this.cursorLayer = s("g", {});
    this.gridKey = "";
    this.svg = s("svg", { "aria-hidden": "true", class: "shj-chart" }, this.gridLayer, this.shapeLayer, this.cursorLayer);
    // JupyterLab would take the arrow keys for its own.
    this.box = h("div", {
      class: "shj-plot", tabindex: "0", role: "slider", "aria-label": plain(label), "aria-valuemin": "0",
      "aria-readonly": "true", "data-lm-suppress-shortcuts": "true",
    }, this.svg);
    this.reading = new Reading(this);
    this.fit();
  }

  /** Take the width of the place, so that texts keep their size; 0 is a hidden place. */
  resize(width) {
    const whole = Math.round(width);
    if (whole < 100 || whole === this.width) return;
    this.width = whole;
    this.gridKey = "";
    this.fit();
    this.redraw();
  }

  fit() {
    setAttributes(this.svg, { viewBox: `0 0 ${this.width} ${this.height}` });
  }

  get end() {
    return this.width - this.right;
  }

  /** Draw lines and texts of both axes, where they are not there already. */
  axes(ticks, y, text, below) {
    const key = JSON.stringify([ticks, below, this.width]);
    if (key === this.gridKey) return;
    this.gridKey = key;
    const lines = ticks.flatMap((tick) => [
      s("line", { x1: LEFT, x2: this.end, y1: y(tick), y2: y(tick), class: "shj-grid" }),
      s("text", { x: LEFT - 7, y: y(tick) + 4, "text-anchor": "end", class: "shj-tick" }, text(tick)),
    ]);
    const labels = below.map(([x, anchor, label]) =>
      s("text", { x, y: this.height - 7, "text-anchor": anchor, class: "shj-tick" }, label));
    this.gridLayer.replaceChildren(...lines, ...labels);
  }
}
