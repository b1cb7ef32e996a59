// Phrases: what people have recorded for flows, what flows miss, and a place to record, upload or listen beforehand.
import type { Rest } from "@yingda/desk";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useEffect, useRef, useState } from "react";
import { desk } from "../api/client";
import { useSay } from "../i18n";
import { usePreference } from "../ui/preferences";
import { Act } from "../ui/act";
import { Empty, Failure, Skeleton } from "../ui/waiting";
import { asWav, startRecording, type Recorder } from "./sound";

type Phrase = Rest.PhraseOut;
type Tongue = Phrase["language"];
const KEY = ["phrases"];
const NAMES: Record<Tongue, string> = { zh: "中文", en: "English" };

export function Phrases({ mayWrite }: { mayWrite: boolean }) {
  const say = useSay();
  const [own] = usePreference("language");
  const [name, setName] = useState("");
  const [language, setLanguage] = useState<Tongue>(own === "en" ? "en" : "zh");
  const [heard, setHeard] = useState("");
  const phrases = useQuery({ queryKey: KEY, queryFn: ({ signal }) => desk.http.call("list_phrases", { signal }), retry: false });
  const choose = (chosen: string, tongue: Tongue): void => {
    setName(chosen);
    setLanguage(tongue);
  };
  return (
    <section className="phrases">
      {mayWrite ? <Booth name={name} setName={setName} language={language} setLanguage={setLanguage} play={setHeard} /> : null}
      {heard === "" ? null : <audio className="phrases-player" src={heard} controls autoPlay />}
      <div className="flows-rows">
        {phrases.isPending ? <Skeleton rows={8} /> : null}
        {phrases.isError ? <Failure what={say("phrases.failed")} error={phrases.error} again={() => void phrases.refetch()} /> : null}
        {phrases.data?.missing.length ? (
          <ul className="phrases-missing">
            {phrases.data.missing.map((one) => (
              <li key={one.name}>
                <span className="warn">▲ {say("phrases.missing", { name: one.name, flows: one.used_by.join(", ") })}</span>
                {mayWrite ? (
                  <button type="button" className="button quiet" onClick={() => choose(one.name, language)}>
                    {say("phrases.choose")}
                  </button>
                ) : null}
              </li>
            ))}
          </ul>
        ) : null}
        {phrases.data?.items.length === 0 ? <Empty>{say("phrases.none")}</Empty> : null}
        {phrases.data?.items.length ? <Table phrases={phrases.data.items} mayWrite={mayWrite} play={setHeard} choose={choose} /> : null}
      </div>
    </section>
  );
}

interface TableProps {
  phrases: Phrase[];
  mayWrite: boolean;
  play: (address: string) => void;
  choose: (name: string, language: Tongue) => void;
}

function Table({ phrases, mayWrite, play, choose }: TableProps) {
  const say = useSay();
  const queries = useQueryClient();
  const remove = async ({ name, language }: Phrase): Promise<void> => {
    await desk.http.call("delete_phrase", { path: { language, name } });
    await queries.invalidateQueries({ queryKey: KEY });
  };
  return (
    <table className="table">
      <thead>
        <tr>
          <th>{say("flows.name")}</th>
          <th>{say("flows.language")}</th>
          <th className="number">{say("phrases.length")}</th>
          <th>{say("flows.panel_versions")}</th>
          <th>{say("flows.used_by")}</th>
          <th />
        </tr>
      </thead>
      <tbody>
        {phrases.map((phrase) => (
          <tr key={`${phrase.language}/${phrase.name}`}>
            <td>{phrase.name}</td>
            <td>{NAMES[phrase.language]}</td>
            <td className="number">{say("phrases.seconds", { seconds: (phrase.duration_ms / 1_000).toFixed(1) })}</td>
            <td>
              {phrase.versions.map((number) => (
                <button key={number} type="button" className="button quiet figure" onClick={() => play(addressOf(phrase, number))}>
                  {say("flows.version", { number })}
                </button>
              ))}
            </td>
            <td>{phrase.used_by.join(", ")}</td>
            <td className="acts">
              <button type="button" className="button plain" onClick={() => play(addressOf(phrase))}>
                {say("phrases.play")}
              </button>
              {mayWrite ? (
                <>
                  <button type="button" className="button plain" onClick={() => choose(phrase.name, phrase.language)}>
                    {say("phrases.replace")}
                  </button>
                  <Act label={say("phrases.remove")} doing={say("flows.working")} act={() => remove(phrase)} />
                </>
              ) : null}
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

/** The newest number in the address: what was replaced is not played from the browser's memory. */
function addressOf({ language, name, versions }: Phrase, number = versions.at(-1) ?? 0): string {
  return desk.http.address(`/phrases/${language}/${encodeURIComponent(name)}`, { number });
}

interface BoothProps {
  name: string;
  setName: (name: string) => void;
  language: Tongue;
  setLanguage: (language: Tongue) => void;
  play: (address: string) => void;
}

function Booth({ name, setName, language, setLanguage, play }: BoothProps) {
  const say = useSay();
  const queries = useQueryClient();
  const [text, setText] = useState("");
  const [recorder, setRecorder] = useState<Recorder | null>(null);
  const running = useRef<Recorder | null>(null);
  running.current = recorder;
  useEffect(() => () => void running.current?.stop(), []);
  const why = name.trim() === "" ? say("flows.name_needed") : null;
  const keep = async (blob: Blob): Promise<void> => {
    const kept = await putPhrase(language, name.trim(), await asWav(blob));
    await queries.invalidateQueries({ queryKey: KEY });
    play(addressOf(kept));
  };
  const turn = async (): Promise<void> => {
    if (recorder === null) return setRecorder(await startRecording());
    setRecorder(null);
    await keep(await recorder.stop());
  };
  const speak = async (): Promise<void> => play(desk.http.address("/phrases/speech", { text, language }));
  return (
    <form className="flows-new card" aria-label={say("phrases.booth")} onSubmit={(event) => event.preventDefault()}>
      <label>
        {say("flows.name")}
        <input value={name} maxLength={64} placeholder="welcome" onChange={(event) => setName(event.target.value)} />
      </label>
      <label>
        {say("flows.language")}
        <select value={language} onChange={(event) => setLanguage(event.target.value as Tongue)}>
          <option value="zh">{NAMES.zh}</option>
          <option value="en">{NAMES.en}</option>
        </select>
      </label>
      <Act
        kind={recorder === null ? "primary" : "strong"}
        label={say(recorder === null ? "phrases.record" : "phrases.stop")}
        doing={say("flows.working")}
        act={turn}
        why={recorder === null ? why : null}
      />
      <Upload keep={keep} why={why} />
      <label>
        {say("phrases.text")}
        <input value={text} maxLength={500} onChange={(event) => setText(event.target.value)} />
      </label>
      <Act label={say("phrases.speak")} doing={say("flows.working")} act={speak} why={text.trim() === "" ? say("phrases.text_needed") : null} />
    </form>
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

async function putPhrase(language: Tongue, name: string, sound: Blob): Promise<Phrase> {
  return desk.http.send<Phrase>("PUT", `/phrases/${language}/${encodeURIComponent(name)}`, { body: sound });
}
