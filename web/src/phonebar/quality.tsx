// The quality light: three bars, and while a line is not good what is to blame, on whose side, and what helps.
import type { AgentDoc, LineDoc } from "@yingda/desk";
import { useSay, useWord } from "../i18n";
import { usePhone } from "../phone";

const LIT: Record<string, number> = { good: 3, fair: 2, poor: 1 };
const UNITS: Record<string, string> = { loss_up: " %", loss_down: " %", jitter: " ms", delay: " ms", silent: " s" };

/** The agent's own line (in a browser by its own measure), then the customer's. */
export function Quality({ agent, here }: { agent: AgentDoc; here: boolean }) {
  const say = useSay();
  const { condition, talk } = usePhone();
  const line = agent.handling?.line ?? null;
  const own = here && talk === "talking" ? (condition ?? inBrowser(line)) : line;
  const customers = agent.handling?.customer_line ?? null;
  const worst = own ?? customers;
  return (
    <span className="quality" data-grade={worst?.grade ?? "good"}>
      <Bars line={worst} />
      {worst === null ? null : <LineWords line={worst} side={say(own === null ? "quality.customers" : "quality.yours")} />}
    </span>
  );
}

/** No packet from a browser that is in touch: it is its microphone that brings nothing. */
function inBrowser(line: LineDoc | null): LineDoc | null {
  return line?.cause === "silent" ? { ...line, cause: "unheard" } : line;
}

export function Bars({ line }: { line: LineDoc | null }) {
  const say = useSay();
  const grade = line?.grade ?? "good";
  const lit = LIT[grade] ?? 3;
  return (
    <svg className="quality-bars" viewBox="0 0 16 12" role="img" aria-label={say(`quality.${grade}`)}>
      {[0, 1, 2].map((place) => (
        <rect key={place} x={1 + place * 5} y={8 - place * 4} width="4" height={4 + place * 4} rx="1" data-lit={place < lit} />
      ))}
    </svg>
  );
}

/** "上行丢包 8 %": the cause with its value; what helps is in the hint, on hover and focus. */
function LineWords({ line, side }: { line: LineDoc; side: string }) {
  const say = useSay();
  const word = useWord();
  const unit = UNITS[line.cause];
  return (
    <button type="button" className="button quiet quality-words" data-why={word("quality_help", line.cause)}>
      {side} {word("quality_cause", line.cause)} {unit === undefined ? "" : `${line.value}${unit}`}
      <span className="unseen">{say("quality.help", { help: word("quality_help", line.cause) })}</span>
    </button>
  );
}
