import assert from "node:assert/strict";
import { test } from "node:test";
import { fits } from "../src/palette/match.ts";

test("letters in their order fit, others do not", () => {
  assert.notEqual(fits("gzt", "工作台", "gongzuotai gzt"), null);
  assert.notEqual(fits("GZ tai", "gongzuotai"), null);
  assert.equal(fits("xyz", "工作台", "gongzuotai gzt"), null);
  assert.equal(fits("", "anything"), 0);
});

test("the beginning of a word is better than its middle, that better than letters apart", () => {
  const [begin, middle, apart] = ["hold", "a threshold", "h o l dx"].map((text) => fits("hold", text) ?? -1) as [number, number, number];
  assert.ok(begin > middle && middle > apart && apart > 0);
});
