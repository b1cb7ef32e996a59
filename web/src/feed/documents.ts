// The live documents, under the name that screens import.
export type * from "@yingda/desk";
// The live documents and the feed's messages, as the server sends them. Times are µs UTC.

export type AgentState =
  | "idle" | "ringing" | "talking" | "holding" | "consulting" | "assisting" | "dialling" | "internal"
  | "supervising" | "wrapup" | "serving" | "busy" | "unreachable" | "offline";

/** How a party's line is while it is not good. value: percent of loss, ms, or s of silence, as the cause has it. */
export interface LineDoc {
  grade: "fair" | "poor";
  cause: string;
  value: number;
}

export interface HandlingDoc {
  id: string;
  interaction_id: string;
  queue_id: string | null;
  state: string;
  caller: string | null;
  muted?: boolean;
  /** talk: with the customer; aside: with a third party. */
  room?: string | null;
  line?: LineDoc | null;
  customer_line?: LineDoc | null;
}

export interface OfferDoc {
  id: string;
  entry_id: string;
  interaction_id: string;
  queue_id: string;
  since: number;
  ring_limit_s: number;
  caller: string | null;
  waiting_since?: number | null;
}

/** A call for help. seen: leaders who have it before their eyes; said: what the one who answered wrote. */
export interface HelpDoc {
  id: string;
  at: number;
  until: number;
  reason: string;
  text: string;
  state: "asked" | "answered";
  seen: number;
  answered_by: string | null;
  how: string | null;
  said: string;
}

export interface AgentDoc {
  id: string;
  number: string;
  name: string;
  team: string | null;
  state: AgentState;
  since: number | null;
  reason: string | null;
  reason_class: "work" | "break" | null;
  next_state: { state: string; reason: string | null } | null;
  device: string | null;
  session_id: string | null;
  queues: string[];
  handling: HandlingDoc | null;
  offer: OfferDoc | null;
  wrapup_until: number | null;
  /** What rings without an offer. */
  rung?: { why: string; caller: string | null } | null;
  watching?: { mode: string; agent_id: string } | null;
  help?: HelpDoc | null;
  failure?: { target: string; outcome: string; at: number } | null;
}

export interface QueueDoc {
  id: string;
  name: string;
  waiting: number;
  longest_since: number | null;
  idle: number;
  signed_in: number;
  target_s?: number;
}

export interface CallDoc {
  id: string;
  caller: string | null;
  called: string | null;
  queue_id: string | null;
  state: "arriving" | "greeting" | "waiting" | "ringing" | "talking" | "holding" | "ending";
  since: number;
  started: number;
  agent_id: string | null;
  handling_id: string | null;
  recording: boolean;
  paused?: boolean;
  direction?: "inbound" | "outbound" | "internal";
  entry_id?: string | null;
  parties?: { leg_id: string; role: string; agent_id: string | null; number: string | null; state: string; room: string }[];
  consult?: { handling_id: string; target: string; name: string; state: string } | null;
  parked?: string | null;
  data?: Record<string, string | number>;
}

/** What is unread of the messages to one user. latest: µs. */
export interface NoticeDoc {
  unread: number;
  urgent: boolean;
  latest: number | null;
}

export interface PlaneDoc {
  up: boolean;
  since: number;
}

/** A line bundle: channels in use each way. why: of one that is down. registration: null where there is none. */
export interface TrunkDoc {
  id: string;
  name: string;
  state: "up" | "down";
  why: "silent" | "unresolved" | "unregistered" | null;
  since: number;
  inbound: number;
  outbound: number;
  max_calls: number;
  max_inbound: number | null;
  max_outbound: number | null;
  registration: string | null;
}

export interface AlarmDoc {
  id: string;
  kind: string;
  sentence: string;
  since: number;
}

export interface Docs {
  agents: Record<string, AgentDoc>;
  queues: Record<string, QueueDoc>;
  calls: Record<string, CallDoc>;
  planes: Record<string, PlaneDoc>;
  alarms: Record<string, AlarmDoc>;
  messages: Record<string, NoticeDoc>;
  trunks: Record<string, TrunkDoc>;
}

export type Collection = keyof Docs;

export type Message =
  | { type: "snapshot"; epoch: string; seq: number; now: number; docs: Partial<Docs> }
  | { type: "patch"; seq: number; now: number; set: [Collection, string, Docs[Collection][string]][]; del: [Collection, string][] }
  | { type: "resumed"; seq: number; now: number }
  | { type: "alive"; seq: number; now: number };
