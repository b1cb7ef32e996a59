// Every command of desk and floor. Each is done when the server has said so; what comes of it is seen in the live
// documents. What makes no sense now throws a `Refusal` whose code and sentence say why.
import type { Http } from "./http.ts";
import type { CallOrder, Disposition, EmergencyOrder, FlushOrder, HelpAnswer, HelpAsked, HelpOrder, LiveAgent, SignInAtDesk, SuperviseOrder, TransferOrder } from "./rest.ts";

/** Whom a call goes to: a colleague, a queue, a x. */
export type Target = CallOrder["to"];
/** Or a flow, after which the agent may have the customer again. */
export type TransferTarget = TransferOrder["to"];
export type Mode = SuperviseOrder["mode"];

/** What an agent does at his own desk. */
export class DeskCommands {
  private readonly http: Http;

  constructor(http: Http) {
    this.http = http;
  }

  // The session
  signIn = (at: SignInAtDesk): Promise<LiveAgent> => this.http.call("desk_sign_in", { body: at });
  signOut = (): Promise<void> => this.http.call("desk_sign_out");
  idle = (): Promise<void> => this.http.call("desk_idle");
  /** reason: the id of a busy reason; during a contact it is booked for after it (话后示忙). */
  busy = (reason: string): Promise<void> => this.http.call("desk_busy", { body: { reason } });

  // One call
  answer = (): Promise<void> => this.http.call("desk_answer");
  accept = (): Promise<void> => this.http.call("desk_accept");
  decline = (): Promise<void> => this.http.call("desk_decline");
  hangUp = (): Promise<void> => this.http.call("desk_hang_up");
  hold = (): Promise<void> => this.http.call("desk_hold");
  retrieve = (): Promise<void> => this.http.call("desk_retrieve");
  mute = (): Promise<void> => this.http.call("desk_mute");
  unmute = (): Promise<void> => this.http.call("desk_unmute");
  digits = (digits: string): Promise<void> => this.http.call("desk_digits", { body: { digits } });
  announce = (): Promise<void> => this.http.call("desk_announce");
  pauseRecording = (): Promise<void> => this.http.call("desk_pause_recording");
  resumeRecording = (): Promise<void> => this.http.call("desk_resume_recording");

  // Help from the leaders (求助)
  help = (order: HelpOrder): Promise<HelpAsked> => this.http.call("desk_help", { body: order });
  cancelHelp = (): Promise<void> => this.http.call("desk_cancel_help");

  // Calls to others, and handing over
  dial = (to: Target): Promise<void> => this.http.call("desk_dial", { body: { to } });
  consult = (to: Target): Promise<void> => this.http.call("desk_consult", { body: { to } });
  swap = (): Promise<void> => this.http.call("desk_swap");
  cancelConsult = (): Promise<void> => this.http.call("desk_cancel_consult");
  conference = (): Promise<void> => this.http.call("desk_conference");
  complete = (): Promise<void> => this.http.call("desk_complete");
  transfer = (to: TransferTarget): Promise<void> => this.http.call("desk_transfer", { body: { to } });
  /** The customer goes into the rating flow; the agent's part is over (转评价). */
  toSurvey = (): Promise<void> => this.http.call("desk_survey");
  park = (): Promise<void> => this.http.call("desk_park");
  take = (slot: string): Promise<void> => this.http.call("desk_take", { body: { slot } });
  pickUp = (entryId: string): Promise<void> => this.http.call("desk_pick_up", { body: { entry_id: entryId } });

  // After the contact
  finishWrapUp = (): Promise<void> => this.http.call("desk_finish_wrapup");
  extendWrapUp = (seconds: number): Promise<void> => this.http.call("desk_extend_wrapup", { body: { seconds } });
  dispose = (said: Disposition): Promise<void> => this.http.call("desk_disposition", { body: said });
}

/** What a leader does on the floor; all of it stands in the audit log. */
export class FloorCommands {
  private readonly http: Http;

  constructor(http: Http) {
    this.http = http;
  }

  // An agent's call: through a device of the leader's own, which rings
  supervise = (agentId: string, mode: Mode): Promise<void> => this.http.call("floor_supervise", { ...agent(agentId), body: { mode } });
  stopSupervising = (): Promise<void> => this.http.call("floor_stop");
  release = (agentId: string): Promise<void> => this.http.call("floor_release", agent(agentId));

  // Who calls for help
  seeHelp = (agentId: string): Promise<void> => this.http.call("floor_see_help", agent(agentId));
  answerHelp = (agentId: string, answer: HelpAnswer): Promise<void> => this.http.call("floor_answer_help", { ...agent(agentId), body: answer });

  // An agent's state
  idle = (agentId: string): Promise<void> => this.http.call("floor_idle", agent(agentId));
  busy = (agentId: string, reason: string): Promise<void> => this.http.call("floor_busy", { ...agent(agentId), body: { reason } });
  signOut = (agentId: string): Promise<void> => this.http.call("floor_sign_out", agent(agentId));

  // Who waits
  pull = (entryId: string): Promise<void> => this.http.call("floor_pull", entry(entryId));
  prefer = (entryId: string): Promise<void> => this.http.call("floor_prefer", entry(entryId));
  move = (entryId: string, queueId: string): Promise<void> => this.http.call("floor_move", { ...entry(entryId), body: { queue_id: queueId } });
  reserve = (entryId: string, agentId: string, seconds: number): Promise<void> =>
    this.http.call("floor_reserve", { ...entry(entryId), body: { agent_id: agentId, seconds } });
  unreserve = (entryId: string): Promise<void> => this.http.call("floor_release_entry", entry(entryId));

  // Who is in a flow
  takeOut = (contactId: string, queueId: string): Promise<void> =>
    this.http.call("floor_take_out", { path: { contact_id: contactId }, body: { queue_id: queueId } });

  // A conference room: leaders any, an agent the one he is the host of
  roomAdd = (roomId: string, number: string): Promise<void> => this.http.call("room_add", { ...room(roomId), body: { number } });
  roomLock = (roomId: string, on: boolean): Promise<void> => this.http.call("room_lock", { ...room(roomId), body: { on } });
  roomQuiet = (roomId: string, on: boolean): Promise<void> => this.http.call("room_quiet", { ...room(roomId), body: { on } });
  roomEnd = (roomId: string): Promise<void> => this.http.call("room_end", room(roomId));
  roomMute = (roomId: string, legId: string, on: boolean): Promise<void> => this.http.call("room_mute", { ...member(roomId, legId), body: { on } });
  roomHost = (roomId: string, legId: string, on: boolean): Promise<void> => this.http.call("room_host", { ...member(roomId, legId), body: { on } });
  roomRemove = (roomId: string, legId: string): Promise<void> => this.http.call("room_remove", member(roomId, legId));

  // A queue
  /** What becomes of everybody who waits there; nothing said: he is told, and the call ends. */
  flush = (queueId: string, order: Partial<FlushOrder> = {}): Promise<void> => this.http.call("floor_flush", { ...queue(queueId), body: { then: "end", ...order } });
  /** `on` alone: the queue's own announcement, for an hour. */
  emergency = (queueId: string, on: boolean, order: Partial<EmergencyOrder> = {}): Promise<void> =>
    this.http.call("floor_emergency", { ...queue(queueId), body: { ...order, on } });
  lend = (queueId: string, agentId: string, seconds: number): Promise<void> =>
    this.http.call("floor_lend", { ...queue(queueId), body: { agent_id: agentId, seconds } });
  giveBack = (queueId: string, agentId: string): Promise<void> => this.http.call("floor_give_back", { ...queue(queueId), body: { agent_id: agentId } });
}

const room = (room_id: string) => ({ path: { room_id } });
const member = (room_id: string, leg_id: string) => ({ path: { room_id, leg_id } });
const agent = (agent_id: string) => ({ path: { agent_id } });
const entry = (entry_id: string) => ({ path: { entry_id } });
const queue = (queue_id: string) => ({ path: { queue_id } });
