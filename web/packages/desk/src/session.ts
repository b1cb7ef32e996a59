// Who is signed in, as a small store: the feed and the phone follow it too.
import type { Http } from "./http.ts";
import { Refusal } from "./refusal.ts";
import type { SessionOut } from "./rest.ts";

/** "asking" until the server has answered once; "away" if it cannot be reached; "ended" after having been signed in. */
export type Gate =
  | { at: "asking" }
  | { at: "away" }
  | { at: "out"; ended: boolean }
  | { at: "in"; session: SessionOut };

/** Whether somebody has signed in here before: a mark, not a secret. Without it asking would only earn a refusal. */
export interface Mark {
  get(): boolean;
  set(on: boolean): void;
}

const ALWAYS: Mark = { get: () => true, set: () => {} };

export class Session {
  gate: Gate = { at: "asking" };
  private readonly http: Http;
  private readonly mark: Mark;
  private readonly listeners = new Set<() => void>();

  constructor(http: Http, mark: Mark = ALWAYS) {
    this.http = http;
    this.mark = mark;
    http.onSignedOut = () => {
      if (this.gate.at !== "out") this.pass({ at: "out", ended: this.gate.at === "in" });
    };
  }

  /** The session in force, or undefined. */
  get now(): SessionOut | undefined {
    return this.gate.at === "in" ? this.gate.session : undefined;
  }

  /** Ask the server who we are. */
  async read(): Promise<void> {
    if (!this.mark.get()) return this.pass({ at: "out", ended: false });
    try {
      await this.readAgain();
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      if (error.status !== 401) this.pass({ at: "away" });
    }
  }

  /** What the session lets one do has changed. */
  async readAgain(): Promise<void> {
    this.pass({ at: "in", session: await this.http.call("read_session") });
  }

  /** code: of the second factor, where the user has one (else refused with `code_needed`). */
  async signIn(username: string, password: string, code?: string): Promise<SessionOut> {
    const session = await this.http.call("sign_in", { body: { username, password, ...(code === undefined ? {} : { code }) } });
    this.pass({ at: "in", session });
    return session;
  }

  async signOut(): Promise<void> {
    await this.http.call("sign_out");
    this.pass({ at: "out", ended: false });
  }

  readonly subscribe = (listener: () => void): (() => void) => {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  };

  private pass(next: Gate): void {
    this.gate = next;
    this.http.csrf = next.at === "in" ? next.session.csrf : "";
    if (next.at === "in") this.mark.set(true);
    if (next.at === "out") this.mark.set(false);
    for (const listener of this.listeners) listener();
  }
}
