// What a leader may do to the selected queues in a surge: one strip at the bottom, one form a deed, each with its end.
import { useState } from "react";
import { desk } from "../api/client";
import { useLink } from "../feed";
import type { QueueDoc } from "../feed/documents";
import { useSay, type Key } from "../i18n";
import { Act } from "../ui/act";
import { EmergencyForm } from "./emergency";
import { FlushForm } from "./flush";
import { LendForm } from "./lend";

type Deed = "emergency" | "flush" | "lend";

const NAMES: Record<Deed, Key> = { emergency: "floor.emergency", flush: "floor.flush", lend: "floor.lend" };

export interface DeedProps {
  queues: QueueDoc[];
  done: () => void;
}

export function QueueStrip({ queues, clear }: { queues: QueueDoc[]; clear: () => void }) {
  const say = useSay();
  const [asked, setAsked] = useState<Deed | null>(null);
  const lost = useLink().at === "live" ? null : say("bar.out_of_reach");
  const done = (): void => setAsked(null);
  if (asked === "emergency") return <EmergencyForm queues={queues} done={done} />;
  if (asked === "flush") return <FlushForm queues={queues} done={done} />;
  if (asked === "lend") return <LendForm queues={queues} done={done} />;
  const on = queues.filter((queue) => queue.emergency);
  return (
    <footer className="floor-acts">
      <strong>{queues.length === 1 ? queues[0]?.name : say("floor.selected_queues", { count: queues.length })}</strong>
      {(Object.keys(NAMES) as Deed[]).map((deed) => (
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

const MINUTES = [15, 30, 60, 120, 240, 480] as const;

/** For how long; in seconds. */
export function Duration({ seconds, choose }: { seconds: number; choose: (seconds: number) => void }) {
  const say = useSay();
  return (
    <select aria-label={say("floor.duration")} value={seconds} onChange={(event) => choose(Number(event.target.value))}>
      {MINUTES.map((minutes) => (
        <option key={minutes} value={minutes * 60}>
          {minutes < 60 ? say("floor.minutes", { count: minutes }) : say("floor.hours", { count: minutes / 60 })}
        </option>
      ))}
    </select>
  );
}

export function Cancel({ done }: { done: () => void }) {
  const say = useSay();
  return (
    <button type="button" className="button quiet" onClick={done}>
      {say("common.cancel")}
    </button>
  );
}

/** The queues' names, as a sentence has them. */
export function useNames(queues: QueueDoc[]): string {
  return queues.map((queue) => queue.name).join(useSay()("floor.and"));
}
