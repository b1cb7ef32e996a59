// The house around the rooms: who may enter, the phone bar on top, the rail at the left, the room itself.
import { lazy, Suspense, useEffect, useState } from "react";
import { useGate } from "./api/session";
import type { Session } from "./api/types";
import { ContactsRoom } from "./contacts";
import { DeskRoom } from "./desk";
import { startFeed, stopFeed } from "./feed";
import { AccountRoom } from "./account";
import { FloorRoom } from "./floor";
import { HelpAlarms } from "./help/alarms";
import { useSay } from "./i18n";
import { UrgentMessages } from "./messages/urgent";
import { PhoneBar } from "./phonebar";
import { Strip } from "./phonebar/strip";
import { ReportsRoom } from "./reports";
import { SignInPage } from "./signin";
import { Icon } from "./ui/icons";
import { useKey } from "./ui/keys";
import { go, usePath } from "./ui/router";
import { Skeleton } from "./ui/waiting";

/** Comes with an editor that nobody else needs, so it is fetched when it is entered. */
const FlowsRoom = lazy(() => import("./flows"));
const SoundCheck = lazy(() => import("./soundcheck").then(({ SoundCheck }) => ({ default: SoundCheck })));

const Palette = lazy(() => import("./palette").then(({ Palette }) => ({ default: Palette })));

type Room = "desk" | "floor" | "contacts" | "reports" | "flows";

/** The rooms of a role, the first being home. */
function roomsOf(session: Session): Room[] {
  const rooms: Room[] = session.agent === null ? [] : ["desk"];
  if (session.user.role !== "agent") rooms.push("floor");
  rooms.push("contacts", "reports");
  if (session.user.role !== "agent") rooms.push("flows");
  return rooms;
}

export function App() {
  const gate = useGate();
  if (gate.at === "asking") return null;
  if (gate.at !== "in") return <SignInPage gate={gate} />;
  return <House key={gate.session.user.id} session={gate.session} />;
}

function House({ session }: { session: Session }) {
  const say = useSay();
  const rooms = roomsOf(session);
  const home = rooms[0] ?? "contacts";
  const [room, ...rest] = usePath();
  const free = session.must === null;
  const [finding, find] = useState(false);
  useKey("Ctrl+k", () => find(free && !finding));
  useEffect(() => {
    if (!free) return;
    startFeed();
    return stopFeed;
  }, [free]);
  useEffect(() => {
    if (room === undefined) go(`/${home}`, true);
  }, [room, home]);
  return (
    <div className="house">
      <a className="skip" href="#room">
        {say("app.skip")}
      </a>
      <PhoneBar session={free ? session : { ...session, agent: null }} />
      {finding ? (
        <Suspense>
          <Palette session={session} rooms={rooms} close={() => find(false)} />
        </Suspense>
      ) : null}
      {free ? <Strip /> : null}
      {free ? <HelpAlarms session={session} /> : null}
      {free ? <UrgentMessages session={session} /> : null}
      <div className="house-below">
        <Rail rooms={free ? rooms : []} present={room} />
        <main id="room" className="room" tabIndex={-1}>
          {room === undefined ? null : <RoomAt room={room} rest={rest} rooms={rooms} session={session} home={home} />}
        </main>
      </div>
    </div>
  );
}

interface Place {
  room: string;
  rest: string[];
  rooms: Room[];
  session: Session;
  home: Room;
}

function RoomAt({ room, rest, rooms, session, home }: Place) {
  if (session.must !== null || (room === "account" && rest.length === 0)) return <AccountRoom session={session} />;
  if (room === "sound" && rest.length === 0) {
    return (
      <Suspense>
        <SoundCheck alone />
      </Suspense>
    );
  }
  const known = rooms.find((each) => each === room);
  if (known === "desk" && rest.length === 0) return <DeskRoom session={session} />;
  if (known === "floor" && rest.length === 0) return <FloorRoom session={session} />;
  if (known === "reports" && rest.length <= 1) return <ReportsRoom session={session} at={rest[0]} />;
  if (known === "contacts" && rest.length <= 1) return <ContactsRoom session={session} open={rest[0]} />;
  if (known === "flows" && rest.length <= 1)
    return (
      <Suspense fallback={<Skeleton rows={12} />}>
        <FlowsRoom session={session} open={rest[0]} />
      </Suspense>
    );
  return <Nowhere home={home} />;
}

function Nowhere({ home }: { home: Room }) {
  const say = useSay();
  return (
    <div className="nowhere">
      <h1>{say("nowhere.heading")}</h1>
      <p>{say("nowhere.hint")}</p>
      <button type="button" className="button primary" onClick={() => go(`/${home}`)}>
        {say("nowhere.back")}
      </button>
    </div>
  );
}

function Rail({ rooms, present }: { rooms: Room[]; present: string | undefined }) {
  const say = useSay();
  return (
    <nav className="rail" aria-label={say("rooms.label")}>
      {rooms.map((room) => (
        <a
          key={room}
          href={`/${room}`}
          aria-current={room === present ? "page" : undefined}
          onClick={(event) => {
            if (event.ctrlKey || event.metaKey || event.shiftKey) return;
            event.preventDefault();
            go(`/${room}`);
          }}
        >
          <Icon name={room} />
          <span>{say(`rooms.${room}`)}</span>
        </a>
      ))}
    </nav>
  );
}
