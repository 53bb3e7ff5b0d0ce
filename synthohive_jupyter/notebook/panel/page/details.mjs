// Below the list: the table that is shown, its training, its foreign keys, and what the user should know.
import { h, setText } from "./dom.mjs";
import { count, counted, duration, number, plain } from "./format.mjs";
import { TrainingFigure } from "./curves.mjs";
import { LinkageFigure } from "./linkage.mjs";
import { outcomeOf, phaseText, remainingText } from "./state.mjs";

/** Return label and text of what there is to say of a table. */
export function factsOf(table, run) {
  const unit = table.unit === "epoch" ? "Epoch" : "Column";
  const metric = table.curves.metric && table.curves.metric.points.find((point) => point[0] === table.best_epoch);
  const best = table.best_epoch ? count(table.best_epoch) + (metric ? ` (${number(metric[1])})` : "") : "";
  const facts = [
    ["Phase", phaseText(table, run)],
    [unit, table.epoch ? `${count(table.epoch)} of ${count(table.epochs)}` : ""],
    ["Best epoch", best],
    ["Rows a second", table.rows_per_second ? count(Math.round(table.rows_per_second)) : ""],
    ["Elapsed", table.seconds ? duration(table.seconds) : ""],
    ["Left", remainingText(table).replace(/ left$/, "")],
    ["Real rows", table.rows ? count(table.rows) : ""],
    ["Synthetic rows", table.sampled === null ? "" : count(table.sampled)],
  ];
  return facts.filter(([, text]) => text);
}

/** Figures of one table; they stay while it is shown, so that reading goes on while it is trained. */
export class Details {
  constructor(follow) {
    this.name = h("strong", { class: "shj-name-shown" });
    this.about = h("span", { class: "shj-soft" });
    this.follow = h("button", { type: "button", class: "shj-button", hidden: "" }, "Follow the run");
    this.follow.addEventListener("click", follow);
    this.facts = h("dl", { class: "shj-facts" });
    this.figures = h("div", { class: "shj-figures" });
    this.head = h("div", { class: "shj-shown" }, this.name, this.about, h("span", { class: "shj-spring" }), this.follow);
    this.element = h("section", { class: "shj-table", "aria-label": "The table that is shown" }, this.head, this.facts, this.figures);
    this.values = new Map();
    this.linkages = new Map();
    this.training = null;
    this.watcher = typeof ResizeObserver === "function" ? new ResizeObserver((entries) => this.fit(entries)) : null;
    this.plots = new Map();
  }

  /** Draw the figures of a table, and the foreign keys of `linked`, which may be another one. */
  draw(state, shown, linked, picked) {
    const table = state.tables[shown];
    this.element.hidden = !table;
    if (!table) return;
    if (this.shown !== shown) this.begin(shown);
    setText(this.name, shown);
    const parts = [table.parent ? `child of ${plain(table.parent)}` : null, table.columns ? counted(table.columns, "column") : null];
    setText(this.about, parts.filter(Boolean).join(" · "));
    this.follow.hidden = !picked || !state.current || state.current === shown;
    this.drawFacts(factsOf(table, state));
    this.training.update(table);
    this.drawLinkages(state, linked);
  }

  begin(shown) {
    this.shown = shown;
    this.forget(this.training);
    this.training = this.adopt(new TrainingFigure(shown));
    this.figures.prepend(this.training.element);
  }

  drawFacts(facts) {
    const labels = facts.map(([label]) => label);
    if ([...this.values.keys()].join() !== labels.join()) {
      this.values = new Map(labels.map((label) => [label, h("dd", { class: "shj-num" })]));
      this.facts.replaceChildren(...labels.map((label) => h("div", {}, h("dt", {}, label), this.values.get(label))));
    }
    for (const [label, text] of facts) setText(this.values.get(label), text);
  }

  drawLinkages(state, linked) {
    const linkages = linked === undefined ? [] : state.tables[linked].linkages;
    const keys = linkages.map((each) => JSON.stringify([linked, each.parent, each.foreign_key]));
    for (const [key, figure] of this.linkages) {
      if (!keys.includes(key)) {
        this.forget(figure);
        this.linkages.delete(key);
      }
    }
    linkages.forEach((linkage, k) => {
      if (!this.linkages.has(keys[k])) {
        const figure = this.adopt(new LinkageFigure(linked, linkage));
        this.linkages.set(keys[k], figure);
        this.figures.append(figure.element);
      }
      this.linkages.get(keys[k]).update(linkage);
    });
  }

  adopt(figure) {
    for (const plot of figure.plots) {
      this.plots.set(plot.box, plot);
      if (this.watcher) this.watcher.observe(plot.box);
    }
    return figure;
  }

  forget(figure) {
    if (!figure) return;
    for (const plot of figure.plots) {
      this.plots.delete(plot.box);
      if (this.watcher) this.watcher.unobserve(plot.box);
    }
    figure.element.remove();
  }

  fit(entries) {
    for (const entry of entries) {
      const plot = this.plots.get(entry.target);
      if (plot) plot.resize(entry.contentRect.width);
    }
  }

  close() {
    if (this.watcher) this.watcher.disconnect();
  }
}

/** What became of a run that did not end well; seen even where the panel is folded. */
export class Outcome {
  constructor() {
    this.element = h("div", { class: "shj-outcome", hidden: "" });
    this.told = "";
  }

  draw(state) {
    const lines = outcomeOf(state);
    if (lines.join("\n") === this.told) return;
    this.told = lines.join("\n");
    this.element.hidden = lines.length === 0;
    this.element.setAttribute("role", state.status === "failed" ? "alert" : "note");
    this.element.replaceChildren(...lines.map((line) => h("p", {}, line)));
  }
}

/** What the user should know, warnings first. */
export class Notices {
  constructor() {
    this.element = h("ul", { class: "shj-notices" });
    this.notices = null;
  }

  draw(state) {
    if (state.notices === this.notices) return;
    this.notices = state.notices;
    const order = [...state.notices].sort((a, b) => (b.level === "warning") - (a.level === "warning"));
    this.element.replaceChildren(...order.map((notice) => {
      const kind = notice.level === "warning" ? "warning" : "info";
      const table = notice.table ? h("strong", {}, `${plain(notice.table)}: `) : null;
      const [first, ...more] = notice.message.split("\n");
      return h(
        "li", { class: `shj-notice-${kind}` }, h("span", { class: "shj-hidden" }, `${kind}: `), table, first,
        ...more.map((line) => h("div", {}, line)),
      );
    }));
  }
}
