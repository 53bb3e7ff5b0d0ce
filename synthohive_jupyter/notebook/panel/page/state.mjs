// What the page knows of a run. The kernel sends RunState (progress/state.py) whole or as increments.
import { counted, duration, listed, plain } from "./format.mjs";

export const ENDED = ["finished", "stopped", "failed"];

/** Signs of tables and of whole runs; beside each stands a word. */
export const MARKS = {
  waiting: "○", running: "●", done: "✓", finished: "✓", stopped: "■", failed: "✗",
};

const PHASES = {
  read: "reading", protect: "protecting", link: "counting children", encode: "encoding",
  train: "training", sample: "generating", write: "writing",
};

export function emptyState() {
  return { version: -2, tables: Object.create(null), order: [], status: "waiting", notices: [] };
}

function mergedCurves(known, told) {
  // Without a prototype, a table or curve may be called __proto__ or constructor.
  const curves = Object.create(null);
  for (const [label, curve] of Object.entries(told)) {
    const old = known[label] ? known[label].points : [];
    curves[label] = { last: curve.last, points: old.slice(0, curve.from).concat(curve.points) };
  }
  return curves;
}

/** Merge a change into the state; give the names of changed tables, null where it does not fit. */
export function merge(state, change) {
  const whole = change.since === -1;
  if (!whole && change.since !== state.version) return null;
  const before = state.tables;
  const tables = whole ? Object.create(null) : before;
  const changed = [];
  for (const [name, table] of Object.entries(change.tables)) {
    const known = before[name];
    if (whole && known && known.version === table.version) {
      tables[name] = known;
      continue;
    }
    const curves = mergedCurves(known && !whole ? known.curves : Object.create(null), table.curves);
    tables[name] = { linkages: [], ...(known || {}), ...table, curves };
    changed.push(name);
  }
  Object.assign(state, change, { tables });
  return changed;
}

export function ended(state) {
  return ENDED.includes(state.status);
}

export function finished(state) {
  return state.order.filter((name) => state.tables[name].status === "done");
}

export function phaseText(table, run) {
  if (table.status === "running") return PHASES[table.phase] || plain(table.phase) || "starting";
  if (table.status === "waiting") return ended(run) ? "left out" : "waiting";
  if (table.status !== "done") return table.status;
  const before = table.reused ? ["taken over"] : [];
  if (table.sampled === null) return before[0] || "fitted";
  return ["done", ...before, ...(table.written ? [table.written] : [])].join(", ");
}

export function remainingText(table) {
  if (table.status !== "running" || table.phase !== "train") return "";
  return table.remaining === null ? "calculating…" : `${duration(table.remaining)} left`;
}

/** Return the part of a table that is learnt, 0 to 1. */
export function tablePart(table) {
  if (table.status === "done" || table.fitted) return 1;
  return table.epochs ? Math.min(table.epoch / table.epochs, 1) : 0;
}

/** Return the losses of a table, in order; the validation metric is a picture of its own. */
export function losses(table) {
  return Object.entries(table.curves).filter(([name, curve]) => name !== "metric" && curve.points.length > 0);
}

function doing(table) {
  return { sample: "Generating", write: "Writing" }[table.phase] || "Fitting";
}

/** Return the line that says where the run is. */
export function titleOf(state) {
  const all = counted(state.order.length, "table");
  const failed = state.order.find((name) => state.tables[name].status === "failed");
  const current = state.tables[state.current];
  const titles = {
    waiting: "Preparing",
    running: current ? `${doing(current)} ${plain(state.current)}` : "Working",
    finished: all,
    stopped: `Stopped, ${finished(state).length} of ${all} kept`,
    failed: failed === undefined ? "Failed" : `Failed at ${plain(failed)}`,
  };
  return titles[state.status];
}

/** Return what to do after a run that did not come to its end: lines, the first says most. */
export function outcomeOf(state) {
  if (state.status === "failed") return (state.message || "The reason is below the panel.").split("\n");
  if (state.status !== "stopped") return [];
  if (!state.epochs) return ["Nothing was kept of this generation.", "Run the cell again to generate."];
  const kept = finished(state);
  const lost = kept.length === 0 ? "No table was finished." : `${listed(kept)} ${kept.length === 1 ? "is" : "are"} kept.`;
  return [lost, "To go on where it stopped, run the cell again with --resume."];
}

/** The run as all views of one panel share it. */
export class Store {
  constructor() {
    this.state = emptyState();
    this.stop = "";
    this.received = performance.now();
    this.alive = false;
    this.views = new Set();
  }

  /** Take the synced state, which is older than what messages have told, or newer. */
  restore(text) {
    if (!text) return;
    const saved = JSON.parse(text);
    if (saved.version >= this.state.version) this.take(saved);
  }

  hear(message) {
    this.alive = true;
    if (message && message.kind === "increment") this.take(JSON.parse(message.change));
    if (message && message.kind === "stopping") this.setStop("heard");
  }

  take(change) {
    const changed = merge(this.state, change);
    this.received = performance.now();
    if (changed !== null) this.tell(changed);
  }

  setStop(stop) {
    this.stop = stop;
    this.tell([]);
  }

  tell(changed) {
    for (const view of this.views) view.changed(changed);
  }

  /** Seconds since the kernel was heard; 0 for a run that is over or comes from a saved notebook. */
  get silence() {
    return this.alive && !ended(this.state) ? (performance.now() - this.received) / 1000 : 0;
  }
}
