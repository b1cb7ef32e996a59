// What a leader may do to the selected queues in a surge: one strip at the bottom, one form a deed, each with its end.
import { useState } from "react";
import { desk } from "../api/client";
import { useLink } from "../feed";
import type { QueueDoc } from "@yingda/desk";
import { useSay, type Key } from "../i18n";
import { Act } from "../ui/act";
import { EmergencyForm } from "./emergency";
import { FlushForm } from "./flush";
import { LendForm } from "./lend";
import { SpeakingForm } from "./speaking";

type Deed = "emergency" | "flush" | "lend" | "speaking";

const NAMES: Record<Deed, Key> = { emergency: "floor.emergency", flush: "floor.flush", lend: "floor.lend", speaking: "speaking.open" };

/** admin: may change what a queue has said by itself. */
export function QueueStrip({ queues, admin, clear }: { queues: QueueDoc[]; admin: boolean; clear: () => void }) {
  const say = useSay();
  const [asked, setAsked] = useState<Deed | null>(null);
  const lost = useLink().at === "live" ? null : say("bar.out_of_reach");
  const done = (): void => setAsked(null);
  if (asked === "emergency") return <EmergencyForm queues={queues} done={done} />;
  if (asked === "flush") return <FlushForm queues={queues} done={done} />;
  if (asked === "lend") return <LendForm queues={queues} done={done} />;
  const single = queues.length === 1 ? queues[0] : undefined;
  if (asked === "speaking" && single !== undefined) return <SpeakingForm queue={single} done={done} />;
  const deeds = (Object.keys(NAMES) as Deed[]).filter((deed) => deed !== "speaking" || (admin && single !== undefined));
  const on = queues.filter((queue) => queue.emergency);
  return (
    <footer className="floor-acts">
      <strong>{queues.length === 1 ? queues[0]?.name : say("floor.selected_queues", { count: queues.length })}</strong>
      {deeds.map((deed) => (
        <button key={deed} type="button" className="button plain" aria-disabled={lost !== null} data-why={lost ?? undefined} onClick={() => lost === null && setAsked(deed)}>
          {say(NAMES[deed])}
        </button>
      ))}
      {on.length > 0 ? (
        <Act
          label={say("floor.emergency_stop")}
          doing={say("floor.acting")}
          why={lost}
          act={() => Promise.all(on.map((queue) => desk.floor.emergency(queue.id, false)))}
        />
      ) : null}
      <button type="button" className="button quiet" onClick={clear}>
        {say("floor.clear")}
      </button>
    </footer>
  );
}
