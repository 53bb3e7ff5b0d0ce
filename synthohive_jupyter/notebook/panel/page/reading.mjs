// Reading values off a picture, by pointer and by keyboard. The picture is a slider for screen
// readers: they know how to move one, and say the text of the place it is at.
import { h, s, setAttributes, setText } from "./dom.mjs";

/**
 * The cursor of a plot. The plot has `places()`, ascending x of what can be read, and
 * `at(k)`: `{key, title, lines: [{name, value, slot}], dots: [{y, slot}]}`.
 */
export class Reading {
  constructor(plot) {
    this.plot = plot;
    this.key = null;
    this.line = s("line", { class: "shj-cursor" });
    this.dots = s("g", {});
    plot.cursorLayer.append(this.line, this.dots);
    plot.cursorLayer.setAttribute("visibility", "hidden");
    this.tip = h("div", { class: "shj-tip", hidden: "", "aria-hidden": "true" });
    plot.box.append(this.tip);
    plot.box.addEventListener("pointermove", (event) => this.point(event));
    plot.box.addEventListener("pointerdown", (event) => this.point(event));
    plot.box.addEventListener("pointerleave", () => { if (document.activeElement !== plot.box) this.hide(); });
    plot.box.addEventListener("keydown", (event) => this.press(event));
    plot.box.addEventListener("blur", () => this.hide());
  }

  point(event) {
    const frame = this.plot.svg.getBoundingClientRect();
    const places = this.plot.places();
    if (!frame.width || !places.length) return;
    const x = ((event.clientX - frame.left) / frame.width) * this.plot.width;
    let best = 0;
    places.forEach((place, k) => { if (Math.abs(place - x) < Math.abs(places[best] - x)) best = k; });
    this.move(best);
  }

  press(event) {
    const last = this.plot.places().length - 1;
    if (last < 0 || event.ctrlKey || event.metaKey || event.altKey) return;
    const here = this.index();
    const leap = Math.max(Math.round(last / 10), 1);
    const target = {
      ArrowLeft: here === null ? last : here - 1,
      ArrowDown: here === null ? last : here - 1,
      ArrowRight: here === null ? 0 : here + 1,
      ArrowUp: here === null ? 0 : here + 1,
      PageDown: (here ?? last + leap) - leap,
      PageUp: (here ?? -leap) + leap,
      Home: 0,
      End: last,
    }[event.key];
    if (event.key === "Escape") this.hide();
    if (target === undefined) return;
    event.preventDefault();
    event.stopPropagation();
    this.move(Math.min(Math.max(target, 0), last));
  }

  /** The place that is read now; curves that became coarser may have lost it. */
  index() {
    if (this.key === null) return null;
    const all = this.plot.places().length;
    for (let k = 0; k < all; k += 1) if (this.plot.at(k).key >= this.key) return k;
    return all ? all - 1 : null;
  }

  move(k) {
    const reading = this.plot.at(k);
    this.key = reading.key;
    this.show(k, reading);
    setAttributes(this.plot.box, {
      "aria-valuemax": this.plot.places().length - 1,
      "aria-valuenow": k,
      "aria-valuetext": `${reading.title}: ${reading.lines.map((l) => `${l.name} ${l.value}`).join(", ")}`,
    });
  }

  /** Follow a picture that was drawn anew, silently: nobody has asked to hear it. */
  follow() {
    const k = this.index();
    if (k !== null) this.show(k, this.plot.at(k));
  }

  show(k, reading) {
    const { plot } = this;
    const x = plot.places()[k];
    setAttributes(this.line, { x1: x, x2: x, y1: plot.top, y2: plot.floor });
    this.dots.replaceChildren(...reading.dots.map((dot) =>
      s("circle", { cx: x, cy: dot.y, r: 3.5, class: `shj-read shj-slot-${dot.slot}` })));
    plot.cursorLayer.setAttribute("visibility", "visible");
    this.tip.replaceChildren(h("strong", {}, reading.title), ...reading.lines.map((line) => {
      const value = h("span", { class: "shj-num" }, line.value);
      return h("div", {}, h("i", { class: `shj-swatch shj-slot-${line.slot}` }), h("span", {}, line.name), value);
    }));
    this.tip.hidden = false;
    const right = x > plot.width / 2;
    this.tip.style.left = right ? "auto" : `${((x + 10) / plot.width) * 100}%`;
    this.tip.style.right = right ? `${((plot.width - x + 10) / plot.width) * 100}%` : "auto";
  }

  hide() {
    this.key = null;
    this.tip.hidden = true;
    this.plot.cursorLayer.setAttribute("visibility", "hidden");
  }

  /** Say what the whole picture shows, for those who have not begun to read it. */
  summarise(text) {
    if (this.key === null && document.activeElement !== this.plot.box) {
      setAttributes(this.plot.box, { "aria-valuemax": Math.max(this.plot.places().length - 1, 0), "aria-valuenow": 0, "aria-valuetext": text });
    }
  }
}

/** Return a note in the middle of an empty picture. */
export function emptyNote(plot, text) {
  const note = s("text", { x: plot.width / 2, y: plot.height / 2, "text-anchor": "middle", class: "shj-note" });
  setText(note, text);
  return note;
}
