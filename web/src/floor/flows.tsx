// Callers in flows (语音流程): how many are at which place of which flow, for how long, and who they are.
import { useState } from "react";
import { useCollection } from "../feed";
import type { CallDoc } from "@yingda/desk";
import { useSay } from "../i18n";
import { callerText } from "../i18n/format";
import { Since } from "../ui/since";
import { entered, whereIs } from "../flows/places";
import { TakeOut } from "../flows/takeout";

interface Place {
  flow: string;
  node: string;
  callers: CallDoc[];
}

/** Where callers are in flows: most of them first; who has been at a place longest stands first there. */
export function places(calls: readonly CallDoc[]): Place[] {
  const found = new Map<string, Place>();
  for (const call of calls) {
    if (call.flow === null) continue;
    const key = JSON.stringify([call.flow, call.node]);
    const place = found.get(key) ?? { flow: call.flow, node: call.node ?? "", callers: [] };
    place.callers.push(call);
    found.set(key, place);
  }
  for (const place of found.values()) place.callers.sort((one, other) => entered(one) - entered(other));
  return [...found.values()].sort(
    (one, other) => other.callers.length - one.callers.length || one.flow.localeCompare(other.flow) || one.node.localeCompare(other.node),
  );
}

export function FlowsNow() {
  const say = useSay();
  const found = places(Object.values(useCollection("calls")));
  const [open, setOpen] = useState("");
  if (found.length === 0) return null;
  return (
    <section className="card floor-flows">
      <table className="table">
        <thead>
          <tr>
            <th>{say("floor.in_flows")}</th>
            <th>{say("floor.node")}</th>
            <th className="number">{say("floor.callers")}</th>
            <th className="number">{say("floor.longest")}</th>
          </tr>
        </thead>
        <tbody>
          {found.map((place) => {
            const key = `${place.flow}\n${place.node}`;
            return <Row key={key} place={place} open={open === key} toggle={() => setOpen(open === key ? "" : key)} />;
          })}
        </tbody>
      </table>
    </section>
  );
}

function Row({ place, open, toggle }: { place: Place; open: boolean; toggle: () => void }) {
  const say = useSay();
  const first = place.callers[0];
  return (
    <>
      <tr>
        <th scope="row">{place.flow}</th>
        <td title={place.node}>{whereIs(place.node).place}</td>
        <td className="number">
          <button type="button" className="button quiet" aria-expanded={open} title={say("floor.show_callers")} onClick={toggle}>
            {place.callers.length}
          </button>
        </td>
        <td className="number">{first === undefined ? null : <Since at={entered(first)} />}</td>
      </tr>
      {open
        ? place.callers.map((call) => (
            <tr key={call.id} className="quiet">
              <td colSpan={2} className="figure">
                {callerText(call.caller, say)}
              </td>
              <td className="acts">
                <TakeOut call={call} />
              </td>
              <td className="number">
                <Since at={entered(call)} />
              </td>
            </tr>
          ))
        : null}
    </>
  );
}
