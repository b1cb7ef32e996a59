// Whom one speaks with: the customer's name beside his number, and who else is in the conference.
import type { AgentDoc, CallDoc } from "@yingda/desk";
import { usePop } from "../customer/queries";
import { useCall } from "../feed";
import { useSay } from "../i18n";

/** As he is known to the centre; nothing before that is known. */
export function CustomerName({ interactionId }: { interactionId: string | undefined }) {
  const name = usePop(interactionId).data?.customer?.name;
  return name === undefined ? null : <strong className="bar-name">{name}</strong>;
}

/** The others who hear each other beside the customer and oneself. */
export function Conference({ agent }: { agent: AgentDoc }) {
  const say = useSay();
  const call = useCall(agent.handling?.interaction_id);
  const others = call === undefined ? [] : thirds(call, agent.id);
  if (others.length === 0) return null;
  return <span className="bar-small">{say("bar.with", { who: others.join(say("common.and")) })}</span>;
}

function thirds(call: CallDoc, self: string): string[] {
  const among = call.parties.filter((party) => party.role !== "customer" && party.agent_id !== self && party.state === "up" && party.room === "talk" && party.mode === null);
  return among.flatMap((party) => party.name ?? party.number ?? []);
}
