// The microphone while it is being checked: its level ten times a second, and a few seconds of it played back.
import { microphoneWish, playThrough } from "../phone/devices";

const LOOK_MS = 100;
const ECHO_MS = 3_000;
/** Below this level (of full scale) it is the hiss of the line, not a voice. */
export const VOICE = 0.01;

export interface Meter {
  /** Of full scale, 0–1. */
  level(listener: (level: number) => void): void;
  /** The system, or a switch on the headset, took the sound away. */
  muted(): boolean;
  /** Records three seconds, plays them through `speaker`, and settles when they have been heard. */
  echo(speaker: string, playing: () => void): Promise<void>;
  stop(): void;
}

/** Rejects with what `getUserMedia` says. */
export async function openMeter(): Promise<Meter> {
  const stream = await navigator.mediaDevices.getUserMedia({ audio: microphoneWish() });
  const context = new AudioContext();
  const analyser = context.createAnalyser();
  analyser.fftSize = 2048;
  context.createMediaStreamSource(stream).connect(analyser);
  const samples = new Float32Array(analyser.fftSize);
  let tell = (_level: number): void => {};
  const timer = setInterval(() => {
    analyser.getFloatTimeDomainData(samples);
    tell(Math.sqrt(samples.reduce((sum, one) => sum + one * one, 0) / samples.length));
  }, LOOK_MS);
  return {
    level: (listener) => (tell = listener),
    muted: () => stream.getAudioTracks().some((track) => track.muted),
    echo: async (speaker, playing) => {
      const sound = await recorded(stream);
      playing();
      await played(sound, speaker);
    },
    stop: () => {
      clearInterval(timer);
      for (const track of stream.getTracks()) track.stop();
      void context.close();
    },
  };
}

function recorded(stream: MediaStream): Promise<Blob> {
  return new Promise((resolve) => {
    const recorder = new MediaRecorder(stream);
    const parts: Blob[] = [];
    recorder.ondataavailable = ({ data }) => parts.push(data);
    recorder.onstop = () => resolve(new Blob(parts, { type: recorder.mimeType }));
    recorder.start();
    setTimeout(() => recorder.state === "recording" && recorder.stop(), ECHO_MS);
  });
}

async function played(sound: Blob, speaker: string): Promise<void> {
  const element = new Audio(URL.createObjectURL(sound));
  await playThrough(element, speaker);
  await new Promise<void>((resolve) => {
    element.onended = element.onerror = () => resolve();
    void element.play().catch(() => resolve());
  });
  URL.revokeObjectURL(element.src);
}
