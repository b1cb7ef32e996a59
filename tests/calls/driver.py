"""A switch with a real distributor, driven by hand: what it asks of media is answered at once unless held back."""

from __future__ import annotations

import msgspec

from yingda.calls.effects import Arrival, Effect, MediaRequest
from yingda.calls.meetings.model import MUSIC, WORDS
from yingda.calls.numbering import NumberPlan
from yingda.calls.switch import Switch
from yingda.calls.treatment import WaitingSounds
from yingda.kernel.clock import SECOND
from yingda.kernel.config.centre import Centre
from yingda.kernel.errors import YingdaError
from yingda.kernel.event import Event
from yingda.kernel.ids import seeded_ids
from yingda.kernel.ledger.kinds import validate
from yingda.media import protocol as media
from yingda.routing.distributor import Distributor
from yingda.routing.effects import Append

START = 1_800_000_000 * SECOND

CENTRE = Centre.model_validate(
    {
        "centre": {"name": "Test"},
        "trunks": [{"id": "t1", "name": "line", "hosts": ["192.0.2.1"], "max_calls": 2}],
        "queues": [{"id": "q1", "name": "sales", "wrapup_s": 10, "longest_wait_s": 60, "ring_limit_s": 15}],
        "flows": [{"id": "f1", "name": "main", "queue": "sales"}],
        "numbers": [{"id": "n1", "number": "4008001000", "flow": "main"}],
        "users": [{"id": f"u{n}", "username": f"agent{n}", "display_name": f"Agent {n}"} for n in (1, 2, 3)],
        "agents": [
            {
                "id": f"a{n}",
                "number": f"100{n}",
                "user": f"agent{n}",
                "queues": ["sales"] if n < 3 else [],
                "devices": [{"kind": "sip", "extension": f"810{n}"}],
            }
            for n in (1, 2, 3)
        ],
    }
)


class Sounds:
    def greeting(self, flow_id: str) -> list[str]:
        return ["file:greeting.wav"]

    def music(self, queue_id: str) -> list[str]:
        return ["file:music.wav"]

    def meeting(self, room_id: str) -> dict[str, list[str]]:
        return {word: [f"file:{word}.wav"] for word in (*WORDS, MUSIC)}

    def held(self, queue_id: str) -> list[str]:
        return ["part:30000:music.wav", f"file:stay-{queue_id}.wav"]

    def waiting(self, queue_id: str) -> WaitingSounds:
        return WaitingSounds()

    def queue_name(self, queue_id: str) -> list[str]:
        return [f"file:{queue_id}.wav"]

    def take_by_key(self) -> list[str]:
        return ["file:press-one.wav"]

    def trunk_full(self, trunk_id: str) -> list[str]:
        return []

    def agent_number(self, number: str) -> list[str]:
        return [f"file:{digit}.wav" for digit in number]


class Devices:
    def __init__(self) -> None:
        self.registered = {"8101", "8102", "8103"}

    def media_kind(self, extension: str) -> str | None:
        return "rtp" if extension in self.registered else None

    def answers_by_key(self, extension: str) -> bool:
        return extension == "8102"


REMOTE = media.RemoteMedia(address=("192.0.2.1", 4000), send_codec=media.Codec("PCMA", 8))


def _tag(command: media.AnyCommand) -> str:
    return str(type(command).__struct_config__.tag)


class Driver:
    """Feeds the switch, collects what it does. fail: command tags that media refuses; late: those it answers last."""

    def __init__(self, seed: int = 1) -> None:
        self.now = START
        self.ids = seeded_ids(seed)
        self.distributor = Distributor(self.ids)
        self.distributor.configure(CENTRE, self.now)
        self.devices = Devices()
        self.switch = self._fresh()
        self.effects: list[Effect] = []
        self.events: list[Event] = []
        self.fail: set[str] = set()
        self.late: set[str] = set()
        self.spoken_ms = 1_000
        self._held: list[MediaRequest] = []
        self.port = 20_000

    def _fresh(self) -> Switch:
        return Switch(
            self.ids, NumberPlan(CENTRE, 1), self.distributor, Sounds(), self.devices, keep_number=lambda n: f"ref:{n}"
        )

    # ---- driving --------------------------------------------------------------------------------------------------

    def do(self, effects: list[Effect]) -> list[Effect]:
        """Carry out effects as the control plane would; media answers at once."""
        mine: list[Effect] = []
        queue = list(effects)
        while queue:
            effect = queue.pop(0)
            mine.append(effect)
            if isinstance(effect, Append):
                for event in effect.events:
                    validate(event)
                self.events += effect.events
            if isinstance(effect, MediaRequest) and _tag(effect.command) in self.late:
                self._held.append(effect)
            elif isinstance(effect, MediaRequest):
                queue += self.switch.media_done(effect.request, self.result(effect.command), self.now)
        self.effects += mine
        return mine

    def catch_up(self) -> None:
        """Media gives the results that were late, all others having come before."""
        held, self._held, self.late = self._held, [], set()
        for effect in held:
            self.do(self.switch.media_done(effect.request, self.result(effect.command), self.now))

    def result(self, command: media.AnyCommand) -> media.AnyResult | YingdaError:
        if _tag(command) in self.fail:
            return YingdaError("media_refused", "Media refused this.")
        if isinstance(command, media.CreateLeg):
            self.port += 2
            return media.LegCreated(leg_id=command.leg_id, address=("127.0.0.1", self.port), ssrc=1, cname="c")
        if isinstance(command, media.DestroyLeg):
            return media.LegStatistics(leg_id=command.leg_id, received=50, sent=50, mos=4.4)
        if isinstance(command, media.StopRecording):
            return media.RecordingFinished(
                recording_id=command.recording_id, duration_ms=self.spoken_ms, checksum="0" * 64
            )
        return media.Done()

    def wait(self, seconds: float) -> None:
        """Let time pass, with every timer on its way."""
        until = self.now + int(seconds * SECOND)
        while (timer := self.switch.next_timer()) is not None and timer <= until:
            self.now = max(self.now, timer)
            self.do(self.switch.handle_timer(self.now))
        self.now = until

    def restart(self) -> None:
        """A new switch and distributor from the state of the old, through JSON as a file would carry it."""
        routing = msgspec.json.decode(msgspec.json.encode(self.distributor.to_state()))
        calls = msgspec.json.decode(msgspec.json.encode(self.switch.to_state()))
        self.distributor = Distributor.from_state(routing, self.ids)
        self.switch = self._fresh()
        self.switch.restore(calls)

    # ---- scenes ---------------------------------------------------------------------------------------------------

    def sign_in(self, *agents: str) -> None:
        for agent in agents:
            device = f"810{agent[1:]}"
            self.do(self.switch.distribute(self.distributor.sign_in(agent, device, self.now), self.now))

    def dial(self, leg_id: str, called: str = "4008001000", trunk: str | None = "t1") -> None:
        self.do(self.switch.arrive(Arrival(leg_id, "13800001111", called, trunk, REMOTE), self.now))

    def reach_queue(self, leg_id: str) -> None:
        """From INVITE to waiting."""
        self.dial(leg_id)
        self.do(self.switch.acknowledged(leg_id, self.now))
        self.end_greeting(leg_id)

    def end_greeting(self, leg_id: str) -> None:
        call = self.switch.table.calls[self.switch.table.legs[leg_id].interaction_id]
        assert call.play_id is not None
        report = media.PlayEnded(number=1, measured_at=self.now, play_id=call.play_id, leg_id=leg_id, why="finished")
        self.do(self.switch.media_report(report, self.now))

    def agent_leg(self) -> str:
        """The one agent leg that is not ending."""
        legs = [leg for leg in self.switch.table.legs.values() if leg.role == "agent" and leg.state.value != "ending"]
        assert len(legs) == 1, legs
        return legs[0].leg_id

    def agent_answers(self, leg_id: str | None = None) -> str:
        """The device rings, answers and is heard."""
        leg_id = leg_id or self.agent_leg()
        self.do(self.switch.ringing(leg_id, self.now))
        self.do(self.switch.answered(leg_id, REMOTE, self.now))
        self.do(self.switch.media_report(media.LegAlive(number=2, measured_at=self.now, leg_id=leg_id), self.now))
        return leg_id

    def kinds(self) -> list[str]:
        return [event.kind for event in self.events]

    def data(self, kind: str) -> list[dict[str, object]]:
        return [dict(event.data) for event in self.events if event.kind == kind]
