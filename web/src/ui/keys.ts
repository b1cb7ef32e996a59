// Keys that work everywhere. Never while an input method composes; single letters are not used here at all.
import { useEffect, useRef } from "react";

type Handler = () => void;

const handlers = new Map<string, Handler[]>();

/** "Ctrl+Enter", "Shift+F8", "F2": modifiers in this order. */
function chord(event: KeyboardEvent): string {
  const parts = [event.ctrlKey && "Ctrl", event.altKey && "Alt", event.shiftKey && "Shift", event.key];
  return parts.filter(Boolean).join("+");
}

addEventListener("keydown", (event) => {
  if (event.isComposing || event.keyCode === 229 || event.repeat) return;
  const handler = handlers.get(chord(event))?.at(-1);
  if (handler === undefined) return;
  event.preventDefault();
  handler();
});

/** While mounted, this key does that; the one mounted last wins. */
export function useKey(key: string | undefined, act: Handler): void {
  const latest = useRef(act);
  useEffect(() => {
    latest.current = act;
  });
  useEffect(() => {
    if (key === undefined) return;
    const handler = (): void => latest.current();
    handlers.set(key, [...(handlers.get(key) ?? []), handler]);
    return () => {
      handlers.set(key, (handlers.get(key) ?? []).filter((each) => each !== handler));
    };
  }, [key]);
}

/** Shift+F8 as keyboards show it. */
export function keyName(key: string): string {
  return key.replace("Shift+", "⇧").replace("Ctrl+k", "Ctrl K").replace("Ctrl+", "Ctrl ").replace("Enter", "↵");
}
