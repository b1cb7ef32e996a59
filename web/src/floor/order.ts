// The order of live rows. Worst first; but rows never jump under the pointer: the order follows only when the pointer
// has been elsewhere for 3 s.
import { useEffect, useState } from "react";
import type { AgentDoc, AgentState } from "@yingda/desk";

const REST_MS = 3_000;

const WORST: AgentState[] = [
  "unreachable", "busy", "holding", "consulting", "ringing", "talking", "assisting", "dialling", "internal", "supervising", "serving", "wrapup",
  "idle", "offline",
];

/** Ids: who asks for help, the disconnected, who has been in his state for too long, then the others by kind of state,
 * each longest in state first. */
export function worstFirst(agents: AgentDoc[], over: ReadonlySet<string>): string[] {
  const rank = new Map(WORST.map((state, place) => [state, place]));
  const before = (one: AgentDoc, other: AgentDoc): number =>
    Number(!one.help) - Number(!other.help) ||
    Number(one.state !== "unreachable") - Number(other.state !== "unreachable") ||
    Number(!over.has(one.id)) - Number(!over.has(other.id)) ||
    (rank.get(one.state) ?? 99) - (rank.get(other.state) ?? 99) ||
    (one.since ?? Infinity) - (other.since ?? Infinity) ||
    one.number.localeCompare(other.number);
  return [...agents].sort(before).map((agent) => agent.id);
}

/** `wanted`, but kept still while the pointer is over the rows or left them less than 3 s ago. What is new comes last. */
export function useSettledOrder(wanted: string[]) {
  const [over, setOver] = useState(false);
  const [rested, setRested] = useState(true);
  const [kept, setKept] = useState(wanted);
  useEffect(() => {
    if (over) {
      setRested(false);
      return;
    }
    const timer = setTimeout(() => setRested(true), REST_MS);
    return () => clearTimeout(timer);
  }, [over]);
  const still = over || !rested;
  const order = still ? settled(kept, wanted) : wanted;
  const text = order.join();
  useEffect(() => {
    setKept(text === "" ? [] : text.split(","));
  }, [text]);
  return { order, pointer: { onPointerEnter: () => setOver(true), onPointerLeave: () => setOver(false) } };
}

function settled(kept: string[], wanted: string[]): string[] {
  const there = new Set(wanted);
  const known = new Set(kept);
  return [...kept.filter((id) => there.has(id)), ...wanted.filter((id) => !known.has(id))];
}
