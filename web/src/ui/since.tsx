// A duration that runs by the server's clock.
import { useSecondsSince } from "../feed";
import { seconds } from "../i18n/format";

/** `mark`: seconds from which on the figure is bold with ▲; inverted from twice as many. */
export function Since({ at, mark }: { at: number | null | undefined; mark?: number | undefined }) {
  const passed = useSecondsSince(at);
  const over = mark !== undefined && passed !== null && passed > mark;
  const far = over && passed > 2 * mark;
  return (
    <span className={`figure${over ? " over" : ""}${far ? " far" : ""}`}>
      {over ? "▲" : ""}
      {seconds(passed)}
    </span>
  );
}
