// Tabs of the bench: chosen by click, or with the arrows once one has the focus.
import { useRef } from "react";

interface TabsProps<Name extends string> {
  label: string;
  tabs: (readonly [Name, string, number?])[];
  chosen: Name;
  choose: (name: Name) => void;
}

export function Tabs<Name extends string>({ label, tabs, chosen, choose }: TabsProps<Name>) {
  const list = useRef<HTMLDivElement>(null);
  const heard = (event: React.KeyboardEvent): void => {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (step === undefined) return;
    event.preventDefault();
    const at = (tabs.findIndex(([name]) => name === chosen) + step + tabs.length) % tabs.length;
    const next = tabs[at];
    if (next !== undefined) choose(next[0]);
    list.current?.querySelectorAll<HTMLElement>("[role=tab]")[at]?.focus();
  };
  return (
    <div className="flow-tabs" role="tablist" aria-label={label} ref={list} onKeyDown={heard}>
      {tabs.map(([name, word, count]) => (
        <button key={name} type="button" role="tab" aria-selected={name === chosen} tabIndex={name === chosen ? 0 : -1} onClick={() => choose(name)}>
          {word}
          {count ? <span className="figure"> {count}</span> : null}
        </button>
      ))}
    </div>
  );
}
