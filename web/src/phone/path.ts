// Watches whether sound still comes in. Our server sends 50 packets a second whatever happens, so half a second without one
// means that the way is broken: another network, a new address, a NAT that forgot us.
const LOOK_MS = 100;
const STALL_MS = 500;
const AGAIN_MS = 1_000; // after an attempt: a network that just came up may not be known to the browser yet

/** Calls `mend` when nothing was heard for half a second, and again until something is. Returns the way to stop. */
export function watchPath(peer: RTCPeerConnection, mend: () => Promise<void>): () => void {
  let last = NaN;
  let since = performance.now();
  let due = 0;
  const timer = setInterval(() => {
    const now = performance.now();
    const heard = newest(peer);
    if (heard !== last) {
      last = heard;
      since = now;
      due = 0;
    } else if (!Number.isNaN(last) && now - since >= STALL_MS && now >= due) {
      due = Infinity;
      void mend().finally(() => (due = performance.now() + AGAIN_MS));
    }
  }, LOOK_MS);
  return () => clearInterval(timer);
}

/** The RTP time of the newest packet that was played; NaN before the first. */
function newest(peer: RTCPeerConnection): number {
  const times = peer
    .getReceivers()
    .flatMap((receiver) => receiver.getSynchronizationSources())
    .map((source) => source.rtpTimestamp);
  return times.length > 0 ? Math.max(...times) : NaN;
}
