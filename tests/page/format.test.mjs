// How numbers, times and names read.
import assert from "node:assert/strict";
import test from "node:test";
import { about, bytes, clock, count, counted, duration, listed, number, plain, share } from "../../synthohive_jupyter/notebook/panel/page/format.mjs";

test("numbers read as in notebook/wording.py", () => {
  assert.deepEqual([0.12345, 1234.5, null, -0.5, 0].map((v) => number(v)), ["0.123", "1,235", "–", "-0.5", "0"]);
  assert.deepEqual([0.1234, 1, 0.9996, 0, null].map(share), ["12.3 %", "100 %", "99.9 %", "0 %", "–"]);
  assert.deepEqual([0.04, 3.21, 75, 3700, null].map(duration), ["0.0 s", "3.2 s", "1 min 15 s", "1 h 02 min", "–"]);
  assert.deepEqual([count(1200), counted(1, "table"), counted(2, "table")], ["1,200", "1 table", "2 tables"]);
});

test("running and guessed times are no more exact than they can be", () => {
  assert.deepEqual([0, 9.9, 75, 3700].map(clock), ["0:00", "0:09", "1:15", "1:01:40"]);
  assert.deepEqual([null, 4, 33, 100, 7200].map(about), ["", "a few seconds", "about 35 s", "about 2 min", "about 2 h 00 min"]);
});

test("memory has a unit that fits", () => {
  assert.deepEqual([0, 300 * 2 ** 20, 3 * 2 ** 30].map(bytes), ["", "300 MiB", "3.0 GiB"]);
});

test("names cannot turn the text around or end a line", () => {
  assert.equal(plain("a\u202eb\u0007c\ud800\u2028"), "a\ufffdb\ufffdc\ufffd\ufffd");
  assert.equal(plain("Straße 東京 👍"), "Straße 東京 👍");
});

test("lists of names stay short", () => {
  assert.equal(listed(["a"]), "a");
  assert.equal(listed(["a", "b", "c"]), "a, b and c");
  assert.equal(listed(["a", "b", "c", "d"], 2), "a, b and 2 more");
});
