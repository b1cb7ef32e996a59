// What a sheet tells of: days, intervals or things, which of them, which columns. All of it stands in the address.
import { useCollection } from "../feed";
import { useSay } from "../i18n";
import { dayAfter, today } from "../i18n/zone";
import { Choice } from "../ui/choice";
import { Icon } from "../ui/icons";
import { Menu } from "../ui/menu";
import { GRAINS, type Column, type Grain, type Sheet, type SheetName, type SheetQuery, useMetrics } from "./api";
import { useTranslation } from "react-i18next";

export type Fields = Record<string, string>;
export type Change = (fields: Record<string, string | undefined>) => void;

const DAY = /^\d{4}-\d\d-\d\d$/;
/** Sheets of people and lines are read a row a person or line; the others a row an interval. */
const BY_KEY: SheetName[] = ["agents", "trunks", "flows"];

export function queryOf(name: SheetName, fields: Fields): SheetQuery {
  const list = (text: string | undefined): string[] => (text ? text.split(",") : []);
  const from = DAY.test(fields["from"] ?? "") ? (fields["from"] as string) : today();
  const to = DAY.test(fields["to"] ?? "") ? (fields["to"] as string) : from;
  const by = fields["by"] === "time" || fields["by"] === "key" ? fields["by"] : BY_KEY.includes(name) ? "key" : "time";
  const grain = GRAINS.find((each) => each === fields["grain"]) ?? (from === to ? "half_hour" : "day");
  return {
    from,
    to: to < from ? from : to,
    by,
    grain: by === "key" ? "whole" : grain,
    key: list(fields["key"]),
    team: name === "agents" ? (fields["team"] ?? "") : "",
    column: list(fields["column"]),
  };
}

interface FiltersProps {
  name: SheetName;
  query: SheetQuery;
  change: Change;
}

export function Filters({ name, query, change }: FiltersProps) {
  const say = useSay();
  const spans: [string, string, string][] = [
    [say("contacts.today"), today(), today()],
    [say("contacts.yesterday"), dayAfter(today(), -1), dayAfter(today(), -1)],
    [say("reports.seven_days"), dayAfter(today(), -6), today()],
    [say("reports.thirty_days"), dayAfter(today(), -29), today()],
  ];
  return (
    <form className="filters" role="search" aria-label={say("reports.filters")} onSubmit={(event) => event.preventDefault()}>
      <Day label={say("reports.from")} value={query.from} set={(from) => change({ from, to: query.to < from ? from : query.to })} />
      <Day label={say("reports.to")} value={query.to} set={(to) => change({ to, from: query.from > to ? to : query.from })} />
      <Menu label={say("reports.span")} name={say("reports.span")}>
        {(close) =>
          spans.map(([label, from, to]) => (
            <button key={label} type="button" onClick={() => (change({ from, to, grain: undefined }), close())}>
              {label}
            </button>
          ))
        }
      </Menu>
      <Choice
        label={say("reports.by")}
        value={query.by}
        options={[
          { value: "time", label: say("reports.by_time") },
          { value: "key", label: say(`reports.by_${name}`) },
        ]}
        onChange={(by) => change({ by })}
      />
      {query.by === "time" ? <GrainPick grain={query.grain} change={change} /> : null}
      <KeyPick name={name} query={query} change={change} />
      {name === "agents" ? <TeamPick team={query.team} change={change} /> : null}
    </form>
  );
}

function Day({ label, value, set }: { label: string; value: string; set: (day: string) => void }) {
  return (
    <label className="field">
      <span>{label}</span>
      <input type="date" value={value} max={today()} onChange={(event) => event.target.value && set(event.target.value)} />
    </label>
  );
}

function GrainPick({ grain, change }: { grain: Grain; change: Change }) {
  const say = useSay();
  return (
    <label className="field">
      <span>{say("reports.grain")}</span>
      <select value={grain} onChange={(event) => change({ grain: event.target.value })}>
        {GRAINS.filter((each) => each !== "whole").map((each) => (
          <option key={each} value={each}>
            {say(`reports.grain_${each}`)}
          </option>
        ))}
      </select>
    </label>
  );
}

function KeyPick({ name, query, change }: FiltersProps) {
  const say = useSay();
  const queues = Object.values(useCollection("queues")).map((queue) => [queue.id, queue.name] as const);
  const agents = Object.values(useCollection("agents")).map((agent) => [agent.id, `${agent.number} ${agent.name}`] as const);
  const options = name === "queues" ? queues : name === "agents" ? agents : [];
  if (options.length < 2) return null;
  return (
    <label className="field">
      <span>{say(name === "queues" ? "contacts.queue" : "contacts.agent")}</span>
      <select value={query.key[0] ?? ""} onChange={(event) => change({ key: event.target.value })}>
        <option value="">{say("common.all")}</option>
        {options.map(([id, text]) => (
          <option key={id} value={id}>
            {text}
          </option>
        ))}
      </select>
    </label>
  );
}

function TeamPick({ team, change }: { team: string; change: Change }) {
  const say = useSay();
  const agents = Object.values(useCollection("agents"));
  const teams = [...new Set(agents.map((agent) => agent.team).filter((each) => each !== null))].sort();
  if (teams.length === 0) return null;
  return (
    <label className="field">
      <span>{say("floor.team")}</span>
      <select value={team} onChange={(event) => change({ team: event.target.value })}>
        <option value="">{say("common.all")}</option>
        {teams.map((each) => (
          <option key={each}>{each}</option>
        ))}
      </select>
    </label>
  );
}

/** Which columns stand in the sheet, in which order: a tick takes one in at the end, or out. */
export function ColumnPick({ sheet, change }: { sheet: Sheet; change: Change }) {
  const say = useSay();
  const name = useColumnName();
  const chosen = sheet.columns.map((column) => column.name);
  const all = useMetrics().filter((metric, place, list) => sheet.available.includes(metric.name) && list.findIndex((other) => other.name === metric.name) === place);
  const toggle = (one: string): void => {
    const next = chosen.includes(one) ? chosen.filter((each) => each !== one) : [...chosen, one];
    if (next.length > 0) change({ column: next.join(",") });
  };
  return (
    <Menu label={say("reports.columns")} name={say("reports.columns")} side="right">
      {() => (
        <div className="column-list">
          <button type="button" onClick={() => change({ column: undefined })}>
            {say("reports.columns_default")}
          </button>
          {all.map((metric) => (
            <label key={metric.name}>
              <input type="checkbox" checked={chosen.includes(metric.name)} onChange={() => toggle(metric.name)} />
              <span>{name(metric)}</span>
            </label>
          ))}
        </div>
      )}
    </Menu>
  );
}

export function useColumnName(): (column: Column) => string {
  const { i18n } = useTranslation();
  return (column) => (i18n.language === "zh-CN" ? column.zh : column.en);
}

export function useFormula(): (column: Column) => string {
  const { i18n } = useTranslation();
  return (column) => (i18n.language === "zh-CN" ? column.formula_zh : column.formula_en);
}

export function Print() {
  const say = useSay();
  return (
    <button type="button" className="button plain" onClick={() => print()}>
      <Icon name="print" />
      <span>{say("reports.print")}</span>
    </button>
  );
}
