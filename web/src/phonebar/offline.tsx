// Not signed in: choose a device, sign in. One click also asks for the microphone and for notifications.
import { useLink } from "../feed";
import { useSay, type Say } from "../i18n";
import { phone } from "../phone";
import { checkMicrophone } from "../phone/microphone";
import { Act } from "../ui/act";
import { Choice } from "../ui/choice";
import { usePreference } from "../ui/preferences";
import type { BarProps } from "./props";
import { ordersOf } from "./orders";

const PHONE_UP_S = 8;

export function OfflineActs({ session, agent }: BarProps) {
  const say = useSay();
  const heard = useLink().at === "live";
  const [kept, keep] = usePreference("device");
  const devices = session.agent?.devices ?? [];
  const device = devices.find((each) => each.extension === kept) ?? devices[0];
  if (device === undefined) return null;
  const options = devices.map(({ extension, kind, number }) => ({ value: extension, label: `${say(`bar.${kind}`)} ${number || extension}` }));
  const signIn = (ready: boolean) => async (): Promise<void> => {
    keep(device.extension);
    if (device.kind === "browser") await phoneUp(say);
    try {
      await ordersOf(agent.id)("sign-in", { extension: device.extension, ready });
    } catch (error) {
      phone.stop();
      throw error;
    } finally {
      phone.signingIn = false;
    }
  };
  const why = heard ? null : say("bar.out_of_reach");
  return (
    <div className="bar-acts">
      <Choice label={say("bar.device")} value={device.extension} options={options} onChange={keep} shown />
      <Act label={say("bar.sign_in")} doing={say("bar.signing_in")} kind="primary" why={why} act={signIn(true)} />
      <Act label={say("bar.sign_in_busy")} doing={say("bar.signing_in")} why={why} act={signIn(false)} />
    </div>
  );
}

/** The browser must be reachable before the sign-in, which the server would refuse otherwise. */
async function phoneUp(say: Say): Promise<void> {
  const problem = await checkMicrophone();
  if (problem !== null) throw new Error(say(`microphone.${problem}`));
  if ("Notification" in window && Notification.permission === "default") void Notification.requestPermission();
  phone.signingIn = true;
  try {
    await phone.start();
    await phone.ready(PHONE_UP_S);
  } catch {
    phone.signingIn = false;
    const elsewhere = phone.state.line === "elsewhere";
    if (!elsewhere) phone.stop();
    throw new Error(say(elsewhere ? "bar.elsewhere" : "bar.phone_timeout"));
  }
}
