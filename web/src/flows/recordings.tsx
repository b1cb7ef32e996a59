// Phrases: what people have recorded for flows, a name a row and the languages side by side, what flows miss, the history of
// each, and a place to record, upload, or have an engine speak.
import type { Rest } from "@yingda/desk";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { desk } from "../api/client";
import { useSay } from "../i18n";
import { usePreference } from "../ui/preferences";
import { Act } from "../ui/act";
import { Empty, Failure, Skeleton } from "../ui/waiting";
import { Booth } from "./booth";
import { PhraseHistory } from "./history";
import { addressOf, NAMES, PHRASES, type Chosen, type Phrase, type Tongue } from "./phrase";

const TONGUES: Tongue[] = ["zh", "en"];

export function Phrases({ mayWrite }: { mayWrite: boolean }) {
  const say = useSay();
  const [own] = usePreference("language");
  const [chosen, choose] = useState<Chosen>({ name: "", language: own === "en" ? "en" : "zh" });
  const [looking, look] = useState<Chosen | null>(null);
  const [heard, play] = useState("");
  const phrases = useQuery({ queryKey: PHRASES, queryFn: ({ signal }) => desk.http.call("list_phrases", { signal }), retry: false });
  const items = phrases.data?.items ?? [];
  const at = items.find((one) => one.name === looking?.name && one.language === looking.language);
  return (
    <section className="phrases">
      {mayWrite ? <Booth chosen={chosen} choose={choose} play={play} /> : null}
      {heard === "" ? null : <audio className="phrases-player" src={heard} controls autoPlay />}
      <div className="phrases-below">
        <div className="flows-rows">
          {phrases.isPending ? <Skeleton rows={8} /> : null}
          {phrases.isError ? <Failure what={say("phrases.failed")} error={phrases.error} again={() => void phrases.refetch()} /> : null}
          <Missing missing={phrases.data?.missing ?? []} choose={mayWrite ? (name) => choose({ ...chosen, name }) : null} />
          {phrases.data?.items.length === 0 ? <Empty>{say("phrases.none")}</Empty> : null}
          {items.length > 0 ? <Table phrases={items} mayWrite={mayWrite} play={play} choose={choose} look={look} /> : null}
        </div>
        {at === undefined ? null : <PhraseHistory key={`${at.language}/${at.name}`} phrase={at} mayWrite={mayWrite} play={play} close={() => look(null)} />}
      </div>
    </section>
  );
}

function Missing({ missing, choose }: { missing: Rest.MissingOut[]; choose: ((name: string) => void) | null }) {
  const say = useSay();
  if (missing.length === 0) return null;
  return (
    <ul className="phrases-missing">
      {missing.map((one) => (
        <li key={one.name}>
          <span className="warn">▲ {say("phrases.missing", { name: one.name, flows: one.used_by.join(", ") })}</span>
          {choose === null ? null : (
            <button type="button" className="button quiet" onClick={() => choose(one.name)}>
              {say("phrases.choose")}
            </button>
          )}
        </li>
      ))}
    </ul>
  );
}

interface TableProps {
  phrases: Phrase[];
  mayWrite: boolean;
  play: (address: string) => void;
  choose: (chosen: Chosen) => void;
  look: (chosen: Chosen) => void;
}

function Table({ phrases, mayWrite, play, choose, look }: TableProps) {
  const say = useSay();
  const names = [...new Set(phrases.map((one) => one.name))].sort();
  return (
    <table className="table">
      <thead>
        <tr>
          <th>{say("flows.name")}</th>
          {TONGUES.map((language) => (
            <th key={language}>{NAMES[language]}</th>
          ))}
          <th>{say("flows.used_by")}</th>
        </tr>
      </thead>
      <tbody>
        {names.map((name) => (
          <tr key={name}>
            <th scope="row">{name}</th>
            {TONGUES.map((language) => {
              const phrase = phrases.find((one) => one.name === name && one.language === language);
              return (
                <td key={language} className="phrases-cell">
                  {phrase !== undefined ? (
                    <Cell phrase={phrase} mayWrite={mayWrite} play={play} choose={choose} look={look} />
                  ) : (
                    <Lacking act={mayWrite ? () => choose({ name, language }) : null} />
                  )}
                </td>
              );
            })}
            <td>{phrases.find((one) => one.name === name)?.used_by.join(", ")}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function Lacking({ act }: { act: (() => void) | null }) {
  const say = useSay();
  return (
    <>
      <span className="quiet">{say("phrases.lacking")}</span>
      {act === null ? null : (
        <button type="button" className="button quiet" onClick={act}>
          {say("phrases.choose")}
        </button>
      )}
    </>
  );
}

function Cell({ phrase, mayWrite, play, choose, look }: Omit<TableProps, "phrases"> & { phrase: Phrase }) {
  const say = useSay();
  const queries = useQueryClient();
  const { name, language } = phrase;
  const remove = async (): Promise<void> => {
    await desk.http.call("delete_phrase", { path: { language, name } });
    await queries.invalidateQueries({ queryKey: PHRASES });
  };
  return (
    <>
      <button type="button" className="button quiet" onClick={() => play(addressOf(phrase))}>
        {say("phrases.play")} {say("phrases.seconds", { seconds: (phrase.duration_ms / 1_000).toFixed(1) })}
      </button>
      <button type="button" className="button quiet figure" onClick={() => look({ name, language })}>
        {say("phrases.history_of", { number: phrase.versions.at(-1) ?? 0 })}
      </button>
      {mayWrite ? (
        <>
          <button type="button" className="button quiet" onClick={() => choose({ name, language })}>
            {say("phrases.replace")}
          </button>
          <Act label={say("phrases.remove")} doing={say("flows.working")} act={remove} />
        </>
      ) : null}
    </>
  );
}
