// What crosses the HTTP API, as the server's OpenAPI document has it. Times are µs UTC, `_us` fields durations in µs.
import type { AgentDoc, CallDoc, QueueDoc } from "../feed/documents";

export type Role = "agent" | "leader" | "admin";
export type Micros = number;

export interface Device {
  extension: string;
  kind: "sip" | "browser";
}

export interface Session {
  user: { id: string; username: string; display_name: string; role: Role; language: string };
  agent: { id: string; number: string; team: string | null; devices: Device[] } | null;
  centre: { name: string; time_zone: string; customers: { grades: string[]; fields: CustomerField[] }; desk: { hold_reminder_s: number; hold_repeat_s: number } };
  /** What has to be done before anything else works. */
  must: "change_password" | "enrol" | null;
  csrf: string;
  expires_at: Micros;
}

export interface CustomerField {
  key: string;
  label: string;
  kind: "text" | "number" | "date" | "choice";
  choices: string[];
}

export interface BusyReason {
  id: string;
  name: string;
  reason_class: "work" | "break";
}

export interface DeskState {
  agent: AgentDoc;
  call: CallDoc | null;
  queues: QueueDoc[];
  busy_reasons: BusyReason[];
  now: Micros;
}

/** A SIP account of short life for this browser. Never kept beyond the page. */
export interface PhoneAccount {
  websocket_url: string;
  uri: string;
  extension: string;
  username: string;
  password: string;
  ice_servers: RTCIceServer[];
  /** Cause → where a line is fair, where poor. */
  limits: Record<string, [number, number]>;
  expires_at: Micros;
}

export interface Recording {
  recording_id: string;
  handling_id: string;
  started: Micros;
  state: "running" | "ended" | "missing" | "expired";
  ended: Micros | null;
  duration_ms: number | null;
  reason: string | null;
}

/** One contact by telephone. `outcome` is null while it is not over, `caller` if withheld or erased. */
export interface CallRecord {
  interaction_id: string;
  medium: string;
  direction: "inbound" | "outbound" | "internal";
  caller: string | null;
  withheld: boolean;
  called: string | null;
  started: Micros;
  ended: Micros | null;
  outcome: string | null;
  verdict: string | null;
  ended_by: string | null;
  call_type: string | null;
  queue_id: string | null;
  queue_name: string | null;
  agent_id: string | null;
  agent_number: string | null;
  agent_name: string | null;
  wait_us: number;
  talking_us: number;
  holding_us: number;
  test: boolean;
  recordings: Recording[];
}

export interface CallPage {
  items: CallRecord[];
  next_cursor: string | null;
  total: number | null;
}

export interface Leg {
  leg_id: string;
  role: string;
  direction: string;
  device: string | null;
  created: Micros;
  answered: Micros | null;
  ended: Micros | null;
  ended_by: string | null;
  received: number | null;
  lost: number | null;
  mos_milli: number | null;
  one_way: boolean;
}

export interface Entry {
  entry_id: string;
  queue_name: string;
  cause: string;
  entered: Micros;
  left: Micros | null;
  outcome: string | null;
  verdict: string | null;
  offers: number;
}

export interface Offer {
  offer_id: string;
  agent_number: string;
  agent_name?: string;
  made: Micros;
  ended: Micros | null;
  outcome: string | null;
}

export interface Handling {
  handling_id: string;
  agent_id: string;
  agent_number: string;
  agent_name: string;
  started: Micros;
  connected: Micros | null;
  talking_us: number;
  holding_us: number;
  wrapup_us: number;
  codes: string[];
  resolved: boolean | null;
  note: string | null;
}

/** One event of the ledger, without references to personal data. */
export interface TimelineEvent {
  seq: number;
  at: Micros;
  kind: string;
  by: string;
  data: Record<string, unknown>;
}

export interface CallDetail extends CallRecord {
  legs: Leg[];
  entries: Entry[];
  offers: Offer[];
  handlings: Handling[];
  timeline: TimelineEvent[];
}
