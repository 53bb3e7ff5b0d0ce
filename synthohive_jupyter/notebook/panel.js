// The panel of a run: a header with Stop, a row per table, the curve and the histogram.
// The kernel sends increments of RunState (progress/state.py); every view merges them itself.

const PHASES = {
  read: "reading", protect: "protecting", link: "counting children", encode: "encoding",
  train: "training", sample: "generating", write: "writing",
};
const MARKS = { waiting: "○", running: "●", done: "✓", stopped: "■", failed: "✗" };
const ENDED = ["finished", "stopped", "failed"];
const STOP_HINT = "To stop: press ■ in the toolbar";

/** Merge an increment into the state; false where it builds on another version. */
function merge(state, change) {
  if (change.since !== -1 && change.since !== state.version) return false;
  // Without a prototype, a table may be called __proto__ or constructor.
  const tables = change.since === -1 ? Object.create(null) : state.tables;
  for (const [name, table] of Object.entries(change.tables)) {
    const known = tables[name] ? tables[name].curves : {};
    const curves = Object.create(null);
    for (const [label, curve] of Object.entries(table.curves)) {
      const old = known[label] ? known[label].points : [];
      curves[label] = { last: curve.last, points: old.slice(0, curve.from).concat(curve.points) };
    }
    tables[name] = { ...table, curves };
  }
  Object.assign(state, change, { tables });
  return true;
}

function phaseText(table, run) {
  if (table.status === "running") return PHASES[table.phase] || table.phase || "starting";
  if (table.status !== "done") return table.status === "waiting" && ENDED.includes(run.status) ? "left out" : table.status;
  if (table.sampled !== null) return table.written ? `done, ${table.written}` : "done";
  return table.reused ? "taken over" : "fitted";
}

function remainingText(table) {
  if (table.status !== "running" || table.phase !== "train") return "";
  return table.remaining === null ? "calculating…" : `${duration(table.remaining)} left`;
}

/** One line of the list of tables; `update` writes only what can change. */
class Row {
  constructor(name, select) {
    this.mark = h("span", { class: "shj-mark", "aria-hidden": "true" });
    this.button = h("button", { type: "button", class: "shj-pick", title: plain(name) }, name);
    this.button.addEventListener("click", () => select(name));
    this.phase = h("td", { class: "shj-phase" });
    this.fill = h("div", { class: "shj-fill" });
    this.bar = h("div", { class: "shj-bar", role: "progressbar", "aria-valuemin": "0", "aria-label": plain(name) }, this.fill);
    this.epoch = h("td", { class: "shj-num" });
    this.spark = h("td", { class: "shj-sparkcell" });
    this.rows = h("td", { class: "shj-num" });
    this.time = h("td", { class: "shj-num" });
    this.left = h("td", { class: "shj-num shj-left" });
    const first = h("th", { scope: "row" }, this.mark, this.button);
    this.element = h(
      "tr", {}, first, this.phase, h("td", { class: "shj-barcell" }, this.bar),
      this.epoch, this.spark, this.rows, this.time, this.left,
    );
  }

  update(table, run, selected) {
    const part = table.status === "done" ? 1 : table.epochs ? table.epoch / table.epochs : 0;
    this.element.className = `shj-row shj-${table.status}`;
    this.mark.textContent = MARKS[table.status] || "";
    this.button.setAttribute("aria-pressed", String(selected));
    this.phase.textContent = phaseText(table, run);
    this.fill.style.width = `${(100 * part).toFixed(1)}%`;
    this.bar.setAttribute("aria-valuemax", String(table.epochs));
    this.bar.setAttribute("aria-valuenow", String(table.epoch));
    this.bar.setAttribute("aria-valuetext", `${this.phase.textContent}, ${table.unit} ${table.epoch} of ${table.epochs}`);
    this.epoch.textContent = table.epoch ? `${table.epoch}/${table.epochs}` : "";
    this.epoch.title = `${table.unit}s`;
    this.spark.replaceChildren(sparkline(table));
    const sizes = [table.rows || null, table.sampled].filter((size) => size !== null);
    this.rows.textContent = sizes.map(count).join(" → ");
    this.time.textContent = table.seconds ? duration(table.seconds) : "";
    this.left.textContent = remainingText(table);
  }
}

/** The statistics beside a histogram: the same numbers as the picture, as text. */
function linkageStats(linkage) {
  const real = linkage.real_stats || {};
  const made = linkage.synthetic_stats || {};
  const line = (label, first, second) =>
    h("tr", {}, h("th", { scope: "row" }, label), h("td", { class: "shj-num" }, first), h("td", { class: "shj-num" }, second));
  const head = h(
    "tr", {}, h("td", {}),
    h("th", { scope: "col" }, h("span", { class: "shj-key shj-key-real", "aria-hidden": "true" }), "real"),
    h("th", { scope: "col" }, h("span", { class: "shj-key shj-key-synthetic", "aria-hidden": "true" }), "synthetic"),
  );
  return h(
    "table", { class: "shj-stats" }, h("thead", {}, head),
    h(
      "tbody", {},
      line("parents", count(real.parents), count(made.parents)),
      line("mean", number(real.mean), number(made.mean)),
      line("variance", number(real.variance), number(made.variance)),
      line("childless", share(real.childless), share(made.childless)),
      line("distance", "", linkage.distance === null ? "after generation" : number(linkage.distance)),
    ),
  );
}

function figure(title, subject, ...parts) {
  const caption = h("figcaption", {}, h("strong", {}, title), h("span", { class: "shj-soft" }, subject));
  return h("figure", {}, caption, ...parts);
}

class Panel {
  constructor(model, root) {
    this.model = model;
    this.state = { version: -2, tables: Object.create(null), order: [], status: "waiting", notices: [] };
    this.rows = new Map();
    this.picked = null;
    this.folded = null;
    this.stopping = false;
    this.received = performance.now();
    this.root = root;
    this.assemble();
    this.refresh();
  }

  assemble() {
    this.mark = h("span", { class: "shj-mark", "aria-hidden": "true" });
    this.title = h("span", { class: "shj-title" });
    this.detail = h("span", { class: "shj-soft shj-detail" });
    this.clock = h("span", { class: "shj-num shj-clock" });
    this.stopButton = h("button", { type: "button", class: "shj-stop" }, "Stop");
    this.stopButton.addEventListener("click", () => this.stop());
    this.stopNote = h("span", { class: "shj-soft" });
    this.fold = h("button", { type: "button", class: "shj-fold" });
    this.fold.addEventListener("click", () => { this.folded = !this.folded; this.draw(); });
    this.live = h("span", { class: "shj-hidden", role: "status", "aria-live": "polite" });
    this.list = h("tbody", {});
    const columns = ["Table", "Phase", "Progress", "Epoch", "Loss", "Rows", "Time", ""];
    const ends = new Set(["Epoch", "Rows", "Time"]);
    const heads = columns.map((c) => h("th", { scope: "col", class: ends.has(c) ? "shj-num" : null }, c));
    this.step = heads[columns.indexOf("Epoch")];
    const head = h("tr", {}, ...heads);
    const table = h("table", { class: "shj-tables" }, h("thead", {}, head), this.list);
    this.figures = h("div", { class: "shj-figures" });
    this.notices = h("ul", { class: "shj-notices" });
    this.body = h("div", { class: "shj-body" }, h("div", { class: "shj-scroll" }, table), this.figures, this.notices);
    const header = h(
      "div", { class: "shj-header" }, this.mark, this.title, this.detail,
      h("span", { class: "shj-spring" }), this.clock, this.stopNote, this.stopButton, this.fold, this.live,
    );
    this.root.classList.add("shj");
    this.root.setAttribute("role", "group");
    this.root.setAttribute("aria-label", "SynthoHive run");
    this.root.replaceChildren(header, this.body);
  }

  /** Take the saved state where it is newer than what messages have told. */
  refresh() {
    const saved = this.model.get("state");
    if (saved && saved.version !== undefined && saved.version >= this.state.version) this.take(saved);
  }

  receive(message) {
    if (message && message.kind === "increment") this.take(message.change);
    if (message && message.kind === "stopping") {
      this.stopping = true;
      this.draw(new Set());
    }
  }

  take(change) {
    if (!merge(this.state, change)) return;
    this.received = performance.now();
    this.draw(new Set(Object.keys(change.tables)));
  }

  get ended() {
    return ENDED.includes(this.state.status);
  }

  /** Stop belongs to the front end: a busy kernel hears interrupts, not messages. */
  async stop() {
    const kernel = this.model.widget_manager && this.model.widget_manager.kernel;
    if (!kernel || typeof kernel.interrupt !== "function") {
      this.stopNote.textContent = STOP_HINT;
      this.stopButton.hidden = true;
      return;
    }
    this.stopping = true;
    this.draw();
    try {
      await kernel.interrupt();
    } catch {
      this.stopping = false;
      this.stopNote.textContent = STOP_HINT;
      this.draw();
    }
  }

  shown() {
    const { state } = this;
    const trained = state.order.filter((name) => Object.keys(state.tables[name].curves).length > 0);
    return [this.picked, state.current, trained[trained.length - 1], state.order[0]].find((name) => state.tables[name]);
  }

  /** The table whose histogram is shown: the shown one, else the latest that has one. */
  linked(shown) {
    const { state } = this;
    const linked = state.order.filter((name) => state.tables[name].linkages.length > 0);
    return linked.includes(shown) ? shown : linked[linked.length - 1];
  }

  draw(changed = null) {
    if (this.folded === null && this.ended) this.folded = true;
    const shown = this.shown();
    this.drawHeader();
    this.body.hidden = this.folded === true;
    if (this.body.hidden) return;
    const redo = changed === null || this.stale ? new Set(this.state.order) : changed;
    this.stale = false;
    const units = new Set(Object.values(this.state.tables).filter((t) => t.epoch).map((t) => t.unit));
    this.step.textContent = units.size > 1 ? "Step" : units.has("column") ? "Column" : "Epoch";
    for (const name of this.state.order) {
      if (!this.rows.has(name)) {
        const row = new Row(name, (picked) => { this.picked = picked; this.draw(); });
        this.rows.set(name, row);
        this.list.append(row.element);
        redo.add(name);
      }
    }
    for (const name of new Set([...redo, shown, this.before])) {
      if (this.rows.has(name)) this.rows.get(name).update(this.state.tables[name], this.state, name === shown);
    }
    this.before = shown;
    this.drawFigures(shown);
    this.notices.replaceChildren(...this.state.notices.map((notice) =>
      h("li", { class: `shj-notice-${notice.level === "warning" ? "warning" : "info"}` },
        notice.table ? h("strong", {}, `${plain(notice.table)}: `) : null, notice.message)));
  }

  drawHeader() {
    const { state } = this;
    const done = state.order.filter((name) => state.tables[name].status === "done");
    const all = state.order.length;
    const tables = `${all} ${all === 1 ? "table" : "tables"}`;
    const titles = {
      waiting: "Preparing",
      running: state.current ? `${this.verb()} ${plain(state.current)}` : "Working",
      finished: tables,
      stopped: `Stopped, ${done.length} of ${tables} kept`,
      failed: "Failed",
    };
    const facts = [
      state.status === "running" ? `${done.length} of ${tables} done` : null,
      state.status === "failed" ? plain(state.message) : null,
      this.ended ? duration(state.seconds) : null,
      state.seed === null || state.seed === undefined ? null : `seed ${state.seed}`,
      this.ended ? null : state.engine,
    ];
    this.root.dataset.status = state.status;
    this.mark.textContent = { finished: "✓", stopped: "■", failed: "✗" }[state.status] || "●";
    const title = this.stopping && !this.ended ? "Stopping after this batch…" : titles[state.status];
    if (this.title.textContent !== title) this.live.textContent = title;
    this.title.textContent = title;
    this.detail.textContent = facts.filter(Boolean).join(" · ");
    this.stopButton.hidden = this.ended || this.stopNote.textContent !== "";
    this.stopButton.disabled = this.stopping;
    if (this.ended) this.stopNote.textContent = "";
    this.fold.hidden = !this.ended;
    this.fold.textContent = this.folded ? "Details" : "Fold";
    this.fold.setAttribute("aria-expanded", String(!this.folded));
    this.stale = this.stale || this.folded === true;
    this.tick();
  }

  verb() {
    const phase = this.state.tables[this.state.current].phase;
    return { sample: "Generating", write: "Writing" }[phase] || "Fitting";
  }

  /** Let the clock run between two messages. */
  tick() {
    const live = this.model.comm_live !== false;
    const extra = this.ended || !live ? 0 : (performance.now() - this.received) / 1000;
    this.clock.textContent = this.ended ? "" : duration(this.state.seconds + extra);
  }

  drawFigures(shown) {
    const parts = [];
    const table = this.state.tables[shown];
    if (table) parts.push(figure(table.name, `loss per ${table.unit}`, curvesChart(table), this.metricLine(table)));
    const linked = this.linked(shown);
    if (linked) {
      for (const linkage of this.state.tables[linked].linkages) {
        parts.push(figure(
          `${linkage.parent} → ${linked}`, "children per parent",
          linkageChart(linked, linkage), linkageStats(linkage),
        ));
      }
    }
    this.figures.replaceChildren(...parts);
  }

  metricLine(table) {
    const metric = table.curves.metric;
    const parts = Object.entries(table.curves)
      .filter(([name]) => name !== "metric")
      .map(([name, curve]) => `${name} ${number(curve.last)}`);
    if (metric) parts.push(`validation ${number(metric.last)}`);
    if (table.rows_per_second) parts.push(`${count(Math.round(table.rows_per_second))} rows/s`);
    return h("p", { class: "shj-soft shj-num" }, parts.join(" · "));
  }
}

function render({ model, el }) {
  const panel = new Panel(model, el);
  const onState = () => panel.refresh();
  const onMessage = (message) => panel.receive(message);
  model.on("change:state", onState);
  model.on("msg:custom", onMessage);
  const timer = setInterval(() => panel.tick(), 500);
  return () => {
    clearInterval(timer);
    model.off("change:state", onState);
    model.off("msg:custom", onMessage);
  };
}

export default { render };
