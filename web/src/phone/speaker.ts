// What the agent hears: the customer in one audio element that outlives calls, and the ring.
import { preference } from "../ui/preferences";
import { playThrough } from "./devices";

const RING_HZ = 450; // the national ring-back tone, which everybody takes for a telephone
const RING_S = 1;
const PAUSE_S = 3;
const CHIME_S = 0.2;

let element: HTMLAudioElement | null = null;

/** The element that plays the far end. */
export function speaker(): HTMLAudioElement {
  if (element === null) {
    element = document.createElement("audio");
    element.autoplay = true;
    element.dataset["far"] = "";
    document.body.append(element);
  }
  return element;
}

export function play(stream: MediaStream): void {
  const sound = speaker();
  sound.srcObject = stream;
  void playThrough(sound, preference("speaker").get());
  void sound.play().catch(() => {}); // without a click on this page yet; the browser plays after the next one
}

export function silence(): void {
  if (element !== null) element.srcObject = null;
}

/** Ring until the returned function is called, through the ringer and at the volume of the preferences. */
export function ring(): () => void {
  return strikes(RING_S, RING_S + PAUSE_S);
}

/** One short sound a moment, for what waits for an eye: held too long, a colleague asks for help. */
export function chime(): void {
  setTimeout(strikes(CHIME_S, 2 * CHIME_S), 4_000 * CHIME_S);
}

/** Strike the tone for `sounds` s every `every` s. The way through an element lets old browsers choose the device too. */
function strikes(sounds: number, every: number): () => void {
  const volume = preference("volume").get();
  if (volume === 0 || typeof AudioContext === "undefined") return () => {};
  const context = new AudioContext();
  const gain = context.createGain();
  gain.gain.value = 0;
  const tone = new OscillatorNode(context, { frequency: RING_HZ });
  const way = context.createMediaStreamDestination();
  tone.connect(gain).connect(way);
  tone.start();
  const element = new Audio();
  element.srcObject = way.stream;
  void playThrough(element, preference("ringer").get()).then(() => element.play().catch(() => {}));
  const strike = (): void => {
    const at = context.currentTime;
    gain.gain.setTargetAtTime((volume / 100) * 0.3, at, 0.02);
    gain.gain.setTargetAtTime(0, at + sounds, 0.05);
  };
  strike();
  const again = setInterval(strike, every * 1000);
  return () => {
    clearInterval(again);
    element.srcObject = null;
    void context.close();
  };
}
