// One field finds whom to call: colleagues and queues by agent ID, name, pinyin or initials; anything else is a number.
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { get } from "../api/client";
import { useSay, useWord } from "../i18n";
import { Glyph } from "../ui/glyph";

export interface Target {
  kind: "agent" | "queue" | "flow" | "number";
  id: string;
  name: string;
  detail: string;
  state: string | null;
}

interface Found {
  kind: "agent" | "queue" | "flow";
  id: string;
  name: string;
  number: string;
  state: string | null;
  waiting: number | null;
  idle: number | null;
}

const DIALLABLE = /^\+?[0-9*#][0-9*# -]{1,24}$/;

/** What fits the text: the number itself first, if it is one. kinds: what may be chosen here. */
export function useTargets(text: string, kinds: readonly Target["kind"][]): Target[] {
  const say = useSay();
  const word = useWord();
  const typed = text.trim();
  const query = useQuery({
    queryKey: ["targets", typed],
    queryFn: ({ signal }) => get<{ items: Found[] }>("/targets", { q: typed, limit: 12 }, signal),
    placeholderData: (before) => before,
    refetchInterval: 3_000,
  });
  const found = (query.data?.items ?? []).flatMap((one): Target[] => {
    if (!kinds.includes(one.kind)) return [];
    if (one.kind === "flow") return [{ kind: "flow", id: one.name, name: one.name, detail: say("transfer.flow"), state: null }];
    if (one.kind === "agent") return [{ kind: "agent", id: one.id, name: `${one.number} ${one.name}`, detail: word("state", one.state), state: one.state }];
    return [{ kind: "queue", id: one.id, name: one.name, detail: say("transfer.queue", { waiting: one.waiting ?? 0, idle: one.idle ?? 0 }), state: null }];
  });
  if (!DIALLABLE.test(typed)) return found;
  const number = typed.replace(/[ -]/g, "");
  return [{ kind: "number", id: number, name: number, detail: say("transfer.number"), state: null }, ...found];
}

interface ListProps {
  targets: Target[];
  chosen: number;
  choose: (index: number) => void;
}

export function TargetList({ targets, chosen, choose }: ListProps) {
  const say = useSay();
  return (
    <ul className="target-list" role="listbox" aria-label={say("transfer.found")}>
      {targets.map((target, index) => (
        <li key={`${target.kind} ${target.id}`} role="option" aria-selected={index === chosen} onMouseDown={(event) => event.preventDefault()} onClick={() => choose(index)}>
          {target.state === null ? <span className="glyph" /> : <Glyph state={target.state as never} />}
          <span className="figure">{target.name}</span>
          <span className="quiet">{target.detail}</span>
        </li>
      ))}
    </ul>
  );
}

/** The chosen line moves with the arrow keys. */
export function useChosen(count: number): [number, (index: number) => void, (event: React.KeyboardEvent) => void] {
  const [chosen, setChosen] = useState(0);
  const at = Math.min(chosen, Math.max(0, count - 1));
  const move = (event: React.KeyboardEvent): void => {
    if (event.key !== "ArrowDown" && event.key !== "ArrowUp") return;
    event.preventDefault();
    setChosen((at + (event.key === "ArrowDown" ? 1 : count - 1)) % Math.max(1, count));
  };
  return [at, setChosen, move];
}
