// Sound on its way to the server: whatever the browser can decode becomes a WAV file of 8 kHz, one channel, 16 bit, which
// is what callers hear and stays small.
const RATE = 8_000;
const HEADER = 44;

/** A WAV file of what was recorded or chosen; the file itself where the browser cannot decode it. */
export async function asWav(blob: Blob): Promise<Blob> {
  const context = new OfflineAudioContext(1, 1, RATE);
  const decoded = await context.decodeAudioData(await blob.arrayBuffer()).catch(() => null);
  if (decoded === null) return blob;
  const mixed = new OfflineAudioContext(1, Math.max(1, Math.ceil(decoded.duration * RATE)), RATE);
  const source = mixed.createBufferSource();
  source.buffer = decoded;
  source.connect(mixed.destination);
  source.start();
  return wav((await mixed.startRendering()).getChannelData(0));
}

function wav(samples: Float32Array): Blob {
  const view = new DataView(new ArrayBuffer(HEADER + samples.length * 2));
  const word = (at: number, text: string): void => [...text].forEach((letter, index) => view.setUint8(at + index, letter.charCodeAt(0)));
  word(0, "RIFF");
  view.setUint32(4, view.byteLength - 8, true);
  word(8, "WAVEfmt ");
  view.setUint32(16, 16, true);
  view.setUint16(20, 1, true); // PCM
  view.setUint16(22, 1, true);
  view.setUint32(24, RATE, true);
  view.setUint32(28, RATE * 2, true);
  view.setUint16(32, 2, true);
  view.setUint16(34, 16, true);
  word(36, "data");
  view.setUint32(40, samples.length * 2, true);
  samples.forEach((sample, index) => view.setInt16(HEADER + index * 2, Math.round(Math.max(-1, Math.min(1, sample)) * 32_767), true));
  return new Blob([view.buffer], { type: "audio/wav" });
}

/** How long it lasts by now, and how loud it is at this moment (0 to 1 of full scale). */
export interface Heard {
  ms: number;
  level: number;
}

/** A running recording. stop: what was said. */
export interface Recorder {
  stop: () => Promise<Blob>;
}

const LOOK_MS = 100;

/** Begin to record from the microphone; `hear` is told ten times a second. Rejects where the browser has none to give. */
export async function startRecording(hear: (heard: Heard) => void): Promise<Recorder> {
  const stream = await navigator.mediaDevices.getUserMedia({ audio: true });
  const recorder = new MediaRecorder(stream);
  const parts: Blob[] = [];
  recorder.ondataavailable = ({ data }) => parts.push(data);
  const deaf = listen(stream, hear);
  recorder.start();
  return {
    stop: () =>
      new Promise((resolve) => {
        recorder.onstop = () => {
          deaf();
          for (const track of stream.getTracks()) track.stop();
          resolve(new Blob(parts, { type: recorder.mimeType }));
        };
        recorder.stop();
      }),
  };
}

/** Watch a stream's level; the answer ends it. */
function listen(stream: MediaStream, hear: (heard: Heard) => void): () => void {
  const context = new AudioContext();
  const analyser = context.createAnalyser();
  context.createMediaStreamSource(stream).connect(analyser);
  const samples = new Float32Array(analyser.fftSize);
  const began = performance.now();
  const timer = setInterval(() => {
    analyser.getFloatTimeDomainData(samples);
    hear({ ms: performance.now() - began, level: samples.reduce((most, sample) => Math.max(most, Math.abs(sample)), 0) });
  }, LOOK_MS);
  return () => {
    clearInterval(timer);
    void context.close();
  };
}
