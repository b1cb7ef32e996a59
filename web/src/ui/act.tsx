// A button that acts or says why not. While the server decides it says "holding…"; a refusal stands under the button
// that was pressed until the next action. What cannot work now keeps its place and tells the reason on hover and focus.
import { useEffect, useId, useRef, useState } from "react";
import { useSentence } from "../i18n";
import { keyName, useKey } from "./keys";

/** A new press anywhere takes away the refusals that still stand. */
const standing = new Set<() => void>();

export interface ActProps {
  label: string;
  /** What the button says while the server decides. */
  doing: string;
  act: () => Promise<unknown>;
  hotkey?: string | undefined;
  /** Why it cannot be done now; null: it can. */
  why?: string | null | undefined;
  kind?: "primary" | "plain" | "strong" | undefined;
  pressed?: boolean | undefined;
  type?: "button" | "submit" | undefined;
  icon?: React.ReactNode;
}

export function Act({ label, doing, act, hotkey, why = null, kind = "plain", pressed, type = "button", icon }: ActProps) {
  const { busy, refusal, run } = useDeed(act);
  const [told, setTold] = useState(false);
  const id = useId();
  const press = (): void => {
    if (busy) return;
    if (why !== null) {
      setTold(true);
      return;
    }
    setTold(false);
    void run();
  };
  useKey(hotkey, press);
  const note = refusal ?? (told ? why : null);
  return (
    <span className="act">
      <button
        type={type}
        className={`button ${kind}`}
        aria-disabled={why !== null || busy}
        aria-busy={busy}
        aria-pressed={pressed}
        aria-describedby={note === null ? undefined : id}
        data-why={why ?? undefined}
        onBlur={() => setTold(false)}
        onClick={press}
      >
        {icon}
        <span>{busy ? doing : label}</span>
        {hotkey === undefined || busy ? null : <kbd>{keyName(hotkey)}</kbd>}
      </button>
      {note === null ? null : (
        <span className="refusal" id={id} role="alert">
          {note}
        </span>
      )}
    </span>
  );
}

export interface Deed {
  busy: boolean;
  refusal: string | null;
  run: () => Promise<boolean>;
}

/** One action at the server: whether it runs, and in words why it was refused. */
export function useDeed(act: () => Promise<unknown>): Deed {
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>(null);
  const sentence = useSentence();
  const clear = useRef(() => setError(null)).current;
  const there = useRef(true);
  useEffect(() => {
    there.current = true;
    return () => {
      there.current = false;
      standing.delete(clear);
    };
  }, [clear]);
  const run = async (): Promise<boolean> => {
    for (const other of standing) other();
    standing.clear();
    setBusy(true);
    try {
      await act();
      return true;
    } catch (failure) {
      if (there.current) {
        standing.add(clear);
        setError(failure);
      }
      return false;
    } finally {
      if (there.current) setBusy(false);
    }
  };
  return { busy, refusal: error === null ? null : sentence(error), run };
}

