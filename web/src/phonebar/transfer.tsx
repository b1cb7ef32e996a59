// The transfer panel (F9): drops below the bar, one field. Enter consults, Ctrl+Enter transfers without speaking first; of
// a flow Enter has the customer come back afterwards.
import { useEffect, useRef, useState } from "react";
import type { AgentDoc } from "@yingda/desk";
import { useSay } from "../i18n";
import { Act, useDeed } from "../ui/act";
import { useKey } from "../ui/keys";
import { pickedNumber } from "../ui/picked";
import { ordersOf } from "./orders";
import { TargetList, useChosen, useTargets } from "./targets";

const KINDS = ["agent", "queue", "flow", "number"] as const;

export function TransferPanel({ agent, close }: { agent: AgentDoc; close: () => void }) {
  const say = useSay();
  const [text, setText] = useState(() => pickedNumber() ?? "");
  const field = useRef<HTMLInputElement>(null);
  const targets = useTargets(text, KINDS);
  const [chosen, choose, move] = useChosen(targets.length);
  const target = targets[chosen];
  const order = (command: "consult" | "transfer") => async (): Promise<void> => {
    if (target === undefined) return;
    if (target.kind === "flow") await ordersOf(agent.id)("transfer", { to: { kind: "flow", flow: target.id, back: command === "consult" } });
    else await ordersOf(agent.id)(command, { to: { kind: target.kind, id: target.id } });
    close();
  };
  const flow = target?.kind === "flow";
  const consult = useDeed(order("consult"));
  const blind = useDeed(order("transfer"));
  const park = async (): Promise<void> => {
    await ordersOf(agent.id)("park");
    close();
  };
  useKey("Escape", close);
  useKey("Ctrl+Enter", () => void blind.run());
  useEffect(() => field.current?.focus(), []);
  const why = target === undefined ? say("transfer.nobody") : null;
  const refusal = consult.refusal ?? blind.refusal;
  return (
    <section className="transfer-panel" aria-label={say("transfer.heading")}>
      <form onSubmit={(event) => (event.preventDefault(), void consult.run())}>
        <input ref={field} value={text} maxLength={32} aria-label={say("transfer.field")} placeholder={say("transfer.hint")} onChange={(event) => (choose(0), setText(event.target.value))} onKeyDown={move} />
      </form>
      <TargetList targets={targets} chosen={chosen} choose={choose} />
      <footer>
        <Act label={`${say(flow ? "transfer.flow_back" : "transfer.consult")} ↵`} doing={say("transfer.consulting")} kind="primary" act={order("consult")} why={why} />
        <Act label={`${say(flow ? "transfer.flow_away" : "transfer.blind")} Ctrl ↵`} doing={say("transfer.transferring")} act={order("transfer")} why={why} />
        <Act label={say("transfer.park")} doing={say("transfer.parking")} act={park} />
        <button type="button" className="button quiet" onClick={close}>
          {say("common.close")}
        </button>
      </footer>
      <p className="refused" role="alert">
        {refusal}
      </p>
    </section>
  );
}
