"""A call as the endpoint keeps it: one INVITE session, either side (RFC 3261 sections 13-15).

state       event                                  next        section
incoming    user: answer (2xx)                     answered    13.3.1.4
incoming    user: reject; CANCEL; BYE; flow lost   ended       13.3.1.3, 9.2
answered    ACK                                    active      13.3.1.4
answered    no ACK for 64*T1                       ending      13.3.1.4 BYE
answered    user: bye                              ending      15 BYE waits for the ACK
calling     2xx                                    active      13.2.2.4 ACK
calling     300-699, time-out, flow lost           ended       13.2.2.3
calling     user: cancel                           cancelling  9.1 CANCEL once a 1xx is there
cancelling  487 or other refusal, time-out         ended       9.1
cancelling  2xx                                    ending      9.1 crossed: ACK, BYE
active      user: bye; re-INVITE got 481 or 408    ending      15.1.1, 12.2.1.2
answered,   BYE; grace after a lost flow is over   ended       15.1.2
 active
ending      final reply to BYE, time-out, BYE      ended       15.1.1
"""

from __future__ import annotations

from enum import Enum
from typing import Any

from yingda.kernel.errors import YingdaError
from yingda.sip.dialog import Dialog, DialogState

COMPLETED_ELSEWHERE = 'SIP;cause=200;text="Call completed elsewhere"'
DECLINED_ELSEWHERE = 'SIP;cause=603;text="Declined"'


PLAIN = (
    "aor", "transaction", "credentials", "attempts", "reason", "cancel_sent", "offer", "offered", "asked",
    "described", "interval_s", "refreshes", "allows_update", "rseq", "referred", "refer_id", "replaces",
    "controls", "instance", "late", "settled",
)  # fmt: skip


class CallState(Enum):
    INCOMING = "incoming"
    ANSWERED = "answered"
    CALLING = "calling"
    CANCELLING = "cancelling"
    ACTIVE = "active"
    ENDING = "ending"
    ENDED = "ended"


LEGAL: dict[CallState, frozenset[CallState]] = {
    CallState.INCOMING: frozenset({CallState.ANSWERED, CallState.ENDED}),
    CallState.ANSWERED: frozenset({CallState.ACTIVE, CallState.ENDING, CallState.ENDED}),
    CallState.CALLING: frozenset({CallState.CANCELLING, CallState.ACTIVE, CallState.ENDED}),
    CallState.CANCELLING: frozenset({CallState.ENDING, CallState.ENDED}),
    CallState.ACTIVE: frozenset({CallState.ENDING, CallState.ENDED}),
    CallState.ENDING: frozenset({CallState.ENDED}),
    CallState.ENDED: frozenset(),
}


class Session:
    """key: the endpoint's name for it. aor: the device's user, when it is one of ours. made: by us, not received.

    transaction: key of the INVITE transaction that is open. forks: dialogs by the far end's tag; `dialog` is the chosen
    one. ok: our 2xx that awaits its ACK. offer: SDP of our own re-INVITE, from the command to its end; offered: it is
    on the wire (not waiting after a 491). asked: key of the far end's re-INVITE under way. attempts: answers to a
    challenge in a row. cancel_sent: the CANCEL is out (it waits for a 1xx). provisional: our last 1xx. described: our
    last SDP. interval_s, refreshes: of the session timer; 0: none. rseq: number of our last reliable provisional reply;
    reliable: that reply, until its PRACK comes. referred: key of the far end's REFER under way; refer_id: its CSeq;
    refer_told: it wants to hear what becomes of it. replaces: key of the call whose place this one takes. controls:
    event packages the far end understands, with commas. instance: the device it goes to, of several with one user.
    late: the 2xx to our INVITE made an offer that awaits our answer. held: replies to the INVITE (code, SDP) that wait
    for the PRACK of the one before. settled: offer and answer were exchanged before our 2xx, by a reliable reply.
    """

    def __init__(self, key: str, state: CallState, local_tag: str) -> None:
        self.key, self.state, self.local_tag = key, state, local_tag
        self.aor = ""
        self.dialog: Dialog | None = None
        self.forks: dict[str, Dialog] = {}
        self.transaction: str | None = None
        self.made = False
        self.credentials = ""
        self.attempts = 0
        self.reason = ""
        self.cancel_sent = False
        self.ok: PendingOk | None = None
        self.provisional: bytes | None = None
        self.offer: str | None = None
        self.offered = False
        self.asked: str | None = None
        self.described = ""
        self.interval_s, self.refreshes, self.allows_update = 0, False, False
        self.rseq = 0
        self.referred, self.refer_id, self.refer_told = "", 0, True
        self.replaces = self.controls = self.instance = ""
        self.late = self.settled = False
        self.held: list[tuple[int, str | None]] = []
        self.reliable: PendingOk | None = None

    def move(self, state: CallState) -> None:
        """The one place where the state changes."""
        if state not in LEGAL[self.state]:
            raise RuntimeError(f"a call that is {self.state.value} cannot become {state.value}")
        self.state = state

    def need(self, command: str, *states: CallState) -> None:
        """Refuse a command that does not fit the state."""
        if self.state not in states:
            raise YingdaError("sip_wrong_state", f"{command} is not possible while the call is {self.state.value}.")

    def need_dialog(self) -> Dialog:
        if self.dialog is None:
            raise RuntimeError(f"call {self.key} has no dialog")
        return self.dialog

    def choose(self, dialog: Dialog) -> None:
        """This one of the forks is the call."""
        dialog.move(DialogState.CONFIRMED)
        self.dialog = dialog

    def to_state(self) -> dict[str, Any]:
        """Without what is empty or false, as most of it is most of the time."""
        return {name: value for name in PLAIN if (value := getattr(self, name))} | {
            "key": self.key,
            "state": self.state.value,
            "local_tag": self.local_tag,
            "forks": [dialog.to_state() for dialog in self.forks.values()],
            "made": self.made,
            "refer_told": self.refer_told,
            "dialog": self.dialog.remote_tag if self.dialog is not None else None,
            "held": [list(reply) for reply in self.held],
            "ok": self.ok.to_state() if self.ok is not None else None,
            "reliable": self.reliable.to_state() if self.reliable is not None else None,
            "provisional": self.provisional.decode("latin-1") if self.provisional is not None else None,
        }

    @classmethod
    def from_state(cls, raw: dict[str, Any]) -> Session:
        session = cls(raw["key"], CallState(raw["state"]), raw["local_tag"])
        for name in PLAIN:
            if name in raw:
                setattr(session, name, raw[name])
        session.made, session.refer_told = raw["made"], raw["refer_told"]
        for one in raw["forks"]:
            dialog = Dialog.from_state(one)
            session.forks[dialog.remote_tag] = dialog
        session.dialog = session.forks[raw["dialog"]] if raw["dialog"] is not None else None
        session.held = [(code, sdp) for code, sdp in raw["held"]]
        session.ok = PendingOk(**raw["ok"]) if raw["ok"] is not None else None
        session.reliable = PendingOk(**raw["reliable"]) if raw["reliable"] is not None else None
        session.provisional = raw["provisional"].encode("latin-1") if raw["provisional"] is not None else None
        return session


class PendingOk:
    """A 2xx of ours, repeated until its ACK comes (13.3.1.4), or a reliable 1xx, until its PRACK.

    cseq: its CSeq or RSeq. interval, deadline: µs; data: the bytes as latin-1.
    """

    __slots__ = ("cseq", "data", "deadline", "interval")

    def __init__(self, data: str, cseq: int, interval: int, deadline: int) -> None:
        self.data, self.cseq, self.interval, self.deadline = data, cseq, interval, deadline

    def to_state(self) -> dict[str, Any]:
        return {name: getattr(self, name) for name in self.__slots__}
