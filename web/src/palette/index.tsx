// Ctrl+K: everything by name, pinyin or initials. Drops below the bar, never over it; Esc closes it and touches no call.
import { useEffect, useRef, useState } from "react";
import type { Session } from "../api/types";
import { useSay } from "../i18n";
import { useKey } from "../ui/keys";
import { useChosen } from "../phonebar/targets";
import { useEntries } from "./entries";
import "./palette.css";

export function Palette({ session, rooms, close }: { session: Session; rooms: readonly string[]; close: () => void }) {
  const say = useSay();
  const [typed, setTyped] = useState("");
  const field = useRef<HTMLInputElement>(null);
  const entries = useEntries(session, rooms, typed);
  const [chosen, choose, move] = useChosen(entries.length);
  useKey("Escape", close);
  useEffect(() => {
    const before = document.activeElement as HTMLElement | null;
    field.current?.focus();
    return () => before?.focus();
  }, []);
  const run = (place: number): void => {
    const entry = entries[place];
    close();
    if (entry !== undefined) setTimeout(entry.run); // after the focus has gone back, so that what opens may take it
  };
  return (
    <section className="palette" role="dialog" aria-label={say("palette.heading")}>
      <form onSubmit={(event) => (event.preventDefault(), run(chosen))}>
        <input
          ref={field}
          role="combobox"
          aria-expanded="true"
          aria-controls="palette-found"
          aria-activedescendant={entries.length > 0 ? `palette-${chosen}` : undefined}
          aria-label={say("palette.field")}
          placeholder={say("palette.field")}
          value={typed}
          maxLength={64}
          onChange={(event) => (choose(0), setTyped(event.target.value))}
          onKeyDown={(event) => !event.nativeEvent.isComposing && move(event)}
          onBlur={close}
        />
      </form>
      <ul id="palette-found" role="listbox" aria-label={say("palette.found")}>
        {entries.map((entry, place) => (
          <li key={`${entry.kind} ${entry.id}`} id={`palette-${place}`} role="option" aria-selected={place === chosen} onMouseDown={(event) => event.preventDefault()} onClick={() => run(place)}>
            <span>{entry.name}</span>
            <span className="quiet">{entry.detail}</span>
            {entry.hotkey === "" ? null : <kbd>{entry.hotkey}</kbd>}
          </li>
        ))}
      </ul>
      {entries.length === 0 ? <p className="empty">{say("palette.nothing")}</p> : null}
    </section>
  );
}
