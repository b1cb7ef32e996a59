// Today on the bench: what happened at each dialog and field, who is there now, and who is still inside an old version.
import { useQuery } from "@tanstack/react-query";
import type { Rest } from "@yingda/desk";
import { desk } from "../api/client";
import { useCollection } from "../feed";
import type { CallDoc } from "@yingda/desk";
import { useSay, useWord } from "../i18n";
import { callerText, duration, percent } from "../i18n/format";
import { Since } from "../ui/since";
import { Empty, Failure, Skeleton } from "../ui/waiting";
import type { FlowDocument } from "./api";
import { entered, placeText, whereIs } from "./places";
import { TakeOut } from "./takeout";

export type Today = Rest.FlowToday;
type Node = Today["nodes"][number];
const AGAIN_MS = 5_000;
/** How a way out of the flow begins. */
const EXIT = "exit:";

/** The counts of a document; asked again while somebody looks. */
export function useToday(id: string, wanted = true) {
  return useQuery({
    queryKey: ["flow-today", id],
    queryFn: ({ signal }) => desk.http.call("read_flow_today", { path: { document_id: id }, signal }),
    refetchInterval: AGAIN_MS,
    enabled: wanted,
  });
}

/** Callers in the flows that lead through the document, those who have been at their place for longest first. */
export function useInside(today: Today | undefined): CallDoc[] {
  const calls = Object.values(useCollection("calls"));
  const flows = new Set(today?.flows.map((flow) => flow.flow_id));
  return calls.filter((call) => call.flow !== null && flows.has(call.flow_id ?? "")).sort((one, other) => entered(one) - entered(other));
}

/** Whether what is published now came after the caller had entered. */
export function isOld(call: CallDoc, document: FlowDocument): boolean {
  return document.published !== null && call.flow_version !== null && call.flow_version < document.published.config_version;
}

export function Live({ document, go }: { document: FlowDocument; go: (node: string) => void }) {
  const say = useSay();
  const today = useToday(document.document_id);
  const inside = useInside(today.data);
  if (today.isError) return <Failure what={say("live.failed")} error={today.error} again={() => void today.refetch()} />;
  if (today.data === undefined) return <Skeleton rows={6} />;
  if (today.data.flows.length === 0) return <Empty>{say("live.no_flow")}</Empty>;
  return (
    <div className="live">
      <Sums today={today.data} />
      <OldOnes calls={inside.filter((call) => isOld(call, document))} />
      {today.data.nodes.length === 0 ? <Empty>{say("live.nobody_yet")}</Empty> : <Nodes nodes={today.data.nodes} go={go} />}
      <h3>{say("live.inside_now", { count: inside.length })}</h3>
      {inside.length === 0 ? null : <Callers calls={inside} document={document} />}
    </div>
  );
}

function Sums({ today }: { today: Today }) {
  const say = useSay();
  const figures = [
    [say("live.runs"), String(today.runs)],
    [say("live.inside"), String(today.inside)],
    [say("live.to_queue"), String(today.exit_queue)],
    [say("live.hangups"), String(today.exit_hangup)],
    [say("live.errors"), String(today.exit_error)],
    [say("live.self_service"), percent(today.self_service === 0 ? null : today.self_helped / today.self_service)],
  ];
  return (
    <>
      <p className="quiet">{today.flows.map((flow) => flow.name).join(say("floor.and"))}</p>
      <dl className="live-sums">
        {figures.map(([name, value]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd className="figure">{value}</dd>
          </div>
        ))}
      </dl>
    </>
  );
}

/** Said in words: they go on in the version they began with. */
export function OldOnes({ calls }: { calls: CallDoc[] }) {
  const say = useSay();
  if (calls.length === 0) return null;
  return <p className="live-old">▲ {say("live.old_ones", { count: calls.length })}</p>;
}

function Nodes({ nodes, go }: { nodes: Node[]; go: (node: string) => void }) {
  const say = useSay();
  return (
    <table className="table live-nodes">
      <thead>
        <tr>
          <th>{say("live.node")}</th>
          <th className="number">{say("live.visits")}</th>
          <th className="number">{say("live.here")}</th>
          <th className="number">{say("live.passed")}</th>
          <th>{say("live.ways")}</th>
          <th className="number">{say("live.hangups")}</th>
          <th className="number">{say("live.errors")}</th>
          <th className="number">{say("live.stay")}</th>
        </tr>
      </thead>
      <tbody>
        {nodes.map((node) => (
          <tr key={node.node}>
            <th scope="row">
              <button type="button" className="button quiet" onClick={() => go(node.node)}>
                {placeText(node.node)}
              </button>
            </th>
            <td className="number">{node.visits}</td>
            <td className="number">{node.inside}</td>
            <td className="number">{node.passed}</td>
            <td>
              <Ways exits={node.exits} />
            </td>
            <td className="number">{node.hangups}</td>
            <td className="number">{node.errors}</td>
            <td className="number">{duration(node.passed + node.left === 0 ? null : node.time_us / (node.passed + node.left))}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

/** How many went which way, most first: to another node, or out of the flow. */
function Ways({ exits }: { exits: Node["exits"] }) {
  const word = useWord();
  const ways = Object.entries(exits).sort(([, one], [, other]) => other - one);
  return (
    <ul className="live-ways">
      {ways.map(([way, count]) => (
        <li key={way}>
          {way.startsWith(EXIT) ? word("flow_exit", way.slice(EXIT.length)) : `→ ${placeText(way)}`} <span className="figure">{count}</span>
        </li>
      ))}
    </ul>
  );
}

function Callers({ calls, document }: { calls: CallDoc[]; document: FlowDocument }) {
  const say = useSay();
  return (
    <ul className="live-callers">
      {calls.map((call) => {
        const { document: name, place } = whereIs(call.node ?? "");
        return (
          <li key={call.id}>
            <span className="figure">{callerText(call.caller, say)}</span>
            <span className="live-place">{name === document.name ? place : `${name} ${place}`}</span>
            {call.test ? <span className="code">{say("live.test")}</span> : null}
            {isOld(call, document) ? <span className="code">{say("live.old")}</span> : null}
            <Since at={entered(call)} />
            <TakeOut call={call} />
          </li>
        );
      })}
    </ul>
  );
}
