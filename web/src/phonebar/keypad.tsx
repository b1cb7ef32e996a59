// What can be done with a talk besides holding and passing it on: keys, the recording, the own agent ID.
import { useCall } from "../feed";
import type { AgentDoc } from "@yingda/desk";
import { useSay } from "../i18n";
import { Act } from "../ui/act";
import { Menu } from "../ui/menu";
import { ordersOf } from "./orders";

const KEYS = ["1", "2", "3", "4", "5", "6", "7", "8", "9", "*", "0", "#"];

/** keysOnly: of a call that is not recorded, and has no customer. */
export function Keypad({ agent, why, keysOnly = false }: { agent: AgentDoc; why: string | null; keysOnly?: boolean }) {
  const say = useSay();
  const order = ordersOf(agent.id);
  const paused = useCall(agent.handling?.interaction_id)?.paused === true;
  return (
    <Menu name={say("keypad.open")} label={say("keypad.open")} side="right" why={why}>
      {() => (
        <div className="keypad">
          <div className="keypad-keys">
            {KEYS.map((key) => (
              <Act key={key} label={key} doing={key} act={() => order("digits", { digits: key })} />
            ))}
          </div>
          {keysOnly ? null : (
            <>
          <Act
            label={say(paused ? "keypad.resume" : "keypad.pause")}
            doing={say("keypad.working")}
            pressed={paused}
            act={() => order(paused ? "recording/resume" : "recording/pause")}
          />
          <Act label={say("keypad.announce")} doing={say("keypad.working")} act={() => order("announce")} />
            </>
          )}
        </div>
      )}
    </Menu>
  );
}
