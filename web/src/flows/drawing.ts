// Where the boxes and lines of a flow's picture lie: dialogs from left to right by how many steps they are away from the
// first, what leads out of the document at the right of where it leaves; lines go level and upright only.
import type { Outline } from "./api";

export const WIDE = 176;
export const ROW = 28;
export const HEAD = 24;
const GAP_X = 72;
const GAP_Y = 18;
const EDGE = 8;
const LANE = 7;
const BORDERS = 2;

type Node = Outline["nodes"][number];

export interface Box {
  /** A dialog's name, or where a way leads out to. */
  name: string;
  /** Items of a dialog; none for a place outside. */
  nodes: Node[];
  x: number;
  y: number;
  height: number;
}

export interface Line {
  path: string;
  label: string;
  /** Where the label ends, above the line. */
  x: number;
  y: number;
}

export interface Drawing {
  boxes: Box[];
  lines: Line[];
  width: number;
  height: number;
}

/** One way for all that leads from one place to another, with all their labels. */
interface Way {
  source: string;
  target: string;
  away: string;
  labels: string[];
}

export function draw(outline: Outline): Drawing {
  const ways = merged(outline);
  const home = new Map(outline.nodes.map((node) => [node.node, node.dialog]));
  const ranks = ranked(outline, ways, home);
  const columns: Box[][] = [];
  const put = (rank: number, name: string, nodes: Node[]): void => {
    const column = (columns[rank] ??= []);
    const last = column.at(-1);
    column.push({ name, nodes, x: EDGE + rank * (WIDE + GAP_X), y: last === undefined ? EDGE : last.y + last.height + GAP_Y, height: HEAD + nodes.length * ROW + BORDERS });
  };
  for (const [dialog, rank] of ranks) put(rank, dialog, outline.nodes.filter((node) => node.dialog === dialog));
  const outside = new Map<string, number>();
  for (const way of ways) if (way.target === "") outside.set(way.away, Math.max(outside.get(way.away) ?? 0, (ranks.get(home.get(way.source) ?? "") ?? 0) + 1));
  for (const [away, rank] of outside) put(rank, away, []);
  const boxes = Array.from(columns, (column) => column ?? []).flat();
  const bottom = Math.max(0, ...boxes.map((box) => box.y + box.height));
  const lines = ways.map((way, number) => line(way, number, boxes, bottom));
  return { boxes, lines, width: EDGE * 2 + columns.length * (WIDE + GAP_X), height: bottom + LANE * (lines.length + 2) };
}

function merged(outline: Outline): Way[] {
  const found = new Map<string, Way>();
  for (const edge of outline.edges) {
    const key = JSON.stringify([edge.source, edge.target, edge.away]);
    const way = found.get(key) ?? { source: edge.source, target: edge.target, away: edge.away, labels: [] };
    if (edge.label !== "" && !way.labels.includes(edge.label)) way.labels.push(edge.label);
    found.set(key, way);
  }
  return [...found.values()];
}

/** How many steps each dialog is away from the first; those that nothing leads to begin anew at the left. */
function ranked(outline: Outline, ways: Way[], home: Map<string, string>): Map<string, number> {
  const ranks = new Map<string, number>();
  for (const { dialog: first } of outline.nodes) {
    if (ranks.has(first)) continue;
    ranks.set(first, 0);
    for (const dialog of ranks.keys())
      for (const way of ways) {
        const next = home.get(way.target);
        if (home.get(way.source) === dialog && next !== undefined && !ranks.has(next)) ranks.set(next, (ranks.get(dialog) ?? 0) + 1);
      }
  }
  return ranks;
}

function line(way: Way, number: number, boxes: Box[], bottom: number): Line {
  const from = spot(boxes, way.source);
  const to = way.target === "" ? spot(boxes, way.away, true) : spot(boxes, way.target);
  const x = from.x + WIDE;
  const turn = x + 12 + (number % 8) * LANE;
  const lane = bottom + LANE * (number + 1);
  const label = way.labels.join(" ");
  if (to.x > from.x) return { path: `M${x} ${from.y} H${turn} V${to.y} H${to.x}`, label, x: to.x - 10, y: to.y - 3 };
  // Back, below all boxes.
  return { path: `M${x} ${from.y} H${turn} V${lane} H${to.x - 4} V${to.y} H${to.x}`, label, x: turn - 4, y: lane - 2 };
}

function spot(boxes: Box[], name: string, outside = false): { x: number; y: number } {
  for (const box of boxes) {
    if (outside && box.nodes.length === 0 && box.name === name) return { x: box.x, y: box.y + HEAD / 2 };
    const at = outside ? -1 : box.nodes.findIndex((node) => node.node === name);
    if (at >= 0) return { x: box.x, y: box.y + HEAD + at * ROW + ROW / 2 };
  }
  return { x: 0, y: 0 };
}
