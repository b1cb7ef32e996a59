// What every form of a deed in a surge has: the queues it is for, how long it lasts, and a way out.
import type { QueueDoc } from "@yingda/desk";
import { useSay } from "../i18n";

export interface DeedProps {
  queues: QueueDoc[];
  done: () => void;
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
