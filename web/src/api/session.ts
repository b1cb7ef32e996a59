// Who is signed in to the screens, as a small store outside of React: the feed and the phone follow it too.
import { useSyncExternalStore } from "react";
import { get, post, Refusal, remove, setCsrf, whenSignedOut } from "./client";
import { setZone } from "../i18n/zone";
import type { Session } from "./types";

/** "asking" until the server has answered once; "away" if it cannot be reached; "ended" after having been signed in. */
export type Gate =
  | { at: "asking" }
  | { at: "away" }
  | { at: "out"; ended: boolean }
  | { at: "in"; session: Session };

type Listener = () => void;

/** A mark, not a secret: without it nobody has signed in here, and asking would only earn a refusal. */
const MARK = "yingda.signed_in";

let gate: Gate = { at: "asking" };
const listeners = new Set<Listener>();

function pass(next: Gate): void {
  gate = next;
  if (next.at === "in") setZone(next.session.centre.time_zone);
  setCsrf(next.at === "in" ? next.session.csrf : "");
  if (next.at === "in") mark(true);
  if (next.at === "out") mark(false);
  for (const listener of listeners) listener();
}

whenSignedOut(() => {
  if (gate.at !== "out") pass({ at: "out", ended: gate.at === "in" });
});

/** Ask the server who we are. */
export async function readSession(): Promise<void> {
  if (!marked()) {
    pass({ at: "out", ended: false });
    return;
  }
  try {
    pass({ at: "in", session: await get<Session>("/session") });
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    if (error.status !== 401) pass({ at: "away" });
  }
}

export async function signIn(username: string, password: string, code?: string): Promise<void> {
  pass({ at: "in", session: await post<Session>("/session", { username, password, ...(code === undefined ? {} : { code }) }) });
}

/** What the session lets one do has changed. */
export async function readAgain(): Promise<void> {
  pass({ at: "in", session: await get<Session>("/session") });
}

export async function signOut(): Promise<void> {
  await remove("/session");
  pass({ at: "out", ended: false });
}

function subscribeToGate(listener: Listener): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

function currentGate(): Gate {
  return gate;
}

export function useGate(): Gate {
  return useSyncExternalStore(subscribeToGate, currentGate);
}

function mark(on: boolean): void {
  try {
    if (on) localStorage.setItem(MARK, "1");
    else localStorage.removeItem(MARK);
  } catch {
    // Without storage the server is simply asked each time.
  }
}

function marked(): boolean {
  try {
    return localStorage.getItem(MARK) !== null;
  } catch {
    return true;
  }
}
