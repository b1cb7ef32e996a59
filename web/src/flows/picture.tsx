// The flow as a picture, drawn from its text: dialogs with their items and today's counts, and the ways between them. A click
// goes to the text; where the cursor stands in the text is marked here.
import { useEffect, useMemo, useRef } from "react";
import { useSay, type Key } from "../i18n";
import { Empty, Skeleton } from "../ui/waiting";
import type { FlowDocument, Outline } from "./api";
import { draw, HEAD, ROW, WIDE, type Box } from "./drawing";
import { useToday, type Today } from "./live";
import { placeText } from "./places";

const ENDS: Record<string, Key> = { exit: "picture.exit", disconnect: "picture.disconnect", return: "picture.return", "": "picture.script" };
const KINDS: Record<string, Key> = {
  menu: "picture.menu", field: "picture.field", block: "picture.block", record: "picture.record", transfer: "picture.transfer", subdialog: "picture.subdialog", object: "picture.object", initial: "picture.initial",
};

interface Props {
  document: FlowDocument;
  /** null: not looked at yet; undefined: not in order. */
  outline: Outline | null | undefined;
  /** The line of the cursor, from 1. */
  line: number;
  show: (line: number) => void;
}

export function Picture({ document, outline, line, show }: Props) {
  const say = useSay();
  const today = useToday(document.document_id, document.published !== null);
  const drawing = useMemo(() => (outline ? draw(outline) : null), [outline]);
  const place = useRef<HTMLDivElement>(null);
  const here = outline?.nodes.filter((node) => node.line <= line).at(-1)?.node;
  useEffect(() => {
    place.current?.querySelector("[aria-current]")?.scrollIntoView({ block: "nearest", inline: "nearest" });
  }, [here]);
  if (outline === null) return <Skeleton rows={6} />;
  if (drawing === null) return <Empty>{say("picture.not_in_order")}</Empty>;
  return (
    <div className="picture" ref={place} style={{ width: drawing.width, height: drawing.height }}>
      <svg width={drawing.width} height={drawing.height} aria-hidden="true">
        <defs>
          <marker id="picture-end" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" orient="auto">
            <path d="M0 0 L8 4 L0 8 z" />
          </marker>
        </defs>
        {drawing.lines.map((each, index) => (
          <g key={index}>
            <path className="picture-way" d={each.path} markerEnd="url(#picture-end)" />
            <text x={each.x} y={each.y} textAnchor="end">
              {each.label}
            </text>
          </g>
        ))}
      </svg>
      {drawing.boxes.map((box) => (
        <Dialog key={`${box.name} ${box.nodes.length}`} box={box} here={here} today={today.data} show={show} />
      ))}
    </div>
  );
}

function Dialog({ box, here, today, show }: { box: Box; here: string | undefined; today: Today | undefined; show: (line: number) => void }) {
  const say = useSay();
  const style = { left: box.x, top: box.y, width: WIDE, height: box.height };
  if (box.nodes.length === 0) {
    const end = ENDS[box.name];
    return (
      <p className="picture-away" style={style} title={box.name}>
        {end === undefined ? box.name : say(end)}
      </p>
    );
  }
  return (
    <section className="picture-dialog" style={style} aria-label={box.name}>
      <h3 style={{ height: HEAD }}>{box.name}</h3>
      {box.nodes.map((node) => {
        const counts = today?.nodes.find((one) => one.node === node.node);
        const kind = KINDS[node.kind];
        const name = node.kind === "menu" || node.name.includes(" ") ? "" : node.name;
        return (
          <button
            key={node.node}
            type="button"
            style={{ height: ROW }}
            title={`${placeText(node.node)} ${node.words}`}
            aria-current={node.node === here ? "true" : undefined}
            onClick={() => show(node.line)}
          >
            <span className="quiet">{kind === undefined ? node.kind : say(kind)}</span> <span className="picture-words">{name || node.words}</span>
            {counts === undefined ? null : (
              <span className="figure">
                {counts.visits}
                {counts.hangups > 0 ? ` ▲${counts.hangups}` : ""}
              </span>
            )}
          </button>
        );
      })}
    </section>
  );
}
