// Muting (静音): in the browser its own microphone is shut; any other device is muted at the server.
import { useCall } from "../feed";
import type { AgentDoc } from "@yingda/desk";
import { useSay } from "../i18n";
import { phone, usePhone } from "../phone";
import { Act } from "../ui/act";
import { ordersOf } from "./orders";

/** Whether nobody hears the agent, wherever that was done. here: his device is this browser. */
export function useMuted(agent: AgentDoc, here: boolean): boolean {
  const { muted } = usePhone();
  return (here && muted) || agent.handling?.muted === true;
}

/** why: the server cannot be reached, which a browser's own microphone does not need. */
export function Mute({ agent, here, why }: { agent: AgentDoc; here: boolean; why: string | null }) {
  const say = useSay();
  const { talk } = usePhone();
  const muted = useMuted(agent, here);
  const atServer = useCall(agent.handling?.interaction_id) !== undefined && (!here || agent.handling?.muted === true);
  const toggle = async (): Promise<void> => {
    if (here) phone.mute(!muted);
    if (atServer) await ordersOf(agent.id)(muted ? "unmute" : "mute");
  };
  return (
    <Act
      label={say(muted ? "bar.unmute" : "bar.mute")}
      doing={say("bar.mute")}
      hotkey="Shift+F8"
      pressed={muted}
      why={here ? (talk === "none" ? say("bar.no_browser_call") : null) : atServer ? why : say("bar.on_phone")}
      act={toggle}
    />
  );
}

/** Said in the bar as long as it lasts. */
export function MutedMark({ agent, here }: { agent: AgentDoc; here: boolean }) {
  const say = useSay();
  return useMuted(agent, here) ? <span className="bar-small warn">{say("bar.muted")}</span> : null;
}
