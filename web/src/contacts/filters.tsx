// What is looked for. Everything stands in the address, so that a view can be kept and sent to a colleague.
import { useEffect, useRef, useState } from "react";
import type { CallFilters } from "../api/queries";
import { useCollection } from "../feed";
import { useSay, useWord } from "../i18n";
import { dayText } from "../i18n/format";
import { dayAfter, dayBounds, today } from "../i18n/zone";
import { useMetrics } from "../reports/api";
import { useColumnName } from "../reports/filters";
import { Icon } from "../ui/icons";

const OUTCOMES = ["answered", "abandoned", "turned_away", "left_in_flow", "overflowed", "callback", "diverted", "refused", "failed"];
const TYPING_MS = 350;
const NUMBER = /^\+?[0-9*#]{3,20}$/;

type Fields = Record<string, string>;
type Change = (fields: Record<string, string | undefined>) => void;

/** The query of the address as the server's filters; what makes no sense is left out. */
export function filtersOf(fields: Fields): CallFilters {
  const { day, queue, agent, outcome, number } = fields;
  return {
    ...(day && /^\d{4}-\d\d-\d\d$/.test(day) ? dayBounds(day) : {}),
    ...(queue ? { queue } : {}),
    ...(agent ? { agent } : {}),
    ...(outcome ? { outcome } : {}),
    ...(number && NUMBER.test(number) ? { number: lastDigits(number) } : {}),
    ...cellOf(fields),
  };
}

/** The cell of a report whose contacts are shown, if it came with the address. */
function cellOf({ figure, figure_from, figure_to }: Fields): CallFilters {
  if (!figure || !figure_from || !figure_to) return {};
  return { figure: figure as NonNullable<CallFilters["figure"]>, figure_from: Number(figure_from), figure_to: Number(figure_to) };
}

/** Says that a cell of a report is looked into, and leads back to everything. */
export function OfCell({ fields, change }: { fields: Fields; change: Change }) {
  const say = useSay();
  const metrics = useMetrics();
  const name = useColumnName();
  if (!fields["figure"]) return null;
  const metric = metrics.find((each) => each.name === fields["figure"]);
  return (
    <p className="of-cell">
      <span>{say("reports.cell", { figure: metric ? name(metric) : fields["figure"] })}</span>
      <button type="button" className="button quiet" onClick={() => change({ figure: undefined, figure_from: undefined, figure_to: undefined })}>
        {say("reports.cell_clear")}
      </button>
    </p>
  );
}

/** The server keeps numbers in international form, so the 0 before an area code would find nothing. */
function lastDigits(number: string): string {
  return number.replace(/^0(?=\d{9,})/, "");
}

export function Filters({ fields, change }: { fields: Fields; change: Change }) {
  const say = useSay();
  const word = useWord();
  const queues = Object.values(useCollection("queues"));
  const agents = Object.values(useCollection("agents"));
  return (
    <form className="filters" role="search" aria-label={say("contacts.heading")} onSubmit={(event) => event.preventDefault()}>
      <Day fields={fields} change={change} />
      <Pick name="queue" fields={fields} change={change} options={queues.map((queue) => [queue.id, queue.name])} />
      {agents.length > 1 ? (
        <Pick name="agent" fields={fields} change={change} options={agents.map((agent) => [agent.id, `${agent.number} ${agent.name}`])} />
      ) : null}
      <Pick name="outcome" fields={fields} change={change} options={OUTCOMES.map((outcome) => [outcome, word("outcome", outcome)])} />
      <NumberField fields={fields} change={change} />
      <OfCell fields={fields} change={change} />
    </form>
  );
}

function Day({ fields, change }: { fields: Fields; change: Change }) {
  const say = useSay();
  const picker = useRef<HTMLInputElement>(null);
  const day = fields["day"] ?? "";
  const present = today();
  const step = (days: number): void => change({ day: dayAfter(day || present, days) });
  return (
    <span className="field day-field">
      <span>{say("contacts.day")}</span>
      <span className="day-strip">
        <button type="button" className="button quiet" aria-label={say("contacts.previous_day")} onClick={() => step(-1)}>
          <Icon name="left" />
        </button>
        <button type="button" className="button quiet day-shown figure" onClick={() => picker.current?.showPicker()}>
          {day === "" ? say("contacts.any_day") : dayText(day, say)}
        </button>
        <input ref={picker} tabIndex={-1} aria-hidden="true" type="date" value={day} onChange={(event) => change({ day: event.target.value })} />
        <button type="button" className="button quiet" aria-label={say("contacts.next_day")} aria-disabled={day === "" || day >= present} onClick={() => day !== "" && day < present && step(1)}>
          <Icon name="right" />
        </button>
      </span>
      <button type="button" className="button quiet" onClick={() => change({ day: day === present ? undefined : present })}>
        {say(day === present ? "contacts.any_day" : "contacts.today")}
      </button>
    </span>
  );
}

interface PickProps {
  name: "queue" | "agent" | "outcome";
  fields: Fields;
  change: Change;
  options: [string, string][];
}

function Pick({ name, fields, change, options }: PickProps) {
  const say = useSay();
  return (
    <label className="field">
      <span>{say(`contacts.${name}`)}</span>
      <select value={fields[name] ?? ""} onChange={(event) => change({ [name]: event.target.value })}>
        <option value="">{say("common.all")}</option>
        {options.map(([value, text]) => (
          <option key={value} value={value}>
            {text}
          </option>
        ))}
      </select>
    </label>
  );
}

function NumberField({ fields, change }: { fields: Fields; change: Change }) {
  const say = useSay();
  const [text, setText] = useState(fields["number"] ?? "");
  const wanted = text.replace(/[\s-]/g, "");
  useEffect(() => {
    if (wanted === (fields["number"] ?? "")) return;
    const timer = setTimeout(() => change({ number: wanted }), TYPING_MS);
    return () => clearTimeout(timer);
  }, [wanted, fields, change]);
  return (
    <label className="field number-field">
      <span>{say("contacts.number")}</span>
      <input
        type="search"
        inputMode="tel"
        value={text}
        maxLength={20}
        placeholder={say("contacts.number_hint")}
        aria-invalid={wanted !== "" && !NUMBER.test(wanted)}
        onChange={(event) => setText(event.target.value)}
      />
    </label>
  );
}
