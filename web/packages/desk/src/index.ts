// @yingda/desk: the headless client of a centre. README.md shows it at work.
export { ServerClock } from "./clock.ts";
export { DeskCommands, FloorCommands, type Mode, type Target, type TransferTarget } from "./commands.ts";
export { Desk, type DeskOptions } from "./desk.ts";
export type * from "./documents.ts";
export { Http, type Answer, type Given, type Query } from "./http.ts";
export { Refusal } from "./refusal.ts";
export type * as Rest from "./rest.ts";
export { ROUTES, type Operation, type Operations, type RefusalCode } from "./rest.ts";
export { Session, type Gate, type Mark } from "./session.ts";
export { FeedStore, type Link } from "./store.ts";
