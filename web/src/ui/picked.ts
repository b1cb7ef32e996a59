// A telephone number picked from the screen (屏幕取号): whatever text is marked anywhere on the page and reads as one.
import { useSyncExternalStore } from "react";
import { numberIn } from "./picked-number";

export function pickedNumber(): string | null {
  return numberIn((getSelection()?.toString() ?? "").slice(0, 64));
}

function subscribe(listener: () => void): () => void {
  document.addEventListener("selectionchange", listener);
  return () => document.removeEventListener("selectionchange", listener);
}

export function usePickedNumber(): string | null {
  return useSyncExternalStore(subscribe, pickedNumber);
}
