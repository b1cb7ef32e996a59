// Which microphone, loudspeaker and ringer: chosen once, remembered by this browser. One that is gone gives way to the
// system's own.
import { preference } from "../ui/preferences";

export type SoundKind = "audioinput" | "audiooutput";

/** "" as id: whatever the system uses. */
export interface SoundDevice {
  id: string;
  label: string;
}

/** What the browser knows; before the microphone was allowed once, devices have no names and are left out. */
export async function soundDevices(kind: SoundKind): Promise<SoundDevice[]> {
  if (navigator.mediaDevices === undefined) return [];
  const all = await navigator.mediaDevices.enumerateDevices();
  return all
    .filter((device) => device.kind === kind && device.label !== "" && device.deviceId !== "default" && device.deviceId !== "communications")
    .map(({ deviceId, label }) => ({ id: deviceId, label }));
}

/** How calls ask for the microphone: the chosen one if it is there, cleaned or as it is. */
export function microphoneWish(): MediaTrackConstraints {
  const clean = preference("noise").get();
  const id = preference("microphone").get();
  const wish: MediaTrackConstraints = { echoCancellation: clean, noiseSuppression: clean, autoGainControl: clean };
  return id === "" ? wish : { ...wish, deviceId: { ideal: id } };
}

/** Have an element play through the chosen device; one that is gone leaves it at the system's. */
export async function playThrough(element: HTMLAudioElement, id: string): Promise<void> {
  if (!("setSinkId" in element) || element.sinkId === id) return;
  await element.setSinkId(id).catch(() => element.setSinkId(""));
}
