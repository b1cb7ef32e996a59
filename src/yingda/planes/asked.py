"""What the other planes ask of control over the bus: agents' commands, leaders' levers, documents, a new version."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from yingda import __version__
from yingda.agents import commands, levers, meetings
from yingda.agents.shown import sister_load
from yingda.kernel.clock import Clock
from yingda.kernel.config.centre import Prompt
from yingda.kernel.errors import YingdaError
from yingda.planes.configuration import Configuration
from yingda.planes.metrics import ControlMetrics
from yingda.planes.rooms import Rooms


@dataclass(frozen=True, slots=True)
class Asked:
    """started_at: of the plane, µs. arm: the timer is looked at again. reconfigure: the newest version is gone by."""

    rooms: Rooms
    clock: Clock
    started_at: int
    metrics: ControlMetrics
    configuration: Configuration
    arm: Callable[[], None]
    reconfigure: Callable[[], Awaitable[object]]

    async def answer(self, method: str, body: object) -> object:
        """Raises YingdaError for what is refused, and unknown_method."""
        if method in commands.COMMANDS:
            return self._command(method, body)
        if method == "config.published":
            return await self.reconfigure()
        if method in levers.LEVERS:
            self._lever(method, body)
        elif method in meetings.ORDERS:
            self._order(method, body)
        elif method == "queue.emergency":
            await self._announce(commands.read(levers.Announcement, body))
        else:
            return self._rest(method, body, self.clock.now())
        return None

    def _command(self, method: str, body: object) -> object:
        now = self.clock.now()
        agent_id, effects = commands.run(self.rooms.desk, method, body, now)
        self.rooms.board.touch_agent(agent_id)
        self.rooms.conductor.carry(effects, now)
        self._done(now)
        return self.rooms.board.agent(agent_id)

    def _lever(self, method: str, body: object) -> None:
        now = self.clock.now()
        self.rooms.conductor.carry(levers.pull(self.rooms.switch, method, body, now), now)
        self._done(now)

    def _order(self, method: str, body: object) -> None:
        now = self.clock.now()
        self.rooms.conductor.carry(meetings.order(self.rooms.switch, method, body, now), now)
        self._done(now)

    async def _announce(self, order: levers.Announcement) -> None:
        """An emergency announcement; its words are made first, while callers wait as before."""
        prompt = Prompt.model_validate(order.announce) if order.on and order.announce else None
        items = await self.configuration.announcement(prompt)
        now = self.clock.now()
        self.rooms.conductor.carry(levers.announce(self.rooms.switch, order, items, now), now)
        self._done(now)

    def _done(self, now: int) -> None:
        self.rooms.conductor.show(now)
        self.arm()

    def _rest(self, method: str, body: object, now: int) -> object:
        rooms = self.rooms
        match method:
            case "desk.phone":
                return rooms.phones.account(commands.read(commands.Body, body).agent_id, now)
            case "live.snapshot":
                since = commands.read(commands.Snapshot, body).since
                return rooms.board.snapshot(now) if since is None else rooms.board.resume(since.epoch, since.seq, now)
            case "alarm.raise":
                alarm = commands.read(commands.RaiseAlarm, body)
                rooms.conductor.alarm_of_another(alarm.key, alarm.sentence, now)
            case "notices.give":
                rooms.conductor.notices(commands.read(commands.Notices, body).docs, now)
            case "texts.give":
                written = commands.read(commands.Written, body)
                rooms.conductor.seat_text(commands.seat_text(rooms.desk, written), now)
                self.arm()
            case "flow.trial":
                order = commands.read(levers.TryFlow, body)
                trial = rooms.switch.trials.open(order.document, order.text, order.flow, now)
                return {"code": trial.code, "until": trial.until}
            case "ping":
                return {"plane": "control", "version": __version__, "since": self.started_at, "now": now}
            case "load":
                return {"queues": sister_load(rooms.switch)}
            case "metrics":
                return {"text": self.metrics.text()}
            case _:
                raise YingdaError("unknown_method", f"The control plane knows no {method}.")
        rooms.conductor.show(now)
        return None
