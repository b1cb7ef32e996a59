// One client of one centre: the session, the feed, the commands, and every other operation of the API by name.
import { DeskCommands, FloorCommands } from "./commands.ts";
import { FeedConnection } from "./connection.ts";
import { Http } from "./http.ts";
import { Session, type Mark } from "./session.ts";
import { FeedStore } from "./store.ts";

export interface DeskOptions {
  /** "https://centre.example"; "" (default): where the page came from. */
  origin?: string;
  /** Where it is remembered that somebody has signed in here. */
  mark?: Mark;
}

export class Desk {
  readonly http: Http;
  readonly session: Session;
  /** The live documents. Empty until `follow` has been called and the server has answered. */
  readonly feed = new FeedStore();
  readonly commands: DeskCommands;
  readonly floor: FloorCommands;
  private readonly connection: FeedConnection;

  constructor({ origin = "", mark }: DeskOptions = {}) {
    this.http = new Http(origin);
    this.session = new Session(this.http, mark);
    this.commands = new DeskCommands(this.http);
    this.floor = new FloorCommands(this.http);
    this.connection = new FeedConnection(this.http, this.feed, () => void this.session.read());
  }

  /** Follow the live documents from now on, through every break, until `unfollow`. Somebody is signed in. */
  follow(): void {
    this.connection.start();
  }

  unfollow(): void {
    this.connection.stop();
  }

  /** There is a network again: connect now rather than at the next attempt. */
  hurry(): void {
    this.connection.hurry();
  }
}
