// What crosses the HTTP API and the feed: written by tools/client_types.py from the server's own description,
// not by hand. Times are µs UTC, `_us` fields durations in µs.

/** An account as its user, or an administrator, sees it. */
export interface AccountOut {
  user_id: string;
  username: string;
  display_name: string;
  second_factor: boolean;
  recovery_codes_left: number;
  locked_until: number | null;
  must: "change_password" | "enrol" | null;
  sessions: SessionLine[];
}

/** number: a colleague's agent ID or extension, or an outside number. */
export interface AddOrder {
  number: string;
}

/** An agent's day, in the centre's zone. `states`: µs by state; `state`: the present one, null if signed out. */
export interface AgentFigures {
  agent_id: string;
  agent_number: string;
  agent_name: string;
  zone: string;
  state: string | null;
  states: Record<string, number>;
  sums: Record<string, number>;
  metrics: Record<string, number | null>;
}

/** queues: ids within the asker's reach. known_skills: of the centre. elsewhere: how many queues lie beyond it. */
export interface AgentSkills {
  version: number;
  queues: string[];
  skills: SkillLine[];
  known_skills: string[];
  elsewhere: number;
}

export interface AgentTable {
  /** µs UTC */
  now: number;
  rows: AgentFigures[];
}

/** Files of the prompts' folder, by name. */
export interface Announcements {
  files: string[];
}

/** Who is to call, and for how long (s) it is kept for him. */
export interface AssignOrder {
  agent_id: string;
  seconds?: number;
}

export interface AttributeOut {
  name: string;
  required: boolean;
  expected: string;
  values: string[];
}

export interface BusyOrder {
  /** The id of a busy reason. */
  reason: string;
}

/** limit_s: how long at most; 0: as long as it takes. */
export interface BusyReasonOut {
  id: string;
  name: string;
  reason_class: "work" | "break";
  limit_s: number;
}

/** The whole contact. */
export interface CallDetail {
  interaction_id: string;
  medium: string;
  direction: string;
  /** null if withheld, or erased on the customer's demand */
  caller: string | null;
  withheld: boolean;
  called: string | null;
  started: number;
  ended: number | null;
  outcome: string | null;
  verdict: string | null;
  ended_by: string | null;
  call_type: string | null;
  queue_id: string | null;
  queue_name: string | null;
  /** the agent who was connected first */
  agent_id: string | null;
  agent_number: string | null;
  agent_name: string | null;
  wait_us: number;
  talking_us: number;
  holding_us: number;
  test: boolean;
  recordings: RecordingOut[];
  legs: LegOut[];
  entries: EntryOut[];
  offers: OfferOut[];
  handlings: HandlingOut[];
  timeline: TimelineEvent[];
}

/** Which calls. `from` and `to` bound the beginning of the call: [from, to). */
export interface CallFilters {
  /** µs UTC */
  from?: number | null;
  /** µs UTC */
  to?: number | null;
  /** id of a queue it waited in */
  queue?: string | null;
  /** id of an agent who handled it */
  agent?: string | null;
  /** contact outcome, metrics.md section 7; "live": none yet */
  outcome?: string | null;
  /** the caller's number, or its last digits */
  number?: string | null;
  /** only the calls that this figure counts, of `figure_from` to `figure_to` */
  figure?: "offered" | "answered" | "abandoned" | "callback" | "diverted" | "turned_away" | "failed" | "overflow_out" | "overflow_in" | "short" | "hit" | "waiting" | "handled" | "assisted" | "consults" | null;
  /** µs UTC, by when entries entered, handlings began */
  figure_from?: number | null;
  figure_to?: number | null;
  /** the calls of test numbers, which stand in no figure, instead */
  test?: boolean;
}

export interface CallOrder {
  to: To;
}

/** `total` is counted on the first page only, and up to ten thousand. */
export interface CallPage {
  items: CallRecord[];
  next_cursor: string | null;
  total: number | null;
}

/** One contact by telephone, as the books have it. `outcome` is null while it is not over. */
export interface CallRecord {
  interaction_id: string;
  medium: string;
  direction: string;
  /** null if withheld, or erased on the customer's demand */
  caller: string | null;
  withheld: boolean;
  called: string | null;
  started: number;
  ended: number | null;
  outcome: string | null;
  verdict: string | null;
  ended_by: string | null;
  call_type: string | null;
  queue_id: string | null;
  queue_name: string | null;
  /** the agent who was connected first */
  agent_id: string | null;
  agent_number: string | null;
  agent_name: string | null;
  wait_us: number;
  talking_us: number;
  holding_us: number;
  test: boolean;
  recordings: RecordingOut[];
}

/** A call-back that is owed. late: its promise has passed and nobody has tried. */
export interface CallbackOut {
  id: string;
  contact_id: string | null;
  caller: string | null;
  source: string;
  queue_id: string | null;
  queue_name: string | null;
  requested: number;
  promised_by: number;
  attempts: number;
  calling: boolean;
  last_result: string | null;
  late: boolean;
}

export interface CallbackPage {
  items: CallbackOut[];
  next_cursor: string | null;
  total: number;
}

/** The centre signed in to. time_zone: IANA name; days on screens are this zone's. */
export interface CentreOut {
  name: string;
  time_zone: string;
  customers: CustomerCardOut;
  desk: DeskRulesOut;
}

export interface Code {
  code: string;
}

/** A metric: its names, and its formula as identifiers and in words. */
export interface ColumnOut {
  name: string;
  zh: string;
  en: string;
  unit: "count" | "share" | "µs" | "per hour" | "erlang" | "ccs";
  grain: "C" | "S" | "G";
  formula: string;
  formula_zh: string;
  formula_en: string;
}

/** What is to be put right. handling_id: for codes, resolved and case_id, whose. reason: why, for the ledger. */
export interface Correction {
  field: "codes" | "resolved" | "call_type" | "case_id" | "test";
  after: string[] | string | boolean | null;
  reason: string;
  handling_id?: string | null;
}

/** What a customer record holds here, besides name, numbers, tags and note. */
export interface CustomerCardOut {
  grades: string[];
  fields: CustomerFieldOut[];
}

export interface CustomerChange {
  name: string;
  grade?: string;
  tags?: string[];
  note?: string;
  fields?: Record<string, string>;
  /** the one that was opened; another one by now is refused */
  version: number;
}

export interface CustomerFieldOut {
  key: string;
  label: string;
  kind: "text" | "number" | "date" | "choice";
  choices: string[];
}

/** interaction_id: a contact in hand, whose number becomes the customer's first. */
export interface CustomerNew {
  name: string;
  grade?: string;
  tags?: string[];
  note?: string;
  fields?: Record<string, string>;
  numbers?: NumberIn[];
  interaction_id?: string | null;
}

export interface CustomerOut {
  customer_id: string;
  name: string;
  grade: string;
  tags: string[];
  note: string;
  fields: Record<string, string>;
  numbers: NumberOut[];
  version: number;
  created: number;
  changed: number;
  changed_by: string;
}

export interface CustomerPage {
  items: CustomerOut[];
  next_cursor: string | null;
}

export interface DataFieldOut {
  key: string;
  label: string;
}

/** The whole desk at once; afterwards the feed keeps it current. `now`: the server's time, µs UTC. */
export interface Desk {
  agent: LiveAgent;
  call: LiveCall | null;
  queues: LiveQueue[];
  busy_reasons: BusyReasonOut[];
  now: number;
}

/** After how many seconds a held customer is called to mind (0: never), and how often again; from when on a talk and a wrap-up are long; the names of attached data. */
export interface DeskRulesOut {
  hold_reminder_s: number;
  hold_repeat_s: number;
  long_talk_s: number;
  long_wrapup_s: number;
  data: DataFieldOut[];
}

export interface DeviceOut {
  extension: string;
  kind: "sip" | "browser" | "mobile";
  /** where a mobile is rung, masked; empty for other devices */
  number: string;
}

/** Groups of lines that differ, with unchanged lines around them. */
export interface DiffOut {
  text: DiffRow[][];
  tests: DiffRow[][];
}

export interface DiffPart {
  text: string;
  changed: boolean;
}

export interface DiffRow {
  kind: "same" | "added" | "removed";
  before: number | null;
  after: number | null;
  text: string;
  /** on the other side: the line that this one became, or was before */
  pair: number | null;
  /** the text of a line with a pair, cut where it changed */
  parts: DiffPart[];
}

export interface DifferenceOut {
  index: number;
  line: number;
  expected: string;
  seen: string;
}

export interface DigitsOrder {
  digits: string;
}

/** What the contact came to; may be sent again, the last one counts. */
export interface Disposition {
  handling_id: string;
  codes: string[];
  resolved: boolean | null;
  note?: string;
}

/** template: a ready flow to begin from; text: a document to import. With neither it begins with an empty form. */
export interface DocumentNew {
  name: string;
  language?: "zh-CN" | "en";
  template?: string;
  text?: string;
  tests?: string;
}

export interface DocumentOut {
  document_id: string;
  name: string;
  language: string;
  description: string;
  published: VersionOut | null;
  draft: DraftOut | null;
  used_by: UseOut[];
}

/** text, tests: of the draft, or of the published version where there is none. */
export interface DocumentText {
  document_id: string;
  name: string;
  language: string;
  description: string;
  published: VersionOut | null;
  draft: DraftOut | null;
  used_by: UseOut[];
  text: string;
  tests: string;
}

/** revision: of the draft it was made from, 0 if there was none. base: the version upon which it is written: the one that its author began with, or one published meanwhile that he has seen and goes on from. */
export interface DraftIn {
  text: string;
  tests?: string;
  revision: number;
  base: number;
}

export interface DraftOut {
  owner: string;
  owner_name: string;
  revision: number;
  /** the version it was made from; 0: none */
  base: number;
  at: number;
}

/** A way out of a node: to another one, or away from the document. */
export interface EdgeOut {
  source: string;
  /** a node here; empty: see away */
  target: string;
  /** another document, a destination, exit, disconnect, return; empty: a script decides */
  away: string;
  kind: string;
  /** the key or the event */
  label: string;
  line: number;
}

export interface ElementOut {
  tag: string;
  section: string;
  zh: string;
  en: string;
  attributes: AttributeOut[];
  children: string[];
}

/** Whether the queue's emergency announcement is to be heard, what it says and for how long. Nothing to say: the queue's own. file: one of `GET /floor/announcements`. */
export interface EmergencyOrder {
  on: boolean;
  say?: string | null;
  language?: "zh" | "en";
  file?: string | null;
  seconds?: number;
}

export interface EntryOut {
  entry_id: string;
  queue_id: string;
  queue_name: string;
  cause: string;
  entered: number;
  left: number | null;
  outcome: string | null;
  verdict: string | null;
  target_us: number;
  offers: number;
  handling_id: string | null;
}

/** Every error of the API. */
export interface ErrorBody {
  /** Stable word for programs. */
  code: string;
  /** What was wrong, for people. */
  sentence: string;
  /** The thing at fault, if there is one. */
  where: string;
  /** The next step, if there is one. */
  todo: string;
  /** The request's number, as the server's log has it. */
  support: string;
  /** The fields at fault (422 only). */
  fields: FieldProblem[] | null;
}

/** A file that is made. done, total: rows; total is null while it is not known. */
export interface ExportOut {
  export_id: string;
  state: "making" | "ready" | "failed";
  done: number;
  total: number | null;
  file: string;
  sentence: string;
}

export interface ExportQuery {
  from: string;
  to: string;
  grain?: "quarter" | "half_hour" | "hour" | "day" | "week" | "month" | "whole";
  /** a row an interval, or a row a queue (agent, trunk …) */
  by?: "time" | "key";
  key?: string[];
  team?: string | null;
  medium?: ("voice" | "callback" | "chat" | "email" | "sms" | "fax" | "social" | "video")[];
  column?: string[];
  language?: "zh-CN" | "en";
}

export interface ExtendWrapup {
  seconds: number;
}

/** What the authenticator is told: as a picture (SVG), or typed in. */
export interface FactorBegun {
  secret: string;
  uri: string;
  picture: string;
}

/** One field that was refused: its path ("body.extension") and why. */
export interface FieldProblem {
  path: string;
  sentence: string;
}

export interface FindingOut {
  part: "flow" | "tests";
  line: number;
  column: number;
  severity: "error" | "warning";
  code: string;
  about: string;
  expected: string;
  en: string;
  zh: string;
}

export interface Findings {
  items: FindingOut[];
  /** the picture of the text; null while it is not in order */
  outline: OutlineOut | null;
}

/** Everybody and everything live that the viewer may see. `now`: µs UTC. */
export interface Floor {
  agents: LiveAgent[];
  queues: LiveQueue[];
  calls: LiveCall[];
  rooms: LiveRoom[];
  /** What force busy (强制示忙) may name, and what rows name. */
  busy_reasons: BusyReasonOut[];
  now: number;
}

export interface FlowName {
  flow_id: string;
  name: string;
}

/** A text as it stands in the editor. */
export interface FlowText {
  name: string;
  text: string;
  tests?: string;
}

/** flows: those that lead through this document, as far as the viewer reaches; the figures are of them together. */
export interface FlowToday {
  now: number;
  /** of the day, µs UTC, in the centre's zone */
  begin: number;
  flows: FlowName[];
  runs: number;
  inside: number;
  exit_hangup: number;
  exit_error: number;
  exit_queue: number;
  /** contacts that stayed 5 s or more in self-service: the denominator */
  self_service: number;
  /** of them, those that helped themselves: the numerator */
  self_helped: number;
  nodes: NodeToday[];
}

/** What becomes of everybody who waits: he is told that nobody can serve him (end), goes to the queue `to` at his place (move), is promised a call-back, or leaves a message. Whom an agent has answered stays with him. */
export interface FlushOrder {
  then?: "end" | "move" | "callback" | "message";
  to?: string | null;
}

export interface GiveBackOrder {
  agent_id: string;
}

/** codes, resolved and note: the summary (小结) of this agent. */
export interface HandlingOut {
  handling_id: string;
  agent_id: string;
  agent_number: string;
  agent_name: string;
  queue_id: string;
  role: string;
  origin: string;
  started: number;
  connected: number | null;
  released: number | null;
  over: number | null;
  talking_us: number;
  holding_us: number;
  consulting_us: number;
  wrapup_us: number;
  codes: string[];
  resolved: boolean | null;
  case_id: string | null;
  note: string | null;
}

/** status "ok" if every plane answers and the database does, else "down" (and 503). */
export interface Health {
  status: "ok" | "down";
  planes: Record<string, PlaneHealth>;
}

/** message: written to him; coming: on the way. Listening and the like need not be said. */
export interface HelpAnswer {
  how: "message" | "coming";
  /** for his screen; kept nowhere */
  said?: string;
}

export interface HelpAsked {
  /** how many leaders have a screen open that shows it */
  watching: number;
}

/** What an agent asks his leaders for. The text is shown to them and kept nowhere. */
export interface HelpOrder {
  reason: "unsure" | "upset" | "demands_leader" | "emergency" | "other";
  text?: string;
}

/** As the browser's RTCIceServer: a TURN relay and passing credentials for it. */
export interface IceServer {
  urls: string[];
  username: string;
  credential: string;
}

/** A message. agent_number, agent_name: if it is for one agent. heard: when it was first played. served_at: when its caller was answered, or reached, since. sound: expired once its time is over (docs/recordings.md). */
export interface LeftMessageOut {
  id: string;
  contact_id: string;
  caller: string | null;
  called: string | null;
  queue_id: string | null;
  queue_name: string | null;
  agent_number: string | null;
  agent_name: string | null;
  received: number;
  duration_ms: number;
  heard: number | null;
  sound: "ready" | "expired";
  claimed_by: string | null;
  claimed_at: number | null;
  mine: boolean;
  cleared: number | null;
  cleared_by: string | null;
  served_at: number | null;
}

export interface LeftMessagePage {
  items: LeftMessageOut[];
  next_cursor: string | null;
  total: number;
}

export interface LegOut {
  leg_id: string;
  role: string;
  direction: string;
  device: string | null;
  created: number;
  alerting: number | null;
  answered: number | null;
  ended: number | null;
  ended_by: string | null;
  release_code: number | null;
  received: number | null;
  lost: number | null;
  mos_milli: number | null;
  one_way: boolean;
}

/** A row. `open`: something that counts in it goes on (未结). values: null where there is nothing to divide by. */
export interface LineOut {
  key: string;
  name: string;
  number: string;
  start: number;
  end: number;
  day: string;
  label: string;
  open: boolean;
  values: Record<string, number | null>;
  facts: Record<string, unknown>;
}

/** An agent at this moment. `state`: metrics.md section 6, or "offline"; times in µs UTC. */
export interface LiveAgent {
  id: string;
  number: string;
  name: string;
  team: string | null;
  state: string;
  since: number | null;
  reason: string | null;
  reason_class: string | null;
  next_state: NextState | null;
  device: string | null;
  session_id: string | null;
  queues: string[];
  loans: LiveLoan[];
  handling: LiveHandling | null;
  offer: LiveOffer | null;
  wrapup_until: number | null;
  rung: LiveRing | null;
  watching: LiveWatch | null;
  failure: LiveFailure | null;
  /** What became of the last offer, and when. */
  last_offer: LiveOutcome | null;
  /** How the last customer rated him, when one did. */
  last_survey: LiveSurvey | null;
  /** When a break with a limit is over (µs UTC). */
  break_until: number | null;
  /** Away for longer than the reason allows. */
  break_over: boolean;
  help: LiveHelp | null;
}

/** Something that needs a person. kind: what to look up in the manual; since: µs UTC. */
export interface LiveAlarm {
  id: string;
  kind: string;
  sentence: string;
  since: number;
}

/** A call at this moment. `caller` is masked for those who may not see it. */
export interface LiveCall {
  id: string;
  /** 138****5678 for an agent, unless it is his own call. */
  caller: string | null;
  called: string | null;
  queue_id: string | null;
  state: string;
  since: number;
  started: number;
  agent_id: string | null;
  handling_id: string | null;
  recording: boolean;
  direction: string;
  /** While it waits or rings: for pick-up. */
  entry_id: string | null;
  /** While it waits. */
  priority: number | null;
  kept: LiveKept | null;
  parties: LiveParty[];
  consult: LiveConsult | null;
  /** The slot it is parked in. */
  parked: string | null;
  sent: LiveSent | null;
  /** The recording is paused for card data. */
  paused: boolean;
  /** what flows and other systems attached to the contact; private values hidden */
  data: Record<string, string | number>;
  /** where a caller in a flow is: document#dialog/item */
  node: string | null;
  node_since: number | null;
  /** the name of the flow he is in */
  flow: string | null;
  /** of the configuration by which he goes through it */
  flow_version: number | null;
  /** the flow he came in by */
  flow_id: string | null;
  /** of a test number, or a trial call: in no figure */
  test: boolean;
}

/** A consultation. target: agent:ID, queue:ID, extension:N or number:N; state: of the third party's leg. */
export interface LiveConsult {
  handling_id: string;
  target: string;
  name: string;
  state: string;
}

/** What everybody in a queue hears first. until: µs UTC. announce: say and language, or file; {}: its own. */
export interface LiveEmergency {
  until: number;
  announce: Record<string, string>;
}

/** Why the last call that an agent asked for did not come about. at: µs UTC. */
export interface LiveFailure {
  target: string;
  /** busy, no_answer, rejected, invalid, congestion, declined, device_failed, or a refusal's code */
  outcome: string;
  at: number;
}

/** The contact that an agent has in hand, wrap-up included. */
export interface LiveHandling {
  id: string;
  interaction_id: string;
  queue_id: string | null;
  state: string;
  caller: string | null;
  muted: boolean;
  /** talk, aside (consulting), alone (on hold) */
  room: string | null;
  /** the agent's own line; null: good */
  line: LiveLine | null;
  /** the customer's */
  customer_line: LiveLine | null;
  /** how long the message is that the customer left before (ms); null: none */
  message_ms: number | null;
}

/** An agent's call for help. seen: how many leaders have it before their eyes; times µs UTC. */
export interface LiveHelp {
  id: string;
  at: number;
  /** when it ends by itself if nobody answers */
  until: number;
  /** unsure, upset, demands_leader, emergency, other */
  reason: string;
  text: string;
  /** asked, answered */
  state: string;
  seen: number;
  answered_by: string | null;
  /** listen, whisper, barge, take_over, message, coming */
  how: string | null;
  /** what the leader wrote */
  said: string;
}

/** For whom a waiting caller is kept, and until when (µs UTC). */
export interface LiveKept {
  agent_id: string;
  until: number;
}

/** How a party's line is while it is not good. value: percent of loss, ms, or s of silence, as the cause has it. */
export interface LiveLine {
  /** fair, poor */
  grade: string;
  /** silent, loss_up (from the party), loss_down (to it), jitter, delay */
  cause: string;
  value: number;
}

/** An agent lent to a queue. until: µs UTC. */
export interface LiveLoan {
  agent_id: string;
  queue_id: string;
  until: number;
}

/** One who is at the door of a conference room, or in it. number: his, or the one that was called in. */
export interface LiveMember {
  leg_id: string;
  number: string;
  agent_id: string | null;
  stage: "called" | "door" | "waiting" | "in" | "leaving";
  since: number;
  host: boolean;
  muted: boolean;
}

/** What is unread of the messages to one user, while something is. latest: µs UTC. */
export interface LiveNotice {
  unread: number;
  urgent: boolean;
  latest: number | null;
}

/** What rings at an agent's device. */
export interface LiveOffer {
  id: string;
  entry_id: string;
  interaction_id: string;
  queue_id: string;
  since: number;
  ring_limit_s: number;
  caller: string | null;
  /** Whether the desk can have the phone answer. */
  answerable: boolean;
  /** When the caller entered the queue (µs UTC). */
  waiting_since: number | null;
  medium: string;
  /** It rings no phone: it is accepted or declined at the desk. */
  at_desk: boolean;
  /** how long the message is that the customer left before (ms); null: none */
  message_ms: number | null;
}

/** at: µs UTC. */
export interface LiveOutcome {
  outcome: string;
  at: number;
}

/** One party of a call. name: an agent's number. number: of an outside party other than the customer. */
export interface LiveParty {
  leg_id: string;
  role: string;
  agent_id: string | null;
  name: string | null;
  device: string | null;
  number: string | null;
  state: string;
  room: string;
  muted: boolean;
  /** listen, whisper, barge: a leader */
  mode: string | null;
  line: LiveLine | null;
}

/** Whether a plane is there. since: µs UTC. */
export interface LivePlane {
  up: boolean;
  since: number;
}

/** A queue at this moment. `longest_since`: when the longest waiting caller entered (µs UTC). target_s: the T of the service level in force (s). */
export interface LiveQueue {
  id: string;
  name: string;
  target_s: number | null;
  waiting: number;
  longest_since: number | null;
  idle: number;
  signed_in: number;
  /** whether its customers can be sent to a survey (转评价) */
  survey: boolean;
  emergency: LiveEmergency | null;
  loans: LiveLoan[];
  sites: LiveSite[];
}

/** What rings at an agent's device without an offer: a colleague, a consultation, a transfer, a parked call. */
export interface LiveRing {
  interaction_id: string;
  /** called, direct, consult, transfer, return, take, supervise */
  why: string;
  caller: string | null;
  answerable: boolean;
}

/** A conference room (会议室). quiet: only its hosts are heard. */
export interface LiveRoom {
  id: string;
  name: string;
  /** What is dialled to get there. */
  numbers: string[];
  most: number;
  locked: boolean;
  quiet: boolean;
  failed: LiveUncalled | null;
  members: LiveMember[];
}

/** The last flow that an agent sent the customer into. */
export interface LiveSent {
  handling_id: string;
  /** Its name. */
  flow: string;
  /** The agent waits, and has the customer again afterwards. */
  back: boolean;
  /** It asks the customer to rate the service. */
  survey: boolean;
  since: number;
  /** done, queue, transfer, error, limit, taken_back, hangup; null: he is there. */
  result: string | null;
}

/** A sister centre's queue that does this one's work, as it told us at told_at (µs UTC). answer_in_s: null if nobody there would answer, or nobody can say when. */
export interface LiveSite {
  name: string;
  told_at: number;
  waiting: number;
  idle: number;
  answer_in_s: number | null;
}

/** How a customer answered whom the agent had sent to the survey. at: µs UTC. */
export interface LiveSurvey {
  interaction_id: string;
  handling_id: string | null;
  /** answered, declined, none */
  result: string;
  /** What he said, by question. */
  answers: Record<string, string | number>;
  at: number;
}

/** A line bundle at this moment: channels in use each way, and the most there may be. */
export interface LiveTrunk {
  id: string;
  name: string;
  state: "up" | "down";
  /** of a trunk that is down */
  why: "silent" | "unresolved" | "unregistered" | null;
  since: number;
  inbound: number;
  outbound: number;
  max_calls: number;
  max_inbound: number | null;
  max_outbound: number | null;
  /** null where there is none */
  registration: string | null;
}

/** A number that could not be called into a room. why: busy, no_answer, rejected, invalid, congestion, … */
export interface LiveUncalled {
  number: string;
  why: string;
}

/** Whose call a leader listens to. */
export interface LiveWatch {
  interaction_id: string;
  agent_id: string | null;
  mode: string;
}

export interface Load {
  queues: QueueLoad[];
}

/** An agent and for how long. */
export interface LoanOrder {
  agent_id: string;
  seconds: number;
}

export interface MessageExport {
  state?: "open" | "done" | "all";
  queue?: string | null;
  language?: "zh-CN" | "en";
}

/** deputy: gets it too if nobody has read it after `deputy_after_s`. */
export interface MessageIn {
  to: Recipient[];
  text: string;
  urgent?: boolean;
  deputy?: string | null;
  deputy_after_s?: number;
}

export interface MessageOut {
  message_id: string;
  /** a user; empty for a text that came by telephone from outside */
  sender: string;
  /** or the number that such a text came from; empty: withheld */
  sender_name: string;
  told: string;
  text: string;
  urgent: boolean;
  at: number;
  /** when the viewer read it; of one's own: null */
  read: number | null;
  /** how many it went to; one's own messages only */
  recipients: number;
  /** how many have read it; one's own messages only */
  read_by: number;
}

export interface MessagePage {
  items: MessageOut[];
  unread: number;
  next_cursor: string | null;
}

/** A number that was not served. id: its last contact. attempts: calls to it since. */
export interface MissedOut {
  id: string;
  caller: string | null;
  queue_id: string | null;
  queue_name: string | null;
  called: string | null;
  outcome: string;
  first_at: number;
  last_at: number;
  calls: number;
  attempts: number;
  tried_at: number | null;
  claimed_by: string | null;
  claimed_at: number | null;
  mine: boolean;
}

export interface MissedPage {
  items: MissedOut[];
  next_cursor: string | null;
  total: number;
}

export interface MissingOut {
  name: string;
  used_by: string[];
}

export interface MoveOrder {
  queue_id: string;
}

/** owner: the user whose task it is, oneself if not given; a leader gives tasks to those within his reach. */
export interface NewTask {
  title: string;
  note?: string;
  due?: number | null;
  customer_id?: string | null;
  owner?: string | null;
}

export interface NewView {
  name: string;
  query: string;
  shared?: boolean;
  room: "floor" | "contacts" | "reports";
}

/** What was booked for after the present contact. */
export interface NextState {
  state: string;
  reason: string | null;
}

/** A form item of a document. */
export interface NodeOut {
  /** dialog/item, as in the ledger behind document# */
  node: string;
  dialog: string;
  name: string;
  kind: string;
  /** how its prompt begins */
  words: string;
  line: number;
}

/** One form item. Runs count in the quarter hour in which they began. */
export interface NodeToday {
  /** dialog/item */
  node: string;
  visits: number;
  /** went on to another node */
  passed: number;
  /** left the flow here */
  left: number;
  hangups: number;
  errors: number;
  time_us: number;
  inside: number;
  /** how many went on to which node, or by which `exit:` out of the flow */
  exits: Record<string, number>;
}

export interface NumberIn {
  number: string;
  label?: string;
}

export interface NumberOut {
  number_id: string;
  /** 138****5678 for an agent who is not in contact with the customer */
  number: string;
  label: string;
}

export interface OfferOut {
  offer_id: string;
  entry_id: string;
  agent_id: string;
  agent_number: string;
  queue_id: string;
  made: number;
  alerting: number | null;
  ended: number | null;
  outcome: string | null;
}

export interface OutcomeOut {
  document: string;
  says: string;
  line: number;
  passed: boolean;
  steps: StepOut[];
  differs: DifferenceOut | null;
}

export interface OutlineOut {
  nodes: NodeOut[];
  edges: EdgeOut[];
}

export interface PasswordChange {
  current: string;
  new: string;
}

export interface PasswordReset {
  /** to be changed by the user at his next sign-in */
  new: string;
}

/** A contact, as everybody who serves the customer may know it. opens: whether the viewer may open it whole. */
export interface PastContact {
  interaction_id: string;
  medium: string;
  direction: string;
  started: number;
  outcome: string | null;
  queue_name: string | null;
  agent_number: string | null;
  agent_name: string | null;
  talking_us: number;
  codes: string[];
  resolved: boolean | null;
  note: string | null;
  opens: boolean;
}

export interface PastPage {
  items: PastContact[];
  next_cursor: string | null;
}

/** A SIP account for this browser, of short life. Never kept, never logged. */
export interface Phone {
  websocket_url: string;
  uri: string;
  extension: string;
  username: string;
  password: string;
  ice_servers: IceServer[];
  /** cause → where a line is fair, where poor: percent of loss, ms, s of silence */
  limits: Record<string, [number, number]>;
  /** µs UTC */
  expires_at: number;
}

/** missing: phrases that flows name and nobody has recorded. */
export interface PhraseList {
  items: PhraseOut[];
  missing: MissingOut[];
}

export interface PhraseOut {
  name: string;
  language: "zh" | "en";
  duration_ms: number;
  versions: number[];
  used_by: string[];
}

/** One recording that there was, and where it came from. */
export interface PhraseVersion {
  number: number;
  duration_ms: number;
  /** empty: nobody knows */
  how: "recorded" | "uploaded" | "spoken" | "returned" | "";
  by_name: string;
  /** µs UTC; 0: unknown */
  at: number;
  /** what an engine said */
  text: string;
  voice: string;
  /** the version that was put back */
  of: number;
}

export interface PickUpOrder {
  /** `entry_id` of a call that waits or rings. */
  entry_id: string;
}

export interface PlaneHealth {
  up: boolean;
}

/** What the desk shows of a contact's customer. number: null if withheld; url: a page of another system. */
export interface Pop {
  interaction_id: string;
  number: string | null;
  region: string;
  customer: CustomerOut | null;
  contacts_30_days: number;
  last_agent_number: string | null;
  recent: PastContact[];
  url: string | null;
}

/** Whoever changes what protects an account shows that it is his. */
export interface Proof {
  password: string;
}

export interface PublishIn {
  revision: number;
  note?: string;
}

export interface Published {
  version: VersionOut;
  /** call control goes by it already; otherwise from its next start */
  in_force: boolean;
}

export interface PutBackIn {
  number: number;
}

/** A queue's day, in the queue's own zone. A queue that nobody has entered today has no row. */
export interface QueueFigures {
  queue_id: string;
  queue_name: string;
  medium: string;
  zone: string;
  waiting_now: number;
  longest_wait_us: number;
  sums: Record<string, number>;
  metrics: Record<string, number | null>;
}

/** A queue that takes calls now. Callers alone count, no digital items. */
export interface QueueLoad {
  name: string;
  waiting: number;
  /** agents who would be rung at once */
  idle: number;
  /** agents signed in who serve it */
  staffed: number;
  /** from one answer to the next of late (s); 0: nobody can say yet */
  between_s: number;
}

export interface QueueTable {
  /** µs UTC */
  now: number;
  rows: QueueFigures[];
}

/** A user by id, a team by name, everybody who serves a queue (by id), or everybody. */
export interface Recipient {
  kind: "user" | "team" | "queue" | "everybody";
  id?: string;
}

/** state: running, ended, missing (with the reason) or expired (removed when its time was over). consultation: not the talk, but what a colleague (his handling) or an outside party (`leg_id`) said aside of it. Fetch the audio from /recordings/{recording_id}. */
export interface RecordingOut {
  recording_id: string;
  handling_id: string;
  leg_id: string | null;
  consultation: boolean;
  started: number;
  state: string;
  ended: number | null;
  duration_ms: number | null;
  reason: string | null;
}

/** Shown this once. */
export interface RecoveryCodes {
  codes: string[];
}

/** do: the steps so far, in the words of the scripted tests. session: what the flow knows of the caller. */
export interface RehearsalIn {
  name: string;
  text: string;
  do?: string[];
  session?: Record<string, unknown>;
}

export interface Rehearsed {
  steps: StepOut[];
  ended: boolean;
}

/** number, revision: of the version in force and of the draft, as they were seen; 0: none. */
export interface RenameIn {
  name: string;
  number: number;
  revision: number;
}

export interface ReserveOrder {
  agent_id: string;
  seconds: number;
}

/** number: the version that becomes the draft. revision: of the draft that it replaces, 0 if there is none. */
export interface ReturnIn {
  number: number;
  revision: number;
}

/** What to say in a contact. text: docs/desk.md has its form; values: of the variables in it, "" unknown. */
export interface ScriptOut {
  text: string;
  values: Record<string, string>;
}

export interface SeenOut {
  /** what the flow did: play …, transfer …, exit … */
  text: string;
  document: string;
  /** of the form item the caller is at; 0: unknown */
  line: number;
}

export interface SessionLine {
  session_id: string;
  created: number;
  last_seen: number;
  expires: number;
  address: string;
  user_agent: string;
  current: boolean;
}

/** Who is signed in. `csrf` goes into the header X-CSRF-Token of every mutation. */
export interface SessionOut {
  centre: CentreOut;
  user: SignedInUser;
  agent: SignedInAgent | null;
  csrf: string;
  /** what has to be done before anything else works */
  must: "change_password" | "enrol" | null;
  /** µs UTC; signing in again is needed then */
  expires_at: number;
}

/** `columns` are those shown, `available` all that may be asked for. The total is made of sums, never of ratios. */
export interface SheetOut {
  sheet: "queues" | "agents" | "contacts" | "trunks" | "callbacks" | "flows";
  zone: string;
  begin: number;
  end: number;
  now: number;
  columns: ColumnOut[];
  available: string[];
  lines: LineOut[];
  total: Record<string, number | null>;
}

/** A user name and a password. The password is a secret to every log and traceback. */
export interface SignIn {
  username: string;
  password: string;
  /** of the second factor */
  code?: string | null;
}

export interface SignInAtDesk {
  /** One of the agent's own devices. */
  extension: string;
  /** Whether offers may come at once. */
  ready: boolean;
}

/** The agent that the user is. `number`: agent ID (工号). */
export interface SignedInAgent {
  id: string;
  number: string;
  team: string | null;
  devices: DeviceOut[];
}

export interface SignedInUser {
  id: string;
  username: string;
  display_name: string;
  role: "agent" | "leader" | "admin";
  language: string;
}

/** A skill of an agent's, by its name, from 1 to 9. */
export interface SkillLine {
  skill: string;
  level: number;
}

/** All that he serves and can from now on. version: of the centre that the change was made from. */
export interface SkillsOrder {
  version: number;
  queues: string[];
  skills: SkillLine[];
}

/** opening: said when a call is answered. hold_every_s: seconds of music between the words to who is on hold, 0: never; null: as the centre has it. hold_beep: a tone instead of words. version: of the centre that the change was made from. */
export interface SpeakingOrder {
  version: number;
  opening: ("agent_id" | "queue_name" | "beep")[];
  hold_every_s: number | null;
  hold_beep: boolean;
}

/** A text to be said by an engine and kept. voice "": that of the flow which names the phrase, or the usual one. */
export interface SpokenIn {
  text: string;
  voice?: string;
}

export interface StepOut {
  /** empty for the arrival of the call */
  step: string;
  /** of the tests' text; 0 in a free rehearsal */
  line: number;
  seen: SeenOut[];
  fault: string;
}

export interface SuperviseOrder {
  mode: "listen" | "whisper" | "barge" | "take_over";
}

export interface SwitchOrder {
  on: boolean;
}

export interface TakeOrder {
  /** `parked` of a parked call. */
  slot: string;
}

/** A colleague (state, and since when), a queue (who waits and who is idle in it), or a flow. */
export interface Target {
  kind: "agent" | "queue" | "flow";
  id: string;
  name: string;
  /** agent ID (工号) of a colleague */
  number: string;
  team: string | null;
  user_id: string | null;
  state: string | null;
  /** µs UTC */
  since: number | null;
  waiting: number | null;
  idle: number | null;
}

/** Best first: who is idle, then who is signed in, then the rest; `now`: µs UTC. */
export interface Targets {
  items: Target[];
  now: number;
}

/** What there is to do. due: when at the latest; customer_id: about whom. */
export interface TaskIn {
  title: string;
  note?: string;
  due?: number | null;
  customer_id?: string | null;
}

export interface TaskOut {
  task_id: string;
  owner: string;
  owner_name: string;
  author_name: string;
  title: string;
  note: string;
  due: number | null;
  customer_id: string | null;
  /** null without a customer, or when he has been erased */
  customer_name: string | null;
  state: "open" | "done" | "cancelled";
  created: number;
  closed: number | null;
}

export interface TaskPage {
  items: TaskOut[];
  total: number;
  next_cursor: string | null;
}

export interface TemplateOut {
  template: string;
  language: string;
  description: string;
}

/** One event of the ledger (docs/events.md), without references to personal data. */
export interface TimelineEvent {
  seq: number;
  at: number;
  kind: string;
  by: string;
  data: Record<string, unknown>;
}

/** Whom a call goes to. */
export interface To {
  /** As `GET /targets` says; number: as dialled. */
  kind: "agent" | "queue" | "number";
  /** The id, or the digits. */
  id: string;
}

/** A flow that the customer goes into. */
export interface ToFlow {
  kind: "flow";
  /** Its name, as `GET /targets` says. */
  flow: string;
  /** Whether the agent waits, and has the customer again when the flow is over. */
  back?: boolean;
}

export interface TransferOrder {
  to: To | ToFlow;
}

/** A text as it stands in the editor, to be heard on a real call. */
export interface TrialIn {
  text: string;
}

export interface TrialOut {
  /** dialled at any device of the centre */
  code: string;
  /** µs UTC */
  until: number;
}

export interface UseOut {
  kind: "flow" | "lookup" | "document";
  name: string;
}

export interface VerdictOut {
  /** no error, and every test as expected: it may be published */
  passes: boolean;
  findings: FindingOut[];
  tests: OutcomeOut[];
}

export interface VersionOut {
  number: number;
  name: string;
  /** SHA-256 of the flow, a zero byte and its tests */
  checksum: string;
  at: number;
  /** user:ID, or system for a file that was applied */
  by: string;
  by_name: string;
  note: string;
  /** the version of the configuration that brought it */
  config_version: number;
}

export interface VersionText {
  number: number;
  name: string;
  /** SHA-256 of the flow, a zero byte and its tests */
  checksum: string;
  at: number;
  /** user:ID, or system for a file that was applied */
  by: string;
  by_name: string;
  note: string;
  /** the version of the configuration that brought it */
  config_version: number;
  text: string;
  tests: string;
}

/** query: the room's address after the question mark, filters and columns in it. */
export interface ViewIn {
  name: string;
  query: string;
  shared?: boolean;
}

export interface ViewOut {
  view_id: string;
  room: "floor" | "contacts" | "reports";
  name: string;
  query: string;
  shared: boolean;
  mine: boolean;
  owner_name: string;
}

export interface Views {
  items: ViewOut[];
}

/** A voice of the centre. name "": the one that speaks where no other can. */
export interface VoiceOut {
  name: string;
  languages: ("zh" | "en")[];
}

/** The document of each collection of the feed. */
export interface Live {
  agents: LiveAgent;
  queues: LiveQueue;
  calls: LiveCall;
  planes: LivePlane;
  alarms: LiveAlarm;
  messages: LiveNotice;
  trunks: LiveTrunk;
  rooms: LiveRoom;
}

export interface Operations {
  /** Who is signed in */
  read_session: {
    path: null;
    query: null;
    body: null;
    answer: SessionOut;
    refusals: 400 | 401 | 403 | 413 | 422 | 500;
  };
  /** Sign in to the screens */
  sign_in: {
    path: null;
    query: null;
    body: SignIn;
    answer: SessionOut;
    refusals: 400 | 401 | 403 | 413 | 422 | 429 | 500;
  };
  /** Sign out of the screens */
  sign_out: {
    path: null;
    query: null;
    body: null;
    answer: void;
    refusals: 400 | 401 | 403 | 413 | 422 | 500;
  };
  /** The own account and where it is signed in */
  read_account: {
    path: null;
    query: null;
    body: null;
    answer: AccountOut;
    refusals: 400 | 401 | 403 | 413 | 422 | 500;
  };
  /** Choose another password; every other session ends */
  change_password: {
    path: null;
    query: null;
    body: PasswordChange;
    answer: void;
    refusals: 400 | 401 | 403 | 413 | 422 | 500;
  };
  /** Put it in force */
  confirm_factor: {
    path: null;
    query: null;
    body: Code;
    answer: RecoveryCodes;
    refusals: 400 | 401 | 403 | 409 | 413 | 422 | 500;
  };
  /** Begin a second factor */
  begin_factor: {
    path: null;
    query: null;
    body: Proof;
    answer: FactorBegun;
    refusals: 400 | 401 | 403 | 409 | 413 | 422 | 500;
  };
  /** Do without a second factor */
  remove_factor: {
    path: null;
    query: null;
    body: Proof;
    answer: void;
    refusals: 400 | 401 | 403 | 413 | 422 | 500;
  };
  /** End every other session of one's own */
  revoke_sessions: {
    path: null;
    query: null;
    body: null;
    answer: void;
    refusals: 400 | 401 | 403 | 413 | 422 | 500;
  };
  /** An account */
  read_user_account: {
    path: { user_id: string };
    query: null;
    body: null;
    answer: AccountOut;
    refusals: 400 | 401 | 403 | 404 | 413 | 422 | 500;
  };
  /** End a lock-out */
  unlock_user: {
    path: { user_id: string };
    query: null;
    body: null;
    answer: void;
    refusals: 400 | 401 | 403 | 404 | 413 | 422 | 500;
  };
  /** Set a password that the user has to change; his sessions end */
  reset_user_password: {
    path: { user_id: string };
    query: null;
    body: PasswordReset;
    answer: void;
    refusals: 400 | 401 | 403 | 404 | 413 | 422 | 500;
  };
  /** Take a lost second factor away */
  remove_user_factor: {
    path: { user_id: string };
    query: null;
    body: null;
    answer: void;
    refusals: 400 | 401 | 403 | 404 | 413 | 422 | 500;
  };
  /** Sign a user out everywhere */
  revoke_user_sessions: {
    path: { user_id: string };
    query: null;
    body: null;
    answer: void;
    refusals: 400 | 401 | 403 | 404 | 413 | 422 | 500;
  };
  /** The own desk: state, call, queues, busy reasons */
  read_desk: {
    path: null;
    query: null;
    body: null;
    answer: Desk;
    refusals: 400 | 401 | 403 | 409 | 413 | 422 | 500 | 503;
  };
  /** Sign in at a device (签入) */
  desk_sign_in: {
    path: null;
    query: null;
    body: SignInAtDesk;
    answer: LiveAgent;
    refusals: 400 | 401 | 403 | 409 | 413 | 422 | 500 | 503;
  };
  /** Sign out (签出) */
  desk_sign_out: {
    path: null;
    query: null;
    body: null;
    answer: void;
    refusals: 400 | 401 | 403 | 409 | 413 | 422 | 500 | 503;
  };
  /** Take offers (示闲) */
  desk_idle: {
    path: null;
    query: null;
    body: null;
    answer: void;
    refusals: 400 | 401 | 403 | 409 | 413 | 422 | 500 | 503;
  };
  /** Take no offers, with a reason (示忙) */
  desk_busy: {
    path: null;
    query: null;
    body: BusyOrder;
    answer: void;
    refusals: 400 | 401 | 403 | 409 | 413 | 422 | 500 | 503;
  };
  /** End the own call (挂断) */
  desk_hang_up: {
    path: null;
    query: null;
    body: null;
    answer: void;
    refusals: 400 | 401 | 403 | 409 | 413 | 422 | 500 | 503;
  };
  /** Hold the customer (保持) */
  desk_hold: {
    path: null;
    query: null;
    body: null;
    answer: void;
    refusals: 400 | 401 | 403 | 409 | 413 | 422 | 500 | 503;
  };
  /** Take the customer back (取回) */
  desk_retrieve: {
    path: null;
    query: null;
    body: null;
    answer: void;
    refusals: 400 | 401 | 403 | 409 | 413 | 422 | 500 | 503;
  };
  /** Take what is shown and rings no phone (接受) */
  desk_accept: {
    path: null;
    query: null;
    body: null;
    answer: void;
    refusals: 400 | 401 | 403 | 409 | 413 | 422 | 500 | 503;
  };
  /** Refuse the offer that rings (拒接) */
  desk_decline: {
    path: null;
    query: null;
    body: null;
    answer: void;
    refusals: 400 | 401 | 403 | 409 | 413 | 422 | 500 | 503;
  };
  /** Ask the leaders for help (求助) */
  desk_help: {
    path: null;
    query: null;
    body: HelpOrder;
    answer: HelpAsked;
    refusals: 400 | 401 | 403 | 409 | 413 | 422 | 500 | 503;
  };
  /** Take the call for help back */
  desk_cancel_help: {
    path: null;
    query: null;
    body: null;
    answer: void;
    refusals: 400 | 401 | 403 | 409 | 413 | 422 | 500 | 503;
  };
  /** End wrap-up now */
  desk_finish_wrapup: {
    path: null;
    query: null;
    body: null;
    answer: void;
    refusals: 400 | 401 | 403 | 409 | 413 | 422 | 500 | 503;
  };
  /** Make wrap-up longer */
  desk_extend_wrapup: {
    path: null;
    query: null;
    body: ExtendWrapup;
    answer: void;
    refusals: 400 | 401 | 403 | 409 | 413 | 422 | 500 | 503;
  };
  /** Say what the contact came to (小结) */
  desk_disposition: {
    path: null;
    query: null;
    body: Disposition;
    answer: void;
    refusals: 400 | 401 | 403 | 409 | 413 | 422 | 500 | 503;
  };
  /** What to say in a contact in hand (话术) */
  read_desk_script: {
    path: { interaction_id: string };
    query: null;
    body: null;
    answer: ScriptOut;
    refusals: 400 | 401 | 403 | 404 | 409 | 413 | 422 | 500 | 503;
  };
  /** A SIP account of short life for the own browser device */
  read_desk_phone: {
    path: null;
    query: null;
    body: null;
    answer: Phone;
    refusals: 400 | 401 | 403 | 409 | 413 | 422 | 500 | 503;
  };
  /** Have the own phone answer what rings (接听) */
  desk_answer: {
    path: null;
    query: null;
    body: null;
    answer: void;
    refusals: 400 | 401 | 403 | 409 | 413 | 422 | 500 | 503;
  };
  /** Call a colleague or a number (拨号) */
  desk_dial: {
    path: null;
    query: null;
    body: CallOrder;
    answer: void;
    refusals: 400 | 401 | 403 | 409 | 413 | 422 | 500 | 503;
  };
  /** Take a caller who waits or rings for others (代接) */
  desk_pick_up: {
    path: null;
    query: null;
    body: PickUpOrder;
    answer: void;
    refusals: 400 | 401 | 403 | 409 | 413 | 422 | 500 | 503;
  };
  /** Speak with somebody while the customer holds (咨询) */
  desk_consult: {
    path: null;
    query: null;
    body: CallOrder;
    answer: void;
    refusals: 400 | 401 | 403 | 409 | 413 | 422 | 500 | 503;
  };
  /** Between the customer and the third party (切换) */
  desk_swap: {
    path: null;
    query: null;
    body: null;
    answer: void;
    refusals: 400 | 401 | 403 | 409 | 413 | 422 | 500 | 503;
  };
  /** Dismiss the third party, back to the customer */
  desk_cancel_consult: {
    path: null;
    query: null;
    body: null;
    answer: void;
    refusals: 400 | 401 | 403 | 409 | 413 | 422 | 500 | 503;
  };
  /** All into one talk (会议) */
  desk_conference: {
    path: null;
    query: null;
    body: null;
    answer: void;
    refusals: 400 | 401 | 403 | 409 | 413 | 422 | 500 | 503;
  };
  /** Hand over without speaking first (盲转) */
  desk_transfer: {
    path: null;
    query: null;
    body: TransferOrder;
    answer: void;
    refusals: 400 | 401 | 403 | 409 | 413 | 422 | 500 | 503;
  };
  /** Hand over to the third party (咨询转) */
  desk_complete: {
    path: null;
    query: null;
    body: null;
    answer: void;
    refusals: 400 | 401 | 403 | 409 | 413 | 422 | 500 | 503;
  };
  /** Hang up by sending the customer to the survey (转评价) */
  desk_survey: {
    path: null;
    query: null;
    body: null;
    answer: void;
    refusals: 400 | 401 | 403 | 409 | 413 | 422 | 500 | 503;
  };
  /** Put the customer where any colleague can take him (驻留) */
  desk_park: {
    path: null;
    query: null;
    body: null;
    answer: void;
    refusals: 400 | 401 | 403 | 409 | 413 | 422 | 500 | 503;
  };
  /** Take a parked customer */
  desk_take: {
    path: null;
    query: null;
    body: TakeOrder;
    answer: void;
    refusals: 400 | 401 | 403 | 409 | 413 | 422 | 500 | 503;
  };
  /** The others no longer hear me (静音) */
  desk_mute: {
    path: null;
    query: null;
    body: null;
    answer: void;
    refusals: 400 | 401 | 403 | 409 | 413 | 422 | 500 | 503;
  };
  /** The others hear me again */
  desk_unmute: {
    path: null;
    query: null;
    body: null;
    answer: void;
    refusals: 400 | 401 | 403 | 409 | 413 | 422 | 500 | 503;
  };
  /** Send digits into the call (拨号盘) */
  desk_digits: {
    path: null;
    query: null;
    body: DigitsOrder;
    answer: void;
    refusals: 400 | 401 | 403 | 409 | 413 | 422 | 500 | 503;
  };
  /** Tell the customer the own agent ID (报工号) */
  desk_announce: {
    path: null;
    query: null;
    body: null;
    answer: void;
    refusals: 400 | 401 | 403 | 409 | 413 | 422 | 500 | 503;
  };
  /** Pause the recording for card data */
  desk_pause_recording: {
    path: null;
    query: null;
    body: null;
    answer: void;
    refusals: 400 | 401 | 403 | 409 | 413 | 422 | 500 | 503;
  };
  /** Go on with the recording */
  desk_resume_recording: {
    path: null;
    query: null;
    body: null;
    answer: void;
    refusals: 400 | 401 | 403 | 409 | 413 | 422 | 500 | 503;
  };
  /** Colleagues, queues and flows by number, name or pinyin */
  list_targets: {
    path: null;
    query: { q?: string; limit?: number };
    body: null;
    answer: Targets;
    refusals: 400 | 401 | 403 | 413 | 422 | 500;
  };
  /** Messages that came, or that one sent */
  list_messages: {
    path: null;
    query: { box?: "in" | "out"; cursor?: string | null; limit?: number };
    body: null;
    answer: MessagePage;
    refusals: 400 | 401 | 403 | 413 | 422 | 500;
  };
  /** Write to colleagues */
  send_message: {
    path: null;
    query: null;
    body: MessageIn;
    answer: Record<string, unknown>;
    refusals: 400 | 401 | 403 | 409 | 413 | 422 | 500;
  };
  /** Say that one has read it */
  read_message: {
    path: { message_id: string };
    query: null;
    body: null;
    answer: void;
    refusals: 400 | 401 | 403 | 404 | 413 | 422 | 500;
  };
  /** Calls, newest first */
  list_calls: {
    path: null;
    query: { from?: number | null; to?: number | null; queue?: string | null; agent?: string | null; outcome?: string | null; number?: string | null; figure?: "offered" | "answered" | "abandoned" | "callback" | "diverted" | "turned_away" | "failed" | "overflow_out" | "overflow_in" | "short" | "hit" | "waiting" | "handled" | "assisted" | "consults" | null; figure_from?: number | null; figure_to?: number | null; test?: boolean; cursor?: string | null; limit?: number };
    body: null;
    answer: CallPage;
    refusals: 400 | 401 | 403 | 413 | 422 | 500;
  };
  /** The same calls as a spreadsheet */
  export_calls: {
    path: null;
    query: { from?: number | null; to?: number | null; queue?: string | null; agent?: string | null; outcome?: string | null; number?: string | null; figure?: "offered" | "answered" | "abandoned" | "callback" | "diverted" | "turned_away" | "failed" | "overflow_out" | "overflow_in" | "short" | "hit" | "waiting" | "handled" | "assisted" | "consults" | null; figure_from?: number | null; figure_to?: number | null; test?: boolean };
    body: null;
    answer: Blob;
    refusals: 400 | 401 | 403 | 413 | 422 | 500;
  };
  /** One call with all its parts */
  read_call: {
    path: { interaction_id: string };
    query: null;
    body: null;
    answer: CallDetail;
    refusals: 400 | 401 | 403 | 404 | 413 | 422 | 500;
  };
  /** The audio of a recording; ranges are served */
  read_recording: {
    path: { recording_id: string };
    query: null;
    body: null;
    answer: Blob;
    refusals: 400 | 401 | 403 | 404 | 410 | 413 | 416 | 422 | 500;
  };
  /** Find customers */
  list_customers: {
    path: null;
    query: { q?: string; cursor?: string | null; limit?: number };
    body: null;
    answer: CustomerPage;
    refusals: 400 | 401 | 403 | 404 | 413 | 422 | 500;
  };
  /** A new customer, with the number of a contact in hand if that is named */
  create_customer: {
    path: null;
    query: null;
    body: CustomerNew;
    answer: CustomerOut;
    refusals: 400 | 401 | 403 | 404 | 409 | 413 | 422 | 500;
  };
  /** One customer */
  read_customer: {
    path: { customer_id: string };
    query: null;
    body: null;
    answer: CustomerOut;
    refusals: 400 | 401 | 403 | 404 | 413 | 422 | 500;
  };
  /** Save over a version */
  change_customer: {
    path: { customer_id: string };
    query: null;
    body: CustomerChange;
    answer: CustomerOut;
    refusals: 400 | 401 | 403 | 404 | 409 | 413 | 422 | 500;
  };
  /** Erase a customer and what is known of his numbers */
  erase_customer: {
    path: { customer_id: string };
    query: null;
    body: null;
    answer: void;
    refusals: 400 | 401 | 403 | 404 | 413 | 422 | 500;
  };
  /** One more number */
  add_customer_number: {
    path: { customer_id: string };
    query: null;
    body: NumberIn;
    answer: CustomerOut;
    refusals: 400 | 401 | 403 | 404 | 409 | 413 | 422 | 500;
  };
  /** One number less */
  remove_customer_number: {
    path: { customer_id: string; number_id: string };
    query: null;
    body: null;
    answer: CustomerOut;
    refusals: 400 | 401 | 403 | 404 | 413 | 422 | 500;
  };
  /** What contacts the customer had, newest first */
  list_customer_contacts: {
    path: { customer_id: string };
    query: { cursor?: string | null; limit?: number };
    body: null;
    answer: PastPage;
    refusals: 400 | 401 | 403 | 404 | 413 | 422 | 500;
  };
  /** Who this is: the screen pop of a contact (弹屏) */
  read_pop: {
    path: { interaction_id: string };
    query: null;
    body: null;
    answer: Pop;
    refusals: 400 | 401 | 403 | 404 | 413 | 422 | 500;
  };
  /** Tasks: due ones first */
  list_tasks: {
    path: null;
    query: { state?: "open" | "closed"; owner?: string | null; cursor?: string | null; limit?: number };
    body: null;
    answer: TaskPage;
    refusals: 400 | 401 | 403 | 404 | 413 | 422 | 500;
  };
  /** A new task, one's own or for somebody */
  create_task: {
    path: null;
    query: null;
    body: NewTask;
    answer: Record<string, string>;
    refusals: 400 | 401 | 403 | 404 | 409 | 413 | 422 | 500;
  };
  /** Change an open task */
  change_task: {
    path: { task_id: string };
    query: null;
    body: TaskIn;
    answer: void;
    refusals: 400 | 401 | 403 | 404 | 409 | 413 | 422 | 500;
  };
  /** The task is done */
  finish_task: {
    path: { task_id: string };
    query: null;
    body: null;
    answer: void;
    refusals: 400 | 401 | 403 | 404 | 409 | 413 | 422 | 500;
  };
  /** The task need not be done */
  cancel_task: {
    path: { task_id: string };
    query: null;
    body: null;
    answer: void;
    refusals: 400 | 401 | 403 | 404 | 409 | 413 | 422 | 500;
  };
  /** One's own views of a room, and the shared ones */
  list_views: {
    path: null;
    query: { room: "floor" | "contacts" | "reports" };
    body: null;
    answer: Views;
    refusals: 400 | 401 | 403 | 413 | 422 | 500;
  };
  /** Save a view under a name */
  create_view: {
    path: null;
    query: null;
    body: NewView;
    answer: Record<string, string>;
    refusals: 400 | 401 | 403 | 409 | 413 | 422 | 500;
  };
  /** Change a view of one's own */
  change_view: {
    path: { view_id: string };
    query: null;
    body: ViewIn;
    answer: void;
    refusals: 400 | 401 | 403 | 404 | 409 | 413 | 422 | 500;
  };
  /** Remove a view of one's own */
  remove_view: {
    path: { view_id: string };
    query: null;
    body: null;
    answer: void;
    refusals: 400 | 401 | 403 | 404 | 413 | 422 | 500;
  };
  /** Queues' load, for a sister centre with the token of `centre.sites.token_env` */
  read_load: {
    path: null;
    query: null;
    body: null;
    answer: Load;
    refusals: 400 | 401 | 403 | 413 | 422 | 500 | 503;
  };
  /** Queues: counts, waits, service level */
  read_queue_figures: {
    path: null;
    query: { day?: "today" };
    body: null;
    answer: QueueTable;
    refusals: 400 | 401 | 403 | 413 | 422 | 500;
  };
  /** Agents: handled, times, occupancy */
  read_agent_figures: {
    path: null;
    query: { day?: "today" };
    body: null;
    answer: AgentTable;
    refusals: 400 | 401 | 403 | 413 | 422 | 500;
  };
  /** The definition of every figure */
  list_metrics: {
    path: null;
    query: null;
    body: null;
    answer: ColumnOut[];
    refusals: 400 | 401 | 403 | 413 | 422 | 500;
  };
  /** A sheet: by interval, or by queue, agent, trunk … */
  read_sheet: {
    path: { name: "queues" | "agents" | "contacts" | "trunks" | "callbacks" | "flows" };
    query: { from: string; to: string; grain?: "quarter" | "half_hour" | "hour" | "day" | "week" | "month" | "whole"; by?: "time" | "key"; key?: string[]; team?: string | null; medium?: ("voice" | "callback" | "chat" | "email" | "sms" | "fax" | "social" | "video")[]; column?: string[] };
    body: null;
    answer: SheetOut;
    refusals: 400 | 401 | 403 | 413 | 422 | 500;
  };
  /** The same as CSV */
  export_sheet_csv: {
    path: { name: "queues" | "agents" | "contacts" | "trunks" | "callbacks" | "flows" };
    query: { from: string; to: string; grain?: "quarter" | "half_hour" | "hour" | "day" | "week" | "month" | "whole"; by?: "time" | "key"; key?: string[]; team?: string | null; medium?: ("voice" | "callback" | "chat" | "email" | "sms" | "fax" | "social" | "video")[]; column?: string[]; language?: "zh-CN" | "en" };
    body: null;
    answer: Blob;
    refusals: 400 | 401 | 403 | 413 | 422 | 500;
  };
  /** The same as xlsx */
  export_sheet: {
    path: { name: "queues" | "agents" | "contacts" | "trunks" | "callbacks" | "flows" };
    query: null;
    body: ExportQuery;
    answer: ExportOut;
    refusals: 400 | 401 | 403 | 413 | 422 | 500;
  };
  /** The list of contacts as xlsx */
  export_contacts: {
    path: null;
    query: null;
    body: CallFilters;
    answer: ExportOut;
    refusals: 400 | 401 | 403 | 413 | 422 | 500;
  };
  /** How far a file is */
  read_export: {
    path: { export_id: string };
    query: null;
    body: null;
    answer: ExportOut;
    refusals: 400 | 401 | 403 | 404 | 413 | 422 | 500;
  };
  /** The file */
  read_export_file: {
    path: { export_id: string };
    query: null;
    body: null;
    answer: Blob;
    refusals: 400 | 401 | 403 | 404 | 409 | 413 | 422 | 500;
  };
  /** Missed calls (漏话), one row a number */
  list_missed: {
    path: null;
    query: { cursor?: string | null; limit?: number };
    body: null;
    answer: MissedPage;
    refusals: 400 | 401 | 403 | 404 | 409 | 413 | 422 | 500;
  };
  /** Call-backs that are owed, the earliest promise first */
  list_callbacks: {
    path: null;
    query: { cursor?: string | null; limit?: number };
    body: null;
    answer: CallbackPage;
    refusals: 400 | 401 | 403 | 404 | 409 | 413 | 422 | 500;
  };
  /** Take a missed call upon oneself (认领) */
  claim_missed: {
    path: { contact_id: string };
    query: null;
    body: null;
    answer: void;
    refusals: 400 | 401 | 403 | 404 | 409 | 413 | 422 | 500;
  };
  /** Give it back */
  release_missed: {
    path: { contact_id: string };
    query: null;
    body: null;
    answer: void;
    refusals: 400 | 401 | 403 | 404 | 409 | 413 | 422 | 500;
  };
  /** Claim it and call */
  call_missed: {
    path: { contact_id: string };
    query: null;
    body: null;
    answer: void;
    refusals: 400 | 401 | 403 | 404 | 409 | 413 | 422 | 500 | 503;
  };
  /** Call now, oneself */
  take_callback: {
    path: { callback_id: string };
    query: null;
    body: null;
    answer: void;
    refusals: 400 | 401 | 403 | 404 | 409 | 413 | 422 | 500 | 503;
  };
  /** Keep it for an agent */
  assign_callback: {
    path: { callback_id: string };
    query: null;
    body: AssignOrder;
    answer: void;
    refusals: 400 | 401 | 403 | 404 | 409 | 413 | 422 | 500 | 503;
  };
  /** Call nobody (撤销) */
  cancel_callback: {
    path: { callback_id: string };
    query: null;
    body: null;
    answer: void;
    refusals: 400 | 401 | 403 | 404 | 409 | 413 | 422 | 500 | 503;
  };
  /** Put something right, with a reason */
  correct_call: {
    path: { interaction_id: string };
    query: null;
    body: Correction;
    answer: void;
    refusals: 400 | 401 | 403 | 404 | 409 | 413 | 422 | 500;
  };
  /** Messages that callers have left, latest first */
  list_voicemail: {
    path: null;
    query: { state?: "open" | "done" | "all"; queue?: string | null; cursor?: string | null; limit?: number };
    body: null;
    answer: LeftMessagePage;
    refusals: 400 | 401 | 403 | 413 | 422 | 500;
  };
  /** The same messages as CSV */
  export_voicemail_csv: {
    path: null;
    query: { state?: "open" | "done" | "all"; queue?: string | null; language?: "zh-CN" | "en" };
    body: null;
    answer: Blob;
    refusals: 400 | 401 | 403 | 413 | 422 | 500;
  };
  /** The same as xlsx */
  export_voicemail: {
    path: null;
    query: null;
    body: MessageExport;
    answer: ExportOut;
    refusals: 400 | 401 | 403 | 413 | 422 | 500;
  };
  /** Its sound; ranges are served */
  play_voicemail: {
    path: { message_id: string };
    query: null;
    body: null;
    answer: Blob;
    refusals: 400 | 401 | 403 | 404 | 410 | 413 | 416 | 422 | 500;
  };
  /** Take it upon oneself */
  claim_voicemail: {
    path: { message_id: string };
    query: null;
    body: null;
    answer: void;
    refusals: 400 | 401 | 403 | 404 | 409 | 413 | 422 | 500;
  };
  /** Give it back */
  release_voicemail: {
    path: { message_id: string };
    query: null;
    body: null;
    answer: void;
    refusals: 400 | 401 | 403 | 404 | 409 | 413 | 422 | 500;
  };
  /** Claim it and call its caller */
  call_voicemail: {
    path: { message_id: string };
    query: null;
    body: null;
    answer: void;
    refusals: 400 | 401 | 403 | 404 | 409 | 413 | 422 | 500 | 503;
  };
  /** It is seen to (办结) */
  clear_voicemail: {
    path: { message_id: string };
    query: null;
    body: null;
    answer: void;
    refusals: 400 | 401 | 403 | 404 | 409 | 413 | 422 | 500;
  };
  /** All agents, queues and calls that the viewer may see */
  read_floor: {
    path: null;
    query: null;
    body: null;
    answer: Floor;
    refusals: 400 | 401 | 403 | 413 | 422 | 500 | 503;
  };
  /** Force sign-out (强制签出) */
  floor_sign_out: {
    path: { agent_id: string };
    query: null;
    body: null;
    answer: void;
    refusals: 400 | 401 | 403 | 404 | 409 | 413 | 422 | 500 | 503;
  };
  /** Force idle (强制示闲) */
  floor_idle: {
    path: { agent_id: string };
    query: null;
    body: null;
    answer: void;
    refusals: 400 | 401 | 403 | 404 | 409 | 413 | 422 | 500 | 503;
  };
  /** Force busy (强制示忙) */
  floor_busy: {
    path: { agent_id: string };
    query: null;
    body: BusyOrder;
    answer: void;
    refusals: 400 | 401 | 403 | 404 | 409 | 413 | 422 | 500 | 503;
  };
  /** Recorded announcements there are */
  list_announcements: {
    path: null;
    query: null;
    body: null;
    answer: Announcements;
    refusals: 400 | 401 | 403 | 404 | 409 | 413 | 422 | 500 | 503;
  };
  /** Let all who wait go (清空队列) */
  floor_flush: {
    path: { queue_id: string };
    query: null;
    body: FlushOrder | null;
    answer: void;
    refusals: 400 | 401 | 403 | 404 | 409 | 413 | 422 | 500 | 503;
  };
  /** Switch the emergency announcement on or off (紧急公告) */
  floor_emergency: {
    path: { queue_id: string };
    query: null;
    body: EmergencyOrder;
    answer: void;
    refusals: 400 | 401 | 403 | 404 | 409 | 413 | 422 | 500 | 503;
  };
  /** Let an agent also serve this queue for a time (借调) */
  floor_lend: {
    path: { queue_id: string };
    query: null;
    body: LoanOrder;
    answer: void;
    refusals: 400 | 401 | 403 | 404 | 409 | 413 | 422 | 500 | 503;
  };
  /** End a loan before its time (归还) */
  floor_give_back: {
    path: { queue_id: string };
    query: null;
    body: GiveBackOrder;
    answer: void;
    refusals: 400 | 401 | 403 | 404 | 409 | 413 | 422 | 500 | 503;
  };
  /** What an agent serves and can */
  read_agent_skills: {
    path: { agent_id: string };
    query: null;
    body: null;
    answer: AgentSkills;
    refusals: 400 | 401 | 403 | 404 | 413 | 422 | 500 | 503;
  };
  /** Change what an agent serves and can, at once (调整技能) */
  change_agent_skills: {
    path: { agent_id: string };
    query: null;
    body: SkillsOrder;
    answer: AgentSkills;
    refusals: 400 | 401 | 403 | 404 | 409 | 413 | 422 | 500 | 503;
  };
  /** What a queue has said by itself */
  read_speaking: {
    path: { queue_id: string };
    query: null;
    body: null;
    answer: SpeakingOrder;
    refusals: 400 | 401 | 403 | 404 | 413 | 422 | 500 | 503;
  };
  /** Change what a queue has said by itself, at once (自动报工号、保持提醒) */
  change_speaking: {
    path: { queue_id: string };
    query: null;
    body: SpeakingOrder;
    answer: SpeakingOrder;
    refusals: 400 | 401 | 403 | 404 | 409 | 413 | 422 | 500 | 503;
  };
  /** Call somebody into a conference room */
  room_add: {
    path: { room_id: string };
    query: null;
    body: AddOrder;
    answer: void;
    refusals: 400 | 401 | 403 | 404 | 409 | 413 | 422 | 500 | 503;
  };
  /** Let nobody but hosts in any more, or everybody again */
  room_lock: {
    path: { room_id: string };
    query: null;
    body: SwitchOrder;
    answer: void;
    refusals: 400 | 401 | 403 | 404 | 409 | 413 | 422 | 500 | 503;
  };
  /** Mute all but the hosts, or nobody (全体静音) */
  room_quiet: {
    path: { room_id: string };
    query: null;
    body: SwitchOrder;
    answer: void;
    refusals: 400 | 401 | 403 | 404 | 409 | 413 | 422 | 500 | 503;
  };
  /** End a conference for all */
  room_end: {
    path: { room_id: string };
    query: null;
    body: null;
    answer: void;
    refusals: 400 | 401 | 403 | 404 | 409 | 413 | 422 | 500 | 503;
  };
  /** Mute one of them, or no longer */
  room_mute: {
    path: { room_id: string; leg_id: string };
    query: null;
    body: SwitchOrder;
    answer: void;
    refusals: 400 | 401 | 403 | 404 | 409 | 413 | 422 | 500 | 503;
  };
  /** Make one of them a host (主持人), or no longer */
  room_host: {
    path: { room_id: string; leg_id: string };
    query: null;
    body: SwitchOrder;
    answer: void;
    refusals: 400 | 401 | 403 | 404 | 409 | 413 | 422 | 500 | 503;
  };
  /** Take one of them out */
  room_remove: {
    path: { room_id: string; leg_id: string };
    query: null;
    body: null;
    answer: void;
    refusals: 400 | 401 | 403 | 404 | 409 | 413 | 422 | 500 | 503;
  };
  /** Listen, whisper, barge in, take over */
  floor_supervise: {
    path: { agent_id: string };
    query: null;
    body: SuperviseOrder;
    answer: void;
    refusals: 400 | 401 | 403 | 404 | 409 | 413 | 422 | 500 | 503;
  };
  /** Off the call that I supervise */
  floor_stop: {
    path: null;
    query: null;
    body: null;
    answer: void;
    refusals: 400 | 401 | 403 | 404 | 409 | 413 | 422 | 500 | 503;
  };
  /** End an agent's call (强拆) */
  floor_release: {
    path: { agent_id: string };
    query: null;
    body: null;
    answer: void;
    refusals: 400 | 401 | 403 | 404 | 409 | 413 | 422 | 500 | 503;
  };
  /** An agent's call for help is before my eyes */
  floor_see_help: {
    path: { agent_id: string };
    query: null;
    body: null;
    answer: void;
    refusals: 400 | 401 | 403 | 404 | 409 | 413 | 422 | 500 | 503;
  };
  /** Say that one helps (应答求助) */
  floor_answer_help: {
    path: { agent_id: string };
    query: null;
    body: HelpAnswer;
    answer: void;
    refusals: 400 | 401 | 403 | 404 | 409 | 413 | 422 | 500 | 503;
  };
  /** Take a waiting caller oneself */
  floor_pull: {
    path: { entry_id: string };
    query: null;
    body: null;
    answer: void;
    refusals: 400 | 401 | 403 | 404 | 409 | 413 | 422 | 500 | 503;
  };
  /** Send a waiting caller to another queue */
  floor_move: {
    path: { entry_id: string };
    query: null;
    body: MoveOrder;
    answer: void;
    refusals: 400 | 401 | 403 | 404 | 409 | 413 | 422 | 500 | 503;
  };
  /** Keep a waiting caller for one agent */
  floor_reserve: {
    path: { entry_id: string };
    query: null;
    body: ReserveOrder;
    answer: void;
    refusals: 400 | 401 | 403 | 404 | 409 | 413 | 422 | 500 | 503;
  };
  /** Serve a waiting caller before all others */
  floor_prefer: {
    path: { entry_id: string };
    query: null;
    body: null;
    answer: void;
    refusals: 400 | 401 | 403 | 404 | 409 | 413 | 422 | 500 | 503;
  };
  /** Keep a waiting caller for nobody any more */
  floor_release_entry: {
    path: { entry_id: string };
    query: null;
    body: null;
    answer: void;
    refusals: 400 | 401 | 403 | 404 | 409 | 413 | 422 | 500 | 503;
  };
  /** Take a caller out of his flow, into a queue */
  floor_take_out: {
    path: { contact_id: string };
    query: null;
    body: MoveOrder;
    answer: void;
    refusals: 400 | 401 | 403 | 404 | 409 | 413 | 422 | 500 | 503;
  };
  /** Ready flows to begin from */
  list_flow_templates: {
    path: null;
    query: null;
    body: null;
    answer: TemplateOut[];
    refusals: 400 | 401 | 403 | 413 | 422 | 500;
  };
  /** Every element of VoiceXML, for completion */
  read_flow_catalogue: {
    path: null;
    query: null;
    body: null;
    answer: ElementOut[];
    refusals: 400 | 401 | 403 | 413 | 422 | 500;
  };
  /** Everything wrong with a text: line, column, what was expected */
  check_flow_text: {
    path: null;
    query: null;
    body: FlowText;
    answer: Findings;
    refusals: 400 | 401 | 403 | 413 | 422 | 500;
  };
  /** Play the scripted tests of a text, and those of the documents that lean on it */
  run_flow_tests: {
    path: null;
    query: null;
    body: FlowText;
    answer: VerdictOut;
    refusals: 400 | 401 | 403 | 413 | 422 | 500;
  };
  /** Play a text step by step: keys, silence, hang-up */
  rehearse_flow: {
    path: null;
    query: null;
    body: RehearsalIn;
    answer: Rehearsed;
    refusals: 400 | 401 | 403 | 413 | 422 | 500;
  };
  /** Keep a text under a short code, by which phones of the centre reach it (试拨); no figure counts it */
  try_flow_by_phone: {
    path: { document_id: string };
    query: null;
    body: TrialIn;
    answer: TrialOut;
    refusals: 400 | 401 | 403 | 404 | 413 | 422 | 500 | 503;
  };
  /** Today's counts of a document, node by node */
  read_flow_today: {
    path: { document_id: string };
    query: null;
    body: null;
    answer: FlowToday;
    refusals: 400 | 401 | 403 | 404 | 413 | 422 | 500;
  };
  /** All flow documents, or those that a word fits */
  list_flow_documents: {
    path: null;
    query: { q?: string };
    body: null;
    answer: DocumentOut[];
    refusals: 400 | 401 | 403 | 404 | 413 | 422 | 500;
  };
  /** A new document */
  create_flow_document: {
    path: null;
    query: null;
    body: DocumentNew;
    answer: DocumentText;
    refusals: 400 | 401 | 403 | 404 | 409 | 413 | 422 | 500;
  };
  /** One document, as its author goes on from it */
  read_flow_document: {
    path: { document_id: string };
    query: null;
    body: null;
    answer: DocumentText;
    refusals: 400 | 401 | 403 | 404 | 413 | 422 | 500;
  };
  /** Take a document away that nothing uses */
  delete_flow_document: {
    path: { document_id: string };
    query: { number: number; revision: number };
    body: null;
    answer: void;
    refusals: 400 | 401 | 403 | 404 | 409 | 413 | 422 | 500;
  };
  /** Rename a document; flows and grants follow, its versions stay */
  rename_flow_document: {
    path: { document_id: string };
    query: null;
    body: RenameIn;
    answer: DocumentText;
    refusals: 400 | 401 | 403 | 404 | 409 | 413 | 422 | 500;
  };
  /** Save the draft */
  save_flow_draft: {
    path: { document_id: string };
    query: null;
    body: DraftIn;
    answer: DocumentText;
    refusals: 400 | 401 | 403 | 404 | 409 | 413 | 422 | 500;
  };
  /** Let the draft go */
  discard_flow_draft: {
    path: { document_id: string };
    query: { revision: number };
    body: null;
    answer: void;
    refusals: 400 | 401 | 403 | 404 | 409 | 413 | 422 | 500;
  };
  /** All versions, newest first */
  list_flow_versions: {
    path: { document_id: string };
    query: null;
    body: null;
    answer: VersionOut[];
    refusals: 400 | 401 | 403 | 404 | 413 | 422 | 500;
  };
  /** What one version says */
  read_flow_version: {
    path: { document_id: string; number: number };
    query: null;
    body: null;
    answer: VersionText;
    refusals: 400 | 401 | 403 | 404 | 413 | 422 | 500;
  };
  /** What differs between two versions, or to the draft */
  compare_flow_versions: {
    path: { document_id: string };
    query: { before: number; after?: number; around?: number };
    body: null;
    answer: DiffOut;
    refusals: 400 | 401 | 403 | 404 | 413 | 422 | 500;
  };
  /** Make a version the draft */
  return_flow_version: {
    path: { document_id: string };
    query: null;
    body: ReturnIn;
    answer: DocumentText;
    refusals: 400 | 401 | 403 | 404 | 409 | 413 | 422 | 500;
  };
  /** Put the draft in force for the next callers; those inside stay in the version they began with */
  publish_flow: {
    path: { document_id: string };
    query: null;
    body: PublishIn;
    answer: Published;
    refusals: 400 | 401 | 403 | 404 | 409 | 413 | 422 | 500;
  };
  /** The document as a .vxml file to keep */
  export_flow_document: {
    path: { document_id: string };
    query: { number?: number };
    body: null;
    answer: Blob;
    refusals: 400 | 401 | 403 | 404 | 413 | 422 | 500;
  };
  /** All phrases, and those that flows miss */
  list_phrases: {
    path: null;
    query: null;
    body: null;
    answer: PhraseList;
    refusals: 400 | 401 | 403 | 413 | 422 | 500;
  };
  /** The voices that texts can be heard with */
  list_voices: {
    path: null;
    query: null;
    body: null;
    answer: VoiceOut[];
    refusals: 400 | 401 | 403 | 413 | 422 | 500;
  };
  /** How a voice would say a text */
  speak_phrase: {
    path: null;
    query: { text: string; language?: "zh" | "en"; voice?: string; phrase?: string };
    body: null;
    answer: Blob;
    refusals: 400 | 401 | 403 | 409 | 413 | 422 | 500;
  };
  /** A phrase to hear */
  read_phrase: {
    path: { language: "zh" | "en"; name: string };
    query: { number?: number };
    body: null;
    answer: Blob;
    refusals: 400 | 401 | 403 | 404 | 413 | 422 | 500;
  };
  /** Record a phrase anew: a WAV, MP3 or FLAC file */
  record_phrase: {
    path: { language: "zh" | "en"; name: string };
    query: { how?: "recorded" | "uploaded" };
    body: null;
    answer: PhraseOut;
    refusals: 400 | 401 | 403 | 413 | 422 | 500;
  };
  /** Take a phrase away that no flow plays */
  delete_phrase: {
    path: { language: "zh" | "en"; name: string };
    query: null;
    body: null;
    answer: void;
    refusals: 400 | 401 | 403 | 404 | 409 | 413 | 422 | 500;
  };
  /** Every recording of it, newest first */
  list_phrase_versions: {
    path: { language: "zh" | "en"; name: string };
    query: null;
    body: null;
    answer: PhraseVersion[];
    refusals: 400 | 401 | 403 | 413 | 422 | 500;
  };
  /** Keep as a phrase what a voice makes of a text */
  keep_spoken_phrase: {
    path: { language: "zh" | "en"; name: string };
    query: null;
    body: SpokenIn;
    answer: PhraseOut;
    refusals: 400 | 401 | 403 | 409 | 413 | 422 | 500;
  };
  /** Put an earlier recording back in force */
  return_phrase: {
    path: { language: "zh" | "en"; name: string };
    query: null;
    body: PutBackIn;
    answer: PhraseOut;
    refusals: 400 | 401 | 403 | 404 | 413 | 422 | 500;
  };
}

export type Operation = keyof Operations;

/** Method and address of each operation, below the API's prefix. */
export const ROUTES = {
  read_session: ["GET", "/session"],
  sign_in: ["POST", "/session"],
  sign_out: ["DELETE", "/session"],
  read_account: ["GET", "/account"],
  change_password: ["PUT", "/account/password"],
  confirm_factor: ["PUT", "/account/factor"],
  begin_factor: ["POST", "/account/factor"],
  remove_factor: ["POST", "/account/factor/remove"],
  revoke_sessions: ["POST", "/account/sessions/revoke"],
  read_user_account: ["GET", "/users/{user_id}/account"],
  unlock_user: ["POST", "/users/{user_id}/unlock"],
  reset_user_password: ["PUT", "/users/{user_id}/password"],
  remove_user_factor: ["DELETE", "/users/{user_id}/factor"],
  revoke_user_sessions: ["POST", "/users/{user_id}/sessions/revoke"],
  read_desk: ["GET", "/desk"],
  desk_sign_in: ["POST", "/desk/sign-in"],
  desk_sign_out: ["POST", "/desk/sign-out"],
  desk_idle: ["POST", "/desk/idle"],
  desk_busy: ["POST", "/desk/busy"],
  desk_hang_up: ["POST", "/desk/hang-up"],
  desk_hold: ["POST", "/desk/hold"],
  desk_retrieve: ["POST", "/desk/retrieve"],
  desk_accept: ["POST", "/desk/accept"],
  desk_decline: ["POST", "/desk/decline"],
  desk_help: ["POST", "/desk/help"],
  desk_cancel_help: ["POST", "/desk/help/cancel"],
  desk_finish_wrapup: ["POST", "/desk/wrap-up/finish"],
  desk_extend_wrapup: ["POST", "/desk/wrap-up/extend"],
  desk_disposition: ["POST", "/desk/disposition"],
  read_desk_script: ["GET", "/desk/script/{interaction_id}"],
  read_desk_phone: ["GET", "/desk/phone"],
  desk_answer: ["POST", "/desk/answer"],
  desk_dial: ["POST", "/desk/dial"],
  desk_pick_up: ["POST", "/desk/pick-up"],
  desk_consult: ["POST", "/desk/consult"],
  desk_swap: ["POST", "/desk/swap"],
  desk_cancel_consult: ["POST", "/desk/consult/cancel"],
  desk_conference: ["POST", "/desk/conference"],
  desk_transfer: ["POST", "/desk/transfer"],
  desk_complete: ["POST", "/desk/transfer/complete"],
  desk_survey: ["POST", "/desk/survey"],
  desk_park: ["POST", "/desk/park"],
  desk_take: ["POST", "/desk/take"],
  desk_mute: ["POST", "/desk/mute"],
  desk_unmute: ["POST", "/desk/unmute"],
  desk_digits: ["POST", "/desk/digits"],
  desk_announce: ["POST", "/desk/announce"],
  desk_pause_recording: ["POST", "/desk/recording/pause"],
  desk_resume_recording: ["POST", "/desk/recording/resume"],
  list_targets: ["GET", "/targets"],
  list_messages: ["GET", "/messages"],
  send_message: ["POST", "/messages"],
  read_message: ["POST", "/messages/{message_id}/read"],
  list_calls: ["GET", "/calls"],
  export_calls: ["GET", "/calls/export.csv"],
  read_call: ["GET", "/calls/{interaction_id}"],
  read_recording: ["GET", "/recordings/{recording_id}"],
  list_customers: ["GET", "/customers"],
  create_customer: ["POST", "/customers"],
  read_customer: ["GET", "/customers/{customer_id}"],
  change_customer: ["PUT", "/customers/{customer_id}"],
  erase_customer: ["DELETE", "/customers/{customer_id}"],
  add_customer_number: ["POST", "/customers/{customer_id}/numbers"],
  remove_customer_number: ["DELETE", "/customers/{customer_id}/numbers/{number_id}"],
  list_customer_contacts: ["GET", "/customers/{customer_id}/contacts"],
  read_pop: ["GET", "/pop/{interaction_id}"],
  list_tasks: ["GET", "/tasks"],
  create_task: ["POST", "/tasks"],
  change_task: ["PUT", "/tasks/{task_id}"],
  finish_task: ["POST", "/tasks/{task_id}/done"],
  cancel_task: ["POST", "/tasks/{task_id}/cancel"],
  list_views: ["GET", "/views"],
  create_view: ["POST", "/views"],
  change_view: ["PUT", "/views/{view_id}"],
  remove_view: ["DELETE", "/views/{view_id}"],
  read_load: ["GET", "/load"],
  read_queue_figures: ["GET", "/figures/queues"],
  read_agent_figures: ["GET", "/figures/agents"],
  list_metrics: ["GET", "/reports/metrics"],
  read_sheet: ["GET", "/reports/sheets/{name}"],
  export_sheet_csv: ["GET", "/reports/sheets/{name}/export.csv"],
  export_sheet: ["POST", "/reports/sheets/{name}/exports"],
  export_contacts: ["POST", "/reports/contacts/exports"],
  read_export: ["GET", "/reports/exports/{export_id}"],
  read_export_file: ["GET", "/reports/exports/{export_id}/file"],
  list_missed: ["GET", "/missed"],
  list_callbacks: ["GET", "/callbacks"],
  claim_missed: ["POST", "/missed/{contact_id}/claim"],
  release_missed: ["POST", "/missed/{contact_id}/release"],
  call_missed: ["POST", "/missed/{contact_id}/call"],
  take_callback: ["POST", "/callbacks/{callback_id}/take"],
  assign_callback: ["POST", "/callbacks/{callback_id}/assign"],
  cancel_callback: ["POST", "/callbacks/{callback_id}/cancel"],
  correct_call: ["POST", "/calls/{interaction_id}/corrections"],
  list_voicemail: ["GET", "/voicemail"],
  export_voicemail_csv: ["GET", "/voicemail/export.csv"],
  export_voicemail: ["POST", "/voicemail/exports"],
  play_voicemail: ["GET", "/voicemail/{message_id}/audio"],
  claim_voicemail: ["POST", "/voicemail/{message_id}/claim"],
  release_voicemail: ["POST", "/voicemail/{message_id}/release"],
  call_voicemail: ["POST", "/voicemail/{message_id}/call"],
  clear_voicemail: ["POST", "/voicemail/{message_id}/clear"],
  read_floor: ["GET", "/floor"],
  floor_sign_out: ["POST", "/floor/agents/{agent_id}/sign-out"],
  floor_idle: ["POST", "/floor/agents/{agent_id}/idle"],
  floor_busy: ["POST", "/floor/agents/{agent_id}/busy"],
  list_announcements: ["GET", "/floor/announcements"],
  floor_flush: ["POST", "/floor/queues/{queue_id}/flush"],
  floor_emergency: ["POST", "/floor/queues/{queue_id}/emergency"],
  floor_lend: ["POST", "/floor/queues/{queue_id}/lend"],
  floor_give_back: ["POST", "/floor/queues/{queue_id}/give-back"],
  read_agent_skills: ["GET", "/floor/agents/{agent_id}/skills"],
  change_agent_skills: ["PUT", "/floor/agents/{agent_id}/skills"],
  read_speaking: ["GET", "/floor/queues/{queue_id}/speaking"],
  change_speaking: ["PUT", "/floor/queues/{queue_id}/speaking"],
  room_add: ["POST", "/floor/rooms/{room_id}/add"],
  room_lock: ["POST", "/floor/rooms/{room_id}/lock"],
  room_quiet: ["POST", "/floor/rooms/{room_id}/quiet"],
  room_end: ["POST", "/floor/rooms/{room_id}/end"],
  room_mute: ["POST", "/floor/rooms/{room_id}/members/{leg_id}/mute"],
  room_host: ["POST", "/floor/rooms/{room_id}/members/{leg_id}/host"],
  room_remove: ["POST", "/floor/rooms/{room_id}/members/{leg_id}/remove"],
  floor_supervise: ["POST", "/floor/agents/{agent_id}/supervise"],
  floor_stop: ["POST", "/floor/supervision/stop"],
  floor_release: ["POST", "/floor/agents/{agent_id}/release"],
  floor_see_help: ["POST", "/floor/agents/{agent_id}/help/seen"],
  floor_answer_help: ["POST", "/floor/agents/{agent_id}/help/answer"],
  floor_pull: ["POST", "/floor/entries/{entry_id}/pull"],
  floor_move: ["POST", "/floor/entries/{entry_id}/move"],
  floor_reserve: ["POST", "/floor/entries/{entry_id}/reserve"],
  floor_prefer: ["POST", "/floor/entries/{entry_id}/prefer"],
  floor_release_entry: ["POST", "/floor/entries/{entry_id}/release"],
  floor_take_out: ["POST", "/floor/contacts/{contact_id}/queue"],
  list_flow_templates: ["GET", "/flows/templates"],
  read_flow_catalogue: ["GET", "/flows/catalogue"],
  check_flow_text: ["POST", "/flows/check"],
  run_flow_tests: ["POST", "/flows/tests"],
  rehearse_flow: ["POST", "/flows/rehearsal"],
  try_flow_by_phone: ["POST", "/flows/{document_id}/trial"],
  read_flow_today: ["GET", "/flows/{document_id}/today"],
  list_flow_documents: ["GET", "/flows"],
  create_flow_document: ["POST", "/flows"],
  read_flow_document: ["GET", "/flows/{document_id}"],
  delete_flow_document: ["DELETE", "/flows/{document_id}"],
  rename_flow_document: ["PUT", "/flows/{document_id}/name"],
  save_flow_draft: ["PUT", "/flows/{document_id}/draft"],
  discard_flow_draft: ["DELETE", "/flows/{document_id}/draft"],
  list_flow_versions: ["GET", "/flows/{document_id}/versions"],
  read_flow_version: ["GET", "/flows/{document_id}/versions/{number}"],
  compare_flow_versions: ["GET", "/flows/{document_id}/diff"],
  return_flow_version: ["POST", "/flows/{document_id}/return"],
  publish_flow: ["POST", "/flows/{document_id}/publish"],
  export_flow_document: ["GET", "/flows/{document_id}/file"],
  list_phrases: ["GET", "/phrases"],
  list_voices: ["GET", "/phrases/voices"],
  speak_phrase: ["GET", "/phrases/speech"],
  read_phrase: ["GET", "/phrases/{language}/{name}"],
  record_phrase: ["PUT", "/phrases/{language}/{name}"],
  delete_phrase: ["DELETE", "/phrases/{language}/{name}"],
  list_phrase_versions: ["GET", "/phrases/{language}/{name}/versions"],
  keep_spoken_phrase: ["POST", "/phrases/{language}/{name}/spoken"],
  return_phrase: ["POST", "/phrases/{language}/{name}/return"],
} as const satisfies { readonly [Each in Operation]: readonly [method: string, path: string] };

/** The code of every refusal. */
export type RefusalCode =
  | "account_key"
  | "account_locked"
  | "agent_engaged"
  | "agent_in_call"
  | "agent_not_signed_in"
  | "agent_unreachable"
  | "already_answered"
  | "already_asked"
  | "already_on_hold"
  | "already_queued"
  | "already_signed_in"
  | "already_so"
  | "announcing"
  | "answer_on_phone"
  | "bad_command"
  | "bad_cursor"
  | "bad_extension"
  | "bad_field"
  | "bad_medium"
  | "bad_outcome"
  | "bad_period"
  | "bad_priority"
  | "bad_request"
  | "bad_result"
  | "bad_sign_out"
  | "bad_state"
  | "bad_target"
  | "bad_until"
  | "bad_window"
  | "being_called"
  | "being_taken"
  | "break_full"
  | "call_over"
  | "callback_open"
  | "caller_occupied"
  | "claimed_already"
  | "closed"
  | "code_needed"
  | "codec_handed_on"
  | "config_none"
  | "consulting"
  | "control_away"
  | "csrf"
  | "customer_in_flow"
  | "device_unreachable"
  | "entry_offered"
  | "factor_first"
  | "factor_not_begun"
  | "factor_present"
  | "flow_draft_moved"
  | "flow_in_use"
  | "flow_moved"
  | "flow_name_taken"
  | "flow_only_greets"
  | "flow_points_elsewhere"
  | "flow_unchanged"
  | "forbidden_target"
  | "form_missing"
  | "in_conference"
  | "internal"
  | "internal_error"
  | "invalid"
  | "items_open"
  | "lines_full"
  | "method_not_allowed"
  | "no_agent"
  | "no_announcement"
  | "no_browser_phone"
  | "no_call"
  | "no_channel"
  | "no_configuration"
  | "no_emergency"
  | "no_flow"
  | "no_help"
  | "no_queue"
  | "no_recipient"
  | "no_route"
  | "no_survey"
  | "nobody_free"
  | "nobody_there"
  | "not_allowed"
  | "not_answered"
  | "not_consulting"
  | "not_corrigible"
  | "not_entitled"
  | "not_found"
  | "not_in_flow"
  | "not_in_room"
  | "not_in_wrapup"
  | "not_lent"
  | "not_now"
  | "not_on_hold"
  | "not_parked"
  | "not_ready"
  | "not_recorded"
  | "not_ringing"
  | "not_signed_in"
  | "not_supervising"
  | "not_talking"
  | "not_your_call"
  | "not_your_customer"
  | "not_your_device"
  | "not_your_password"
  | "nothing_to_correct"
  | "number_erased"
  | "number_forbidden"
  | "number_unreadable"
  | "number_withheld"
  | "offline"
  | "on_hold"
  | "other_origin"
  | "outside_number"
  | "own_call"
  | "password_first"
  | "password_unfit"
  | "phrase_clipped"
  | "phrase_format"
  | "phrase_in_use"
  | "phrase_length"
  | "phrase_silent"
  | "plane_answer"
  | "range"
  | "recording_expired"
  | "recording_failed"
  | "recording_paused"
  | "recording_runs"
  | "recording_sealed"
  | "relay_secret_missing"
  | "room_full"
  | "room_target"
  | "room_unknown"
  | "same_queue"
  | "skills_needed"
  | "still_open"
  | "task_closed"
  | "too_few_agents"
  | "too_large"
  | "too_many_attempts"
  | "too_many_tasks"
  | "too_many_trials"
  | "too_many_views"
  | "trial_over"
  | "unknown_agent"
  | "unknown_callback"
  | "unknown_column"
  | "unknown_customer"
  | "unknown_entry"
  | "unknown_field"
  | "unknown_flow"
  | "unknown_grade"
  | "unknown_handling"
  | "unknown_message"
  | "unknown_number"
  | "unknown_queue"
  | "unknown_reason"
  | "unknown_recipient"
  | "unknown_skill"
  | "unknown_template"
  | "unknown_user"
  | "unsupported_uri"
  | "view_taken"
  | "wrong_code"
  | "wrong_password";
