// The one live feed of this page, and how components read it.
import type { AgentDoc, CallDoc, Collection, Docs, Link } from "@yingda/desk";
import { useSyncExternalStore } from "react";
import { desk } from "../api/client";

/** After so many seconds of silence people are told. */
export const STALE_S = 3;

const store = desk.feed;
addEventListener("online", () => desk.hurry());

export const startFeed = (): void => desk.follow();
export const stopFeed = (): void => desk.unfollow();

/** The server's time, µs UTC. */
export const serverNow = (): number => store.clock.now();

/** A part of the documents; `select` must give the same thing as long as nothing in it changed. */
export function useFeed<T>(select: (docs: Docs) => T): T {
  return useSyncExternalStore(store.subscribe, () => select(store.docs));
}

export function useCollection<C extends Collection>(name: C): Docs[C] {
  return useFeed((docs) => docs[name]);
}

export function useAgent(id: string | undefined): AgentDoc | undefined {
  return useFeed((docs) => (id === undefined ? undefined : docs.agents[id]));
}

export function useCall(id: string | undefined): CallDoc | undefined {
  return useFeed((docs) => (id === undefined ? undefined : docs.calls[id]));
}

/** Who calls in this contact: his number, null if he withheld it, undefined if it is not known here. */
export function useCaller(contact: { interaction_id: string; caller: string | null } | null): string | null | undefined {
  return useFeed((docs) => {
    if (contact === null) return undefined;
    const call = docs.calls[contact.interaction_id] ?? store.pastCalls.get(contact.interaction_id);
    return contact.caller ?? call?.caller ?? (call === undefined ? undefined : null);
  });
}

/** A call as it was last heard of, also when it is over. */
export function useCallOrPast(id: string): CallDoc | undefined {
  return useFeed((docs) => docs.calls[id] ?? store.pastCalls.get(id));
}

export function useLink(): Link {
  return useSyncExternalStore(store.subscribe, () => store.link);
}

/** Nothing was heard for so long that what is shown may be old. */
export function useStale(): boolean {
  const link = useLink();
  return (useSecondsSince(link.at === "lost" ? link.heardAt : null) ?? 0) >= STALE_S;
}

/** Documents outside of React. */
export const currentDocs = (): Docs => store.docs;

const TICK_MS = 200;
const ticking = new Set<() => void>();
let ticker: ReturnType<typeof setInterval> | null = null;

function subscribeToTicks(listener: () => void): () => void {
  ticking.add(listener);
  ticker ??= setInterval(() => ticking.forEach((each) => each()), TICK_MS);
  return () => {
    ticking.delete(listener);
    if (ticking.size === 0 && ticker !== null) {
      clearInterval(ticker);
      ticker = null;
    }
  };
}

/** Whole seconds from `since` (µs) to the server's now; draws again only when they change. null: no time. */
export function useSecondsSince(since: number | null | undefined): number | null {
  return useSyncExternalStore(subscribeToTicks, () =>
    since === null || since === undefined ? null : Math.max(0, Math.floor((serverNow() - since) / 1_000_000)),
  );
}

/** What `read` says, looked at again at every tick of the clock; it must give the same as long as nothing changed. */
export const useTicked = <T>(read: () => T): T => useSyncExternalStore(subscribeToTicks, read);

/** Whole seconds left until `at` (µs), never below 0. null: no time. */
export function useSecondsLeft(at: number | null | undefined): number | null {
  return useSyncExternalStore(subscribeToTicks, () =>
    at === null || at === undefined ? null : Math.max(0, Math.ceil((at - serverNow()) / 1_000_000)),
  );
}

/** Wait until the documents are such, but not longer than `milliseconds`. */
export const untilFeed = (such: (docs: Docs) => boolean, milliseconds: number): Promise<boolean> => store.until(such, milliseconds);
