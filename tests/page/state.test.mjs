// What the page knows of a run.
import assert from "node:assert/strict";
import test from "node:test";
import { emptyState, merge, outcomeOf, phaseText, remainingText, Store, tablePart, titleOf } from "../../synthohive_jupyter/notebook/panel/page/state.mjs";
import { askToStop, stopText } from "../../synthohive_jupyter/notebook/panel/page/stopping.mjs";

function table(extra = {}) {
  return {
    name: "t", status: "running", phase: "train", reused: false, rows: 10, epoch: 1, epochs: 4, unit: "epoch",
    fitted: false, remaining: null, sampled: null, written: null, version: 1, curves: {}, linkages: [], ...extra,
  };
}

function whole(tables, extra = {}) {
  return { since: -1, version: 1, status: "running", order: Object.keys(tables), current: null, notices: [], epochs: 4, tables, ...extra };
}

function curve(from, points) {
  return { critic: { from, points, last: points[points.length - 1][1] } };
}

test("increments put points behind those that are known", () => {
  const state = emptyState();
  assert.deepEqual(merge(state, whole({ t: table({ curves: curve(0, [[1, 5], [2, 4]]) }) })), ["t"]);
  const next = { since: 1, version: 2, tables: { t: table({ version: 2, curves: curve(1, [[2, 3], [3, 2]]) }) } };
  assert.deepEqual(merge(state, next), ["t"]);
  assert.deepEqual(state.tables.t.curves.critic.points, [[1, 5], [2, 3], [3, 2]]);
});

test("an increment that builds on something else is not taken", () => {
  const state = emptyState();
  merge(state, whole({ t: table() }));
  assert.equal(merge(state, { since: 7, version: 8, tables: { t: table() } }), null);
  assert.equal(state.version, 1);
});

test("what an increment leaves out stays: linkages, order, notices", () => {
  const state = emptyState();
  merge(state, whole({ t: table({ linkages: [{ parent: "p" }] }) }, { notices: [{ message: "m" }] }));
  const { linkages, ...rest } = table({ version: 2 });
  merge(state, { since: 1, version: 2, tables: { t: rest } });
  assert.deepEqual(state.tables.t.linkages, [{ parent: "p" }]);
  assert.deepEqual(state.order, ["t"]);
  assert.equal(state.notices.length, 1);
});

test("a whole state names only the tables that differ", () => {
  const state = emptyState();
  merge(state, whole({ a: table(), b: table() }));
  const kept = state.tables.a;
  assert.deepEqual(merge(state, whole({ a: table(), b: table({ version: 5 }) }, { version: 5 })), ["b"]);
  assert.equal(state.tables.a, kept);
});

test("tables and curves may have any name", () => {
  const state = emptyState();
  const tables = JSON.parse('{"__proto__": 1, "constructor": 1}');
  for (const name of Object.keys(tables)) {
    Object.defineProperty(tables, name, { value: table({ curves: JSON.parse('{"__proto__":{"from":0,"points":[[1,2]],"last":2}}') }), enumerable: true });
  }
  merge(state, whole(tables));
  assert.deepEqual(state.order.map((name) => Object.keys(state.tables[name].curves)), [["__proto__"], ["__proto__"]]);
  assert.equal({}.name, undefined);
});

test("phases are words", () => {
  const run = { status: "running" };
  assert.equal(phaseText(table(), run), "training");
  assert.equal(phaseText(table({ status: "waiting" }), { status: "failed" }), "left out");
  assert.equal(phaseText(table({ status: "done", sampled: 5, written: "delta" }), run), "done, delta");
  assert.equal(phaseText(table({ status: "done", reused: true }), run), "taken over");
  assert.equal(phaseText(table({ status: "done", reused: true, sampled: 5 }), run), "done, taken over");
  assert.equal(remainingText(table()), "calculating…");
  assert.equal(remainingText(table({ remaining: 75 })), "1 min 15 s left");
  assert.equal(tablePart(table({ epoch: 1, epochs: 4 })), 0.25);
  assert.equal(tablePart(table({ fitted: true })), 1);
});

test("titles say where the run is", () => {
  const state = whole({ a: table({ status: "done" }), b: table() }, { current: "b" });
  assert.equal(titleOf(state), "Fitting b");
  assert.equal(titleOf({ ...state, status: "stopped" }), "Stopped, 1 of 2 tables kept");
  assert.equal(titleOf({ ...state, status: "failed", tables: { ...state.tables, b: table({ status: "failed" }) } }), "Failed at b");
});

test("a run that ended early says what to do", () => {
  const state = whole({ a: table({ status: "done" }), b: table({ status: "stopped" }) }, { status: "stopped" });
  assert.deepEqual(outcomeOf(state), ["a is kept.", "To go on where it stopped, run the cell again with --resume."]);
  assert.equal(outcomeOf({ ...state, epochs: 0 }).length, 2);
  assert.deepEqual(outcomeOf({ ...state, status: "failed", message: "why\n- what to do" }), ["why", "- what to do"]);
  assert.deepEqual(outcomeOf({ ...state, status: "finished" }), []);
});

test("a store takes what is newer and tells its views", () => {
  const store = new Store();
  const told = [];
  store.views.add({ changed: (names) => told.push(names) });
  store.restore("");
  store.restore(JSON.stringify(whole({ t: table() }, { version: 9 })));
  store.restore(JSON.stringify(whole({ t: table() }, { version: 3 })));
  assert.equal(store.state.version, 9);
  assert.equal(store.alive, false);
  store.hear({ kind: "increment", change: JSON.stringify({ since: 9, version: 10, tables: {} }) });
  assert.equal(store.alive, true);
  assert.deepEqual(told, [["t"], []]);
});

function fakeModel(kernel) {
  return { sent: [], send(message) { this.sent.push(message); }, widget_manager: { kernel } };
}

test("stop interrupts the kernel and says when it is heard", async () => {
  const store = new Store();
  let interrupts = 0;
  const model = fakeModel({ interrupt: async () => { interrupts += 1; } });
  await askToStop(model, store, 20);
  await askToStop(model, store, 20);
  assert.equal(interrupts, 1);
  assert.deepEqual(model.sent, [{ kind: "stop" }]);
  store.hear({ kind: "stopping" });
  await new Promise((done) => setTimeout(done, 40));
  assert.equal(stopText(store.stop), "Stopping after this batch…");
});

for (const [what, kernel] of [
  ["no kernel", undefined],
  ["a kernel that refuses", { interrupt: () => Promise.reject(new Error("no")) }],
  ["a kernel that throws", { interrupt() { throw new Error("no"); } }],
  ["a kernel that never answers", { interrupt: () => new Promise(() => {}) }],
]) {
  test(`stop with ${what} asks by message and tells to press ■ in the end`, async () => {
    const store = new Store();
    const model = fakeModel(kernel);
    void askToStop(model, store, 20);
    await new Promise((done) => setTimeout(done, 50));
    assert.deepEqual(model.sent, [{ kind: "stop" }]);
    assert.match(stopText(store.stop), /press ■/);
  });
}
