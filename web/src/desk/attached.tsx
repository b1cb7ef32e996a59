// Attached data (随路数据): what flows and other systems found out before; named and ordered by the centre, each copied by
// a click. Private values come hidden from the server already.
import { useState } from "react";
import { useGate } from "../api/session";
import { useSay } from "../i18n";

const COPIED_MS = 1_500;

export function Attached({ data }: { data: Record<string, string | number> | undefined }) {
  const say = useSay();
  const gate = useGate();
  const named = gate.at === "in" ? gate.session.centre.desk.data : [];
  const known = named.filter(({ key }) => data?.[key] !== undefined);
  const others = Object.keys(data ?? {}).filter((key) => !named.some((each) => each.key === key));
  const rows = [...known, ...others.sort().map((key) => ({ key, label: key }))];
  if (rows.length === 0) return null;
  return (
    <section className="attached" aria-label={say("attached.heading")}>
      {rows.map(({ key, label }) => (
        <Value key={key} label={label} value={String(data?.[key] ?? "")} />
      ))}
    </section>
  );
}

function Value({ label, value }: { label: string; value: string }) {
  const say = useSay();
  const [copied, setCopied] = useState(false);
  const copy = async (): Promise<void> => {
    await navigator.clipboard.writeText(value);
    setCopied(true);
    setTimeout(() => setCopied(false), COPIED_MS);
  };
  return (
    <button type="button" className="attached-value" title={say("attached.copy", { label })} onClick={() => void copy().catch(() => {})}>
      <span className="quiet">{label}</span> <span className="figure">{value}</span>
      {copied ? <span role="status">✓ {say("attached.copied")}</span> : null}
    </button>
  );
}
