// The panel of a run. Each view has its own picked table; the run itself is shared by all views.
import { Details, Notices, Outcome } from "./details.mjs";
import { h } from "./dom.mjs";
import { Header } from "./header.mjs";
import { TableList } from "./list.mjs";
import { ended, losses, Store } from "./state.mjs";
import { askToStop } from "./stopping.mjs";

const TICK_MS = 500;

class Panel {
  constructor(model, store, root) {
    this.store = store;
    this.root = root;
    this.picked = null;
    this.folded = null;
    this.pending = new Set();
    this.frame = null;
    this.header = new Header(store, {
      stop: () => askToStop(model, store),
      fold: () => { this.folded = !this.folded; this.draw(); },
    });
    this.outcome = new Outcome();
    this.list = new TableList((name) => this.pick(name));
    this.details = new Details(() => this.pick(null));
    this.notices = new Notices();
    this.body = h("div", { class: "shj-body" }, this.list.element, this.details.element, this.notices.element);
    root.classList.add("shj");
    root.setAttribute("role", "group");
    root.setAttribute("aria-label", "SynthoHive run");
    root.replaceChildren(this.header.element, this.outcome.element, this.body);
    this.timer = setInterval(() => this.header.tick(), TICK_MS);
    store.views.add(this);
    store.state.order.forEach((name) => this.pending.add(name));
    this.draw();
  }

  /** Note what has changed; the page is drawn once a frame at most, and not while it is hidden. */
  changed(names) {
    for (const name of names) this.pending.add(name);
    if (this.frame === null) this.frame = requestAnimationFrame(() => { this.frame = null; this.draw(); });
  }

  pick(name) {
    this.picked = name;
    this.draw();
  }

  shown() {
    const { state } = this.store;
    const trained = state.order.filter((name) => losses(state.tables[name]).length > 0);
    return [this.picked, state.current, trained[trained.length - 1], state.order[0]].find((name) => state.tables[name]);
  }

  /** The table whose foreign keys are shown: the shown one; while following, the latest that has some. */
  linked(shown) {
    const { state } = this.store;
    const linked = state.order.filter((name) => state.tables[name].linkages.length > 0);
    return linked.includes(shown) || this.picked ? linked.find((name) => name === shown) : linked[linked.length - 1];
  }

  draw() {
    const { state } = this.store;
    if (this.folded === null && ended(state)) this.folded = state.status === "finished";
    const folded = this.folded === true;
    this.root.dataset.status = state.status;
    this.header.draw(folded);
    this.outcome.draw(state);
    this.body.hidden = folded;
    if (folded) return;
    const shown = this.shown();
    this.list.draw(state, this.pending, shown);
    this.pending = new Set();
    this.details.draw(state, shown, this.linked(shown), this.picked !== null);
    this.notices.draw(state);
  }

  close() {
    clearInterval(this.timer);
    if (this.frame !== null) cancelAnimationFrame(this.frame);
    this.details.close();
    this.store.views.delete(this);
  }
}

/** A widget has one store, however many views: one that opens late has missed nothing. */
export default () => {
  const store = new Store();
  return {
    initialize({ model }) {
      store.restore(model.get("state"));
      model.on("change:state", () => {
        store.alive = true;
        store.restore(model.get("state"));
      });
      model.on("msg:custom", (message) => store.hear(message));
    },
    render({ model, el }) {
      const panel = new Panel(model, store, el);
      return () => panel.close();
    },
  };
};
