// The list of tables: pick by mouse or arrow keys; with many tables, find and fold away.
import { h, setText } from "./dom.mjs";
import { counted } from "./format.mjs";
import { Row } from "./rows.mjs";

const MANY = 12;
const COLUMNS = [
  ["Table", null], ["Phase", "shj-phase"], ["Progress", null], ["Epoch", "shj-num shj-epoch"], ["Loss", "shj-sparkcell"],
  ["Rows", "shj-num shj-sizes"], ["Time", "shj-num shj-time"], ["", "shj-left"],
];

export class TableList {
  constructor(pick) {
    this.pick = pick;
    this.rows = new Map();
    this.active = null;
    this.body = h("tbody", {});
    this.heads = COLUMNS.map(([text, kind]) => h("th", { scope: "col", class: kind }, text));
    const table = h("table", { class: "shj-tables" }, h("thead", {}, h("tr", {}, ...this.heads)), this.body);
    this.scroll = h("div", { class: "shj-scroll", "data-lm-suppress-shortcuts": "true" }, table);
    this.scroll.addEventListener("keydown", (event) => this.press(event));
    this.find = h("input", { type: "search", class: "shj-find", placeholder: "Find a table", "aria-label": "Find a table", "data-lm-suppress-shortcuts": "true" });
    this.find.addEventListener("input", () => this.sift());
    this.hideDone = h("button", { type: "button", class: "shj-button", "aria-pressed": "false" }, "Hide done");
    this.hideDone.addEventListener("click", () => {
      this.hideDone.setAttribute("aria-pressed", String(this.hideDone.getAttribute("aria-pressed") === "false"));
      this.sift();
    });
    this.found = h("span", { class: "shj-soft", role: "status" });
    this.tools = h("div", { class: "shj-tools", hidden: "" }, this.find, this.hideDone, this.found);
    this.element = h("div", {}, this.tools, this.scroll);
  }

  /** Draw the rows that have changed; the others are not touched. */
  draw(state, changed, shown) {
    for (const name of state.order) {
      if (!this.rows.has(name)) {
        this.rows.set(name, new Row(name, this.pick));
        this.body.append(this.rows.get(name).element);
        changed.add(name);
      }
    }
    // The end of a run says something of tables that it has not touched: they are left out.
    if (state.status !== this.status) state.order.forEach((name) => changed.add(name));
    this.status = state.status;
    for (const name of changed) if (this.rows.has(name)) this.rows.get(name).update(state.tables[name], state);
    if (shown !== this.shown) {
      for (const name of [this.shown, shown]) if (this.rows.has(name)) this.rows.get(name).select(name === shown);
      this.shown = shown;
    }
    const units = new Set(Object.values(state.tables).filter((t) => t.epoch).map((t) => t.unit));
    setText(this.heads[3], units.size > 1 ? "Step" : units.has("column") ? "Column" : "Epoch");
    this.tools.hidden = state.order.length <= MANY;
    this.state = state;
    if (changed.size && !this.tools.hidden) this.sift();
    if (state.current !== this.active) {
      this.active = state.current;
      if (!this.scroll.contains(document.activeElement)) this.reveal(state.current);
    }
  }

  /** Show the tables that are looked for. */
  sift() {
    const wanted = this.find.value.trim().toLowerCase();
    const hide = this.hideDone.getAttribute("aria-pressed") === "true";
    let left = 0;
    for (const [name, row] of this.rows) {
      const done = hide && this.state.tables[name].status === "done" && name !== this.shown;
      const hidden = done || !name.toLowerCase().includes(wanted);
      if (row.element.hidden !== hidden) row.element.hidden = hidden;
      left += hidden ? 0 : 1;
    }
    setText(this.found, left < this.rows.size ? `${left} of ${counted(this.rows.size, "table")}` : "");
  }

  /** Scroll the list, never the page, until a table is in view. */
  reveal(name) {
    const row = this.rows.get(name);
    if (!row || this.scroll.scrollHeight <= this.scroll.clientHeight) return;
    const { scroll } = this;
    const box = scroll.getBoundingClientRect();
    const place = row.element.getBoundingClientRect();
    const head = this.heads[0].getBoundingClientRect().height;
    if (place.top < box.top + head || place.bottom > box.bottom) {
      scroll.scrollTop += place.top - box.top - head - (box.height - head - place.height) / 2;
    }
  }

  press(event) {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const names = [...this.rows.keys()].filter((name) => !this.rows.get(name).element.hidden);
    const here = names.indexOf(this.shown);
    const target = { ArrowUp: here - 1, ArrowDown: here + 1, Home: 0, End: names.length - 1, PageUp: here - 8, PageDown: here + 8 }[event.key];
    if (target === undefined || !names.length) return;
    event.preventDefault();
    event.stopPropagation();
    const name = names[Math.min(Math.max(target, 0), names.length - 1)];
    this.pick(name);
    this.rows.get(name).button.focus({ preventScroll: true });
    this.reveal(name);
  }
}
