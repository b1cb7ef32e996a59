// Which part of the floor is looked at: a team, a queue, a state. It stands in the address, so it can be kept as a view.
import { useCollection } from "../feed";
import type { AgentDoc, AgentState } from "@yingda/desk";
import { useSay, useWord } from "../i18n";
import { Choice } from "../ui/choice";
import { useQueryFields } from "../ui/router";
import { Views } from "../views";

const STATES: AgentState[] = ["idle", "ringing", "talking", "holding", "consulting", "wrapup", "busy", "unreachable"];

/** Whether the address lets this agent be seen. */
export function inView(agent: AgentDoc, fields: Record<string, string>): boolean {
  const { team, queue, state } = fields;
  return (!team || agent.team === team) && (!queue || agent.queues.includes(queue)) && (!state || agent.state === state);
}

const SHOWN = ["list", "cards", "day"] as const;

/** As a list, as cards, or with the day's figures; it stands in the address, too. */
export function shownAs(fields: Record<string, string>): (typeof SHOWN)[number] {
  return SHOWN.find((one) => one === fields["show"]) ?? "list";
}

export function FloorView() {
  const say = useSay();
  const word = useWord();
  const [fields, change] = useQueryFields();
  const agents = Object.values(useCollection("agents"));
  const queues = Object.values(useCollection("queues")).sort((one, other) => one.name.localeCompare(other.name));
  const teams = [...new Set(agents.flatMap(({ team }) => team ?? []))].sort((one, other) => one.localeCompare(other));
  const pick = (name: "team" | "queue" | "state", label: string, options: { value: string; text: string }[]) => (
    <select aria-label={label} value={fields[name] ?? ""} onChange={(event) => change({ [name]: event.target.value })}>
      <option value="">
        {label} · {say("common.all")}
      </option>
      {options.map(({ value, text }) => (
        <option key={value} value={value}>
          {text}
        </option>
      ))}
    </select>
  );
  return (
    <div className="floor-view">
      <Views room="floor" />
      {pick("team", say("floor.team"), teams.map((team) => ({ value: team, text: team })))}
      {pick("queue", say("bar.queue"), queues.map(({ id, name }) => ({ value: id, text: name })))}
      {pick("state", say("floor.state"), STATES.map((state) => ({ value: state, text: word("state", state) })))}
      <Choice label={say("floor.show")} value={shownAs(fields)} options={SHOWN.map((value) => ({ value, label: say(`floor.show_${value}`) }))} onChange={(show) => change({ show: show === "list" ? undefined : show })} />
    </div>
  );
}
