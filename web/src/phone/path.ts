// Watches whether sound still comes in. Our server sends 50 packets a second whatever happens, so half a second without one
// means that the way is broken: another network, a new address, a NAT that forgot us.
const LOOK_MS = 100;
const STALL_MS = 500;
const AGAIN_MS = 1_500;

/** Calls `stalled` when nothing was heard for half a second, and again until something is. Returns the way to stop. */
export function watchPath(peer: RTCPeerConnection, stalled: () => void): () => void {
  let last = NaN;
  let since = performance.now();
  let told = -Infinity;
  const timer = setInterval(() => {
    const now = performance.now();
    const heard = newest(peer);
    if (heard !== last) {
      last = heard;
      since = now;
      told = -Infinity;
    } else if (!Number.isNaN(last) && now - since >= STALL_MS && now - told >= AGAIN_MS) {
      told = now;
      stalled();
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
