// Keeps the WebSocket of the feed up: resumes where it stopped, notices silence, comes back with back-off and jitter.
import type { Message } from "./documents.ts";
import type { Http } from "./http.ts";
import type { FeedStore } from "./store.ts";

const SILENCE_MS = 3_000;
const LOOK_MS = 500;
const FIRST_PAUSE_MS = 200;
const LONGEST_PAUSE_MS = 5_000;
const SESSION_OVER = 4401;

export class FeedConnection {
  private socket: WebSocket | null = null;
  private heard = 0;
  private failures = 0;
  private retry: ReturnType<typeof setTimeout> | null = null;
  private watch: ReturnType<typeof setInterval> | null = null;

  private readonly http: Http;
  private readonly store: FeedStore;
  /** What to ask when the server refuses the feed: whether the session still stands. */
  private readonly onRefused: () => void;

  constructor(http: Http, store: FeedStore, onRefused: () => void) {
    this.http = http;
    this.store = store;
    this.onRefused = onRefused;
  }

  start(): void {
    if (this.watch !== null) return;
    this.watch = setInterval(() => this.look(), LOOK_MS);
    this.open();
  }

  stop(): void {
    if (this.watch !== null) clearInterval(this.watch);
    this.watch = null;
    this.drop();
    this.store.forget();
  }

  private open(): void {
    this.drop();
    const socket = this.http.socket("/feed", { since: this.store.since });
    this.socket = socket;
    this.heard = performance.now();
    let spoke = false;
    socket.onmessage = (event: MessageEvent<string>) => {
      spoke = true;
      this.heard = performance.now();
      this.failures = 0;
      this.store.apply(JSON.parse(event.data) as Message);
    };
    socket.onclose = (event) => this.closed(event.code, spoke);
  }

  /** Let go of the present socket without waiting for its goodbye: a dead line would never say it. */
  private drop(): void {
    if (this.retry !== null) clearTimeout(this.retry);
    this.retry = null;
    if (this.socket === null) return;
    this.socket.onmessage = this.socket.onclose = null;
    this.socket.close();
    this.socket = null;
  }

  private closed(code: number, spoke: boolean): void {
    this.socket = null;
    this.store.lose();
    // A refused upgrade tells no reason to scripts; the session's address does.
    if (code === SESSION_OVER || (!spoke && this.failures > 0)) this.onRefused();
    this.again();
  }

  private again(): void {
    const pause = Math.min(FIRST_PAUSE_MS * 2 ** this.failures, LONGEST_PAUSE_MS) * (0.5 + Math.random());
    this.failures += 1;
    this.retry = setTimeout(() => this.open(), pause);
  }

  private look(): void {
    if (this.socket === null || performance.now() - this.heard < SILENCE_MS) return;
    this.store.lose();
    this.drop();
    this.again();
  }

  /** Try again now: there is a network again. */
  readonly hurry = (): void => {
    if (this.watch === null || this.store.link.at === "live") return;
    this.failures = 0;
    this.open();
  };
}
