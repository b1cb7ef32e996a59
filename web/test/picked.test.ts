import assert from "node:assert/strict";
import { test } from "node:test";
import { numberIn } from "../src/ui/picked-number.ts";

test("numbers as people write them", () => {
  for (const [text, number] of [
    ["138 1234 5678", "13812345678"],
    [" +86 (021) 6123-4567 ", "+8602161234567"],
    ["（010）8888.6666", "01088886666"],
    ["1023", "1023"],
  ] as const) {
    assert.equal(numberIn(text), number);
  }
});

test("all else is text", () => {
  for (const text of ["", "12", "订单 8802", "2026-11-22 10:00", "1".repeat(21)]) assert.equal(numberIn(text), null);
});
