// What may be wrong with the microphone, each with a name of its own (docs: ui, "Nothing, waiting, broken").

export type MicrophoneProblem = "insecure" | "denied" | "missing" | "taken" | "muted" | "unknown";

/** Browsers hide the microphone from pages that came over plain http from another machine. */
export function microphoneHidden(): boolean {
  return !window.isSecureContext || navigator.mediaDevices === undefined;
}

/** A microphone that the system has muted may say so a moment late, or be heard a moment after it was opened. */
const SETTLES_MS = 300;

/** Ask for the microphone as a call would, and let go of it at once. */
export async function checkMicrophone(): Promise<MicrophoneProblem | null> {
  if (microphoneHidden()) return "insecure";
  try {
    const stream = await navigator.mediaDevices.getUserMedia({ audio: true });
    const muted = stream.getAudioTracks().some((track) => track.muted) && !(await heardAgain(stream));
    for (const track of stream.getTracks()) track.stop();
    return muted ? "muted" : null;
  } catch (error) {
    return problemOf(error);
  }
}

function heardAgain(stream: MediaStream): Promise<boolean> {
  return new Promise((resolve) => {
    setTimeout(() => resolve(false), SETTLES_MS);
    for (const track of stream.getAudioTracks()) track.addEventListener("unmute", () => resolve(true), { once: true });
  });
}

export function problemOf(error: unknown): MicrophoneProblem {
  switch (error instanceof DOMException ? error.name : "") {
    case "NotAllowedError":
    case "SecurityError":
      return "denied";
    case "NotFoundError":
    case "OverconstrainedError":
      return "missing";
    case "NotReadableError":
    case "AbortError":
      return "taken";
    default:
      return "unknown";
  }
}

/** Tell when the last microphone is unplugged, or the right to it is withdrawn, and when it is there again. */
export function watchMicrophone(tell: (problem: MicrophoneProblem | null) => void): () => void {
  if (microphoneHidden()) return () => {};
  const look = async (): Promise<void> => {
    const devices = await navigator.mediaDevices.enumerateDevices();
    tell(devices.some((device) => device.kind === "audioinput") ? null : "missing");
  };
  const changed = (): void => void look();
  navigator.mediaDevices.addEventListener("devicechange", changed);
  const right = navigator.permissions.query({ name: "microphone" }).catch(() => null);
  void right.then((status) => {
    if (status !== null) status.onchange = () => (status.state === "denied" ? tell("denied") : changed());
  });
  return () => {
    navigator.mediaDevices.removeEventListener("devicechange", changed);
    void right.then((status) => {
      if (status !== null) status.onchange = null;
    });
  };
}
