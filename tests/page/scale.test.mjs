// Places in pictures.
import assert from "node:assert/strict";
import test from "node:test";
import { apart, axisEnd, drawnRange, entering, linear, nearest, niceTicks, thinned } from "../../synthohive_jupyter/notebook/panel/page/scale.mjs";

test("ticks are round and span the values", () => {
  assert.deepEqual(niceTicks(0, 1), [0, 0.5, 1]);
  assert.deepEqual(niceTicks(-0.03, 0.11), [-0.05, 0, 0.05, 0.1, 0.15]);
  for (const [low, high] of [[0, 0], [5, 5], [-1e-9, 1e-9], [1e6, 3e6]]) {
    const ticks = niceTicks(low, high);
    assert.ok(ticks.length >= 2 && ticks.length < 8, `${low} ${high} ${ticks}`);
    assert.ok(ticks[0] <= low && ticks[ticks.length - 1] >= high);
  }
});

test("a wild start is left out only where it dwarfs what follows", () => {
  assert.deepEqual(drawnRange([[100, 50, 3, 2, 3, 2, 3, 2, 3]]), [2, 3]);
  assert.deepEqual(drawnRange([[4, 3, 3, 2, 3, 2, 3, 2, 2]]), [2, 4]);
  assert.deepEqual(drawnRange([[100, 50, 3]]), [3, 100]);
});

test("a path begins where it enters the range", () => {
  assert.deepEqual(entering([[1, 10], [2, 0], [3, 1]], 0, 5), [[1.5, 5], [2, 0], [3, 1]]);
  assert.deepEqual(entering([[1, 1], [2, 0]], 0, 5), [[1, 1], [2, 0]]);
  assert.deepEqual(entering([[1, 9], [2, 9]], 0, 5), [[1, 9], [2, 9]]);
});

test("scales stay inside and survive a single value", () => {
  const y = linear(0, 10, 100, 0);
  assert.deepEqual([-5, 0, 5, 10, 50].map(y), [100, 100, 50, 0, 0]);
  assert.equal(linear(3, 3, 0, 10)(3), 0);
});

test("the axis doubles with a young curve and ends with a finished one", () => {
  assert.equal(axisEnd(3, 300, false), 10);
  assert.equal(axisEnd(60, 300, false), 75);
  assert.equal(axisEnd(299, 300, false), 300);
  assert.equal(axisEnd(40, 300, true), 40);
  assert.equal(axisEnd(0, 0, false), 2);
  for (let epoch = 1; epoch <= 10000; epoch += 37) assert.ok(axisEnd(epoch, 10000, false) >= epoch);
});

test("the nearest value is found", () => {
  assert.deepEqual([0, 1.4, 1.6, 9].map((v) => nearest([1, 2, 4], v)), [0, 0, 1, 2]);
  assert.equal(nearest([7], 100), 0);
});

test("a thinned list keeps its ends and what must stay", () => {
  const all = Array.from({ length: 500 }, (_, k) => k);
  const few = thinned(all, 10, (k) => k === 123);
  assert.equal(few.length, 11);
  assert.ok(few.includes(0) && few.includes(499) && few.includes(123));
  assert.deepEqual(thinned([1, 2], 10), [1, 2]);
});

test("labels do not cover each other nor leave the picture", () => {
  const places = apart([10, 11, 12, 100], 14, 100);
  const sorted = [...places].sort((a, b) => a - b);
  for (let k = 1; k < sorted.length; k += 1) assert.ok(sorted[k] - sorted[k - 1] >= 14);
  assert.ok(Math.max(...apart([98, 99, 100], 14, 100)) <= 100);
});
