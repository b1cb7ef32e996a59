"""A run that never was: every artefact written by hand, all of one piece, so that the check can be checked by itself.

Three callers, three agents: the first is answered at once and hangs up; the second is declined by one agent, answered
by another, who hangs up; the third leaves while it rings.
"""

from __future__ import annotations

import hashlib
import json
import sqlite3
import struct
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass, field
from itertools import count, pairwise
from pathlib import Path
from typing import Any

from bench.call import plan as planned
from bench.call.plan import Act, AgentPlan, CallerPlan, Plan, Wave
from bench.peers.pcap import Address
from bench.sound import RATE, encode, tone, write_wav

MS = 1_000
SECOND = 1_000_000
BEGIN = 1_790_000_000 * SECOND
SERVER: Address = ("127.0.0.1", 5060)
MEDIA: Address = ("127.0.0.1", 20_000)

AGENTS = (
    AgentPlan("1001", "8001", "agent1", 1_758, ("PCMA",)),
    AgentPlan("1002", "8002", "agent2", 1_889, ("PCMA",)),
    AgentPlan("1003", "8003", "agent3", 2_020, ("PCMA",)),
)
CALLERS = (
    CallerPlan("13800138001", 354, "PCMA", "answered", "plain", 5.0),
    CallerPlan("13800138002", 368, "PCMA", "answered", "declined", 40.0, 2.0, (Act.DECLINE, Act.ANSWER)),
    CallerPlan("13800138003", 382, "PCMA", "abandoned", "hangs up during ringing", 2.0, None, (Act.IGNORE,)),
)


@dataclass(frozen=True)
class Presented:
    """An offer of the imagined run, ms after its call entered the queue. how: answered, declined or cancelled."""

    agent: int
    made: int
    ended: int
    how: str


@dataclass
class Imagined:
    folder: Path
    frames: list[tuple[int, bytes]] = field(default_factory=list)
    appends: list[tuple[int, list[dict[str, Any]]]] = field(default_factory=list)
    contacts: list[dict[str, Any]] = field(default_factory=list)
    entries: list[dict[str, Any]] = field(default_factory=list)
    handlings: list[dict[str, Any]] = field(default_factory=list)
    events: dict[str, list[dict[str, Any]]] = field(default_factory=lambda: {agent.extension: [] for agent in AGENTS})
    states: dict[int, str] = field(default_factory=lambda: dict.fromkeys(range(len(AGENTS)), "offline"))
    numbers: count[int] = field(default_factory=lambda: count(1))

    # ---- the wire -------------------------------------------------------------------------------------------------

    def send(self, at: int, source: Address, target: Address, payload: bytes) -> None:
        udp = struct.pack("!HHHH", source[1], target[1], 8 + len(payload), 0) + payload
        hosts = bytes(int(part) for host in (source[0], target[0]) for part in host.split("."))
        ip = struct.pack("!BBHHHBBH", 0x45, 0, 20 + len(udp), 0, 0, 64, 17, 0) + hosts
        self.frames.append((at, bytes(12) + b"\x08\x00" + ip + udp))

    def sip(
        self, at: int, source: Address, target: Address, start: str, method: str, call: str, sdp: Address | None = None
    ) -> None:
        """`call` is `<caller's number>.<what it belongs to>`, and the Call-ID."""
        body = f"v=0\r\nc=IN IP4 {sdp[0]}\r\nm=audio {sdp[1]} RTP/AVP 8\r\n" if sdp else ""
        number = call.partition(".")[0]
        head = f"{start}\r\nFrom: <sip:+86{number}@x>\r\nTo: <sip:y@z>\r\nCall-ID: {call}\r\nCSeq: 1 {method}\r\n\r\n"
        self.send(at, source, target, (head + body).encode())

    def voice(self, begin: int, end: int, target: Address, hz: int, first: int) -> int:
        """Packets of a tone; the number after the last."""
        sound = encode(tone(hz, 1), "PCMA")
        for number in range((end - begin) // (20 * MS)):
            part = number % 50 * 160
            head = struct.pack("!BBHII", 0x80, 8, (first + number) & 0xFFFF, (first + number) * 160, target[1])
            self.send(begin + number * 20 * MS, MEDIA, target, head + sound[part : part + 160])
        return first + (end - begin) // (20 * MS)

    # ---- the ledger -----------------------------------------------------------------------------------------------

    def fact(self, kind: str, contact: str = "", by: str = "system", **data: Any) -> dict[str, Any]:
        return {"kind": kind, "by": by, "interaction_id": contact, "data": data}

    def append(self, at: int, *facts: dict[str, Any]) -> None:
        self.appends.append((at, list(facts)))

    def turns(self, agent: int, to: str) -> dict[str, Any]:
        before, self.states[agent] = self.states[agent], to
        return {
            "kind": "agent.state_changed",
            "by": "system",
            "data": {"session_id": f"s{agent}", "from": before, "to": to, "why": "x"},
        }

    # ---- a call ---------------------------------------------------------------------------------------------------

    def call(self, place: int, at: int, offers: Sequence[Presented], end: int, *, by_agent: bool = False) -> None:
        """A caller who dials at `at` and whose call ends `end` ms after it entered the queue."""
        caller, contact = CALLERS[place], f"c{place}"
        here: Address = ("127.0.0.2", 5_100 + place)
        media: Address = ("127.0.0.2", 6_000 + 2 * place)
        name = f"{caller.number}.in"
        self.sip(at, here, SERVER, "INVITE sip:95001@s SIP/2.0", "INVITE", name, media)
        self.append(at + MS, self.fact("interaction.started", contact))
        self.sip(at + 10 * MS, SERVER, here, "SIP/2.0 200 OK", "INVITE", name, MEDIA)
        self.sip(at + 12 * MS, here, SERVER, "ACK sip:s@s SIP/2.0", "ACK", name)
        begin = at + 20 * MS
        queued = begin + round(planned.GREETING_S * SECOND)
        packets = self.voice(begin, queued, media, planned.GREETING_HZ, 0)
        facts: dict[str, Any] = {"entry_id": f"e{place}", "queue_id": "q", "target_s": 3.0, "short_s": 1.0}
        self.append(queued + 5 * MS, self.fact("queue.entered", contact, **facts))
        over = queued + end * MS
        joined = next((queued + offer.ended * MS for offer in offers if offer.how == "answered"), None)
        packets = self.voice(queued, joined or over, media, planned.MUSIC_HZ, packets)
        for number, offer in enumerate(offers):
            self.offer(place, number, offer, queued, over, by_agent=by_agent)
        if joined is not None:
            taken = next(offer for offer in offers if offer.how == "answered")
            self.voice(joined, over, media, AGENTS[taken.agent].tone_hz, packets)
        else:
            self.append(over + MS, self.fact("queue.left", contact, entry_id=f"e{place}", outcome="abandoned"))
        said_by = (SERVER, here) if by_agent else (here, SERVER)
        self.sip(over + (5 * MS if by_agent else 0), *said_by, "BYE sip:x@y SIP/2.0", "BYE", name)
        self.append(over + 6 * MS, self.fact("interaction.ended", contact))
        self.book(place, queued + 5 * MS, joined, over)
        self.caller_log(caller, "received" if by_agent else "sent")

    def offer(self, place: int, number: int, offer: Presented, queued: int, over: int, *, by_agent: bool) -> None:
        caller, agent, contact = CALLERS[place], AGENTS[offer.agent], f"c{place}"
        there, media = ("127.0.0.1", 5_200 + offer.agent), ("127.0.0.1", 7_000 + offer.agent)
        name, offer_id = f"{caller.number}.{agent.extension}.{number}", f"o{place}.{number}"
        made, ended = queued + offer.made * MS, queued + offer.ended * MS
        facts = {"offer_id": offer_id, "entry_id": f"e{place}", "agent_id": f"a{offer.agent}"}
        self.append(made, self.fact("offer.made", contact, **facts), self.turns(offer.agent, "ringing"))
        self.sip(made + 5 * MS, SERVER, there, "INVITE sip:a@b SIP/2.0", "INVITE", name, MEDIA)
        if offer.how == "answered":
            self.sip(ended - 60 * MS, there, SERVER, "SIP/2.0 200 OK", "INVITE", name, media)
            self.answer(place, offer, offer_id, ended, over, by_agent=by_agent)
            sides = (there, SERVER) if by_agent else (SERVER, there)
            self.sip(over + (0 if by_agent else 5 * MS), *sides, "BYE sip:x@y SIP/2.0", "BYE", name)
            told = {"id": name, "peeruri": f"sip:+86{caller.number}@x"}
            self.events[agent.extension] += [
                {"at": ended, "type": "CALL_ESTABLISHED", **told},
                {"at": over, "type": "CALL_CLOSED", **told},
            ]
            dumps = self.folder / "artefacts" / "agents" / agent.extension
            write_wav(
                dumps / f"dump-2026-01-01-00-00-{place:02d}-dec.wav", tone(caller.tone_hz, (over - ended) / SECOND)
            )
            return
        if offer.how == "declined":
            self.sip(ended, there, SERVER, "SIP/2.0 486 Busy", "INVITE", name)
        else:
            self.sip(ended, SERVER, there, "CANCEL sip:a@b SIP/2.0", "CANCEL", name)
            self.sip(ended + MS, there, SERVER, "SIP/2.0 487 Terminated", "INVITE", name)
        outcome = {"declined": "declined", "cancelled": "customer_left"}[offer.how]
        self.append(
            ended + MS,
            self.fact("offer.ended", contact, offer_id=offer_id, outcome=outcome),
            self.turns(offer.agent, "idle"),
        )

    def answer(self, place: int, offer: Presented, offer_id: str, at: int, over: int, *, by_agent: bool) -> None:
        contact, handling = f"c{place}", f"h{place}"
        self.append(
            at,
            self.fact("offer.ended", contact, offer_id=offer_id, outcome="accepted"),
            self.fact(
                "handling.started",
                contact,
                handling_id=handling,
                agent_id=f"a{offer.agent}",
                session_id=f"s{offer.agent}",
            ),
            self.fact("handling.connected", contact, handling_id=handling),
            self.fact("queue.left", contact, entry_id=f"e{place}", outcome="answered"),
            self.turns(offer.agent, "talking"),
        )
        recording = {"recording_id": f"r{place}", "handling_id": handling}
        self.append(at + MS, self.fact("recording.started", contact, **recording))
        released = over + MS
        ended_by = "agent" if by_agent else "customer"
        self.append(
            released,
            self.fact("handling.released", contact, handling_id=handling, ended_by=ended_by),
            self.turns(offer.agent, "wrapup"),
        )
        file, duration = self.record(place, offer.agent, over - at)
        self.append(
            released + MS, self.fact("recording.ended", contact, **recording, duration_ms=duration, checksum=file)
        )
        done = released + SECOND
        self.append(
            done, self.fact("handling.wrapup_ended", contact, handling_id=handling), self.turns(offer.agent, "idle")
        )
        self.handlings.append(
            {
                "handling_id": handling,
                "interaction_id": contact,
                "agent_id": f"a{offer.agent}",
                "connected": at,
                "released": released,
                "over": done,
            }
        )

    def record(self, place: int, agent: int, length: int) -> tuple[str, int]:
        """A stereo file; (checksum, ms)."""
        file = self.folder / "data" / "recordings" / "default" / f"h{place}.wav"
        file.parent.mkdir(parents=True, exist_ok=True)
        sides = [encode(tone(hz, length / SECOND), "PCMU") for hz in (CALLERS[place].tone_hz, AGENTS[agent].tone_hz)]
        body = bytes(byte for pair in zip(*sides, strict=True) for byte in pair)
        form = struct.pack("<HHIIHH", 7, 2, RATE, 2 * RATE, 2, 8)
        head = struct.pack("<4sI4s4sI", b"RIFF", 36 + len(body), b"WAVE", b"fmt ", len(form)) + form
        file.write_bytes(head + struct.pack("<4sI", b"data", len(body)) + body)
        return hashlib.sha256(file.read_bytes()).hexdigest(), length // MS

    def book(self, place: int, entered: int, joined: int | None, over: int) -> None:
        outcome, left = ("answered", joined) if joined is not None else ("abandoned", over + MS)
        assert left is not None
        talk = over + MS - joined if joined is not None else 0
        self.contacts.append(
            {"interaction_id": f"c{place}", "outcome": outcome, "wait_us": left - entered, "talking_us": talk}
        )
        self.entries.append(
            {
                "entry_id": f"e{place}",
                "interaction_id": f"c{place}",
                "entered": entered,
                "left": left,
                "outcome": outcome,
            }
        )

    def caller_log(self, caller: CallerPlan, bye: str) -> None:
        line = "-----------------------------------------------"
        blocks = [
            "t\nUDP message sent (9 bytes):\n\nINVITE sip:95001@s SIP/2.0\nCSeq: 1 INVITE\n",
            "t\nUDP message received [9] bytes :\n\nSIP/2.0 200 OK\nCSeq: 1 INVITE\n",
            f"t\nUDP message {bye} [9] bytes :\n\nBYE sip:x@y SIP/2.0\n",
        ]
        folder = self.folder / "artefacts" / "callers" / caller.number
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "messages.log").write_text("".join(f"{line} {block}\n" for block in blocks))

    # ---- writing it all -------------------------------------------------------------------------------------------

    def write(self) -> None:
        artefacts, data = self.folder / "artefacts", self.folder / "data"
        head = b"\xd4\xc3\xb2\xa1" + struct.pack("<HHIIII", 2, 4, 0, 0, 262_144, 1)
        records = (
            struct.pack("<IIII", at // SECOND, at % SECOND, len(frame), len(frame)) + frame
            for at, frame in sorted(self.frames)
        )
        (artefacts / "wire.pcap").write_bytes(head + b"".join(records))
        for extension, events in self.events.items():
            text = "".join(json.dumps(event) + "\n" for event in events)
            (artefacts / "agents" / extension / "events.jsonl").write_text(text)
        addresses = {"server": SERVER, "agents": {a.extension: ("127.0.0.1", 5_200 + n) for n, a in enumerate(AGENTS)}}
        planned.save(
            Plan(AGENTS, (Wave("all", tuple((n, caller) for n, caller in enumerate(CALLERS))),)),
            addresses,
            artefacts / "plan.json",
        )
        codes = {caller.number: 0 for caller in CALLERS}
        (artefacts / "run.json").write_text(
            json.dumps({"server_exit_code": 0, "packets_missed": 0, "caller_codes": codes})
        )
        (artefacts / "api").mkdir()
        (artefacts / "api" / "agents.json").write_text(
            json.dumps([{"id": f"a{n}", "device": a.extension} for n, a in enumerate(AGENTS)])
        )
        calls = [
            {**contact, "caller": f"+86{caller.number}"} for contact, caller in zip(self.contacts, CALLERS, strict=True)
        ]
        (artefacts / "api" / "calls.json").write_text(json.dumps(calls))
        (artefacts / "api" / "queues.json").write_text(json.dumps({"rows": [{"sums": self._queue_sums()}]}))
        rows = [self._agent_row(place) for place in range(len(AGENTS))]
        (artefacts / "api" / "agent_figures.json").write_text(json.dumps({"rows": rows}))
        self._write_ledger(data / "ledger" / "control")
        self._write_books(data / "books.sqlite")

    def _write_ledger(self, folder: Path) -> None:
        folder.mkdir(parents=True)
        bodies: list[Any] = [
            {"format": 1, "writer": "control", "node": "n1", "first": 1, "stamp": 0, "previous": "0" * 64}
        ]
        for place, (at, facts) in enumerate(sorted(self.appends, key=lambda append: append[0])):
            bodies.append(
                [
                    {"writer": "control", "n": next(self.numbers), "stamp": BEGIN + place, "at": at, **fact}
                    for fact in facts
                ]
            )
        previous, lines = "0" * 64, []
        for body in bodies:
            text = json.dumps(body)
            previous = hashlib.sha256((previous + text).encode()).hexdigest()
            lines.append(f"{previous} {text}\n")
        (folder / "00000001.seg").write_bytes("".join(lines).encode() + bytes(64))

    def _queue_sums(self) -> dict[str, int]:
        waits: dict[str, list[int]] = {"answered": [], "abandoned": []}
        for entry in self.entries:
            waits[entry["outcome"]].append(entry["left"] - entry["entered"])
        answered, abandoned = len(waits["answered"]), len(waits["abandoned"])
        counts = {"offered": answered + abandoned, "answered": answered, "abandoned": abandoned, "short": 0, "void": 0}
        counts |= {"hit": answered, "miss": abandoned}
        return {**counts, **{f"wait_{outcome}_us": sum(lengths) for outcome, lengths in waits.items()}}

    def _agent_row(self, place: int) -> dict[str, Any]:
        """The sums of one agent, out of what he was offered and when his state changed."""
        facts = [(at, fact) for at, append in sorted(self.appends, key=lambda append: append[0]) for fact in append]
        turns = [(at, fact["data"].get("to", "offline")) for at, fact in facts if _is_turn(fact, f"s{place}")]
        states: dict[str, int] = {}
        for (at, state), (until, _) in pairwise(turns):
            states[state] = states.get(state, 0) + until - at
        own = {
            f["data"]["offer_id"]
            for _, f in facts
            if f["kind"] == "offer.made" and f["data"]["agent_id"] == f"a{place}"
        }
        ends = [f["data"]["outcome"] for _, f in facts if f["kind"] == "offer.ended" and f["data"]["offer_id"] in own]
        outcomes = {name: ends.count(name) for name in ("accepted", "declined", "no_answer", "customer_left")}
        sums = {"offers": len(own), "handled": outcomes["accepted"], **outcomes, "signed_in_us": sum(states.values())}
        sums |= {"talking_us": states.get("talking", 0), "wrapup_us": states.get("wrapup", 0)}
        return {"agent_number": AGENTS[place].number, "sums": sums, "states": states}

    def _write_books(self, file: Path) -> None:
        answered = [entry for entry in self.entries if entry["outcome"] == "answered"]
        quarter = {
            "offered": len(self.entries),
            "answered": len(answered),
            "abandoned": len(self.entries) - len(answered),
            "wait_answered_us": sum(entry["left"] - entry["entered"] for entry in answered),
        }
        tables: dict[str, list[dict[str, Any]]] = {
            "contacts": self.contacts,
            "entries": self.entries,
            "handlings": self.handlings,
            "recordings": [{"interaction_id": "c0"}],
            "queue_quarters": [quarter],
        }
        with closing(sqlite3.connect(file)) as connection:
            for table, rows in tables.items():
                columns = ", ".join(f'"{column}"' for column in rows[0])
                connection.execute(f"CREATE TABLE {table} ({columns})")
                marks = ", ".join("?" * len(rows[0]))
                connection.executemany(f"INSERT INTO {table} VALUES ({marks})", [tuple(row.values()) for row in rows])
            connection.commit()


def _is_turn(fact: dict[str, Any], session: str) -> bool:
    """A change of the session's state, or its end."""
    return fact["kind"] in ("agent.state_changed", "agent.signed_out") and fact["data"]["session_id"] == session


def imagine(folder: Path) -> None:
    """Write the run below `folder`: `data` and `artefacts`."""
    run = Imagined(folder)
    for place, agent in enumerate(AGENTS):
        (folder / "artefacts" / "agents" / agent.extension).mkdir(parents=True)
        signed_in = run.fact("agent.signed_in", session_id=f"s{place}", agent_id=f"a{place}")
        run.append(BEGIN - SECOND + place, signed_in, run.turns(place, "idle"))
    run.call(0, BEGIN, [Presented(0, 0, 400, "answered")], 3_000)
    declined = [Presented(1, 5, 300, "declined"), Presented(2, 310, 700, "answered")]
    run.call(1, BEGIN + 200 * MS, declined, 3_000, by_agent=True)
    run.call(2, BEGIN + 8 * SECOND, [Presented(1, 5, 1_400, "cancelled")], 1_400)
    for place in range(len(AGENTS)):
        signed_out = run.fact("agent.signed_out", session_id=f"s{place}", agent_id=f"a{place}", why="self")
        run.append(BEGIN + 60 * SECOND + place, signed_out)
    run.write()
