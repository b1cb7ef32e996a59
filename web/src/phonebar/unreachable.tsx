// The device is out of reach: no offers come. Says why, and offers the way back.
import { useLink } from "../feed";
import { useSay, type Key } from "../i18n";
import { isBrowserPhone, phone, usePhone } from "../phone";
import { checkMicrophone } from "../phone/microphone";
import { Act } from "../ui/act";
import type { BarProps } from "./props";
import { ordersOf } from "./orders";

export function Unreachable({ session, agent }: BarProps) {
  const say = useSay();
  const { line, microphone } = usePhone();
  const here = isBrowserPhone(session, agent.device);
  const why = useLink().at === "live" ? null : say("bar.out_of_reach");
  const connect = async (): Promise<void> => {
    const problem = await checkMicrophone();
    if (problem !== null) throw new Error(say(`microphone.${problem}`));
    phone.stop();
    await phone.start();
    await phone.ready(8);
  };
  const said: Key = microphone !== null ? `microphone.${microphone}` : line === "connecting" ? "bar.connecting_phone" : "bar.lost_device";
  return (
    <>
      <div className="bar-facts">
        <span className="bar-small warn">{say(here ? said : "bar.lost_device")}</span>
      </div>
      <div className="bar-acts">
        {here && line !== "elsewhere" ? (
          <Act label={say("bar.reconnect")} doing={say("bar.connecting_phone")} kind="primary" why={why} act={connect} />
        ) : null}
        <Act label={say("bar.sign_out")} doing={say("bar.signing_out")} why={why} act={() => ordersOf(agent.id)("sign-out")} />
      </div>
    </>
  );
}
