"""The conductor: carries out what the switch, signalling and desks ask, in order, until nothing is left to do.

The one place where ledger, SIP, media and live board meet. It never waits: media's results come back as inputs of
their own, and what goes out to sockets is handed to `Ports`.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping, Sequence
from typing import Protocol

from yingda.agents.desk import Desk
from yingda.agents.live import Doc, LiveBoard, Patch
from yingda.agents.meetings import rooms_shown
from yingda.calls.adoption.keeper import Keeper
from yingda.calls.effects import Alarm, AskWho, Effect, FlowRequest, KeepText, MediaRequest, WireEffect
from yingda.calls.flow_protocol import AnyAct
from yingda.calls.journal import Journal
from yingda.calls.media_answers import Result
from yingda.calls.model import Known
from yingda.calls.nailed import Done
from yingda.calls.phone_texts import SeatText, arrived
from yingda.calls.signalling import Signalling
from yingda.calls.switch import Switch
from yingda.kernel.event import Event
from yingda.kernel.ids import IdSource
from yingda.media import protocol as media
from yingda.routing.effects import Append
from yingda.sip import events as sip
from yingda.sip.endpoint import Endpoint
from yingda.sip.resolving import Question, Record

MOST_ALARMS = 100
"""Single alarms shown at once; the oldest give way (the ledger and the log have them all)."""

Action = WireEffect | MediaRequest | FlowRequest | Alarm | AskWho | KeepText
"""Whatever is not to be recorded."""


class Ports(Protocol):
    """The way out of the plane."""

    def send(self, effects: Sequence[sip.Effect]) -> None:
        """SIP bytes to the wire; events among the effects come back through `Conductor.heard`."""
        ...

    def ask_media(self, request: int, command: media.AnyCommand) -> None:
        """The result comes back through `Conductor.media_done`."""
        ...

    def ask_names(self, questions: Sequence[Question]) -> None:
        """Ask the name servers; what they say comes back through `Conductor.name_answered`."""
        ...

    def ask_who(self, interaction_id: str, number: str) -> None:
        """Who a caller is; comes back through `Switch.known`."""
        ...

    def keep_text(self, text: KeepText) -> None:
        """Make it a message between seats; what came of it returns through `Conductor.text_kept`."""
        ...

    def ask_flow(self, request: FlowRequest) -> None:
        """What comes of it returns through `Conductor.flow_acts`, its failure through `flow_lost`."""
        ...

    def changed(self) -> None:
        """The live board may have something new: call `Conductor.show` in a moment, and `keep` a moment after."""
        ...

    def publish(self, patch: Patch) -> None:
        """A patch of the live board to everybody who watches."""
        ...


class Conductor:
    """Inputs from the plane, each with its time (µs)."""

    def __init__(
        self,
        switch: Switch,
        signalling: Signalling,
        endpoint: Endpoint,
        desk: Desk,
        board: LiveBoard,
        journal: Journal,
        ports: Ports,
        ids: IdSource,
        keeper: Keeper,
    ) -> None:
        self.switch, self.desk, self.board = switch, desk, board
        self._signalling, self._endpoint, self._nailed = signalling, endpoint, signalling.nailed
        self._journal, self._ports, self._ids, self._keeper = journal, ports, ids, keeper
        self._records: list[Event] = []
        self._work: deque[Action] = deque()
        self._running = False
        self._alarms: deque[str] = deque()
        self._others: dict[str, str | None] = {}

    # ---- inputs ---------------------------------------------------------------------------------------------------

    def heard(self, event: sip.Event, now: int) -> None:
        """A SIP event."""
        if isinstance(event, sip.Registered) and self._nailed.holds(event.aor):
            self.carry(self._nailed.registered(event.aor, now), now)
        elif isinstance(event, sip.Registered):
            self.carry(self.desk.device_changed(event.aor, now, reachable=True), now)
        elif isinstance(event, sip.Unregistered | sip.Expired):
            if not self._endpoint.bindings(event.aor) and not self._nailed.holds(event.aor):
                self.carry(self.desk.device_changed(event.aor, now, reachable=False), now)
        elif isinstance(event, sip.InviteReceived) and not self._journal.keeps_up:
            self._ports.send(self._endpoint.reject(event.key, 503, now, "Service Unavailable"))
        else:
            effects, replies = self._signalling.heard(event, now)
            self.carry(effects, now)
            self._ports.send(replies)

    def media_done(self, request: int, result: Result, now: int) -> None:
        if request < 0:
            self._both(self._nailed.media_done(request, result, now), now)
        else:
            self.carry(self.switch.media_done(request, self._nailed.borrowing.result(request, result), now), now)

    def media_report(self, report: media.AnyReport, now: int) -> None:
        found, done = self._nailed.report(report, now)
        self._both(done, now)
        if found is not None:
            self.carry(self.switch.media_report(found, now), now)

    def media_lost(self, now: int) -> None:
        self.carry(self.switch.media_lost(now), now)
        self._both(self._nailed.media_gone(None, now), now)

    def media_back(self, gone: set[str], now: int) -> None:
        self.carry(self.switch.media_back(gone, now), now)
        self._both(self._nailed.media_gone(gone, now), now)

    def _both(self, done: Done, now: int) -> None:
        """What the switch has to do, and what goes out on the wire."""
        effects, sent = done
        if effects:
            self.carry(effects, now)
        if sent:
            self._ports.send(sent)

    def name_answered(self, question: Question, records: Sequence[Record] | None, ttl_s: float, now: int) -> None:
        """The name servers' word; None: they gave none."""
        self.carry(self._signalling.lookout.name_answered(question, records, ttl_s, now), now)
        self._ports.send(self._signalling.lookout.take())

    def flow_acts(self, session_id: str, acts: Sequence[AnyAct], now: int) -> None:
        """The flows plane answered."""
        self.carry(self.switch.flow_acts(session_id, acts, now), now)

    def flow_lost(self, session_id: str | None, why: str, now: int) -> None:
        """A message to the flows plane failed; None: the plane is gone."""
        self.carry(self.switch.flow_lost(session_id, why, now), now)

    def alarm(self, key: str, sentence: str | None, now: int) -> None:
        """Raise an alarm that stands until it is taken back (None). key: its kind, or kind:id for one of many."""
        doc = (
            None if sentence is None else {"id": key, "kind": key.partition(":")[0], "sentence": sentence, "since": now}
        )
        self.board.give("alarms", key, doc)
        if sentence is not None and ":" in key:
            self._alarms.append(key)
            if len(self._alarms) > MOST_ALARMS:
                self.board.give("alarms", self._alarms.popleft(), None)

    def alarm_of_another(self, key: str, sentence: str | None, now: int) -> None:
        """The same for another plane, which repeats it: an alarm that stands keeps the time of its beginning."""
        if self._others.get(key) != sentence:
            self._others[key] = sentence
            self.alarm(key, sentence, now)

    def known(self, interaction_id: str, known: Known, now: int) -> None:
        """Who a caller is (`AskWho`)."""
        self.carry(self.switch.known(interaction_id, known, now), now)

    def text_kept(self, text: KeepText, unread: Mapping[str, Doc] | None, now: int) -> None:
        """unread: what its readers' screens show of their messages now, by user; None: it could not be kept."""
        self.notices(unread or {}, now)
        self._both(self._signalling.texts.kept(text, unread is not None, now), now)
        if unread is not None:
            self._ports.send(self._signalling.phone_texts.send(arrived(text, self.switch.table.plan), now))

    def seat_text(self, text: SeatText, now: int) -> None:
        """Somebody wrote to seats: to their phones too."""
        self._ports.send(self._signalling.phone_texts.send(text, now))

    def notices(self, unread: Mapping[str, Doc], now: int) -> None:
        """How many messages wait for whom, by user: on his screens, and by the lamp of his phones (RFC 3842)."""
        for user_id, doc in unread.items():
            self.board.notice(user_id, doc)
            for extension in self.desk.phones_of(user_id):
                self._ports.send(self._endpoint.show_messages(extension, int(doc["unread"]), 0, now))

    def note(self, event: Event, now: int) -> None:
        """An event of the plane itself."""
        self.carry([Append((event,))], now)

    def adopted(self, effects: Sequence[Effect], farewell: Sequence[sip.Effect], now: int) -> None:
        """Calls and agents of a plane before this one are ours (calls/adoption); what is due in them comes first."""
        self.carry(effects, now)
        self._ports.send(farewell)
        self.handle_timer(now)

    def end_all(self, now: int) -> None:
        """The plane stops: every call is cleared, every session ends (why restart)."""
        self.carry(self.switch.end_all(now), now)
        for agent_id in list(self.switch.distributor.floor.sessions):
            self.carry(self.desk.finish_wrapup(agent_id, now), now)
            self.carry(self.desk.sign_out(agent_id, "restart", now), now)

    # ---- time -----------------------------------------------------------------------------------------------------

    def next_timer(self) -> int | None:
        timers = (
            self.switch.next_timer(),
            self._journal.next_timer(),
            self._signalling.next_timer(),
            self.desk.helping.next_timer(),
        )
        return min((timer for timer in timers if timer is not None), default=None)

    def handle_timer(self, now: int) -> None:
        self._journal.handle_timer(now)
        self.carry([*self.switch.handle_timer(now), *self.desk.helping.handle_timer(now)], now)
        effects, sent = self._signalling.handle_timer(now)
        self.carry(effects, now)
        self._ports.send(sent)
        self._ports.ask_names(self._signalling.lookout.questions(now))

    # ---- carrying out ---------------------------------------------------------------------------------------------

    def carry(self, effects: Sequence[Effect], now: int) -> None:
        """Carry out effects, and whatever they lead to, in order; what changed is shown in a moment.

        What is to be recorded comes first, all of it in one line of the ledger.
        """
        self._take(effects)
        if self._running:
            return
        self._running = True
        try:
            while self._records or self._work:
                if self._records:
                    self._record(now)
                else:
                    self._one(self._work.popleft(), now)
        finally:
            self._running = False
        self._ports.changed()

    def _take(self, effects: Sequence[Effect]) -> None:
        for effect in effects:
            if isinstance(effect, Append):
                self._records += effect.events
            else:
                self._work.append(effect)

    def _record(self, now: int) -> None:
        events, self._records = self._records, []
        self._journal.append(events, now)
        self.board.touch(events)
        effects, sent = self._nailed.signed(events, now)
        self._take(effects)
        self._ports.send(sent)
        self._take(self.desk.helping.follow(events, now))

    def show(self, now: int) -> None:
        """Give the board's changes to those who watch."""
        self._keeper.follow(self.board.touched())
        for trunk_id, doc in self._signalling.trunk_board.changes(now):
            self.board.give("trunks", trunk_id, doc)
        for room_id, room in rooms_shown(self.switch).items():
            self.board.give("rooms", room_id, room)
        patch = self.board.flush(now)
        if patch is not None:
            self._ports.publish(patch)

    def keep(self) -> None:
        """Write down what has changed and another plane would need. While the ledger cannot be written nothing is: a
        record may not know more than the books."""
        if self._journal.keeps_up:
            self._keeper.write()

    def _ask_media(self, asked: MediaRequest, now: int) -> None:
        if asked.request < 0 or not len(self._nailed):
            self._ports.ask_media(asked.request, asked.command)
            return
        for one in self._nailed.translate(asked):
            self._ports.ask_media(one.request, one.command)
        for request, result in self._nailed.borrowing.take_ready():
            self.media_done(request, result, now)

    def _one(self, effect: Action, now: int) -> None:
        if isinstance(effect, MediaRequest):
            self._ask_media(effect, now)
        elif isinstance(effect, AskWho):
            self._ports.ask_who(effect.interaction_id, effect.number)
        elif isinstance(effect, KeepText):
            self._ports.keep_text(effect)
        elif isinstance(effect, FlowRequest):
            self._ports.ask_flow(effect)
        elif isinstance(effect, Alarm):
            self.alarm(f"{effect.kind}:{effect.of or self._ids()}", effect.sentence, now)
        else:
            sent, more = self._signalling.perform(effect, now)
            self._ports.send(sent)
            self._take(more)
