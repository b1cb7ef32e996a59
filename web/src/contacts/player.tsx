// Plays a recording: left the customer, right what he hears. The server sends ranges, so seeking loads nothing whole.
import { useEffect, useRef, useState } from "react";
import { address } from "../api/client";
import type { Recording } from "../api/types";
import { useSay } from "../i18n";
import { seconds } from "../i18n/format";
import { Icon } from "../ui/icons";

const SPEEDS = [1, 1.25, 1.5, 2];
const STARTED = "yingda:playing";

export function Player({ recording, small = false }: { recording: Recording; small?: boolean }) {
  return <SoundPlayer path={`/recordings/${recording.recording_id}`} duration_ms={recording.duration_ms} small={small} />;
}

/** path: of the sound, below the interface. */
export function SoundPlayer({ path, duration_ms, small = false }: { path: string; duration_ms: number | null; small?: boolean }) {
  const say = useSay();
  const sound = useRef<HTMLAudioElement>(null);
  const [playing, setPlaying] = useState(false);
  const [at, setAt] = useState(0);
  const [speed, setSpeed] = useState(0);
  const [failed, setFailed] = useState(false);
  const length = (duration_ms ?? 0) / 1000;
  useOnlyOne(sound);
  const toggle = (): void => {
    const element = sound.current;
    if (element === null) return;
    setFailed(false);
    if (playing) element.pause();
    else void element.play().catch(() => setFailed(true));
  };
  const faster = (): void => {
    const next = (speed + 1) % SPEEDS.length;
    setSpeed(next);
    if (sound.current !== null) sound.current.playbackRate = SPEEDS[next] ?? 1;
  };
  return (
    <span className={small ? "player small" : "player"}>
      <audio
        ref={sound}
        src={address(path)}
        preload="none"
        onPlay={() => setPlaying(true)}
        onPause={() => setPlaying(false)}
        onTimeUpdate={(event) => setAt(event.currentTarget.currentTime)}
        onError={() => setFailed(true)}
      />
      <button type="button" className="button quiet" aria-label={say(playing ? "player.pause" : "player.play")} aria-pressed={playing} onClick={toggle}>
        <Icon name={playing ? "pause" : "play"} />
      </button>
      {small && !playing ? null : (
        <input
          type="range"
          aria-label={say("player.seek")}
          aria-valuetext={seconds(at)}
          min={0}
          max={length || 1}
          step={0.1}
          value={Math.min(at, length)}
          onChange={(event) => {
            const to = Number(event.target.value);
            setAt(to);
            if (sound.current !== null) sound.current.currentTime = to;
          }}
        />
      )}
      <span className="figure player-time">
        {small && !playing ? seconds(length) : `${seconds(at)} / ${seconds(length)}`}
      </span>
      {small ? null : (
        <button type="button" className="button quiet figure" aria-label={say("player.speed")} onClick={faster}>
          {SPEEDS[speed]}×
        </button>
      )}
      {failed ? <span role="alert">{say("player.failed")}</span> : null}
    </span>
  );
}

/** Starting one recording pauses the others. */
function useOnlyOne(sound: React.RefObject<HTMLAudioElement | null>): void {
  useEffect(() => {
    const element = sound.current;
    if (element === null) return;
    const started = (): boolean => dispatchEvent(new CustomEvent(STARTED, { detail: element }));
    const other = (event: Event): void => {
      if ((event as CustomEvent<HTMLAudioElement>).detail !== element) element.pause();
    };
    element.addEventListener("play", started);
    addEventListener(STARTED, other);
    return () => {
      element.removeEventListener("play", started);
      removeEventListener(STARTED, other);
    };
  }, [sound]);
}
