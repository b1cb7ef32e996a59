// The booth: record from the microphone with its level before one's eyes, choose a file, or have a voice speak a text.
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useEffect, useRef, useState } from "react";
import { desk } from "../api/client";
import { useSay } from "../i18n";
import { Act } from "../ui/act";
import { NAMES, PHRASES, addressOf, type Chosen, type Phrase, type Tongue } from "./phrase";
import { asWav, startRecording, type Recorder, type Heard } from "./sound";

type How = "recorded" | "uploaded";
const SILENT: Heard = { ms: 0, level: 0 };
/** Of full scale: below it nobody has said anything. */
const AUDIBLE = 0.01;

interface BoothProps {
  chosen: Chosen;
  choose: (chosen: Chosen) => void;
  play: (address: string) => void;
}

export function Booth({ chosen, choose, play }: BoothProps) {
  const say = useSay();
  const queries = useQueryClient();
  const name = chosen.name.trim();
  const why = name === "" ? say("flows.name_needed") : null;
  const keeping = async (keep: () => Promise<Phrase>): Promise<void> => {
    const kept = await keep();
    await queries.invalidateQueries({ queryKey: PHRASES });
    play(addressOf(kept));
  };
  const keep = (how: How) => async (blob: Blob) => keeping(async () => putPhrase(chosen.language, name, await asWav(blob), how));
  return (
    <form className="flows-new card" aria-label={say("phrases.booth")} onSubmit={(event) => event.preventDefault()}>
      <label>
        {say("flows.name")}
        <input value={chosen.name} maxLength={64} placeholder="welcome" onChange={(event) => choose({ ...chosen, name: event.target.value })} />
      </label>
      <label>
        {say("flows.language")}
        <select value={chosen.language} onChange={(event) => choose({ ...chosen, language: event.target.value as Tongue })}>
          <option value="zh">{NAMES.zh}</option>
          <option value="en">{NAMES.en}</option>
        </select>
      </label>
      <Microphone keep={keep("recorded")} why={why} />
      <Upload keep={keep("uploaded")} why={why} />
      <Speech
        language={chosen.language}
        phrase={name}
        why={why}
        play={play}
        keep={(text, voice) => keeping(() => desk.http.call("keep_spoken_phrase", { path: { language: chosen.language, name }, body: { text, voice } }))}
      />
    </form>
  );
}

/** The length and the level of what is being said stand beside the button. */
function Microphone({ keep, why }: { keep: (blob: Blob) => Promise<void>; why: string | null }) {
  const say = useSay();
  const [recorder, setRecorder] = useState<Recorder | null>(null);
  const [heard, hear] = useState(SILENT);
  const [spoken, setSpoken] = useState(false);
  const running = useRef<Recorder | null>(null);
  running.current = recorder;
  useEffect(() => () => void running.current?.stop(), []);
  const turn = async (): Promise<void> => {
    if (recorder === null) {
      setSpoken(false);
      const listen = (now: Heard): void => {
        hear(now);
        if (now.level > AUDIBLE) setSpoken(true);
      };
      return setRecorder(await startRecording(listen));
    }
    setRecorder(null);
    hear(SILENT);
    await keep(await recorder.stop());
  };
  return (
    <>
      <Act
        kind={recorder === null ? "primary" : "strong"}
        label={say(recorder === null ? "phrases.record" : "phrases.stop")}
        doing={say("flows.working")}
        act={turn}
        why={recorder === null ? why : null}
      />
      {recorder === null ? null : (
        <span className="booth-live" data-heard={spoken}>
          <span className="figure">{say("phrases.seconds", { seconds: (heard.ms / 1_000).toFixed(1) })}</span>
          <meter aria-label={say("phrases.level")} min={0} max={1} low={AUDIBLE} high={0.9} optimum={0.4} value={heard.level} />
          {spoken ? null : <span className="quiet">{say("phrases.nothing_heard")}</span>}
        </span>
      )}
    </>
  );
}

function Upload({ keep, why }: { keep: (blob: Blob) => Promise<void>; why: string | null }) {
  const say = useSay();
  const [file, setFile] = useState<File | null>(null);
  return (
    <>
      <label>
        {say("phrases.file")}
        <input type="file" accept="audio/*" onChange={(event) => setFile(event.target.files?.[0] ?? null)} />
      </label>
      {file === null ? null : <Act label={say("phrases.upload")} doing={say("flows.working")} act={() => keep(file)} why={why} />}
    </>
  );
}

interface SpeechProps {
  language: Tongue;
  phrase: string;
  why: string | null;
  play: (address: string) => void;
  keep: (text: string, voice: string) => Promise<void>;
}

function Speech({ language, phrase, why, play, keep }: SpeechProps) {
  const say = useSay();
  const [text, setText] = useState("");
  const [voice, setVoice] = useState("");
  const voices = useQuery({ queryKey: ["voices"], queryFn: ({ signal }) => desk.http.call("list_voices", { signal }), staleTime: Infinity });
  const able = (voices.data ?? []).filter((one) => one.languages.includes(language) && one.name !== "");
  const named = able.some((one) => one.name === voice) ? voice : "";
  const empty = text.trim() === "" ? say("phrases.text_needed") : null;
  return (
    <>
      <label>
        {say("phrases.text")}
        <input value={text} maxLength={500} onChange={(event) => setText(event.target.value)} />
      </label>
      <label>
        {say("phrases.voice")}
        <select value={named} onChange={(event) => setVoice(event.target.value)}>
          <option value="">{say("phrases.flow_voice")}</option>
          {able.map((one) => (
            <option key={one.name} value={one.name}>
              {one.name}
            </option>
          ))}
        </select>
      </label>
      <Act label={say("phrases.speak")} doing={say("flows.working")} act={async () => play(desk.http.address("/phrases/speech", { text, language, voice: named, phrase }))} why={empty} />
      <Act label={say("phrases.keep_spoken")} doing={say("flows.working")} act={() => keep(text.trim(), named)} why={why ?? empty} />
    </>
  );
}

async function putPhrase(language: Tongue, name: string, sound: Blob, how: How): Promise<Phrase> {
  return desk.http.send<Phrase>("PUT", `/phrases/${language}/${encodeURIComponent(name)}`, { query: { how }, body: sound });
}
