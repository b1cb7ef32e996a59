// Rows of a comparison laid out for two columns: what became what stands in one row, what went or came stands alone.
import type { Diff } from "./api";

export type Row = Diff["text"][number][number];

/** One line of the two columns. change: the number of the stretch of changes that it belongs to; null: nothing changed. */
export interface Beside {
  left: Row | null;
  right: Row | null;
  change: number | null;
}

export interface Laid {
  part: "text" | "tests";
  groups: Beside[][];
}

/** Both parts of a document, changes numbered through from 0; and how many there are. */
export function beside(diff: Diff): { parts: Laid[]; changes: number } {
  let changes = 0;
  const lay = (rows: Row[]): Beside[] => {
    const laid: Beside[] = [];
    for (const [same, stretch] of stretches(rows)) {
      if (same) laid.push(...stretch.map((row) => ({ left: row, right: row, change: null })));
      else laid.push(...together(stretch, changes++));
    }
    return laid;
  };
  const parts = (["text", "tests"] as const).map((part) => ({ part, groups: diff[part].map(lay) }));
  return { parts: parts.filter((each) => each.groups.length > 0), changes };
}

function stretches(rows: Row[]): [boolean, Row[]][] {
  const found: [boolean, Row[]][] = [];
  for (const row of rows) {
    const same = row.kind === "same";
    const last = found.at(-1);
    if (last !== undefined && last[0] === same) last[1].push(row);
    else found.push([same, [row]]);
  }
  return found;
}

/** Lines that are a pair share a row; the others keep their place between the pairs. */
function together(rows: Row[], change: number): Beside[] {
  const gone = rows.filter((row) => row.kind === "removed");
  const come = rows.filter((row) => row.kind === "added");
  const laid: Beside[] = [];
  for (const left of gone) {
    if (left.pair !== null) while (come[0] !== undefined && come[0].after !== left.pair) laid.push({ left: null, right: come.shift() ?? null, change });
    laid.push({ left, right: left.pair === null ? null : (come.shift() ?? null), change });
  }
  return [...laid, ...come.map((right) => ({ left: null, right, change }))];
}
