// How the line of this browser is and what is to blame, by its own measure (getStats, W3C webrtc-stats). The limits are
// the server's, the same as for phones; that the system muted the microphone only the browser can know.
import type { LineDoc } from "@yingda/desk";

/** Cause → where a line is fair, where poor; the worst first. */
export type Limits = Record<string, [number, number]>;

const LOOK_MS = 2_000;
/** Packets to be expected before a share of them is worth telling. */
const FEWEST = 50;
/** An open microphone always hisses a little; what stays below this is switched off. */
const NOTHING = 0.00002;
const DEAF_S = 10;

interface Counters {
  received: number;
  lost: number;
  energy: number;
  duration: number;
}

/** Calls `tell` with every change. Returns the way to stop. */
export function watchCondition(peer: RTCPeerConnection, limits: Limits, muted: () => boolean, tell: (condition: LineDoc | null) => void): () => void {
  let before: Counters = { received: 0, lost: 0, energy: 0, duration: 0 };
  let quietSince = 0;
  let told = "";
  const look = async (): Promise<void> => {
    const parts = [...((await peer.getStats()) as unknown as Map<string, Record<string, unknown>>).values()];
    const own = parts.find((part) => part["type"] === "media-source");
    const now = counters(parts);
    const measured = measure(parts, before, now);
    const deaf = !muted() && loudness(before, now) < NOTHING;
    quietSince = deaf ? quietSince || performance.now() : 0;
    before = now;
    const track = peer.getSenders().find((sender) => sender.track?.kind === "audio")?.track;
    let condition = judge(measured, limits);
    if (own !== undefined && quietSince > 0 && performance.now() - quietSince > DEAF_S * 1000) condition = { grade: "poor", cause: "unheard", value: DEAF_S };
    if (track?.muted === true) condition = { grade: "poor", cause: "system_muted", value: 0 };
    const text = condition === null ? "" : `${condition.grade} ${condition.cause}`;
    if (text !== told) tell(condition);
    told = text;
  };
  const timer = setInterval(() => void look().catch(() => {}), LOOK_MS); // a connection that just closed has no statistics
  return () => clearInterval(timer);
}

/** Energy a second of what the microphone brought; none at all where it brought no samples. */
function loudness(before: Counters, now: Counters): number {
  const seconds = now.duration - before.duration;
  return seconds > 0 ? (now.energy - before.energy) / seconds : 0;
}

/** The worst of what was measured; null: good. */
export function judge(measured: Record<string, number>, limits: Limits): LineDoc | null {
  for (const [grade, place] of [["poor", 1], ["fair", 0]] as const) {
    for (const [cause, bounds] of Object.entries(limits)) {
      const value = measured[cause] ?? 0;
      if (value >= bounds[place]) return { grade, cause, value: Math.round(value * 10) / 10 };
    }
  }
  return null;
}

function of(parts: Record<string, unknown>[], type: string, field: string): number {
  const found = parts.find((part) => part["type"] === type)?.[field];
  return typeof found === "number" ? found : 0;
}

function counters(parts: Record<string, unknown>[]): Counters {
  return {
    received: of(parts, "inbound-rtp", "packetsReceived"),
    lost: of(parts, "inbound-rtp", "packetsLost"),
    energy: of(parts, "media-source", "totalAudioEnergy"),
    duration: of(parts, "media-source", "totalSamplesDuration"),
  };
}

function measure(parts: Record<string, unknown>[], before: Counters, now: Counters): Record<string, number> {
  const lost = now.lost - before.lost;
  const expected = now.received - before.received + lost;
  return {
    loss_up: 100 * of(parts, "remote-inbound-rtp", "fractionLost"),
    loss_down: expected < FEWEST ? 0 : (100 * Math.max(0, lost)) / expected,
    jitter: 1000 * Math.max(of(parts, "inbound-rtp", "jitter"), of(parts, "remote-inbound-rtp", "jitter")),
    delay: 1000 * of(parts, "remote-inbound-rtp", "roundTripTime"),
  };
}
