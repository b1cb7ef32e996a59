// A connection that knows the addresses of this moment. Chromium tells a page of a new address when nothing has changed for two
// seconds, and IPv6 gives itself one a second or two after the cable was plugged in: ICE restarts are blind until then. But a
// frame that was made just now is told what is there now. Its connection has a certificate of its own, by which the server
// knows that keys are to be agreed on anew (RFC 8842 section 3.1).
import type { RTCSession } from "jssip/lib/RTCSession";

export interface Connection {
  readonly peer: RTCPeerConnection;
  /** Give it back; it must not be used any more. */
  readonly discard: () => void;
}

/** A connection of a new frame, with the microphone and the relays of another one. */
export function connectAnew(before: RTCPeerConnection): Connection {
  const frame = document.createElement("iframe");
  frame.hidden = true;
  document.body.append(frame);
  const there = frame.contentWindow as (Window & typeof globalThis) | null;
  const peer = new (there ?? window).RTCPeerConnection({ iceServers: before.getConfiguration().iceServers ?? [] });
  for (const { track } of before.getSenders()) if (track !== null) peer.addTrack(track, new MediaStream([track]));
  const discard = (): void => {
    peer.close();
    frame.remove();
  };
  return { peer, discard };
}

/** What a call speaks over; null before it has anything. */
export function connectionOf(session: RTCSession): RTCPeerConnection | null {
  return slot(session)._connection;
}

/** Speak over this one from the next description on. */
export function exchangeConnection(session: RTCSession, peer: RTCPeerConnection): void {
  slot(session)._connection = peer;
}

/** JsSIP looks here whenever it makes or reads a description; it has no other way to exchange a call's connection. */
function slot(session: RTCSession): { _connection: RTCPeerConnection | null } {
  return session as unknown as { _connection: RTCPeerConnection | null };
}
