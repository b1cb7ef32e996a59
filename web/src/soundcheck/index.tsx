// The sound check before the first call: devices, level, echo, ring. One click allows sound and notifications. What was
// fine is remembered, so it shows itself only once; the menu leads back to it.
import { useCallback, useEffect, useRef, useState } from "react";
import { useSay } from "../i18n";
import { soundDevices, type SoundDevice, type SoundKind } from "../phone/devices";
import { microphoneHidden, problemOf, type MicrophoneProblem } from "../phone/microphone";
import { chime } from "../phone/speaker";
import { usePreference } from "../ui/preferences";
import { go } from "../ui/router";
import { openMeter, VOICE, type Meter } from "./meter";
import "./soundcheck.css";

const QUIET_MS = 4_000;

export function SoundCheck({ alone = false }: { alone?: boolean }) {
  const say = useSay();
  const [fine, setFine] = usePreference("soundFine");
  const { meter, problem, start } = useMeter();
  const insecure = microphoneHidden();
  const begin = (): void => {
    if ("Notification" in window && Notification.permission === "default") void Notification.requestPermission();
    void start();
  };
  const leave = (): void => {
    setFine(true);
    if (alone) go("/desk");
  };
  return (
    <section className={`card soundcheck${alone ? " alone" : ""}`} aria-labelledby="soundcheck-heading">
      <h2 id="soundcheck-heading">{say("soundcheck.heading")}</h2>
      {insecure ? <Insecure /> : null}
      {problem === null ? null : (
        <p className="warn" role="alert">
          {say(`microphone.${problem}`)}
        </p>
      )}
      {insecure || meter !== null ? null : (
        <>
          <p className="quiet">{say("soundcheck.why")}</p>
          <button type="button" className="button primary" onClick={begin}>
            {say("soundcheck.begin")}
          </button>
        </>
      )}
      {meter === null ? null : <Checks meter={meter} again={() => void start()} />}
      {meter === null ? null : (
        <footer>
          <button type="button" className="button primary" onClick={leave}>
            {say("soundcheck.done")}
          </button>
          {fine ? <span className="quiet">{say("soundcheck.was_fine")}</span> : null}
        </footer>
      )}
    </section>
  );
}

function Insecure() {
  const say = useSay();
  const safe = `https://${location.host}/`;
  return (
    <p className="warn" role="alert">
      {say("signin.insecure")} <a href={safe}>{safe}</a>
    </p>
  );
}

/** The microphone, from the click until the page is left. */
function useMeter() {
  const [meter, setMeter] = useState<Meter | null>(null);
  const [problem, setProblem] = useState<MicrophoneProblem | null>(null);
  const open = useRef<Meter | null>(null);
  const keep = useCallback((next: Meter | null) => {
    open.current?.stop();
    open.current = next;
    setMeter(next);
  }, []);
  useEffect(() => () => open.current?.stop(), []);
  const start = useCallback(async (): Promise<void> => {
    try {
      keep(await openMeter());
      setProblem(null);
    } catch (error) {
      keep(null);
      setProblem(problemOf(error));
    }
  }, [keep]);
  return { meter, problem, start };
}

function Checks({ meter, again }: { meter: Meter; again: () => void }) {
  const say = useSay();
  const [speaker, setSpeaker] = usePreference("speaker");
  const [ringer, setRinger] = usePreference("ringer");
  const [microphone, setMicrophone] = usePreference("microphone");
  const [volume, setVolume] = usePreference("volume");
  const [echo, setEcho] = useState<"idle" | "speak" | "listen">("idle");
  const hear = async (): Promise<void> => {
    setEcho("speak");
    await meter.echo(speaker, () => setEcho("listen"));
    setEcho("idle");
  };
  return (
    <div className="soundcheck-rows">
      <Pick kind="audioinput" label={say("soundcheck.microphone")} value={microphone} change={(id) => (setMicrophone(id), again())} />
      <Level meter={meter} />
      <Pick kind="audiooutput" label={say("soundcheck.speaker")} value={speaker} change={setSpeaker} />
      <button type="button" className="button plain" aria-disabled={echo !== "idle"} aria-busy={echo !== "idle"} onClick={() => echo === "idle" && void hear()}>
        {say(echo === "speak" ? "soundcheck.speak" : echo === "listen" ? "soundcheck.listen" : "soundcheck.echo")}
      </button>
      <Pick kind="audiooutput" label={say("soundcheck.ringer")} value={ringer} change={setRinger} />
      <span className="soundcheck-ring">
        <button type="button" className="button plain" aria-disabled={volume === 0} data-why={volume === 0 ? say("soundcheck.silent") : undefined} onClick={() => volume > 0 && chime()}>
          {say("soundcheck.ring")}
        </button>
        <input type="range" min={0} max={100} step={10} value={volume} aria-label={say("menu.volume")} onChange={(event) => setVolume(Number(event.target.value))} />
      </span>
    </div>
  );
}

interface PickProps {
  kind: SoundKind;
  label: string;
  value: string;
  change: (id: string) => void;
}

/** What is plugged in while the page is open appears at once. */
function Pick({ kind, label, value, change }: PickProps) {
  const say = useSay();
  const [devices, setDevices] = useState<SoundDevice[]>([]);
  useEffect(() => {
    const look = (): void => void soundDevices(kind).then(setDevices);
    look();
    navigator.mediaDevices.addEventListener("devicechange", look);
    return () => navigator.mediaDevices.removeEventListener("devicechange", look);
  }, [kind]);
  const there = devices.some(({ id }) => id === value);
  return (
    <label className="soundcheck-pick">
      <span className="choice-label">{label}</span>
      <select value={there ? value : ""} onChange={(event) => change(event.target.value)}>
        <option value="">{say("soundcheck.system")}</option>
        {devices.map(({ id, label: name }) => (
          <option key={id} value={id}>
            {name}
          </option>
        ))}
      </select>
    </label>
  );
}

/** The level as a bar and in words: heard, or what may be wrong. */
function Level({ meter }: { meter: Meter }) {
  const say = useSay();
  const [level, setLevel] = useState(0);
  const [state, setState] = useState<"waiting" | "heard" | "quiet" | "muted">("waiting");
  useEffect(() => {
    const began = performance.now();
    let heardAt = 0;
    meter.level((now) => {
      setLevel(now);
      const at = performance.now();
      if (now > VOICE) heardAt = at;
      setState(meter.muted() ? "muted" : heardAt > 0 && at - heardAt < QUIET_MS ? "heard" : at - began < QUIET_MS ? "waiting" : "quiet");
    });
  }, [meter]);
  const share = Math.max(0, Math.min(1, 1 + Math.log10(Math.max(level, 0.0001)) / 4));
  return (
    <div className="soundcheck-level">
      <meter min={0} max={1} value={share} aria-label={say("soundcheck.level")} />
      <span role="status" className={state === "quiet" || state === "muted" ? "warn" : "quiet"}>
        {state === "heard" ? "✓ " : ""}
        {say(`soundcheck.${state}`)}
      </span>
    </div>
  );
}
