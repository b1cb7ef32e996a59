// The strip under the bar when the feed is broken or a plane is away: what is wrong, since when, and that calls go on.
import { STALE_S, useFeed, useLink, useSecondsSince } from "../feed";
import { useSay } from "../i18n";
import { spell } from "../i18n/format";
import { Icon } from "../ui/icons";
import { usePreference } from "../ui/preferences";

export function Strip() {
  const say = useSay();
  const [language] = usePreference("language");
  const link = useLink();
  const control = useFeed((docs) => docs.planes["control"]);
  const media = useFeed((docs) => docs.planes["media"]);
  const lost = useSecondsSince(link.at === "lost" ? link.heardAt : null);
  const away = useSecondsSince(control?.up === false ? control.since : null);
  const mute = useSecondsSince(media?.up === false ? media.since : null);
  let text: string | null = null;
  if (lost !== null) text = lost >= STALE_S ? say("strip.lost", { time: spell(lost, language) }) : null;
  else if (away !== null) text = away >= STALE_S ? say("strip.control", { time: spell(away, language) }) : null;
  else if (mute !== null) text = mute >= STALE_S ? say("strip.media", { time: spell(mute, language) }) : null;
  return (
    <div className="strip" role="status" hidden={text === null}>
      <Icon name="warning" />
      {text}
    </div>
  );
}
