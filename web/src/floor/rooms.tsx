// Conference rooms (会议室): who is in which, and what a host or a leader may do there.
import { useState } from "react";
import { desk } from "../api/client";
import { useCollection } from "../feed";
import type { MemberDoc, RoomDoc } from "@yingda/desk";
import { useSay, useWord } from "../i18n";
import { callerText } from "../i18n/format";
import { Act } from "../ui/act";
import { Menu } from "../ui/menu";
import { Since } from "../ui/since";

/** own: of an agent, who sees the room that he is in and may act there as its host. */
export function Rooms({ own }: { own?: string }) {
  const say = useSay();
  const rooms = Object.values(useCollection("rooms")).sort((one, other) => one.name.localeCompare(other.name));
  const shown = own === undefined ? rooms : rooms.filter((room) => room.members.some((member) => member.agent_id === own));
  if (shown.length === 0) return null;
  return (
    <section className="card floor-rooms">
      <table className="table">
        <thead>
          <tr>
            <th>{say("room.rooms")}</th>
            <th>{say("floor.state")}</th>
            <th className="number">{say("room.members")}</th>
            <th />
          </tr>
        </thead>
        <tbody>
          {shown.map((room) => (
            <Room key={room.id} room={room} may={own === undefined || room.members.some((member) => member.agent_id === own && member.host)} />
          ))}
        </tbody>
      </table>
    </section>
  );
}

function Room({ room, may }: { room: RoomDoc; may: boolean }) {
  const say = useSay();
  const word = useWord();
  const inside = room.members.filter((member) => member.stage === "in").length;
  const states = [room.locked ? say("room.locked") : null, room.quiet ? say("room.quiet") : null].filter((state) => state !== null);
  return (
    <>
      <tr>
        <th scope="row">
          {room.name} <span className="quiet figure">{room.numbers.join(" ")}</span>
        </th>
        <td>
          {states.join(say("floor.and"))}
          {room.failed == null ? null : (
            <span className="warn">
              {say("room.failed", { number: callerText(room.failed.number, say) })} {word("failure", room.failed.why)}
            </span>
          )}
        </td>
        <td className="number">{`${inside}/${room.most}`}</td>
        <td className="acts">{may ? <RoomActs room={room} /> : null}</td>
      </tr>
      {room.members.map((member) => (
        <Member key={member.leg_id} room={room} member={member} may={may} />
      ))}
    </>
  );
}

function RoomActs({ room }: { room: RoomDoc }) {
  const say = useSay();
  const doing = say("floor.acting");
  const empty = room.members.length === 0 ? say("room.empty") : null;
  return (
    <Menu label={say("room.host_acts")} name={say("room.acts_of", { room: room.name })} side="right" className="button quiet">
      {(close) => (
        <>
          <Add room={room} close={close} />
          <Act label={say(room.quiet ? "room.unmute_all" : "room.mute_all")} doing={doing} why={empty} act={() => desk.floor.roomQuiet(room.id, !room.quiet).then(close)} />
          <Act label={say(room.locked ? "room.unlock" : "room.lock")} doing={doing} why={empty} act={() => desk.floor.roomLock(room.id, !room.locked).then(close)} />
          <Act label={say("room.end", { room: room.name })} doing={doing} why={empty} act={() => desk.floor.roomEnd(room.id).then(close)} />
        </>
      )}
    </Menu>
  );
}

function Add({ room, close }: { room: RoomDoc; close: () => void }) {
  const say = useSay();
  const [number, setNumber] = useState("");
  const why = number.trim() === "" ? say("dial.empty") : null;
  return (
    <div className="room-add">
      <input aria-label={say("room.number")} placeholder={say("room.number")} value={number} maxLength={24} inputMode="tel" onChange={(event) => setNumber(event.target.value)} />
      <Act label={say("room.add")} doing={say("floor.acting")} why={why} act={() => desk.floor.roomAdd(room.id, number.replace(/\s/g, "")).then(close)} />
    </div>
  );
}

function Member({ room, member, may }: { room: RoomDoc; member: MemberDoc; may: boolean }) {
  const say = useSay();
  const word = useWord();
  const agent = useCollection("agents")[member.agent_id ?? ""];
  const doing = say("floor.acting");
  const marks = [member.host ? say("room.host") : null, member.muted ? say("room.muted") : null, word("room_stage", member.stage)];
  return (
    <tr className="quiet room-member">
      <td className="figure">{agent === undefined ? callerText(member.number || null, say) : `${agent.number} ${agent.name}`}</td>
      <td>{marks.filter((mark) => mark !== null).join(say("floor.and"))}</td>
      <td className="number">
        <Since at={member.since} />
      </td>
      <td className="acts">
        {may && member.stage !== "leaving" ? (
          <>
            <Act label={say(member.muted ? "room.unmute" : "room.mute")} doing={doing} pressed={member.muted} act={() => desk.floor.roomMute(room.id, member.leg_id, !member.muted)} />
            <Act label={say(member.host ? "room.no_host" : "room.make_host")} doing={doing} act={() => desk.floor.roomHost(room.id, member.leg_id, !member.host)} />
            <Act label={say("room.remove")} doing={doing} kind="strong" act={() => desk.floor.roomRemove(room.id, member.leg_id)} />
          </>
        ) : null}
      </td>
    </tr>
  );
}
