// Two versions side by side over the whole bench: changes numbered, changed words marked, from one change to the next by key.
import { useEffect, useMemo, useRef, useState } from "react";
import { useSay, type Say } from "../i18n";
import { Empty, Failure, Skeleton } from "../ui/waiting";
import { useDiff, useVersions, type Diff } from "./api";
import { beside, type Beside, type Row } from "./beside";
import type { Draft } from "./draft";

/** Numbers of versions; 0: before, nothing; after, what stands in the editor. */
export interface Pair {
  before: number;
  after: number;
}

const WHOLE = 300_000;
const AROUND = 3;

interface Props {
  draft: Draft;
  pair: Pair;
  choose: (pair: Pair) => void;
  close: () => void;
}

export function Comparison({ draft, pair, choose, close }: Props) {
  const say = useSay();
  const { document } = draft;
  const [whole, setWhole] = useState(false);
  const versions = useVersions(document.document_id, document.published?.number ?? 0);
  const diff = useDiff(document.document_id, pair.before, pair.after, document.draft?.revision ?? 0, whole ? WHOLE : AROUND);
  useEffect(() => {
    if (draft.saving === "unsaved") void draft.save().catch(() => undefined); // the server compares what it has
  }, [draft.saving]);
  const numbers = (versions.data ?? []).map((version) => version.number);
  const name = (number: number, empty: string): string => (number === 0 ? empty : say("flows.version", { number }));
  const select = (side: keyof Pair, empty: string) => (
    <select aria-label={say(side === "before" ? "flows.compare_before" : "flows.compare_after")} value={pair[side]} onChange={(event) => choose({ ...pair, [side]: Number(event.target.value) })}>
      {[0, ...numbers].map((number) => (
        <option key={number} value={number}>
          {name(number, empty)}
        </option>
      ))}
    </select>
  );
  const tools = (
    <>
      {select("before", say("flows.compare_nothing"))} <span aria-hidden="true">→</span> {select("after", say("flows.compare_present"))}
      <label className="comparison-whole">
        <input type="checkbox" checked={whole} onChange={(event) => setWhole(event.target.checked)} /> {say("flows.compare_whole")}
      </label>
    </>
  );
  const key = `${pair.before} ${pair.after} ${whole}`;
  return (
    <section className="comparison" aria-label={say("flows.comparison")}>
      {diff.data === undefined ? <Bar tools={tools} close={close} /> : <Columns key={key} diff={diff.data} tools={tools} close={close} />}
      {diff.isError ? <Failure what={say("flows.failed")} error={diff.error} again={() => void diff.refetch()} /> : null}
      {diff.isPending ? <Skeleton rows={12} /> : null}
    </section>
  );
}

function Bar({ tools, close, children }: { tools: React.ReactNode; close: () => void; children?: React.ReactNode }) {
  const say = useSay();
  return (
    <div className="comparison-bar">
      {tools}
      <span className="comparison-steps">{children}</span>
      <button type="button" className="button plain" onClick={close}>
        {say("flows.compare_close")} <kbd>Esc</kbd>
      </button>
    </div>
  );
}

/** N and P go from change to change, Escape closes; the focus is here from the beginning. */
function Columns({ diff, tools, close }: { diff: Diff; tools: React.ReactNode; close: () => void }) {
  const say = useSay();
  const { parts, changes } = useMemo(() => beside(diff), [diff]);
  const [at, setAt] = useState(0);
  const place = useRef<HTMLDivElement>(null);
  useEffect(() => place.current?.focus(), []);
  const move = (step: number): void => {
    if (changes === 0) return;
    const next = (at + step + changes) % changes;
    setAt(next);
    place.current?.querySelector(`[data-change="${next}"]`)?.scrollIntoView({ block: "center" });
  };
  const heard = (event: React.KeyboardEvent): void => {
    if (event.ctrlKey || event.altKey || event.metaKey || event.nativeEvent.isComposing) return;
    const deed = { n: () => move(1), p: () => move(-1), escape: close }[event.key.toLowerCase()];
    if (deed === undefined) return;
    event.preventDefault();
    deed();
  };
  return (
    <>
      <Bar tools={tools} close={close}>
        <span className="figure" role="status">
          {changes === 0 ? say("flows.no_difference") : say("flows.compare_at", { at: at + 1, count: changes })}
        </span>
        <Step label={say("flows.compare_previous")} hotkey="P" act={() => move(-1)} off={changes === 0} />
        <Step label={say("flows.compare_next")} hotkey="N" act={() => move(1)} off={changes === 0} />
      </Bar>
      <div className="comparison-text" ref={place} tabIndex={0} role="group" aria-label={say("flows.comparison_keys")} onKeyDown={heard}>
        {parts.length === 0 ? <Empty>{say("flows.no_difference")}</Empty> : null}
        {parts.map(({ part, groups }) => (
          <div key={part}>
            <h3>{say(part === "text" ? "flows.part_flow" : "flows.part_tests")}</h3>
            {groups.map((rows, index) => (
              <Group key={index} rows={rows} at={at} say={say} />
            ))}
          </div>
        ))}
      </div>
    </>
  );
}

function Step({ label, hotkey, act, off }: { label: string; hotkey: string; act: () => void; off: boolean }) {
  return (
    <button type="button" className="button plain" disabled={off} onClick={act}>
      {label} <kbd>{hotkey}</kbd>
    </button>
  );
}

function Group({ rows, at, say }: { rows: Beside[]; at: number; say: Say }) {
  return (
    <table className="comparison-group">
      <colgroup>
        <col className="comparison-number" />
        <col />
        <col className="comparison-number" />
        <col />
      </colgroup>
      <thead className="unseen">
        <tr>
          <th colSpan={2}>{say("flows.compare_before")}</th>
          <th colSpan={2}>{say("flows.compare_after")}</th>
        </tr>
      </thead>
      <tbody>
        {rows.map(({ left, right, change }, index) => (
          <tr key={index} data-change={change ?? undefined} aria-current={change !== null && change === at ? "true" : undefined}>
            <Side row={left} number={left?.before ?? null} />
            <Side row={right} number={right?.after ?? null} />
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function Side({ row, number }: { row: Row | null; number: number | null }) {
  return (
    <>
      <td className="figure" data-kind={row?.kind}>
        {number}
      </td>
      <td data-kind={row?.kind ?? "none"}>{row === null ? null : <Line row={row} />}</td>
    </>
  );
}

/** The line, with what changed in it marked: as <del> where it went, as <ins> where it came. */
export function Line({ row }: { row: Row }) {
  if (row.parts.length === 0) return <>{row.text}</>;
  const Mark = row.kind === "removed" ? "del" : "ins";
  return (
    <>
      {row.parts.map((part, index) => (part.changed ? <Mark key={index}>{part.text}</Mark> : <span key={index}>{part.text}</span>))}
    </>
  );
}
