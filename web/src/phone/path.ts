// Watches whether sound still comes in. Our server sends 50 packets a second whatever happens, so half a second without one
// means that the way is broken: another network, a new address, a NAT that forgot us.
const LOOK_MS = 100;
const STALL_MS = 500;
const AGAIN_MS = 1_000; // after an attempt: a network that just came up may not be known to the browser yet

/** The way of one call's sound. `mend` is called when nothing was heard for half a second, and again until something is;
 * `blind`: ICE restarts lead nowhere, for the browser has found no address of its own to send from, or no good one. */
export class Path {
  private last = NaN;
  private since = performance.now();
  private due = 0;
  private attempts = 0;
  private found = false;
  private readonly timer = setInterval(() => this.look(), LOOK_MS);

  constructor(
    private readonly connection: () => RTCPeerConnection | null,
    private readonly mend: (blind: boolean) => Promise<void>,
  ) {}

  /** Notice which addresses a connection finds; to be called for each one the call uses. */
  follow(peer: RTCPeerConnection): void {
    peer.addEventListener("icecandidate", ({ candidate }) => {
      if (candidate?.protocol === "udp") this.found = true;
    });
  }

  stop(): void {
    clearInterval(this.timer);
  }

  private look(): void {
    const now = performance.now();
    const heard = newest(this.connection());
    if (!Number.isNaN(heard) && heard !== this.last) {
      this.last = heard;
      this.since = now;
      this.due = this.attempts = 0;
    } else if (!Number.isNaN(this.last) && now - this.since >= STALL_MS && now >= this.due) {
      this.attempt();
    }
  }

  private attempt(): void {
    const blind = this.attempts > 1 || (this.attempts === 1 && !this.found);
    this.attempts += 1;
    this.found = false;
    this.due = Infinity;
    void this.mend(blind).finally(() => (this.due = performance.now() + AGAIN_MS));
  }
}

/** The RTP time of the newest packet that was played; NaN before the first. */
function newest(peer: RTCPeerConnection | null): number {
  const times = (peer?.getReceivers() ?? [])
    .flatMap((receiver) => receiver.getSynchronizationSources())
    .map((source) => source.rtpTimestamp);
  return times.length > 0 ? Math.max(...times) : NaN;
}
