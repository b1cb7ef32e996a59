import assert from "node:assert/strict";
import { test } from "node:test";
import { linesOf, recordOf } from "../src/script/text.ts";

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

test("a summary keeps what was ticked and answered, in the order of the script", () => {
  const lines = linesOf("# 核对\n1. 核对订单 **{data.order}**\n2. 说明时限\n? 退货原因：\n？ 是否拆封", { "data.order": "8802" });
  assert.deepEqual(lines.map(({ kind }) => kind), ["heading", "step", "step", "question", "question"]);
  assert.equal(recordOf(lines, { ticked: [1], answers: { 3: " 尺码不合 ", 4: " " } }), "✓ 核对订单 8802\n退货原因： 尺码不合");
  assert.equal(recordOf(lines, { ticked: [], answers: {} }), "");
});
