"""What every screen sees live: one small document an agent, a queue, a call, a plane, an alarm.

The board reads the owners (distribution, the switch) and never decides anything. Whatever an append or a command
touches is read again, and what differs goes out as a numbered patch, so that a snapshot and the patches after it are
always equal to a later snapshot. Screens that were away resume by (epoch, sequence).
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import msgspec

from yingda.agents.afterwards import Afterwards
from yingda.agents.shown import of_agent, of_call, of_data, of_handling, of_queue
from yingda.calls.model import Call, LegState, Phase, Why
from yingda.calls.sounding import MUSIC
from yingda.calls.switch import Switch
from yingda.kernel.clock import SECOND
from yingda.kernel.config.centre import Agent, Centre
from yingda.kernel.event import Envelope, Event
from yingda.routing.floor import Floor
from yingda.routing.state import Loan

Doc = dict[str, Any]
Key = tuple[str, str]
COLLECTIONS = ("agents", "queues", "calls", "planes", "alarms", "messages", "trunks", "rooms")
OF_QUEUES = ("queue.emergency_started", "queue.emergency_ended", "agent.lent", "agent.given_back")
"""Kinds that change what a queue's document says, beside those of its entries."""
OF_STATE = ("queue.entered", "handling.connected", "handling.held", "handling.retrieved")
"""Kinds with which the state of a call begins that may last for long."""
OFFLINE = "offline"
REMEMBERED = 2_000
"""Patches kept for a web plane that lost its connection to us: there are at most a hundred a second, so twenty seconds;
who was away for longer takes a snapshot. What screens missed is the web plane's to know (server/feed/documents)."""


class Patch(msgspec.Struct, frozen=True):
    """`set` replaces documents whole, `del` removes them. epoch: the life of the board that numbers it."""

    epoch: str
    seq: int
    now: int
    set_: list[tuple[str, str, Doc]] = msgspec.field(name="set")
    del_: list[Key] = msgspec.field(name="del")


class LiveBoard:
    """Documents by collection and id. epoch: the life of this board; a new control is a new epoch. help_of: an agent's
    call for help."""

    def __init__(
        self,
        epoch: str,
        switch: Switch,
        centre: Centre,
        help_of: Callable[[str], Doc | None] = lambda _agent_id: None,
    ) -> None:
        self.epoch = epoch
        self.seq = 0
        self._switch, self._help_of = switch, help_of
        self._floor: Floor = switch.distributor.floor
        self._docs: dict[str, dict[str, Doc]] = {name: {} for name in COLLECTIONS}
        self._patches: deque[Patch] = deque(maxlen=REMEMBERED)
        self._touched: set[Key] = set()
        self._given: dict[Key, Doc | None] = {}
        self._waiting: dict[str, dict[str, int]] = {}  # queue → entry → entered at, oldest first
        self._queue_of_entry: dict[str, str] = {}
        self._agent_of_session: dict[str, str] = {}
        self._idle: dict[str, set[str]] = {}  # queue → agents
        self._signed_in: dict[str, set[str]] = {}
        self._callers: dict[str, str | None] = {}  # contact → its number, until the wrap-up is over
        self._started: dict[str, int] = {}  # contact → when it began
        self._afterwards = Afterwards()
        self._since: dict[str, tuple[str, int]] = {}  # contact → its state and when that began
        self.configure(centre)

    def configure(self, centre: Centre) -> None:
        """A version was published: everything it names is looked at again."""
        self._agents: dict[str, Agent] = {agent.id: agent for agent in centre.agents}
        self._users = {user.username: user.display_name for user in centre.users}
        self._queue_names = {queue.id: queue.name for queue in centre.queues}
        self._targets = {queue.id: queue.target_s for queue in centre.queues}
        self._private = frozenset(field.key for field in centre.centre.desk.data if field.private)
        self._surveyed = {queue.id for queue in centre.queues if queue.survey or centre.centre.survey}
        self._queue_ids = {queue.name: queue.id for queue in centre.queues}
        for kind, known in (("agents", self._agents), ("queues", self._queue_names)):
            self._touched.update((kind, key) for key in (*known, *self._docs[kind]))

    # ---- what happened --------------------------------------------------------------------------------------------

    def touch(self, events: Iterable[Event]) -> None:
        """Mark what these events are about."""
        for event in events:
            data = event.data
            if event.interaction_id is not None:
                self._touched.add(("calls", event.interaction_id))
                if event.kind == "interaction.started":
                    self._started[event.interaction_id] = event.at
            if event.kind == "queue.entered":
                self._enter(data["entry_id"], data["queue_id"], event.at)
            elif event.kind == "queue.left":
                self._leave(data["entry_id"])
            elif event.kind == "handling.wrapup_ended":
                self._callers.pop(event.interaction_id or "", None)
            elif event.kind == "site.told":
                self._touched.update(("queues", queue_id) for queue_id in data["load"])
            elif event.kind in OF_QUEUES:
                self._touched.add(("queues", data["queue_id"]))
            self._touch_agent(event.kind, data)
            if agent_id := self._afterwards.follow(event):
                self._touched.add(("agents", agent_id))

    def recall(self, facts: Iterable[Envelope]) -> None:
        """What happened before this board's life to those who are in it: it shows them as the one before did."""
        for fact in facts:
            self.touch([Event(kind=fact.kind, at=fact.at, interaction_id=fact.interaction_id, data=fact.data)])
            call = self._switch.table.calls.get(fact.interaction_id or "")
            if call is not None and fact.kind in OF_STATE:
                self._since[call.interaction_id] = (self._state_of(call), fact.at)

    def touched(self) -> set[Key]:
        """What will be read again at the next flush."""
        self._touched |= self._switch.table.take_changed()
        return self._touched

    def look_again(self, collection: str, key: str) -> None:
        """A document is read from its owner again at the next flush."""
        self._touched.add((collection, key))

    def touch_agent(self, agent_id: str) -> None:
        """Something of an agent changed that is no event (a longer wrap-up, a booked state)."""
        self._touched.add(("agents", agent_id))

    def give(self, collection: str, key: str, doc: Doc | None) -> None:
        """A document of a plane or an alarm; None removes it."""
        self._given[(collection, key)] = doc

    def notice(self, user_id: str, doc: Doc) -> None:
        """What a user has not read yet; where nothing waits there is no document, for most people most of the time."""
        self.give("messages", user_id, doc if doc["unread"] else None)

    def _touch_agent(self, kind: str, data: Mapping[str, Any]) -> None:
        if kind == "agent.signed_in":
            self._agent_of_session[data["session_id"]] = data["agent_id"]
        elif kind == "agent.signed_out":
            self._agent_of_session.pop(data["session_id"], None)
        if agent_id := data.get("agent_id") or self._agent_of_session.get(data.get("session_id", "")):
            self._touched.add(("agents", agent_id))
        elif handling_id := data.get("handling_id"):
            handling = self._floor.handlings.get(handling_id)
            if handling is not None:
                self._touched.add(("agents", handling.agent_id))

    def _enter(self, entry_id: str, queue_id: str, at: int) -> None:
        self._waiting.setdefault(queue_id, {})[entry_id] = at
        self._queue_of_entry[entry_id] = queue_id
        self._touched.add(("queues", queue_id))

    def _leave(self, entry_id: str) -> None:
        queue_id = self._queue_of_entry.pop(entry_id, None)
        if queue_id is not None:
            self._waiting[queue_id].pop(entry_id, None)
            self._touched.add(("queues", queue_id))

    # ---- going out ------------------------------------------------------------------------------------------------

    def flush(self, now: int) -> Patch | None:
        """The patch of everything touched since the last one; None if nothing differs."""
        set_: list[tuple[str, str, Doc]] = []
        del_: list[Key] = []
        for key in sorted(self.touched(), key=_agents_first):
            self._differ(key, self._read(key, now), set_, del_)
        for key in {("queues", queue) for queue in self._queues_of(set_, del_)}:
            self._differ(key, self._read(key, now), set_, del_)
        for key, doc in self._given.items():
            self._differ(key, doc, set_, del_)
        self._touched.clear()
        self._given.clear()
        if not set_ and not del_:
            return None
        self.seq += 1
        patch = Patch(self.epoch, self.seq, now, set_, del_)
        self._patches.append(patch)
        return patch

    def agent(self, agent_id: str) -> Doc | None:
        """An agent's document as it was last shown."""
        return self._docs["agents"].get(agent_id)

    def snapshot(self, now: int) -> dict[str, Any]:
        """Everything, as it stands."""
        docs = {name: dict(docs) for name, docs in self._docs.items()}
        return {"epoch": self.epoch, "seq": self.seq, "now": now, "docs": docs}

    def resume(self, epoch: str, seq: int, now: int) -> dict[str, Any]:
        """The patches after `seq` if they are still here, else a snapshot."""
        first = self._patches[0].seq if self._patches else self.seq + 1
        if epoch != self.epoch or seq > self.seq or seq + 1 < first:
            return self.snapshot(now)
        missed = [msgspec.to_builtins(patch) for patch in self._patches if patch.seq > seq]
        return {"epoch": self.epoch, "seq": self.seq, "now": now, "patches": missed}

    def _differ(self, key: Key, doc: Doc | None, set_: list[tuple[str, str, Doc]], del_: list[Key]) -> None:
        """Keep a document if it differs from the one kept."""
        collection, name = key
        kept = self._docs[collection]
        before = kept.get(name)
        if before == doc:
            return
        if collection == "agents":
            self._count(name, before, doc)
        if doc is None:
            del kept[name]
            del_.append(key)
        else:
            kept[name] = doc
            set_.append((collection, name, doc))

    def _count(self, agent_id: str, before: Doc | None, doc: Doc | None) -> None:
        """Keep who is idle and signed in for each queue."""
        queues = doc["queues"] if doc else ()
        left = [queue_id for queue_id in before["queues"] if queue_id not in queues] if before else []
        state = doc["state"] if doc else OFFLINE
        for counted, yes in ((self._idle, state == "idle"), (self._signed_in, state != OFFLINE)):
            for queue_id in left:
                counted[queue_id].discard(agent_id)
            for queue_id in queues:
                members = counted.setdefault(queue_id, set())
                if yes:
                    members.add(agent_id)
                else:
                    members.discard(agent_id)

    def _queues_of(self, set_: list[tuple[str, str, Doc]], del_: list[Key]) -> set[str]:
        """Queues whose counts of agents change with the agents' documents just written."""
        queues = {queue for kind, _, doc in set_ if kind == "agents" for queue in doc["queues"]}
        return queues if not any(kind == "agents" for kind, _ in del_) else set(self._queue_names)

    # ---- reading the owners ---------------------------------------------------------------------------------------

    def _read(self, key: Key, now: int) -> Doc | None:
        collection, name = key
        if collection == "agents":
            return self._agent(name)
        if collection == "queues":
            return self._queue(name)
        return self._call(name, now)

    def _agent(self, agent_id: str) -> Doc | None:
        profile = self._agents.get(agent_id)
        session = self._floor.sessions.get(agent_id)
        if profile is None and session is None:
            return None
        doc: Doc = {
            "id": agent_id,
            "number": profile.number if profile else "",
            "name": self._users.get(profile.user, profile.user) if profile else "",
            "team": profile.team if profile else None,
            "queues": self._serves(agent_id, profile),
            "loans": [{"queue_id": loan.queue_id, "until": loan.until} for loan in self._loans_of(agent_id)],
            "state": OFFLINE,
            "since": None,
            "reason": None,
            "reason_class": None,
            "next_state": None,
            "device": None,
            "session_id": None,
            "handling": None,
            "offer": None,
            "wrapup_until": None,
            "rung": None,
            "watching": None,
            "failure": None,
            "last_offer": self._afterwards.last_offer.get(agent_id),
            "last_survey": self._afterwards.last_survey.get(agent_id),
            "break_until": None,
            "break_over": False,
            "help": self._help_of(agent_id),
        }
        if session is None or session.span is None:
            return doc
        span = session.span
        doc |= {
            "state": span.state.value,
            "since": session.since,
            "device": session.device,
            "session_id": session.session_id,
            "reason": span.reason,
            "reason_class": session.busy.reason_class if span.reason and session.busy else None,
        }
        limits = self._floor.rules.limits(span.reason) if span.reason is not None else None
        doc["break_until"] = session.break_due
        doc["break_over"] = limits is not None and limits.limit_s > 0 and session.break_due is None
        if session.busy is not None and span.reason is None:
            doc["next_state"] = {"state": "busy", "reason": session.busy.reason}
        return doc | of_agent(agent_id, self._switch) | self._work(session.handling_id, session.offer_id)

    def _loans_of(self, agent_id: str) -> list[Loan]:
        return [loan for loan in self._floor.loans.values() if loan.agent_id == agent_id]

    def _serves(self, agent_id: str, profile: Agent | None) -> list[str]:
        """The queues he lists, and those he is lent to."""
        own = [self._queue_ids[name] for name in profile.queues] if profile else []
        return own + [loan.queue_id for loan in self._loans_of(agent_id) if loan.queue_id not in own]

    def _work(self, handling_id: str | None, offer_id: str | None) -> Doc:
        work: Doc = {}
        handling = self._floor.handlings.get(handling_id or "")
        if handling is not None:
            call = self._switch.table.calls.get(handling.interaction_id)
            if call is not None:
                self._callers[handling.interaction_id] = call.caller
            work["handling"] = {
                "id": handling.handling_id,
                "interaction_id": handling.interaction_id,
                "queue_id": handling.queue_id,
                "state": handling.phase.value,
                "caller": self._callers.get(handling.interaction_id),
                "message_ms": call.left_ms or None if call is not None else None,
                **of_handling(handling.handling_id, call, self._switch),
            }
            work["wrapup_until"] = handling.due
        offer = self._floor.offers.get(offer_id or "")
        if offer is not None:
            call = self._switch.table.calls.get(offer.interaction_id)
            entry = self._floor.entries[offer.entry_id]
            work["offer"] = {
                "id": offer.offer_id,
                "entry_id": offer.entry_id,
                "interaction_id": offer.interaction_id,
                "queue_id": offer.queue_id,
                "since": offer.due - int(offer.ring_limit_s * SECOND),
                "ring_limit_s": offer.ring_limit_s,
                "medium": entry.medium,
                "at_desk": not entry.live,
                "message_ms": (call.left_ms if call else self._switch.returning.message_ms(offer.entry_id)) or None,
                "caller": call.caller if call else self._switch.returning.number_of(offer.entry_id),
                "answerable": self._switch.table.devices.answers_by_key(offer.device),
                "waiting_since": self._waiting.get(offer.queue_id, {}).get(offer.entry_id),
            }
        return work

    def _queue(self, queue_id: str) -> Doc | None:
        waiting = self._waiting.get(queue_id, {})
        if queue_id not in self._queue_names and not waiting:
            return None
        return {
            "id": queue_id,
            "name": self._queue_names.get(queue_id, ""),
            "target_s": self._targets.get(queue_id),
            "survey": queue_id in self._surveyed,
            "waiting": len(waiting),
            "longest_since": next(iter(waiting.values()), None),
            "idle": len(self._idle.get(queue_id, ())),
            "signed_in": len(self._signed_in.get(queue_id, ())),
            **of_queue(queue_id, self._switch),
        }

    def _call(self, interaction_id: str, now: int) -> Doc | None:
        call = self._switch.table.calls.get(interaction_id)
        if call is None or call.phase is Phase.ENDING:
            self._since.pop(interaction_id, None)
            if call is None:
                self._started.pop(interaction_id, None)
            return None
        state = self._state_of(call)
        known = self._since.get(interaction_id)
        if known is None or known[0] != state:
            known = self._since[interaction_id] = (state, now)
        handling = self._floor.handlings.get(call.handling_id or "")
        return {
            "id": interaction_id,
            "caller": call.caller,
            "flow_id": call.flow_id or None,
            "data": of_data(call.data, self._private),
            "node": call.flow.node if call.flow is not None else None,
            "called": call.called,
            "queue_id": call.queue_id,
            "state": state,
            "since": known[1],
            "started": self._started.get(interaction_id, now),
            "agent_id": handling.agent_id if handling else None,
            "handling_id": call.handling_id,
            "recording": any(not recording.paused for recording in call.running()),
            **of_call(call, self._switch),
        }

    def _state_of(self, call: Call) -> str:
        if call.phase is Phase.TALKING:
            return self._talk_state(call)
        legs = self._switch.table.legs_of(call)
        rings = any(leg.why is Why.OFFER and leg.state in (LegState.RINGING, LegState.JOINING) for leg in legs)
        return "ringing" if call.phase is Phase.WAITING and rings else call.phase.value

    def _talk_state(self, call: Call) -> str:
        """talking, or holding while the customer hears music."""
        customer = self._switch.table.legs.get(call.customer)
        return "holding" if customer is not None and customer.sound == MUSIC else "talking"


def _agents_first(key: Key) -> tuple[int, str, str]:
    """Queues count their agents' documents, so agents are read before them."""
    return (COLLECTIONS.index(key[0]), *key)
