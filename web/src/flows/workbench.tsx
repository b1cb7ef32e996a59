// One flow on the bench: its text and its tests at the left; problems, tests, a rehearsal, versions, publishing at the right.
import { useCallback, useState } from "react";
import { desk } from "../api/client";
import { useSay, type Key } from "../i18n";
import { usePreference } from "../ui/preferences";
import { Act } from "../ui/act";
import { useKey } from "../ui/keys";
import { go } from "../ui/router";
import type { At, Element, FlowDocument, Part, Verdict } from "./api";
import { judge } from "./api";
import { Comparison, type Pair } from "./comparison";
import { useDraft, type Draft, type Saving } from "./draft";
import { Editor, type Place } from "./editor";
import { stateOf } from "./list";
import { Live } from "./live";
import { Moved } from "./moved";
import { Picture } from "./picture";
import { Problems } from "./problems";
import { Publish } from "./publish";
import { Rehearsal } from "./rehearsal";
import { Name } from "./rename";
import { Trial } from "./trial";
import { Tabs } from "./tabs";
import { Tests } from "./tests";
import { Versions } from "./versions";

const PANELS = ["picture", "problems", "tests", "try", "live", "versions", "publish"] as const;
type Panel = (typeof PANELS)[number];
const SAVING: Record<Saving, Key> = { saved: "flows.saved", unsaved: "flows.unsaved", saving: "flows.saving", failed: "flows.save_failed", moved: "flows.save_moved" };

export function Workbench({ opened, catalogue, mayWrite, agentId }: { opened: FlowDocument; catalogue: Element[]; mayWrite: boolean; agentId: string | null }) {
  const say = useSay();
  const [language] = usePreference("language");
  const draft = useDraft(opened, mayWrite);
  const [part, setPart] = useState<Part>("flow");
  const [panel, setPanel] = useState<Panel>("problems");
  const [place, setPlace] = useState<(Place & { part: Part }) | null>(null);
  const [verdict, setVerdict] = useState<Verdict | null>(null);
  const [pair, compare] = useState<Pair | null>(null);
  const [line, setLine] = useState(1);
  const { document, written, findings } = draft;
  const show = useCallback((at: At): void => {
    setPart(at.part);
    setPlace((before) => ({ part: at.part, line: at.line, column: at.column ?? 1, count: (before?.count ?? 0) + 1 }));
  }, []);
  const run = async (): Promise<void> => {
    setPanel("tests");
    setVerdict(await judge(document.name, draft.present()));
  };
  useKey("Ctrl+s", () => void draft.save().catch(() => undefined));
  useKey("Ctrl+Enter", () => void run().catch(() => undefined));
  const errors = findings?.length ?? 0;
  return (
    <div className="flow">
      <header className="flow-head">
        <button type="button" className="button quiet" onClick={() => go("/flows")}>
          {say("flows.back")}
        </button>
        <Name draft={draft} mayWrite={mayWrite} />
        <span className="quiet">{stateOf(document, say)}</span>
        {mayWrite ? (
          <span className="flow-saving quiet" role="status" data-saving={draft.saving}>
            {say(SAVING[draft.saving])}
          </span>
        ) : null}
        <span className="flow-acts">
          {mayWrite ? <Act label={say("flows.save")} doing={say("flows.saving")} act={draft.save} /> : null}
          <Act label={say("flows.run")} doing={say("flows.running")} act={run} />
          <a className="button plain" href={desk.http.address(`/flows/${document.document_id}/file`)} download={document.name.replaceAll("/", "-")}>
            {say("flows.export")}
          </a>
          {mayWrite ? (
            <button type="button" className="button primary" onClick={() => setPanel("publish")}>
              {say("flows.publish")}
            </button>
          ) : null}
        </span>
      </header>
      <Moved draft={draft} />
      {pair === null ? null : <Comparison draft={draft} pair={pair} choose={compare} close={() => compare(null)} />}
      <div className="flow-below" hidden={pair !== null} data-panel={panel}>
        <section className="flow-text">
          <Tabs
            label={say("flows.parts")}
            tabs={[["flow", say("flows.part_flow")], ["tests", say("flows.part_tests")]]}
            chosen={part}
            choose={setPart}
          />
          <Editor
            key={part}
            kind={part}
            label={say(part === "flow" ? "flows.part_flow" : "flows.part_tests")}
            chinese={language === "zh-CN"}
            readOnly={!mayWrite}
            catalogue={catalogue}
            text={part === "flow" ? written.text : written.tests}
            findings={findings?.filter((finding) => finding.part === part) ?? NONE}
            place={place?.part === part ? place : null}
            moved={part === "flow" ? setLine : NOTHING}
            changed={(text) => draft.write(part === "flow" ? { text } : { tests: text })}
          />
        </section>
        <section className="flow-panel">
          <Tabs
            label={say("flows.panels")}
            tabs={PANELS.filter((each) => mayWrite || each !== "publish").map((each) => [each, say(`flows.panel_${each}`), each === "problems" ? errors : 0])}
            chosen={panel}
            choose={setPanel}
          />
          <div className="flow-panel-body" role="tabpanel" aria-label={say(`flows.panel_${panel}`)}>
            <PanelBody panel={panel} draft={draft} verdict={verdict} line={line} run={run} show={show} compare={compare} mayWrite={mayWrite} agentId={agentId} />
          </div>
        </section>
      </div>
    </div>
  );
}

const NONE: never[] = [];
const NOTHING = (): void => undefined;

interface BodyProps {
  panel: Panel;
  draft: Draft;
  verdict: Verdict | null;
  line: number;
  run: () => Promise<void>;
  show: (at: At) => void;
  compare: (pair: Pair) => void;
  mayWrite: boolean;
  agentId: string | null;
}

function PanelBody({ panel, draft, verdict, line, run, show, compare, mayWrite, agentId }: BodyProps) {
  const go = (node: string): void => show({ part: "flow", line: draft.outline?.nodes.find((one) => one.node === node)?.line ?? 1 });
  if (panel === "picture") return <Picture document={draft.document} outline={draft.outline} line={line} show={(at) => show({ part: "flow", line: at })} />;
  if (panel === "problems") return <Problems findings={draft.findings} show={show} />;
  if (panel === "tests") return <Tests verdict={verdict} name={draft.document.name} run={run} show={show} />;
  if (panel === "try") {
    return (
      <>
        <Rehearsal draft={draft} show={show} mayWrite={mayWrite} />
        {mayWrite ? <Trial draft={draft} agentId={agentId} go={go} /> : null}
      </>
    );
  }
  if (panel === "live") return <Live document={draft.document} go={go} />;
  if (panel === "versions") return <Versions draft={draft} mayWrite={mayWrite} compare={compare} />;
  return <Publish draft={draft} show={show} compare={compare} />;
}
