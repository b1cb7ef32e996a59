// The softphone's state, kept apart from JsSIP so that components depend on words only.
import type { LineDoc } from "@yingda/desk";
import type { MicrophoneProblem } from "./microphone";

/** off · connecting · ready: registered · elsewhere: another window of this browser is the phone. */
export type Line = "off" | "connecting" | "ready" | "elsewhere";

/** none · ringing: somebody calls · answering: pressed, not yet through · talking. */
export type Talk = "none" | "ringing" | "answering" | "talking";

export interface PhoneState {
  line: Line;
  talk: Talk;
  muted: boolean;
  microphone: MicrophoneProblem | null;
  /** Of the call in hand, by the browser's own measure; null: good, or no call. */
  condition: LineDoc | null;
}

export const OFF: PhoneState = { line: "off", talk: "none", muted: false, microphone: null, condition: null };
