// What the agent hears: the customer in one audio element that outlives calls, and the ring.
import { preference } from "../ui/preferences";

const RING_HZ = 450; // the national ring-back tone, which everybody takes for a telephone
const RING_S = 1;
const PAUSE_S = 3;

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
  void sound.play().catch(() => {}); // without a click on this page yet; the browser plays after the next one
}

export function silence(): void {
  if (element !== null) element.srcObject = null;
}

/** Ring until the returned function is called, at the volume of the preferences. */
export function ring(): () => void {
  const volume = preference("volume").get();
  if (volume === 0 || typeof AudioContext === "undefined") return () => {};
  const context = new AudioContext();
  const gain = context.createGain();
  gain.gain.value = 0;
  const tone = new OscillatorNode(context, { frequency: RING_HZ });
  tone.connect(gain).connect(context.destination);
  tone.start();
  const strike = (): void => {
    const at = context.currentTime;
    gain.gain.setTargetAtTime((volume / 100) * 0.3, at, 0.02);
    gain.gain.setTargetAtTime(0, at + RING_S, 0.05);
  };
  strike();
  const again = setInterval(strike, (RING_S + PAUSE_S) * 1000);
  return () => {
    clearInterval(again);
    void context.close();
  };
}
