import assert from "node:assert/strict";
import { test } from "node:test";
import { linesOf } from "../src/script/text.ts";

const kinds = (text: string): string[] => linesOf(text, {}).map(({ kind }) => kind);

test("each line is what it begins with", () => {
  assert.deepEqual(kinds("# 开场\n1. 问好\n2、核对\n- 要点\n\n其余 1. 不是步骤"), ["heading", "step", "step", "point", "text"]);
});

test("variables are put in after marks are read, so that a name cannot mark anything", () => {
  const [line] = linesOf("**{customer.name}** 您好", { "customer.name": "**<b>王</b>**" });
  assert.deepEqual(line?.pieces, [
    { text: "", strong: false },
    { text: "**<b>王</b>**", strong: true },
    { text: " 您好", strong: false },
  ]);
});

test("what is not known stays a blank", () => {
  assert.equal(linesOf("工号 {agent.number}", { "agent.number": "" })[0]?.pieces[0]?.text, "工号 ＿＿");
});
