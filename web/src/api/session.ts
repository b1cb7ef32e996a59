// Who is signed in to the screens, for components.
import type { Gate } from "@yingda/desk";
import { useSyncExternalStore } from "react";
import { setZone } from "../i18n/zone";
import { desk } from "./client";

export type { Gate } from "@yingda/desk";

const { session } = desk;

session.subscribe(() => {
  if (session.now !== undefined) setZone(session.now.centre.time_zone);
});

export const readSession = (): Promise<void> => session.read();
export const readAgain = (): Promise<void> => session.readAgain();
export const signOut = (): Promise<void> => session.signOut();

export async function signIn(username: string, password: string, code?: string): Promise<void> {
  await session.signIn(username, password, code);
}

export function useGate(): Gate {
  return useSyncExternalStore(session.subscribe, () => session.gate);
}
