// One phrase's history: every recording there was, where it came from, and a way back to it.
import { useQuery, useQueryClient } from "@tanstack/react-query";
import type { Rest } from "@yingda/desk";
import { desk } from "../api/client";
import { useSay, type Key, type Say } from "../i18n";
import { moment } from "../i18n/format";
import { Act } from "../ui/act";
import { useKey } from "../ui/keys";
import { Failure, Skeleton } from "../ui/waiting";
import { addressOf, NAMES, PHRASES, type Phrase } from "./phrase";

type Version = Rest.PhraseVersion;
const HOW: Record<Version["how"], Key> = { recorded: "phrases.how_recorded", uploaded: "phrases.how_uploaded", spoken: "phrases.how_spoken", returned: "phrases.how_returned", "": "phrases.how_unknown" };

interface Props {
  phrase: Phrase;
  mayWrite: boolean;
  play: (address: string) => void;
  close: () => void;
}

export function PhraseHistory({ phrase, mayWrite, play, close }: Props) {
  const say = useSay();
  const queries = useQueryClient();
  const { name, language } = phrase;
  const newest = phrase.versions.at(-1) ?? 0;
  const versions = useQuery({
    queryKey: ["phrase-versions", language, name, newest],
    queryFn: ({ signal }) => desk.http.call("list_phrase_versions", { path: { language, name }, signal }),
  });
  const back = async (number: number): Promise<void> => {
    const kept = await desk.http.call("return_phrase", { path: { language, name }, body: { number } });
    await queries.invalidateQueries({ queryKey: PHRASES });
    play(addressOf(kept));
  };
  useKey("Escape", close);
  return (
    <aside className="phrases-history" aria-label={say("phrases.history", { name })}>
      <header>
        <h2>
          {name} · {NAMES[language]}
        </h2>
        <button type="button" className="button quiet" onClick={close}>
          {say("flows.compare_close")} <kbd>Esc</kbd>
        </button>
      </header>
      {versions.isError ? <Failure what={say("phrases.failed")} error={versions.error} again={() => void versions.refetch()} /> : null}
      {versions.isPending ? <Skeleton rows={4} /> : null}
      <ol>
        {versions.data?.map((version) => (
          <li key={version.number}>
            <p>
              <strong className="figure">{say("flows.version", { number: version.number })}</strong> {origin(version, say)}{" "}
              {version.number === newest ? <span className="code chosen">{say("flows.in_force")}</span> : null}
            </p>
            <p className="quiet figure">
              {version.at === 0 ? "" : moment(version.at, say)} {version.by_name} {say("phrases.seconds", { seconds: (version.duration_ms / 1_000).toFixed(1) })}
            </p>
            <p className="version-acts">
              <button type="button" className="button plain" onClick={() => play(addressOf(phrase, version.number))}>
                {say("phrases.play")}
              </button>
              {mayWrite && version.number !== newest ? <Act label={say("phrases.put_back")} doing={say("flows.working")} act={() => back(version.number)} /> : null}
            </p>
          </li>
        ))}
      </ol>
    </aside>
  );
}

function origin(version: Version, say: Say): string {
  return say(HOW[version.how], { text: version.text, voice: version.voice || say("phrases.usual_voice"), number: version.of });
}
