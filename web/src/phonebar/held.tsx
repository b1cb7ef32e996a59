// A customer who has been on hold for too long is called to mind: bold in the bar, a short sound, a notification; again
// at intervals until he is taken back. How long is the centre's to say.
import { useEffect } from "react";
import type { Session } from "../api/types";
import { useSecondsSince } from "../feed";
import type { AgentDoc } from "@yingda/desk";
import { useSay } from "../i18n";
import { seconds } from "../i18n/format";
import { chime } from "../phone/speaker";

/** How many times it is to have been called to mind by now. */
export function reminders(held: number, first: number, every: number): number {
  return first === 0 || held < first ? 0 : 1 + Math.floor((held - first) / every);
}

export function HoldReminder({ session, agent }: { session: Session; agent: AgentDoc }) {
  const say = useSay();
  const { hold_reminder_s: first, hold_repeat_s: every } = session.centre.desk;
  const held = useSecondsSince(agent.state === "holding" ? agent.since : null);
  const count = held === null ? 0 : reminders(held, first, every);
  const text = count === 0 ? "" : say("bar.held_long", { time: seconds(first + (count - 1) * every) });
  useEffect(() => {
    if (count === 0) return;
    chime();
    if (!document.hidden || !("Notification" in window) || Notification.permission !== "granted") return;
    const note = new Notification(text, { tag: "yingda.held" });
    note.onclick = () => window.focus();
    return () => note.close();
  }, [count, text]);
  return agent.state !== "holding" ? null : (
    <span className={count === 0 ? "bar-small" : "bar-small warn over"} role={count === 0 ? undefined : "alert"} title={text}>
      {count === 0 ? say("bar.on_hold") : `▲ ${say("bar.take_back")}`}
    </span>
  );
}
