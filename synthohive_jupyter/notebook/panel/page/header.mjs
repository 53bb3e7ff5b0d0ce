// The top line of the panel: where the run is, how long it takes, what it holds, Stop.
import { h, setAttributes, setText } from "./dom.mjs";
import { about, bytes, clock, counted, duration } from "./format.mjs";
import { ended, finished, MARKS, titleOf } from "./state.mjs";
import { stopText } from "./stopping.mjs";

const SILENT_SECONDS = 15;

export class Header {
  constructor(store, { stop, fold }) {
    this.store = store;
    this.mark = h("span", { class: "shj-mark", "aria-hidden": "true" });
    this.title = h("span", { class: "shj-title" });
    this.detail = h("span", { class: "shj-soft shj-detail" });
    this.memory = h("span", { class: "shj-soft shj-num shj-memory" });
    this.clock = h("span", { class: "shj-num shj-clock", title: "elapsed" });
    this.left = h("span", { class: "shj-soft shj-num shj-total-left" });
    this.note = h("span", { class: "shj-note-line" });
    this.stopButton = h("button", { type: "button", class: "shj-button shj-stop" }, "Stop");
    this.stopButton.addEventListener("click", stop);
    this.fold = h("button", { type: "button", class: "shj-button shj-fold" });
    this.fold.addEventListener("click", fold);
    this.live = h("span", { class: "shj-hidden", role: "status", "aria-live": "polite" });
    this.fill = h("div", { class: "shj-fill" });
    this.bar = h("div", { class: "shj-total", role: "progressbar", "aria-label": "Whole run", "aria-valuemin": "0", "aria-valuemax": "100" }, this.fill);
    const line = h(
      "div", { class: "shj-header" }, this.mark, this.title, this.detail, h("span", { class: "shj-spring" }),
      this.note, this.memory, this.clock, this.left, this.stopButton, this.fold, this.live,
    );
    this.element = h("div", {}, line, this.bar);
  }

  draw(folded) {
    const { state, alive } = this.store;
    const over = ended(state);
    const saved = !over && !alive && state.version > 0;
    const title = saved ? `Saved before the end: ${titleOf(state)}` : titleOf(state);
    setText(this.mark, MARKS[state.status]);
    // Only what people wait for is said aloud: the next table, the end.
    setText(this.live, over ? title : stopText(this.store.stop) || title);
    setText(this.title, title);
    setText(this.detail, this.facts(over).join(" · "));
    this.drawBar(over);
    setText(this.memory, this.memoryText());
    setAttributes(this.memory, { title: "memory of the kernel's process" });
    setText(this.note, over ? "" : stopText(this.store.stop));
    this.stopButton.hidden = over || saved || this.store.stop === "unheard";
    this.stopButton.disabled = this.store.stop !== "";
    this.fold.hidden = !over;
    setText(this.fold, folded ? "Details" : "Fold");
    setAttributes(this.fold, { "aria-expanded": !folded });
    this.tick();
  }

  facts(over) {
    const { state } = this.store;
    const done = finished(state).length;
    const warnings = state.notices.filter((notice) => notice.level === "warning").length;
    return [
      state.status === "running" ? `${done} of ${counted(state.order.length, "table")} done` : null,
      over ? duration(state.seconds) : null,
      state.seed === null || state.seed === undefined ? null : `seed ${state.seed}`,
      over ? null : state.engine,
      warnings ? `⚠ ${counted(warnings, "warning")}` : null,
    ].filter(Boolean);
  }

  drawBar(over) {
    const { state } = this.store;
    const part = state.status === "finished" ? 1 : state.part || 0;
    this.bar.hidden = over;
    this.fill.style.transform = `scaleX(${part.toFixed(3)})`;
    const left = state.remaining ? `, ${about(state.remaining)} left` : "";
    setAttributes(this.bar, { "aria-valuenow": Math.round(part * 100), "aria-valuetext": `${Math.round(part * 100)} %${left}` });
  }

  memoryText() {
    const { memory } = this.store.state;
    if (!memory || !memory.peak) return "";
    if (ended(this.store.state)) return `peak ${bytes(memory.peak)}`;
    return `${bytes(memory.now)} (peak ${bytes(memory.peak)})`;
  }

  /** Let the clock run between two messages. */
  tick() {
    const { state, silence } = this.store;
    const over = ended(state);
    setText(this.clock, over || state.version < 0 ? "" : clock(state.seconds + silence));
    const left = state.remaining ? Math.max(state.remaining - silence, 1) : null;
    setText(this.left, over || left === null ? "" : `${about(left)} left`);
    if (silence > SILENT_SECONDS && !this.store.stop) setText(this.note, `no sign of the kernel for ${clock(silence)}`);
  }
}
