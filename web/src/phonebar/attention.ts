// Ringing reaches somebody who looks elsewhere: the title, a notification, the ring.
import { useEffect } from "react";
import { useCaller, useFeed } from "../feed";
import type { AgentDoc } from "@yingda/desk";
import { useSay } from "../i18n";
import { callerText } from "../i18n/format";
import { ring } from "../phone/speaker";
import { usePhone } from "../phone";
import { isRung } from "./rung";

export function useAttention(agent: AgentDoc | undefined): void {
  const say = useSay();
  const offer = agent?.state === "ringing" ? agent.offer : null;
  const number = useCaller(offer ?? null);
  const inside = agent !== undefined && isRung(agent) ? callerText(agent.rung?.caller, say) : null;
  const caller = offer === null || offer === undefined ? inside : callerText(number, say);
  const queue = useFeed((docs) => docs.queues[offer?.queue_id ?? ""]?.name);
  const answering = usePhone().talk === "answering";
  useEffect(() => {
    document.title = caller === null ? say("app.title") : say("app.ringing", { caller });
  });
  useEffect(() => {
    if (caller === null || !document.hidden || !("Notification" in window) || Notification.permission !== "granted") return;
    const note = new Notification(caller, { body: queue ?? "", tag: "yingda.ringing" });
    note.onclick = () => window.focus();
    return () => note.close();
  }, [caller, queue]);
  const rings = caller !== null && !answering;
  useEffect(() => (rings ? ring() : undefined), [rings]);
}
