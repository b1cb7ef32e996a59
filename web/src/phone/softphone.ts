// The browser as a telephone: SIP over WebSocket by JsSIP, sound by WebRTC.
//
// The server is ICE-lite and learns our address from our own checks (RFC 8445 section 7.3.1.3), so an answer need not
// wait for candidates. Accounts live short: one that is refused is renewed, and a line that is lost comes back.
import type { RTCSession } from "jssip/lib/RTCSession";
import type { RTCSessionEvent, UA } from "jssip/lib/UA";
import { get } from "../api/client";
import type { PhoneAccount } from "../api/types";
import { OFF, type PhoneState } from "./account";
import { connectAnew, connectionOf, exchangeConnection } from "./anew";
import { CallMicrophone } from "./call-microphone";
import { takePhone } from "./lock";
import { problemOf, watchMicrophone, type MicrophoneProblem } from "./microphone";
import { watchCondition, type Limits } from "./condition";
import { Path } from "./path";
import { play, silence } from "./speaker";
import { workingLine } from "./transport";

const RENEW_MS = 2_000;

export class Softphone {
  state: PhoneState = OFF;
  /** Set while signing in waits for the line: the agent is not there yet, and the phone must stay on all the same. */
  signingIn = false;
  private agent: UA | null = null;
  private session: RTCSession | null = null;
  private release: (() => void) | null = null;
  private unwatch = (): void => {};
  private own: CallMicrophone | null = null;
  private path: Path | null = null;
  private unwatchCondition = (): void => {};
  private mending = false;
  private discard = (): void => {};
  private iceServers: RTCIceServer[] = [];
  private limits: Limits = {};
  private renewal: ReturnType<typeof setTimeout> | null = null;
  private wanted = false;
  private readonly listeners = new Set<() => void>();

  readonly subscribe = (listener: () => void): (() => void) => {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  };

  /** Become reachable; harmless if it is already. steal: take the phone over from another window. */
  async start(steal = false): Promise<void> {
    if (this.wanted) return;
    this.wanted = true;
    this.release = await takePhone(steal, () => this.robbed());
    if (this.release === null) {
      this.wanted = false;
      this.set({ line: "elsewhere" });
      return;
    }
    this.unwatch = watchMicrophone((problem) => this.devicesChanged(problem));
    await this.connect();
  }

  /** Wait until calls can come in. Rejects after `seconds`. */
  ready(seconds: number): Promise<void> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => end(() => reject(new Error("the phone did not come up"))), seconds * 1000);
      const end = (settle: () => void): void => {
        clearTimeout(timer);
        unsubscribe();
        settle();
      };
      const look = (): void => {
        if (this.state.line === "ready") end(resolve);
        if (this.state.line === "elsewhere") end(() => reject(new Error("another window is the phone")));
      };
      const unsubscribe = this.subscribe(look);
      look();
    });
  }

  stop(): void {
    this.wanted = false;
    if (this.renewal !== null) clearTimeout(this.renewal);
    this.unwatch();
    this.disconnect();
    this.release?.();
    this.release = null;
    this.set(OFF);
  }

  /** Wait until a call rings here, `seconds` at most; whether it does. */
  rings(seconds: number): Promise<boolean> {
    return new Promise((resolve) => {
      const timer = setTimeout(() => end(false), seconds * 1000);
      const end = (there: boolean): void => {
        clearTimeout(timer);
        unsubscribe();
        resolve(there);
      };
      const look = (): void => {
        if (this.state.talk !== "none") end(true);
      };
      const unsubscribe = this.subscribe(look);
      look();
    });
  }

  /** Take the call that rings; settles when the far end has confirmed, or the call is over. */
  answer(): Promise<void> {
    const { session, own } = this;
    if (session === null || own === null || this.state.talk !== "ringing") return Promise.resolve();
    this.set({ talk: "answering" });
    void this.speak(session, own);
    return new Promise((resolve) => {
      const unsubscribe = this.subscribe(() => {
        if (this.state.talk === "answering") return;
        unsubscribe();
        resolve();
      });
    });
  }

  /** Answer with the microphone that was opened while it rang; without one, refuse. */
  private async speak(session: RTCSession, own: CallMicrophone): Promise<void> {
    let stream: MediaStream;
    try {
      stream = await own.stream;
    } catch (error) {
      this.microphone(problemOf(error));
      if (this.session === session) session.terminate({ status_code: 480 });
      return;
    }
    if (this.session === session) session.answer({ mediaStream: stream, pcConfig: { iceServers: this.iceServers } });
  }

  /** End what there is by way of SIP itself: for when the server's API is out of reach. */
  hangUp(): void {
    if (this.state.talk !== "none") this.session?.terminate();
  }

  mute(on: boolean): void {
    if (this.session === null) return;
    if (on) this.session.mute({ audio: true });
    else this.session.unmute({ audio: true });
    this.set({ muted: on });
  }

  private async connect(): Promise<void> {
    this.set({ line: "connecting" });
    try {
      const [{ UA, WebSocketInterface }, account] = await Promise.all([import("jssip"), get<PhoneAccount>("/desk/phone")]);
      if (!this.wanted) return;
      this.iceServers = account.ice_servers;
      this.limits = account.limits;
      this.agent = new UA({
        sockets: new WebSocketInterface(account.websocket_url),
        uri: account.uri,
        authorization_user: account.username,
        password: account.password,
        register_expires: 120,
        session_timers: false,
        user_agent: "Yingda browser phone",
        connection_recovery_min_interval: 1,
        connection_recovery_max_interval: 8,
      });
    } catch {
      this.renew();
      return;
    }
    this.agent.on("registered", () => this.set({ line: "ready" }));
    this.agent.on("unregistered", () => this.wanted && this.set({ line: "connecting" }));
    this.agent.on("disconnected", () => this.wanted && this.set({ line: "connecting" }));
    this.agent.on("registrationFailed", () => this.renew());
    this.agent.on("newRTCSession", ({ session, request }: RTCSessionEvent) => this.incoming(session, request));
    this.agent.start();
  }

  private disconnect(): void {
    const agent = this.agent;
    this.agent = null;
    agent?.removeAllListeners();
    agent?.stop();
  }

  /** The account no longer holds (control restarted, another desk signed in): ask for a new one, not too often. */
  private renew(): void {
    if (!this.wanted || this.renewal !== null) return;
    this.set({ line: "connecting" });
    this.renewal = setTimeout(() => {
      this.renewal = null;
      if (!this.wanted) return;
      this.disconnect();
      void this.connect();
    }, RENEW_MS * (0.5 + Math.random()));
  }

  private incoming(session: RTCSession, request: RTCSessionEvent["request"]): void {
    if (session.direction !== "incoming") return;
    if (this.session !== null) {
      session.terminate({ status_code: 486 });
      return;
    }
    this.session = session;
    this.own = new CallMicrophone((problem) => this.microphone(problem));
    this.set({ talk: "ringing", muted: false });
    session.on("peerconnection", ({ peerconnection }) => this.listen(session, peerconnection));
    session.on("icecandidate", ({ ready }) => ready());
    session.on("confirmed", () => this.set({ talk: "talking" }));
    session.on("ended", () => this.over(session));
    session.on("failed", () => this.over(session));
    // His own dialling, listening as a leader, queues that answer by themselves: the server says so (RFC 5373).
    if (request.getHeader("Answer-Mode") === "Auto") void this.answer();
  }

  private listen(session: RTCSession, peer: RTCPeerConnection): void {
    peer.addEventListener("track", ({ streams, track }) => play(streams[0] ?? new MediaStream([track])));
    peer.addEventListener("iceconnectionstatechange", () => {
      if (peer.iceConnectionState === "failed" && peer === connectionOf(session)) void this.mend(session, false);
    });
    this.path ??= new Path(
      () => connectionOf(session),
      (blind) => this.mend(session, blind),
    );
    this.path.follow(peer);
    this.unwatchCondition();
    this.unwatchCondition = watchCondition(peer, this.limits, () => this.state.muted, (condition) => this.set({ condition }));
  }

  /** The way of the sound is broken: find another over a line that works, by ICE restart or by a connection of its own. */
  private async mend(session: RTCSession, blind: boolean): Promise<void> {
    if (this.mending || this.agent === null) return;
    this.mending = true;
    try {
      await workingLine(this.agent, () => this.session === session);
      if (this.session !== session || !session.isReadyToReOffer()) return;
      if (blind) this.changeConnection(session);
      else session.renegotiate({ rtcOfferConstraints: { iceRestart: true } });
    } finally {
      this.mending = false;
    }
  }

  private changeConnection(session: RTCSession): void {
    const before = connectionOf(session);
    if (before === null) return;
    const earlier = this.discard;
    const { peer, discard } = connectAnew(before);
    const discardBefore = (): void => {
      before.close();
      earlier();
    };
    this.discard = (): void => {
      discard();
      discardBefore();
    };
    this.listen(session, peer);
    exchangeConnection(session, peer);
    session.renegotiate({}, discardBefore);
  }

  private over(session: RTCSession): void {
    if (this.session !== session) return;
    this.session = null;
    this.path?.stop();
    this.path = null;
    this.unwatchCondition();
    this.discard();
    this.discard = (): void => {};
    this.own?.close();
    this.own = null;
    silence();
    this.set({ talk: "none", muted: false, condition: null });
    if (this.state.microphone !== null) this.agent?.unregister(); // what the talk had to be spared
  }

  /** Without a microphone nobody can be served: the device leaves, so that control offers nothing to it. */
  private microphone(problem: MicrophoneProblem | null): void {
    const before = this.state.microphone;
    this.set({ microphone: problem });
    if (problem !== null && before === null && this.state.talk === "none") this.agent?.unregister();
    if (problem === null && before !== null) this.agent?.register();
  }

  /** Devices came or went; of a microphone that the system mutes that says nothing. */
  private devicesChanged(problem: MicrophoneProblem | null): void {
    if (problem !== null || this.state.microphone !== "muted") this.microphone(problem);
  }

  private robbed(): void {
    this.stop();
    this.set({ line: "elsewhere" });
  }

  private set(change: Partial<PhoneState>): void {
    this.state = { ...this.state, ...change };
    for (const listener of this.listeners) listener();
  }
}
