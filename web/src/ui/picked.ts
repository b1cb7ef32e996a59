// A telephone number picked from the screen (屏幕取号): whatever text is marked anywhere on the page and reads as one.
import { useSyncExternalStore } from "react";

const NUMBER = /^\+?[0-9]{3,20}$/;

/** Digits without the blanks, dashes and brackets that people write between them. null: no number is marked. */
export function numberIn(text: string): string | null {
  const bare = text.trim().replace(/[\s\u00a0\u202f()（）.-]/g, "");
  return NUMBER.test(bare) ? bare : null;
}

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
