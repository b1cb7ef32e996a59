// All keys at a glance (Ctrl+/). Esc closes it; Esc never touches a call.
import { useEffect, useRef } from "react";
import { useSay } from "../i18n";
import { Icon } from "../ui/icons";
import { keyName, useKey } from "../ui/keys";

const KEYS = [
  ["F2", "answer"],
  ["F4", "hang_up"],
  ["F8", "hold"],
  ["Shift+F8", "mute"],
  ["F9", "transfer"],
  ["F10", "help"],
  ["Shift+F2", "ready"],
  ["Shift+F4", "after"],
  ["Ctrl+Enter", "summary"],
  ["Ctrl+k", "find"],
  ["Ctrl+/", "all"],
] as const;

export function KeyTable({ close }: { close: () => void }) {
  const say = useSay();
  const button = useRef<HTMLButtonElement>(null);
  useKey("Escape", close);
  useEffect(() => {
    const before = document.activeElement as HTMLElement | null;
    button.current?.focus();
    return () => before?.focus();
  }, []);
  return (
    <section className="key-table" aria-label={say("keys.heading")}>
      <header>
        <h2>{say("keys.heading")}</h2>
        <button ref={button} type="button" className="button quiet" aria-label={say("common.close")} onClick={close}>
          <Icon name="close" />
        </button>
      </header>
      <dl>
        {KEYS.map(([key, deed]) => (
          <div key={key}>
            <dt>
              <kbd>{keyName(key)}</kbd>
            </dt>
            <dd>{say(`keys.${deed}`)}</dd>
          </div>
        ))}
      </dl>
    </section>
  );
}
