// What sister centres say of the queue that does the same work there, under the queue's name (docs/routing.md).
import type { QueueDoc } from "@yingda/desk";
import { useSecondsLeft } from "../feed";
import { useSay } from "../i18n";

type Site = NonNullable<QueueDoc["sites"]>[number];

// Longer than any centre asks in; what is older is no word to go by.
const HEARD_US = 30_000_000;

export function Sites({ sites }: { sites: readonly Site[] | undefined }) {
  if (sites === undefined || sites.length === 0) return null;
  return (
    <>
      {sites.map((site) => (
        <SiteLine key={site.name} site={site} />
      ))}
    </>
  );
}

function SiteLine({ site }: { site: Site }) {
  const say = useSay();
  const silent = useSecondsLeft(site.told_at + HEARD_US) === 0;
  const { name: where, waiting, idle, answer_in_s: seconds } = site;
  const words = silent
    ? say("floor.site_silent", { where })
    : typeof seconds === "number"
      ? say("floor.site_answers", { where, seconds: Math.ceil(seconds), waiting, idle })
      : say("floor.site_nobody", { where, waiting });
  return <div className={silent ? "warn floor-site" : "quiet floor-site"}>{words}</div>;
}
