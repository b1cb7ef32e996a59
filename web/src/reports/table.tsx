// The rows of a sheet: the total first, open rows marked, a column's definition under its head, a figure leads to its contacts.
import { useState } from "react";
import { useSay } from "../i18n";
import { clockTime, dayText, moment } from "../i18n/format";
import { go } from "../ui/router";
import { shown, type Column, type Line, type Sheet } from "./api";
import { useColumnName, useFormula } from "./filters";

/** The figures whose contacts can be listed. */
const DRILLED = new Set([
  "offered", "answered", "abandoned", "callback", "diverted", "turned_away", "failed", "overflow_out", "overflow_in", "short", "hit", "waiting",
  "handled", "assisted", "consults",
]);

interface Order {
  column: string;
  down: boolean;
}

export function SheetTable({ sheet, byKey, keys }: { sheet: Sheet; byKey: boolean; keys: string[] }) {
  const say = useSay();
  const [order, setOrder] = useState<Order | null>(null);
  const [everything, showEverything] = useState(false);
  const busy = everything || byKey ? sheet.lines : withoutEnds(sheet.lines);
  const hidden = sheet.lines.length - busy.length;
  const lines = sorted(busy, order);
  const press = (column: string): void => setOrder((now) => (now?.column !== column ? { column, down: true } : now.down ? { column, down: false } : null));
  const several = new Set(sheet.lines.map((line) => line.day)).size > 1;
  return (
    <>
      <table className="table sheet">
        <thead>
          <tr>
            <th>{say(byKey ? `reports.by_${sheet.sheet}` : "reports.by_time")}</th>
            {byKey && sheet.sheet === "agents" ? <th className="number">{say("reports.first_in")}</th> : null}
            {byKey && sheet.sheet === "agents" ? <th className="number">{say("reports.last_out")}</th> : null}
            {byKey && sheet.sheet === "trunks" ? <th className="number">{say("reports.busy_hour")}</th> : null}
            {sheet.columns.map((column) => (
              <Head key={column.name} column={column} order={order} press={() => press(column.name)} />
            ))}
          </tr>
        </thead>
        <tbody>
          <tr className="total">
            <th>{say("reports.total")}</th>
            {byKey && sheet.sheet === "agents" ? <td colSpan={2} /> : null}
            {byKey && sheet.sheet === "trunks" ? <td /> : null}
            {sheet.columns.map((column) => (
              <td key={column.name} className="number">
                {shown(sheet.total[column.name], column.unit)}
              </td>
            ))}
          </tr>
          {lines.map((line) => (
            <tr key={`${line.key}.${line.start}`} data-open={line.open} data-empty={isEmpty(line)}>
              <th scope="row">
                <Name line={line} byKey={byKey} withDay={several} />
              </th>
              {byKey && sheet.sheet === "agents" ? <Times line={line} /> : null}
              {byKey && sheet.sheet === "trunks" ? <BusyHour line={line} /> : null}
              {sheet.columns.map((column) => (
                <Cell key={column.name} sheet={sheet} line={line} column={column} byKey={byKey} keys={keys} />
              ))}
            </tr>
          ))}
        </tbody>
      </table>
      {hidden === 0 ? null : (
        <p className="sheet-more">
          {say("reports.hidden", { count: hidden })}{" "}
          <button type="button" className="button quiet" onClick={() => showEverything(true)}>
            {say("reports.show_hidden")}
          </button>
        </p>
      )}
    </>
  );
}

function Head({ column, order, press }: { column: Column; order: Order | null; press: () => void }) {
  const name = useColumnName()(column);
  const formula = useFormula()(column);
  const on = order?.column === column.name;
  return (
    <th className="number" aria-sort={on ? (order.down ? "descending" : "ascending") : undefined}>
      <button type="button" className="head" data-formula={`${name} = ${formula}`} onClick={press}>
        {name}
        {on ? (order.down ? " ↓" : " ↑") : null}
      </button>
    </th>
  );
}

function Name({ line, byKey, withDay }: { line: Line; byKey: boolean; withDay: boolean }) {
  const say = useSay();
  const named = line.number ? `${line.number} ${line.name}` : wordOf(line.name, say);
  const isDay = /^\d{4}-\d\d-\d\d$/.test(line.label);
  const text = byKey ? named : isDay ? dayText(line.label, say) : withDay && /^\d\d:/.test(line.label) ? `${line.day.slice(5)} ${line.label}` : line.label;
  return (
    <span className="figure">
      {text}
      {line.open ? (
        <span className="open-mark" title={say("reports.open_hint")}>
          {" "}
          ◌ {say("reports.open")}
        </span>
      ) : null}
    </span>
  );
}

/** Directions and sources of call-backs come as words of the vocabulary. */
function wordOf(name: string, say: ReturnType<typeof useSay>): string {
  const words: Record<string, string> = {
    inbound: say("reports.inbound"), outbound: say("reports.outbound"), internal: say("reports.internal"),
    queue: say("reports.source_queue"), flow: say("reports.source_flow"), web: say("reports.source_web"), missed: say("reports.source_missed"),
  };
  return words[name] ?? name;
}

function Times({ line }: { line: Line }) {
  const { first_in: first, last_out: last } = line.facts;
  return (
    <>
      <td className="number">{first === undefined ? "–" : clockTime(first).slice(0, 5)}</td>
      <td className="number">{last === undefined || last === null ? "–" : clockTime(last).slice(0, 5)}</td>
    </>
  );
}

/** 忙时: the four consecutive quarter hours with most traffic. */
function BusyHour({ line }: { line: Line }) {
  const say = useSay();
  const { busy_hour: begin } = line.facts;
  return <td className="number">{begin === undefined ? "–" : moment(begin, say)}</td>;
}

interface CellProps {
  sheet: Sheet;
  line: Line;
  column: Column;
  byKey: boolean;
  keys: string[];
}

function Cell({ sheet, line, column, byKey, keys }: CellProps) {
  const value = line.values[column.name];
  const text = shown(value, column.unit);
  const leads = DRILLED.has(column.name) && value !== null && value !== 0 && (sheet.sheet === "queues" || sheet.sheet === "agents");
  if (!leads) return <td className="number">{text}</td>;
  const of = sheet.sheet === "queues" ? "queue" : "agent";
  const one = byKey ? line.key : keys.length === 1 ? keys[0] : undefined;
  const words = new URLSearchParams({ figure: column.name, figure_from: String(line.start), figure_to: String(line.end), ...(one ? { [of]: one } : {}) });
  const href = `/contacts?${words.toString()}`;
  return (
    <td className="number">
      <a
        href={href}
        onClick={(event) => {
          if (event.ctrlKey || event.metaKey || event.shiftKey) return;
          event.preventDefault();
          go(href);
        }}
      >
        {text}
      </a>
    </td>
  );
}

function isEmpty(line: Line): boolean {
  return Object.values(line.values).every((value) => value === null || value === 0);
}

/** Before the first and after the last interval with anything in it there is nothing to read. */
function withoutEnds(lines: Line[]): Line[] {
  const first = lines.findIndex((line) => !isEmpty(line));
  if (first < 0) return [];
  const last = lines.length - [...lines].reverse().findIndex((line) => !isEmpty(line));
  return lines.slice(first, last);
}

function sorted(lines: Line[], order: Order | null): Line[] {
  if (order === null) return lines;
  const value = (line: Line): number => line.values[order.column] ?? -Infinity;
  return [...lines].sort((a, b) => (order.down ? value(b) - value(a) : value(a) - value(b)));
}
