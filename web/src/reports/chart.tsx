// Counts by interval as bars, one in front of the other, and a share as a line: what a sheet looks like at a glance.
import { useSay } from "../i18n";
import { percent } from "../i18n/format";
import type { Column, Sheet } from "./api";
import { useColumnName } from "./filters";

const HEIGHT = 96;
const WIDTH = 1000;

/** The first two counts and the first share of the sheet; nothing if there are none, or one interval only. */
export function Chart({ sheet }: { sheet: Sheet }) {
  const say = useSay();
  const name = useColumnName();
  const counts = sheet.columns.filter((column) => column.unit === "count" && column.grain === "C").slice(0, 2);
  const share = sheet.columns.find((column) => column.name === "service_level") ?? sheet.columns.find((column) => column.unit === "share");
  const highest = Math.max(0, ...counts.flatMap((column) => sheet.lines.map((line) => line.values[column.name] ?? 0)));
  if (sheet.lines.length < 2 || counts.length === 0 || highest === 0) return null;
  const step = WIDTH / sheet.lines.length;
  return (
    <figure className="chart">
      <svg viewBox={`0 0 ${WIDTH} ${HEIGHT}`} preserveAspectRatio="none" role="img" aria-label={say("reports.chart")}>
        {sheet.lines.map((line, place) => (
          <g key={line.start}>
            <title>{[line.label || line.day, ...counts.map((column) => `${name(column)} ${line.values[column.name] ?? 0}`), share ? `${name(share)} ${percent(line.values[share.name])}` : ""].join("  ")}</title>
            <rect x={place * step} y="0" width={step} height={HEIGHT} className="hit" />
            {counts.map((column, order) => {
              const tall = ((line.values[column.name] ?? 0) / highest) * (HEIGHT - 2);
              return <rect key={column.name} className={`bar-${order}`} x={place * step + step * 0.12} y={HEIGHT - tall} width={step * 0.76} height={tall} />;
            })}
          </g>
        ))}
        {share ? <polyline className="share" points={points(sheet, share, step)} /> : null}
      </svg>
      <figcaption>
        {counts.map((column, order) => (
          <span key={column.name}>
            <i className={`bar-${order}`} /> {name(column)}
          </span>
        ))}
        {share ? (
          <span>
            <i className="share" /> {name(share)} 0–100 %
          </span>
        ) : null}
        <span className="quiet figure">{say("reports.highest", { value: highest })}</span>
      </figcaption>
    </figure>
  );
}

function points(sheet: Sheet, share: Column, step: number): string {
  return sheet.lines
    .map((line, place) => ({ x: (place + 0.5) * step, value: line.values[share.name] }))
    .filter((point): point is { x: number; value: number } => point.value !== null && point.value !== undefined)
    .map((point) => `${point.x.toFixed(1)},${((1 - point.value) * (HEIGHT - 2) + 1).toFixed(1)}`)
    .join(" ");
}
