// Where callers are: a node's name is document#dialog/item, as the ledger has it.
import type { CallDoc } from "@yingda/desk";

export interface Where {
  document: string;
  /** dialog/item; a menu is its one item. */
  place: string;
}

/** document "": a node of a greeting, which has none. */
export function whereIs(node: string): Where {
  const [document = "", place] = node.split(/#(.*)/s);
  return place === undefined ? { document: "", place: document } : { document, place: placeText(place) };
}

/** A menu has one item without a name: it is called as the dialog. */
export function placeText(node: string): string {
  return node.replace(/\/$/, "");
}

/** Since when the caller has been at his place, µs. */
export function entered(call: CallDoc): number {
  return call.node_since ?? call.since;
}
