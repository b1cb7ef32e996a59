// The lines (中继): which are up, registered, and how many of their channels are in use each way.
import { useCollection } from "../feed";
import type { TrunkDoc } from "@yingda/desk";
import { useSay, useWord } from "../i18n";
import { Since } from "../ui/since";

export function Lines() {
  const say = useSay();
  const trunks = Object.values(useCollection("trunks")).sort((one, other) => one.name.localeCompare(other.name));
  if (trunks.length === 0) return null;
  return (
    <section className="card floor-lines">
      <table className="table">
        <thead>
          <tr>
            <th>{say("floor.lines")}</th>
            <th>{say("floor.state")}</th>
            <th className="number">{say("floor.time")}</th>
            <th className="number">{say("floor.line_inbound")}</th>
            <th className="number">{say("floor.line_outbound")}</th>
            <th className="number">{say("floor.line_most")}</th>
          </tr>
        </thead>
        <tbody>
          {trunks.map((trunk) => (
            <Row key={trunk.id} trunk={trunk} />
          ))}
        </tbody>
      </table>
    </section>
  );
}

function Row({ trunk }: { trunk: TrunkDoc }) {
  const word = useWord();
  const full = trunk.inbound + trunk.outbound >= trunk.max_calls;
  return (
    <tr data-down={trunk.state === "down"}>
      <th scope="row">{trunk.name}</th>
      <td className={trunk.state === "down" ? "loud" : undefined}>
        {word("line_state", trunk.why ?? (trunk.registration === "registered" ? "registered" : trunk.state))}
      </td>
      <td className="number">
        <Since at={trunk.since} />
      </td>
      <td className="number">{trunk.inbound}</td>
      <td className="number">{trunk.outbound}</td>
      <td className={full ? "number loud" : "number"}>{trunk.max_calls}</td>
    </tr>
  );
}
