// The rows of the call list. A row is opened by click or Enter; ↑ and ↓ go from row to row.
import { useState } from "react";
import type { CallRecord } from "../api/types";
import { useSay, useWord } from "../i18n";
import { callerText } from "../i18n/format";
import type { CallColumn } from "./columns";

interface CallTableProps {
  items: CallRecord[];
  columns: CallColumn[];
  open: string | undefined;
  show: (id: string) => void;
}

interface Order {
  name: string;
  down: boolean;
}

/** The server gives the newest first; another order is of the rows that are loaded. */
export function CallTable({ items, columns, open, show }: CallTableProps) {
  const [order, setOrder] = useState<Order | null>(null);
  const press = (name: string): void => setOrder((now) => (now?.name !== name ? { name, down: true } : now.down ? { name, down: false } : null));
  return (
    <table className="table rows">
      <thead>
        <tr>
          {columns.map((column) => (
            <Head key={column.name} column={column} order={order} press={() => press(column.name)} />
          ))}
        </tr>
      </thead>
      <tbody>
        {sorted(items, columns, order).map((call) => (
          <Row key={call.interaction_id} call={call} columns={columns} open={call.interaction_id === open} show={show} />
        ))}
      </tbody>
    </table>
  );
}

function Head({ column, order, press }: { column: CallColumn; order: Order | null; press: () => void }) {
  const say = useSay();
  const on = order?.name === column.name;
  return (
    <th data-column={column.name} className={column.number ? "number" : undefined} aria-sort={on ? (order.down ? "descending" : "ascending") : undefined}>
      {column.sort === undefined ? (
        say(column.head)
      ) : (
        <button type="button" className="head" onClick={press}>
          {say(column.head)}
          {on ? (order.down ? " ↓" : " ↑") : null}
        </button>
      )}
    </th>
  );
}

function Row({ call, columns, open, show }: { call: CallRecord; columns: CallColumn[]; open: boolean; show: (id: string) => void }) {
  const say = useSay();
  const word = useWord();
  return (
    <tr
      tabIndex={0}
      aria-selected={open}
      aria-label={say("contacts.open", { caller: callerText(call.caller, say) })}
      onClick={() => show(call.interaction_id)}
      onKeyDown={(event) => keys(event, () => show(call.interaction_id))}
    >
      {columns.map((column) => (
        <td key={column.name} data-column={column.name} className={column.number ? "number" : undefined}>
          {column.cell(call, say, word)}
        </td>
      ))}
    </tr>
  );
}

function sorted(items: CallRecord[], columns: CallColumn[], order: Order | null): CallRecord[] {
  const by = columns.find((column) => column.name === order?.name)?.sort;
  if (order === null || by === undefined) return items;
  const sign = order.down ? -1 : 1;
  return [...items].sort((a, b) => (by(a) < by(b) ? -sign : by(a) > by(b) ? sign : 0));
}

function keys(event: React.KeyboardEvent<HTMLTableRowElement>, show: () => void): void {
  const row = event.currentTarget;
  if (event.key === "Enter") show();
  else if (event.key === "ArrowDown") (row.nextElementSibling as HTMLElement | null)?.focus();
  else if (event.key === "ArrowUp") (row.previousElementSibling as HTMLElement | null)?.focus();
  else return;
  event.preventDefault();
}
