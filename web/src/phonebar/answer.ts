// Answering in the browser. The screen may be ahead of the call itself: a key pressed early counts.
import type { Say } from "../i18n";
import { phone } from "../phone";

const ARRIVES_S = 3;

/** Settles when the far end has confirmed, or the call is over; throws when none comes. */
export async function answered(say: Say): Promise<void> {
  if (!(await phone.rings(ARRIVES_S))) throw new Error(say("bar.no_browser_call"));
  await phone.answer();
}
