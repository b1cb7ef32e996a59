// Rows that can be selected: Space and Enter select, Ctrl adds, the arrows go from row to row.
import type { KeyboardEvent } from "react";

export function rowKeys(event: KeyboardEvent<HTMLElement>, select: (more: boolean) => void): void {
  const row = event.currentTarget;
  if (event.target !== row) return;
  if (event.key === " " || event.key === "Enter") select(event.ctrlKey || event.key === " ");
  else if (event.key === "ArrowDown" || event.key === "ArrowRight") (row.nextElementSibling as HTMLElement | null)?.focus();
  else if (event.key === "ArrowUp" || event.key === "ArrowLeft") (row.previousElementSibling as HTMLElement | null)?.focus();
  else return;
  event.preventDefault();
}

/** The selection after a click on `id`: with `more` it is added or taken out, else it is the only one, or none. */
export function toggled(selected: ReadonlySet<string>, id: string, more: boolean): ReadonlySet<string> {
  const next = new Set(more ? selected : []);
  if (selected.has(id) && (more || selected.size === 1)) next.delete(id);
  else next.add(id);
  return next;
}
