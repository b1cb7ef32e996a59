// The live documents and the feed's messages. Their fields are the server's (rest.ts); closed vocabularies are named here.
import type { Live, LiveAgent, LiveAlarm, LiveCall, LiveHandling, LiveLine, LiveMember, LiveNotice, LiveOffer, LivePlane, LiveQueue, LiveRoom, LiveTrunk } from "./rest.ts";

export type AgentState =
  | "idle" | "ringing" | "talking" | "holding" | "consulting" | "assisting" | "dialling" | "internal"
  | "supervising" | "wrapup" | "serving" | "busy" | "unreachable" | "offline";

export type CallState =
  | "arriving" | "greeting" | "waiting" | "ringing" | "dialling" | "talking" | "holding" | "moving" | "parked" | "away" | "meeting" | "ending";

type Narrowed<Of, To extends Partial<Record<keyof Of, unknown>>> = Omit<Of, keyof To> & To;

/** How a party's line is while it is not good. value: percent of loss, ms, or s of silence, as the cause has it. */
export type LineDoc = Narrowed<LiveLine, { grade: "fair" | "poor" }>;
export type HandlingDoc = Narrowed<LiveHandling, { line: LineDoc | null; customer_line: LineDoc | null }>;
export type AgentDoc = Narrowed<LiveAgent, { state: AgentState; reason_class: "work" | "break" | null; handling: HandlingDoc | null }>;
export type OfferDoc = LiveOffer;
export type QueueDoc = LiveQueue;
export type CallDoc = Narrowed<LiveCall, { state: CallState; direction: "inbound" | "outbound" | "internal" }>;
/** What is unread of the messages to one user. */
export type NoticeDoc = LiveNotice;
export type PlaneDoc = LivePlane;
/** A line bundle: channels in use each way. */
export type TrunkDoc = LiveTrunk;
/** A conference room, and one who is at its door or in it. */
export type RoomDoc = LiveRoom;
export type MemberDoc = LiveMember;
export type AlarmDoc = LiveAlarm;

type Closed = Narrowed<Live, { agents: AgentDoc; calls: CallDoc }>;

/** All documents by collection and id. */
export type Docs = { [Name in keyof Closed]: Record<string, Closed[Name]> };
export type Collection = keyof Docs;

export type Message =
  | { type: "snapshot"; epoch: string; seq: number; now: number; docs: Partial<Docs> }
  | { type: "patch"; seq: number; now: number; set: [Collection, string, Docs[Collection][string]][]; del: [Collection, string][] }
  | { type: "resumed"; seq: number; now: number }
  | { type: "alive"; seq: number; now: number };
