"""A call comes in: number plan, answer, greeting, queue (design.md, "One interaction, end to end")."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from yingda.calls.effects import AnswerCall, Arrival, AskWho, RefuseCall, RingCall
from yingda.calls.faxes import Faxes
from yingda.calls.full_lines import FullLines
from yingda.calls.model import Call, Leg, LegState, Phase
from yingda.calls.numbering import Route
from yingda.calls.table import Purpose, Table, tenant_of
from yingda.calls.waiting import Waiting
from yingda.kernel.clock import SECOND
from yingda.kernel.config.centre import Flow
from yingda.kernel.config.trunks import Trunk
from yingda.kernel.event import Event
from yingda.media.protocol import ConnectLeg, CreateLeg, LegCreated, Play, StopPlay

# A greeting that never ends (media lost the report) must not hold a caller for ever: after this he joins the queue.
FLOW_LIMIT = 180 * SECOND
GLANCE = SECOND  # so often it is asked whether somebody has become free for a caller who is not answered yet
WHO_LIMIT = SECOND // 2
"""So long the first flow of a number waits to be told who calls, where it hangs on that."""
GREETING_NODE = "greeting"
UNSPOKEN = 488, "The agent's phone does not speak the codec that alone was offered"


class Straight(Protocol):
    """Calls to agents' own numbers (`direct`)."""

    def media_ready(self, call: Call, leg: Leg, local: LegCreated, now: int) -> None: ...

    def acknowledged(self, call: Call, leg: Leg, now: int) -> None: ...


class Rooms(Protocol):
    """Conference rooms that are dialled into (`meetings`)."""

    def near(self, room_id: str) -> str: ...

    def enter(self, call: Call, leg: Leg, now: int) -> None: ...


class Inbound:
    """From INVITE to the queue. keep_number: a number's reference; join_queue: distribution's; begin_flow: whether
    the flow has a document, which runs now; flow_for: where a number leads its caller; let_go: ends a call from our
    side. all_busy: the agents of a queue. direct: where calls to agents' own numbers go on."""

    direct: Straight
    rooms: Rooms
    faxes: Faxes

    def __init__(
        self,
        table: Table,
        keep_number: Callable[[str], str],
        join_queue: Callable[[Call, int], None],
        waiting: Waiting,
        begin_flow: Callable[[Call, Flow, int], bool],
        flow_for: Callable[[Call, Route, int], Flow],
        let_go: Callable[[Call, int], None],
        all_busy: Callable[[str], bool],
    ) -> None:
        self._table, self._flow_for, self._all_busy = table, flow_for, all_busy
        self._waiting, self._begin_flow, self._let_go = waiting, begin_flow, let_go
        self._keep_number = keep_number
        self._join_queue = join_queue
        self.full_lines = FullLines(table)

    def arrive(self, arrival: Arrival, now: int) -> None:
        """Accept an INVITE or refuse it with a cause."""
        table = self._table
        route, direct = table.plan.route(arrival.called), table.plan.direct_agent(arrival.called)
        room = table.plan.room(arrival.called)
        if route is None and direct is None and room is None:
            self.turned_away(arrival, 404, "Number Not In Service", now)
            table.emit(RefuseCall(arrival.leg_id, 404, "Number Not In Service"))
            return
        trunk = table.plan.trunks.get(arrival.trunk_id or "")
        if trunk is not None and table.channels.full(trunk, "inbound") is not None:
            self._refuse_for_limit(arrival, trunk, now)
            return
        call = self._open(arrival, route, direct or "", now, room.id or room.name if room is not None else "")
        leg = table.legs[call.customer]
        if call.caller is not None and table.plan.asks_who:
            call.who_until = 0  # asked; from when the flow waits for it is known when it could begin
            table.emit(AskWho(call.interaction_id, call.caller))
        if trunk is not None:
            table.channels.seize(leg.leg_id, trunk.id, "inbound")
            table.channels.seized[trunk.id, "inbound"] += 1
        kind, near = "webrtc" if arrival.remote.ice else "rtp", self.rooms.near(call.meeting)
        table.ask(CreateLeg(leg_id=leg.leg_id, kind=kind, near=near), Purpose.CREATE, leg)

    def turned_away(self, arrival: Arrival, code: int, reason: str, now: int) -> None:
        """Write down a call that never became a contact, and why."""
        trunk = {"trunk_id": arrival.trunk_id} if arrival.trunk_id else {}
        caller = self._keep_number(arrival.caller or "")
        data = {"release_code": code, "reason": reason, "dialled": arrival.called, "party_ref": caller, **trunk}
        self._table.append(Event(kind="call.refused", at=now, by="system", data=data))

    def _refuse_for_limit(self, arrival: Arrival, trunk: Trunk, now: int) -> None:
        data = {
            "trunk_id": arrival.trunk_id,
            "direction": "inbound",
            "cause": "limit",
            "party_ref": self._keep_number(arrival.caller or ""),
        }
        self._table.channels.refused[trunk.id, "inbound", "limit"] += 1
        self._table.append(Event(kind="trunk.refused", at=now, by="carrier", data=data))
        if not self.full_lines.tell(arrival, self._table.sounds.trunk_full(trunk.id), now):
            code = 503 if trunk.when_full == "unavailable" else 486
            self._table.emit(RefuseCall(arrival.leg_id, code, "All Channels Busy"))

    def _open(self, arrival: Arrival, route: Route | None, direct: str, now: int, room: str = "") -> Call:
        table = self._table
        number = table.plan.canonical(arrival.caller) if arrival.caller else None
        call = Call(
            interaction_id=table.ids(),
            tenant=tenant_of(arrival.called),
            customer=arrival.leg_id,
            called=route.number if route is not None else table.plan.canonical(arrival.called),
            caller=number,
            flow_id=route.flow.id if route is not None else room,
            queue_id=route.queue.id if route is not None else "",
            test=route is not None and route.test,
            direct=direct,
            meeting=room,
        )
        leg = Leg(
            leg_id=arrival.leg_id,
            interaction_id=call.interaction_id,
            role="customer",
            direction="inbound",
            device=arrival.extension or "trunk",
            trunk_id=arrival.trunk_id,
            state=LegState.ARRIVING,
            remote=arrival.remote,
        )
        table.calls[call.interaction_id] = call
        table.add_leg(leg)
        trunk = {"trunk_id": arrival.trunk_id} if arrival.trunk_id else {}
        started = {
            "medium": "voice",
            "direction": "inbound",
            "party_ref": self._keep_number(number or ""),
            "withheld": number is None,
            "dialled": call.called,
            "test": call.test,
            **trunk,
        }
        if arrival.original and arrival.original != arrival.called:
            call.original = table.plan.canonical(arrival.original)
            started["original_ref"] = self._keep_number(call.original)
        table.append(
            table.event("interaction.started", now, call, started, by="customer"),
            table.event("leg.created", now, call, leg.facts(), by="customer"),
        )
        return call

    def media_ready(self, leg: Leg, local: LegCreated, now: int) -> None:
        """Media opened the ports: connect them and answer the caller."""
        assert leg.remote is not None
        if (call := self._table.call_of(leg)).direct:
            self.direct.media_ready(call, leg, local, now)
            return
        leg.local = local
        if leg.passed is not None:
            self._wait_unanswered(call, leg, now)
        elif (route := self._table.plan.route(call.called)) and route.ring_s and self._all_busy(call.queue_id):
            call.unanswered_until = now + route.ring_s * SECOND
            self._table.wake(now + GLANCE, call.interaction_id)
            self._table.emit(RingCall(leg.leg_id, leg.local))
        else:
            self.answer(leg)

    def answer(self, leg: Leg) -> None:
        """200 to the caller, and his sound."""
        assert leg.remote is not None and leg.local is not None
        leg.move(LegState.ANSWERING)
        connect = ConnectLeg(leg_id=leg.leg_id, remote=leg.remote, unhurried=True)
        self._table.ask(connect, Purpose.CONNECT, leg)
        self._table.emit(AnswerCall(leg.leg_id, leg.local))

    def _wait_unanswered(self, call: Call, leg: Leg, now: int) -> None:
        """He only speaks what we cannot: his network's ring-back is all he hears until an agent answers."""
        self._table.emit(RingCall(leg.leg_id, leg.local))
        self._enter(call, now)
        self.leave_flow(call, now)

    def refuse_unspoken(self, call: Call, now: int) -> None:
        """The agent's phone does not have the one codec of a caller who waits unanswered."""
        leg = self._table.customer_of(call)
        if leg is not None and leg.state is LegState.ARRIVING:
            self._table.emit(RefuseCall(leg.leg_id, *UNSPOKEN))
            self._table.end_leg(leg, "system", UNSPOKEN[0], clear=False)
        self._let_go(call, now)

    def acknowledged(self, leg: Leg, now: int) -> None:
        """The caller's ACK: he hears us; the flow begins."""
        if (call := self._table.call_of(leg)).direct or (leg.passed is not None and leg.state is LegState.ANSWERING):
            self.direct.acknowledged(call, leg, now)
        elif leg.state is LegState.ANSWERING:
            leg.move(LegState.UP)
            answered = self._table.event("leg.answered", now, call, leg.facts(), cause=leg.leg_id)
            if call.meeting:
                self._table.append(answered)
                self.rooms.enter(call, leg, now)
                return
            route = self._table.plan.route(call.called)
            if self.faxes.may_come(call, leg, now, answered):
                call.who_until = None
            elif route is not None and route.asks_who and call.who_until is not None:
                self._table.append(answered)
                call.who_until = now + WHO_LIMIT
                self._table.wake(call.who_until, call.interaction_id)
            else:
                self.begin(call, leg, now, answered)

    def known(self, call: Call, now: int) -> None:
        """Who calls is known, or will not be: the first flow waits no longer."""
        leg, waited, call.who_until = self._table.customer_of(call), call.who_until, None
        if waited and leg is not None and leg.state is LegState.UP and call.phase is Phase.ARRIVING:
            self.begin(call, leg, now)

    def due(self, call: Call, now: int) -> None:
        """Nobody has said in time who calls; or he has heard ringing long enough, or somebody is free now."""
        self.faxes.due(call, now)
        if call.who_until and now >= call.who_until:
            self.known(call, now)
        leg = self._table.customer_of(call)
        if call.unanswered_until is None or leg is None or leg.state is not LegState.ARRIVING:
            return
        if now < call.unanswered_until and self._all_busy(call.queue_id):
            self._table.wake(min(now + GLANCE, call.unanswered_until), call.interaction_id)
            return
        call.unanswered_until = None
        self.answer(leg)

    def begin(self, call: Call, leg: Leg, now: int, *before: Event) -> None:
        """The flow that his number leads him to."""
        flow = self._enter(call, now, *before)
        if not self._begin_flow(call, flow, now):
            self._greet(call, leg, now)

    def _enter(self, call: Call, now: int, *before: Event) -> Flow:
        """The flow that his number leads him to, on the books."""
        table = self._table
        call.run_id = table.ids()
        call.phase = Phase.GREETING
        route, flow = table.plan.route(call.called), table.plan.flows.get(call.flow_id)
        if route is not None and (route.choices or flow is None):
            flow = self._flow_for(call, route, now)
            call.flow_id, call.queue_id = flow.id, table.plan.queue_of_flow(flow)
        assert flow is not None
        own = flow.document is not None
        entered = {"run_id": call.run_id, "flow_id": flow.id, "version": table.plan.version, "self_service": own}
        table.append(*before, table.event("flow.entered", now, call, entered))
        return flow

    def _greet(self, call: Call, leg: Leg, now: int) -> None:
        """A flow without a document: its greeting, then its queue."""
        table = self._table
        node = {"run_id": call.run_id, "node_id": GREETING_NODE, "by_edge": "start"}
        table.append(table.event("flow.node_entered", now, call, node, cause=call.run_id))
        greeting = table.sounds.greeting(call.flow_id)
        if not greeting:
            self.leave_flow(call, now)
            return
        call.play_id = table.ids()
        call.flow_limit_at = now + FLOW_LIMIT
        table.wake(call.flow_limit_at, call.interaction_id)
        table.ask(Play(play_id=call.play_id, leg_id=leg.leg_id, items=greeting), Purpose.PLAY, leg, call.play_id)

    def play_ended(self, call: Call, play_id: str, now: int) -> None:
        """What was played is over (or could not be played: a caller is never lost for that)."""
        if call.phase is Phase.GREETING and call.play_id == play_id:
            self.leave_flow(call, now)
        elif call.phase is Phase.WAITING:
            self._waiting.played(call, play_id, now)

    def leave_flow(self, call: Call, now: int, *, exit_: str = "queue", by: str = "system") -> None:
        """From the flow into the queue. by: who wanted it, if it was not the flow."""
        left = {"run_id": call.run_id, "node_id": call.last_node or GREETING_NODE, "exit": exit_}
        self._table.append(self._table.event("flow.left", now, call, left, by=by, cause=call.run_id))
        self.to_queue(call, now)

    def enter_and_leave(self, call: Call, now: int, exit_: str) -> None:
        """What his number leads him to is not for him: the books have both, and he goes elsewhere."""
        self._enter(call, now)
        left = {"run_id": call.run_id, "node_id": GREETING_NODE, "exit": exit_}
        self._table.append(self._table.event("flow.left", now, call, left, by="system", cause=call.run_id))

    def to_queue(self, call: Call, now: int) -> None:
        """He waits from here on."""
        call.phase = Phase.WAITING
        call.flow_limit_at = None
        self._join_queue(call, now)
        self._waiting.begin(call, now)

    def play_music(self, call: Call) -> None:
        """What a waiting or held customer hears."""
        self._waiting.music(call)

    def stop_play(self, call: Call) -> None:
        """Silence what the customer hears from us."""
        leg = self._table.customer_of(call)
        if leg is not None and call.play_id:
            self._table.ask(StopPlay(play_id=call.play_id), Purpose.TIDY, leg)
        call.play_id = None
