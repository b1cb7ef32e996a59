// Not ready, with a reason: at once when idle, after the contact when there is one (话后示忙).
import { useBusyReasons } from "../api/queries";
import type { AgentDoc } from "@yingda/desk";
import { useSay } from "../i18n";
import { useDeed } from "../ui/act";
import { keyName } from "../ui/keys";
import { Menu } from "../ui/menu";
import { ordersOf } from "./orders";
import { useReasonName } from "./reasons";

interface BusyMenuProps {
  agent: AgentDoc;
  label: string;
  hotkey?: string | undefined;
  why?: string | null;
}

export function BusyMenu({ agent, label, hotkey, why = null }: BusyMenuProps) {
  const say = useSay();
  const reasons = useBusyReasons(true);
  const name = useReasonName(true);
  const order = ordersOf(agent.id);
  const booked = agent.next_state?.state === "busy" ? name(agent.next_state.reason) : null;
  const choice = { reason: "" };
  const { busy, refusal, run } = useDeed(() => (choice.reason === "" ? order("idle") : order("busy", { reason: choice.reason })));
  const choose = (reason: string, close: () => void): void => {
    choice.reason = reason;
    close();
    void run();
  };
  const text = busy ? say("bar.setting_busy") : booked === null ? label : say("bar.after_now", { reason: booked });
  return (
    <span className="act">
      <Menu
        name={say("bar.choose_reason")}
        label={<span>{text}</span>}
        hotkey={hotkey}
        hint={hotkey === undefined ? undefined : keyName(hotkey)}
        why={why ?? (reasons.length === 0 ? say("bar.no_reasons") : null)}
        className={booked === null ? "button plain" : "button plain booked"}
      >
        {(close) => (
          <>
            {reasons.map((reason) => (
              <button key={reason.id} type="button" aria-current={agent.reason === reason.id} onClick={() => choose(reason.id, close)}>
                {reason.name}
              </button>
            ))}
            {booked === null ? null : (
              <button type="button" className="apart" onClick={() => choose("", close)}>
                {say("bar.after_cancel")}
              </button>
            )}
          </>
        )}
      </Menu>
      {refusal === null ? null : (
        <span className="refusal" role="alert">
          {refusal}
        </span>
      )}
    </span>
  );
}
