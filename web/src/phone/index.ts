// The one phone of this page. It follows the agent: signed in at the browser's own extension, it is on; else off.
import { useEffect, useSyncExternalStore } from "react";
import type { Session } from "../api/types";
import type { AgentDoc } from "@yingda/desk";
import { useLink } from "../feed";
import type { PhoneState } from "./account";
import { microphoneHidden } from "./microphone";
import { Softphone } from "./softphone";

export const phone = new Softphone();

export function usePhone(): PhoneState {
  return useSyncExternalStore(phone.subscribe, () => phone.state);
}

function kindOf(session: Session, extension: string | null | undefined): "sip" | "browser" | "mobile" | undefined {
  return session.agent?.devices.find((device) => device.extension === extension)?.kind;
}

/** Where an agent answers whose device is not this page. */
export function answeredAt(session: Session, extension: string | null | undefined): "bar.from_mobile" | "bar.from_phone" {
  return kindOf(session, extension) === "mobile" ? "bar.from_mobile" : "bar.from_phone";
}

export function isBrowserPhone(session: Session, extension: string | null | undefined): boolean {
  return kindOf(session, extension) === "browser";
}

/** Keep the phone in step with the agent document, e.g. after the page was loaded again. Signing in starts it itself. */
export function usePhoneFollowing(session: Session, agent: AgentDoc | undefined): void {
  const { line, talk } = usePhone();
  const heard = useLink().at === "live";
  const here = isBrowserPhone(session, agent?.device);
  const offline = agent?.state === "offline";
  useEffect(() => {
    if (here && heard && line === "off" && !microphoneHidden()) void phone.start();
  }, [here, heard, line]);
  // A session that ended elsewhere (forced sign-out, restart) takes the phone down, but never in the middle of a call.
  useEffect(() => {
    if (offline && heard && (line === "ready" || line === "connecting") && talk === "none" && !phone.signingIn) phone.stop();
  }, [offline, heard, line, talk]);
  useEffect(() => () => phone.stop(), []);
  useEffect(() => {
    if (talk !== "talking" && talk !== "answering") return;
    const ask = (event: BeforeUnloadEvent): void => event.preventDefault();
    addEventListener("beforeunload", ask);
    return () => removeEventListener("beforeunload", ask);
  }, [talk]);
}
