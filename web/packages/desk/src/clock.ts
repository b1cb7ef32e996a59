// The server's clock, as far as messages tell it. Nothing on the screens counts by the browser's own clock of day:
// that may be wrong by minutes, and may be set while somebody looks.

/** A message can only come late, so the largest difference seen is nearest to the truth; a slow leak follows drift. */
const LEAK = 0.02;

export class ServerClock {
  private ahead: number | null = null;

  /** A message of the server said that it was `now` (µs UTC). */
  heard(now: number): void {
    const ahead = now / 1000 - performance.now();
    if (this.ahead === null || ahead > this.ahead) this.ahead = ahead;
    else this.ahead += (ahead - this.ahead) * LEAK;
  }

  /** The server's time, µs UTC. Before its first word: the browser's, for want of better. */
  now(): number {
    return (this.ahead === null ? Date.now() : this.ahead + performance.now()) * 1000;
  }
}
