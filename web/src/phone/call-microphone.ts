// The microphone of one call. It is opened while the call rings, so that the answer need not wait for it, and it tells at
// once when the system mutes it or takes it away.
import { microphoneWish } from "./devices";
import { microphoneHidden, type MicrophoneProblem } from "./microphone";

export class CallMicrophone {
  /** Rejects as getUserMedia does. */
  readonly stream: Promise<MediaStream>;

  constructor(private readonly tell: (problem: MicrophoneProblem | null) => void) {
    this.stream = microphoneHidden() ? Promise.reject(new DOMException("", "SecurityError")) : navigator.mediaDevices.getUserMedia({ audio: microphoneWish() });
    void this.stream.then((stream) => this.watch(stream)).catch(() => {}); // whoever answers hears of it
  }

  /** Let go of it. One that the system has muted is held until it is heard again: there is no other way to know. */
  close(): void {
    void this.stream
      .then((stream) => {
        for (const track of stream.getTracks()) {
          if (track.muted) track.addEventListener("unmute", () => track.stop(), { once: true });
          else track.stop();
        }
      })
      .catch(() => {});
  }

  private watch(stream: MediaStream): void {
    for (const track of stream.getAudioTracks()) {
      if (track.muted) this.tell("muted");
      track.addEventListener("mute", () => this.tell("muted"));
      track.addEventListener("unmute", () => this.tell(null));
      track.addEventListener("ended", () => this.tell("missing")); // never by our own stop()
    }
  }
}
