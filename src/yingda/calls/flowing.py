"""Callers in flows: what the flows plane asks for is done here, what callers do is told to it (design.md, idea 5).

A flow is a session of the flows plane, by the run's id. It may wait, be slow or be gone: whatever happens to it, the
caller goes on to a person (the flow's queue), never nowhere.

    act          does
    play, stop   what the caller hears
    record       his message, into a file of its own
    hear         what he says, to the flow's recogniser
    entered      flow.node_entered: where he is
    goal, person flow.goal_reached, flow.person_requested
    transfer     to a queue or another flow, with the flow's data, or to whom it calls (`onward`), or waits for
                 (`bridging`)
    exit         served: the call ends; broken: to the flow's queue
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Protocol

from yingda.calls import flow_protocol as messages
from yingda.calls.attached import covered, plain
from yingda.calls.booking import Booking
from yingda.calls.effects import FlowRequest
from yingda.calls.flow_session import session_of
from yingda.calls.model import Call, Connecting, FlowRun, Leg, LegState, Phase
from yingda.calls.table import Purpose, Table
from yingda.calls.voicemail import Voicemail
from yingda.kernel.clock import SECOND
from yingda.kernel.config.centre import Flow
from yingda.kernel.errors import YingdaError
from yingda.media import protocol as media
from yingda.routing.callbacks import Wanted

FLOW_LIMIT = 1_800 * SECOND
"""Nobody stays in flows for longer than half an hour: then he speaks with a person."""
QUEUE, FLOW = "queue:", "flow:"
INSIDE = (Phase.GREETING, Phase.AWAY)
"""Phases of callers in flows."""
MEANWHILE = (messages.EndTransfer, messages.Hear, messages.Exit)
"""What a flow may ask for while its caller is with people."""
MOST_VARIABLES = 100


class Connects(Protocol):
    """Calls whom a flow wants for its caller (`onward`)."""

    def connect(self, call: Call, run: FlowRun, act: messages.Transfer, now: int) -> None: ...

    def wait(self, call: Call, run: FlowRun, act: messages.Transfer, now: int) -> None: ...

    def disconnect(self, call: Call, run: FlowRun, request: int, now: int) -> None: ...

    def drop(self, run: FlowRun, now: int) -> None: ...


class Leave(Protocol):
    """From the flow into the queue that stands in the call."""

    def __call__(self, call: Call, now: int, *, exit_: str, by: str = "system") -> None: ...


class Flowing:
    """leave: into the queue; end: the call is over; keep_text: the reference of a text of the caller's; over: told how
    a run ended (`sending`), it answers whether the caller is with an agent again; book: a call-back."""

    def __init__(
        self,
        table: Table,
        leave: Leave,
        end: Callable[[Call, int], None],
        keep_text: Callable[[str], str],
        over: Callable[[Call, str, int], bool],
        book: Callable[[Wanted, int], None],
    ) -> None:
        self._table, self._leave, self._end, self._keep_text, self._over = table, leave, end, keep_text, over
        self._runs: dict[str, str] = {}  # session → contact
        self.onward: Connects
        self._booking = Booking(table, book, self.tell)
        self.voicemail = Voicemail(table, self.tell, self._booking.owe)

    # ---- from calls -----------------------------------------------------------------------------------------------

    def enter(self, call: Call, flow: Flow, now: int, texts: Mapping[str, str] | None = None) -> bool:
        """Into a flow that is not the first: a run of its own begins. False if it has no document."""
        table, alone = self._table, call.sent is None or bool(call.sent.result)
        call.run_id, call.flow_id, call.last_node = table.ids(), flow.id, ""
        entered = {"run_id": call.run_id, "flow_id": flow.id, "version": table.plan.version, "self_service": alone}
        table.append(table.event("flow.entered", now, call, entered))
        return self.begin(call, flow, now, texts)

    def begin(self, call: Call, flow: Flow, now: int, texts: Mapping[str, str] | None = None) -> bool:
        """Run the flow's document; False if it has none. texts: documents in the place of those in force."""
        if flow.document is None or call.run_id is None:
            return False
        call.flow = FlowRun(document=flow.document, version=self._table.plan.version)
        call.flow_limit_at = now + FLOW_LIMIT
        self._table.wake(call.flow_limit_at, call.interaction_id)
        start = messages.Start(
            session_id=call.run_id,
            document=flow.document,
            language=self._table.plan.language,
            flow=flow.name,
            session=session_of(call, self._table.plan),
            discreet=call.phase is Phase.AWAY,
            texts=dict(texts or {}),
        )
        self._runs[call.run_id] = call.interaction_id
        self._table.emit(FlowRequest("flow.start", start, call.run_id))
        return True

    def pressed(self, call: Call, digit: str) -> None:
        """A key of a caller in a flow."""
        self.tell(call, messages.Key(key=digit))

    def typed(self, call: Call, digits: str) -> None:
        """Keys from the desk of who tries a flow."""
        for digit in digits if call.flow is not None else "":
            self.pressed(call, digit)

    def played(self, call: Call, play_id: str) -> None:
        """What the flow had played was heard to its end."""
        run = call.flow
        if run is not None and run.playing is not None and call.play_id == play_id:
            request, run.playing, call.play_id = run.playing, None, None
            self.tell(call, messages.Played(request=request))

    def limit(self, call: Call, now: int) -> bool:
        """He has been in flows for too long; False if he is in none."""
        if call.flow is None:
            return False
        self._out(call, {}, now, "limit")
        return True

    def recall(self, call: Call, now: int) -> None:
        """Out of the flow, in the middle of it: what comes next is the caller's."""
        self._let_go(call, now)

    def take_out(self, interaction_id: str, queue_id: str, now: int, by: str) -> None:
        """A leader sends a caller on to a queue, out of the middle of his flow. Refuses not_in_flow, caller_occupied,
        unknown_queue."""
        call = self._table.calls.get(interaction_id)
        if call is None or call.flow is None or call.phase is not Phase.GREETING:
            raise YingdaError("not_in_flow", "The caller is in no flow any more.")
        if call.flow.recording is not None or (call.flow.connecting is not None and call.flow.connecting.since):
            raise YingdaError("caller_occupied", "The caller is leaving a message, or talks with somebody.")
        if queue_id not in self._table.plan.queues:
            raise YingdaError("unknown_queue", "There is no such queue.", where="queue_id")
        call.queue_id = queue_id
        self._out(call, {}, now, "queue", by)

    def gone(self, call: Call, now: int) -> str:
        """The caller hung up, or the call ends: the flow may tidy up, and nobody waits for it. How he left it: hangup,
        or message, if he has left one."""
        run = call.flow
        if run is None:
            return "hangup"
        kept = self.voicemail.hangs_up(call, run, now)
        self.tell(call, messages.HungUp())
        if run.connecting is not None:
            self.tell(call, messages.Transferred(request=run.connecting.request, result="near_end_disconnect"))
        call.last_node = run.node
        if run.recording is None:
            self._forget(call)
        return "message" if kept else "hangup"

    def recorded(self, call: Call, result: object, now: int) -> None:
        """What he said is on file; the call may have waited for that alone."""
        self.voicemail.recorded(call, result, now)
        if call.phase is Phase.ENDING and call.flow is not None and call.flow.recording is None:
            self._forget(call)

    def _forget(self, call: Call) -> None:
        call.flow = None
        self._runs.pop(call.run_id or "", None)

    def restore(self) -> None:
        """The table was restored: know again whose sessions there are."""
        self._runs = {
            call.run_id: call.interaction_id for call in self._table.calls.values() if call.flow and call.run_id
        }

    # ---- from the flows plane ---------------------------------------------------------------------------------------

    def act(self, session_id: str, acts: Sequence[messages.AnyAct], now: int) -> None:
        """Do what the flow asks, in order; nothing any more once the caller has left it."""
        for act in acts:
            call = self._table.calls.get(self._runs.get(session_id, ""))
            if call is None or call.run_id != session_id:
                return
            leg = self._table.customer_of(call)
            if call.flow is None or leg is None or leg.state is not LegState.UP:
                return
            if call.phase not in INSIDE and not (call.bridged and isinstance(act, MEANWHILE)):
                return
            self._one(call, call.flow, leg, act, now)

    def lost(self, session_id: str, why: str, now: int) -> None:
        """The flows plane cannot run it: the caller goes to a person."""
        call = self._table.calls.get(self._runs.get(session_id, ""))
        if call is not None and call.flow is not None and (call.phase in INSIDE or call.bridged):
            self._broken(call, why, now)

    def lost_all(self, why: str, now: int) -> None:
        """The flows plane is gone with every session in it."""
        for session_id in list(self._runs):
            self.lost(session_id, why, now)

    def _one(self, call: Call, run: FlowRun, leg: Leg, act: messages.AnyAct, now: int) -> None:
        table = self._table
        match act:
            case messages.Play():
                call.play_id, run.playing = table.ids(), act.request
                play = media.Play(play_id=call.play_id, leg_id=leg.leg_id, items=act.items, more=act.more)
                table.ask(play, Purpose.PLAY, leg, call.play_id)
            case messages.PlayMore(request=request) if run.playing == request and call.play_id is not None:
                more = media.MorePlay(play_id=call.play_id, items=act.items, after=act.after, last=act.last)
                table.ask(more, Purpose.TIDY, leg)
            case messages.Stop(request=request) if run.playing == request:
                self._silence(call, run, leg)
            case messages.Record():
                self.voicemail.record(call, run, leg, act, now)
            case messages.StopRecord():
                self.voicemail.stop(call, run, "key")
            case messages.KeepMessage():
                self.voicemail.keep(call, run, act, now)
            case messages.BookCallback():
                self._booking.book(call, act, now)
            case messages.Hear() if not run.tap_id:
                self._hear(run, leg, act)
            case messages.Entered(node=node) if node != run.node:
                facts = {"run_id": call.run_id, "node_id": node, "by_edge": run.node or "start"}
                run.node, run.node_since = node, now
                table.append(table.event("flow.node_entered", now, call, facts, cause=call.run_id))
                table.touch(call)
            case messages.Goal(goal=goal):
                facts = {"run_id": call.run_id, "goal": goal}
                table.append(table.event("flow.goal_reached", now, call, facts, by="customer", cause=call.run_id))
            case messages.Rated(question=question, answer=answer) if call.sent is not None:
                call.sent.answers[question] = answer
            case messages.PersonWanted():
                facts = {"run_id": call.run_id}
                table.append(table.event("flow.person_requested", now, call, facts, by="customer", cause=call.run_id))
            case messages.Transfer():
                self._transfer(call, run, act, now)
            case messages.EndTransfer(request=request):
                self.onward.disconnect(call, run, request, now)
            case messages.Exit():
                self._exit(call, act, now)

    def _silence(self, call: Call, run: FlowRun, leg: Leg) -> None:
        run.playing = None
        if call.play_id is not None:
            self._table.ask(media.StopPlay(play_id=call.play_id), Purpose.TIDY, leg)
            call.play_id = None

    def _hear(self, run: FlowRun, leg: Leg, act: messages.Hear) -> None:
        """One tap for as long as he is in the flow: opened anew each time, it would miss his first words."""
        run.tap_id = self._table.ids()
        headers = {"Authorization": f"Bearer {act.token}"}
        tap = media.OpenTap(tap_id=run.tap_id, leg_id=leg.leg_id, url=act.url, rate=act.rate, gain=0.0, headers=headers)
        self._table.ask(tap, Purpose.TIDY, leg)

    def _deafen(self, run: FlowRun, leg: Leg) -> None:
        if run.tap_id:
            self._table.ask(media.CloseTap(tap_id=run.tap_id), Purpose.TIDY, leg)

    # ---- out of the flow --------------------------------------------------------------------------------------------

    def _transfer(self, call: Call, run: FlowRun, act: messages.Transfer, now: int) -> None:
        plan, destination = self._table.plan, act.destination
        if call.phase is Phase.AWAY and not destination.startswith(FLOW):  # a person waits for him already
            return self._out(call, act.data, now, "transfer")
        if destination.startswith(QUEUE):
            queue = next((one for one in plan.queues.values() if one.name == destination.removeprefix(QUEUE)), None)
            if queue is not None:
                call.queue_id = queue.id
                if act.kind == "blind":
                    return self._out(call, act.data, now, "queue")
                return self.onward.wait(call, run, act, now)
        elif destination.startswith(FLOW):
            flow = next((one for one in plan.flows.values() if one.name == destination.removeprefix(FLOW)), None)
            if flow is not None and flow.document is not None:
                return self._elsewhere(call, flow, act.data, now)
        else:
            return self.onward.connect(call, run, act, now)
        run.node = ""
        self.tell(call, messages.Transferred(request=act.request, result="error.connection.baddestination"))
        return None

    def handed_on(self, call: Call, now: int, exit_: str) -> None:
        """Somebody else has the caller: the flow may tidy up, and nobody waits for it."""
        run = call.flow
        if run is None or run.connecting is None:
            return
        done = messages.Transferred(request=run.connecting.request, result="connection.disconnect.transfer")
        self.tell(call, done)
        self._deafen(run, self._table.legs[call.customer])
        self._runs.pop(call.run_id or "", None)
        left = {"run_id": call.run_id, "node_id": run.node, "exit": exit_}
        self._table.append(self._table.event("flow.left", now, call, left, cause=call.run_id))
        call.last_node, call.flow, call.run_id, call.flow_limit_at = run.node, None, None, None
        self._over(call, "transfer", now)

    def returned(self, call: Call, connecting: Connecting, result: str, now: int) -> None:
        """Whom the flow wanted for its caller is gone, or could not be had: it goes on, and its time runs again."""
        assert call.flow is not None
        call.flow.connecting = None
        call.flow_limit_at = now + FLOW_LIMIT
        self._table.wake(call.flow_limit_at, call.interaction_id)
        lasted = (now - connecting.since) // 1_000 if connecting.since else 0
        self.tell(call, messages.Transferred(request=connecting.request, result=result, duration_ms=lasted))
        self._table.touch(call)

    def _elsewhere(self, call: Call, flow: Flow, data: Mapping[str, str | float], now: int) -> None:
        """Another flow takes the caller over: one run ends, another begins."""
        table = self._table
        self.attach(call, data, now)
        self._let_go(call, now)
        left = {"run_id": call.run_id, "node_id": call.last_node, "exit": "transfer"}
        table.append(table.event("flow.left", now, call, left, cause=call.run_id))
        self.enter(call, flow, now)

    def _exit(self, call: Call, act: messages.Exit, now: int) -> None:
        wanted = act.values.get("queue")
        queue = next((one for one in self._table.plan.queues.values() if one.name == wanted), None)
        if act.fault or call.bridged is not None:
            self._broken(call, act.fault, now)
        elif call.phase is Phase.AWAY:
            self._out(call, plain(act.values) | act.data, now, "done")
        elif queue is not None:
            call.queue_id = queue.id
            self._out(call, act.data, now, "queue")
        else:
            self.attach(call, act.data, now)
            run, call.flow = call.flow, None
            exit_ = "message" if run is not None and run.kept else "done"
            left = {"run_id": call.run_id, "node_id": run.node if run else "", "exit": exit_}
            self._table.append(self._table.event("flow.left", now, call, left, cause=call.run_id))
            self._runs.pop(call.run_id or "", None)
            call.run_id = None
            self._over(call, "done", now)
            self._end(call, now)

    def _broken(self, call: Call, why: str, now: int) -> None:
        connecting = call.flow.connecting if call.flow is not None else None
        if connecting is not None and (connecting.since or connecting.away):
            self.handed_on(call, now, "error")  # he talks with somebody, or waits to: that goes on
            call.phase = call.phase if connecting.away else Phase.TALKING
            return
        self._table.alarm("flow_broken", f"A flow broke and its caller went to a person: {why}")
        self._out(call, {}, now, "error")

    def _out(self, call: Call, data: Mapping[str, str | float], now: int, exit_: str, by: str = "system") -> None:
        self.attach(call, data, now)
        self._let_go(call, now)
        if not self._over(call, exit_, now):
            self._leave(call, now, exit_=exit_, by=by)

    def attach(self, call: Call, data: Mapping[str, str | float], now: int) -> None:
        """The flow's variables go with the call: the desk shows them, conditions of queues may ask about them."""
        if not data:
            return
        data = covered(data) if call.phase is Phase.AWAY else dict(data)
        call.data = dict(list((call.data | data).items())[:MOST_VARIABLES])
        text = "\n".join(f"{name}={value}" for name, value in data.items())
        facts = {"keys": sorted(data), "value_ref": self._keep_text(text), "source": "flow"}
        self._table.append(self._table.event("interaction.data_set", now, call, facts, cause=call.run_id))
        self._table.touch(call)

    def _let_go(self, call: Call, now: int) -> None:
        """The session is over for us; whatever still plays is silenced."""
        leg, run = self._table.customer_of(call), call.flow
        if leg is not None and run is not None:
            self._silence(call, run, leg)
            self.onward.drop(run, now)
            self._deafen(run, leg)
        if call.run_id is not None:
            self._runs.pop(call.run_id, None)
            self._table.emit(FlowRequest("flow.end", messages.End(session_id=call.run_id), call.run_id))
        call.last_node = run.node if run is not None else ""
        call.flow = None

    def tell(self, call: Call, event: messages.AnyHappened) -> None:
        if call.flow is not None and call.run_id is not None:
            told = messages.Told(session_id=call.run_id, event=event)
            self._table.emit(FlowRequest("flow.happened", told, call.run_id))
