// Who is signed in, and what he chooses for himself.
import { useState } from "react";
import { signOut } from "../api/session";
import type { Session } from "../api/types";
import type { AgentDoc } from "@yingda/desk";
import { useSay } from "../i18n";
import { useDeed } from "../ui/act";
import { Choice } from "../ui/choice";
import { useKey } from "../ui/keys";
import { Menu } from "../ui/menu";
import { go } from "../ui/router";
import { usePreference, type Density, type Theme } from "../ui/preferences";
import { KeyTable } from "./keytable";

export function UserMenu({ session, agent }: { session: Session; agent: AgentDoc | undefined }) {
  const say = useSay();
  const [keys, setKeys] = useState(false);
  useKey("Ctrl+/", () => setKeys(!keys));
  const number = session.agent?.number ?? say(`role.${session.user.role}`);
  const engaged = agent !== undefined && ["ringing", "talking", "holding"].includes(agent.state);
  const { refusal, run } = useDeed(signOut);
  return (
    <div className="bar-user">
      <Menu
        side="right"
        className="button quiet user"
        name={say("menu.open")}
        label={
          <span className="user-name">
            <span className="figure">{number}</span> {session.user.display_name}
          </span>
        }
      >
        {(close) => (
          <>
            <Settings />
            <button type="button" onClick={() => (close(), go("/account"))}>
              {say("menu.account")}
            </button>
            {session.agent === null ? null : (
              <button type="button" onClick={() => (close(), go("/sound"))}>
                {say("menu.sound")}
              </button>
            )}
            <button type="button" onClick={() => (close(), setKeys(true))}>
              {say("menu.keys")}
              <kbd>Ctrl /</kbd>
            </button>
            <button type="button" aria-disabled={engaged} data-why={engaged ? say("bar.in_call") : undefined} onClick={() => engaged || void run()}>
              {say("menu.signout")}
            </button>
            {refusal === null ? null : <p role="alert">{refusal}</p>}
          </>
        )}
      </Menu>
      {keys ? <KeyTable close={() => setKeys(false)} /> : null}
    </div>
  );
}

function Settings() {
  const say = useSay();
  const [language, setLanguage] = usePreference("language");
  const [theme, setTheme] = usePreference("theme");
  const [density, setDensity] = usePreference("density");
  const [volume, setVolume] = usePreference("volume");
  const [noise, setNoise] = usePreference("noise");
  const options = <T extends Theme | Density>(...values: T[]) => values.map((value) => ({ value, label: say(`menu.${value}`) }));
  return (
    <div className="menu-settings">
      <Choice label={say("menu.language")} shown value={language} onChange={setLanguage} options={[{ value: "zh-CN", label: "中文" }, { value: "en", label: "English" }]} />
      <Choice label={say("menu.theme")} shown value={theme} onChange={setTheme} options={options("system", "light", "dark")} />
      <Choice label={say("menu.density")} shown value={density} onChange={setDensity} options={options("normal", "compact")} />
      <label className="choice-field">
        <span className="choice-label">{say("menu.volume")}</span>
        <input type="range" min={0} max={100} step={10} value={volume} onChange={(event) => setVolume(Number(event.target.value))} />
      </label>
      <label className="choice-field">
        <span className="choice-label">{say("menu.noise")}</span>
        <input type="checkbox" checked={noise} onChange={(event) => setNoise(event.target.checked)} />
      </label>
    </div>
  );
}
