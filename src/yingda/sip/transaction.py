"""The four transaction machines, sans-IO (RFC 3261 section 17, with RFC 6026's Accepted state).

    machine            state       event                         next        section
    client INVITE      calling     timer A                       calling     17.1.1.2 send again, double A (unreliable)
                       calling     timer B                       terminated  17.1.1.2 time-out to the user
                       calling     1xx                           proceeding  17.1.1.2
                       calling,    2xx                           accepted    6026 7.2: timer M, every 2xx goes up
                        proceeding 300-699                       completed   17.1.1.2 ACK, timer D
                       completed   300-699                       completed   17.1.1.2 ACK again
                       completed   timer D                       terminated
                       accepted    2xx                           accepted    6026 7.2 (known tag: the stored ACK again)
                       accepted    timer M                       terminated
    client non-INVITE  trying      timer E                       trying      17.1.2.2 send again, double E up to T2
                       trying,     1xx                           proceeding  17.1.2.2
                        proceeding timer E                       proceeding  17.1.2.2 send again every T2
                       trying,     timer F                       terminated  17.1.2.2 time-out to the user
                        proceeding 200-699                       completed   17.1.2.2 timer K
                       completed   timer K                       terminated
    server INVITE      proceeding  INVITE                        proceeding  17.2.1 last 1xx again
                       proceeding  user: 1xx                     proceeding  17.2.1
                       proceeding  user: 2xx                     accepted    6026 7.1 timer L
                       proceeding  user: 300-699                 completed   17.2.1 timers G (unreliable), H
                       accepted    INVITE                        accepted    6026 7.1 absorbed; the user repeats its 2xx
                       accepted    timer L                       terminated
                       completed   INVITE, timer G               completed   17.2.1 last reply again, double G up to T2
                       completed   ACK                           confirmed   17.2.1 timer I
                       completed   timer H                       terminated  17.2.1 no ACK came
                       confirmed   timer I                       terminated
    server non-INVITE  trying      request                       trying      17.2.2 absorbed
                       trying,     user: 1xx                     proceeding  17.2.2
                        proceeding user: 200-699                 completed   17.2.2 timer J
                       completed   request                       completed   17.2.2 last reply again
                       completed   timer J                       terminated

On reliable transports timers D, I, J and K are zero: the machine ends at once. Timer C belongs to proxies.
A machine sets its own timers in the queue it is given, under its own key.
"""

from __future__ import annotations

from enum import Enum

from yingda.kernel.clock import MS, SECOND
from yingda.sip.flow import Flow
from yingda.sip.message import Headers, Request, Response
from yingda.sip.timers import TimerQueue

T1 = 500 * MS
T2 = 4 * SECOND
T4 = 5 * SECOND
TIMER_D = 32 * SECOND
Identity = tuple[str, str, int, str]  # Call-ID, From tag, CSeq number, method

LIFE = 64 * T1  # timers B, F, H, J (unreliable), L, M


TIMERS: dict[tuple[bool, bool], str] = {
    (True, True): "ABDM",
    (True, False): "EFK",
    (False, True): "GHIL",
    (False, False): "J",
}
"""(client, invite): the timers that such a machine may have set."""


class State(Enum):
    CALLING = "calling"
    TRYING = "trying"
    PROCEEDING = "proceeding"
    ACCEPTED = "accepted"
    COMPLETED = "completed"
    CONFIRMED = "confirmed"
    TERMINATED = "terminated"


LEGAL: dict[tuple[bool, bool], frozenset[tuple[State, State]]] = {  # (client, invite): moves
    (True, True): frozenset(
        {
            (State.CALLING, State.PROCEEDING),
            (State.CALLING, State.ACCEPTED),
            (State.CALLING, State.COMPLETED),
            (State.PROCEEDING, State.ACCEPTED),
            (State.PROCEEDING, State.COMPLETED),
        }
    ),
    (True, False): frozenset(
        {
            (State.TRYING, State.PROCEEDING),
            (State.TRYING, State.COMPLETED),
            (State.PROCEEDING, State.COMPLETED),
        }
    ),
    (False, True): frozenset(
        {
            (State.PROCEEDING, State.ACCEPTED),
            (State.PROCEEDING, State.COMPLETED),
            (State.COMPLETED, State.CONFIRMED),
        }
    ),
    (False, False): frozenset(
        {
            (State.TRYING, State.PROCEEDING),
            (State.TRYING, State.COMPLETED),
            (State.PROCEEDING, State.COMPLETED),
        }
    ),
}


class Transaction:
    """What client and server have in common. key: unique in the endpoint; owner: whose it is."""

    client: bool

    def __init__(self, key: str, method: str, flow: Flow, owner: str, timers: TimerQueue) -> None:
        self.key, self.method, self.flow, self.owner = key, method, flow, owner
        self.invite = method == "INVITE"
        self.timers = timers
        self.interval = T1
        self.state = State.PROCEEDING if self.invite else State.TRYING

    def _move(self, state: State) -> None:
        """The one place where the state changes; TERMINATED may follow anything."""
        if state is State.TERMINATED:
            self.timers.cancel(self.key, *TIMERS[self.client, self.invite])
        elif state is not self.state and (self.state, state) not in LEGAL[self.client, self.invite]:
            raise RuntimeError(f"{self.key}: {self.state.value} cannot become {state.value}")
        self.state = state

    def end(self) -> None:
        """Finish at once (flow lost, or given up by the user)."""
        self._move(State.TERMINATED)

    @property
    def live(self) -> bool:
        return self.state is not State.TERMINATED

    def _linger(self, name: str, length: int, now: int) -> None:
        """Stay to absorb retransmissions; on reliable transports there are none."""
        if self.flow.reliable:
            self._move(State.TERMINATED)
        else:
            self.timers.set(self.key, name, now + length)


class ClientTransaction(Transaction):
    client = True

    def __init__(self, key: str, request: Request, flow: Flow, owner: str, timers: TimerQueue) -> None:
        super().__init__(key, request.method, flow, owner, timers)
        self.request = request
        self.data = request.to_bytes()
        self.narrow: Flow | None = None  # the datagram's way, when the request went over TCP for its size
        self.acks: dict[str, tuple[bytes, Flow]] = {}  # To tag of a final reply -> the ACK that answers it
        if self.invite:
            self.state = State.CALLING

    def start(self, now: int) -> bytes:
        """The request's bytes, to be sent on the flow."""
        again, give_up = ("A", "B") if self.invite else ("E", "F")
        if not self.flow.reliable:
            self.timers.set(self.key, again, now + T1)
        self.timers.set(self.key, give_up, now + LIFE)
        return self.data

    def on_response(self, response: Response, now: int) -> tuple[tuple[bytes, Flow] | None, bool]:
        """(what to send back, whether the user should see it)."""
        if response.code < 200:
            return None, self._provisional(now)
        return self._invite_final(response, now) if self.invite else (None, self._final(now))

    def _provisional(self, now: int) -> bool:
        if self.state not in (State.CALLING, State.TRYING, State.PROCEEDING):
            return False
        if self.invite:
            self.timers.cancel(self.key, "A", "B")
        elif not self.flow.reliable and self.state is State.TRYING:
            self.timers.set(self.key, "E", now + T2)
        self._move(State.PROCEEDING)
        return True

    def _final(self, now: int) -> bool:
        if self.state not in (State.TRYING, State.PROCEEDING):
            return False
        self.timers.cancel(self.key, "E", "F")
        self._move(State.COMPLETED)
        self._linger("K", T4, now)
        return True

    def _invite_final(self, response: Response, now: int) -> tuple[tuple[bytes, Flow] | None, bool]:
        if response.to_tag in self.acks:
            return self.acks[response.to_tag], False
        if response.code < 300:
            if self.state in (State.CALLING, State.PROCEEDING):
                self.timers.cancel(self.key, "A", "B")
                self._move(State.ACCEPTED)
                self.timers.set(self.key, "M", now + LIFE)
            return None, self.state is State.ACCEPTED
        if self.state not in (State.CALLING, State.PROCEEDING):
            return None, False
        self.timers.cancel(self.key, "A", "B")
        ack = (self._ack(response), self.flow)
        self.acks[response.to_tag] = ack
        self._move(State.COMPLETED)
        self._linger("D", TIMER_D, now)
        return ack, True

    def _ack(self, response: Response) -> bytes:
        """The ACK for a refusal, hop by hop (17.1.1.3)."""
        return self._derived("ACK", response.headers["To"]).to_bytes()

    def cancel_request(self) -> Request:
        """The CANCEL of this INVITE (9.1): same Via, same CSeq number."""
        return self._derived("CANCEL", self.request.headers["To"])

    def _derived(self, method: str, to: list[str]) -> Request:
        source = self.request.headers
        headers: Headers = {
            "Via": source["Via"][:1],
            "Max-Forwards": ["70"],
            "From": source["From"],
            "To": to,
            "Call-ID": source["Call-ID"],
            "CSeq": [f"{self.request.cseq[0]} {method}"],
        }
        if routes := source.get("Route"):
            headers["Route"] = routes
        request = Request(method, self.request.uri, headers)
        request.index()
        return request

    def on_timer(self, name: str, now: int) -> tuple[bytes | None, bool]:
        """(what to send again, whether the user must hear of a time-out)."""
        if name in "AE":
            trying = self.state in (State.CALLING, State.TRYING)
            self.interval = self.interval * 2 if self.invite else min(self.interval * 2, T2) if trying else T2
            self.timers.set(self.key, name, now + self.interval)
            return self.data, False
        self._move(State.TERMINATED)
        return None, name in "BF"


class ServerTransaction(Transaction):
    client = False

    def __init__(self, key: str, request: Request, flow: Flow, timers: TimerQueue) -> None:
        super().__init__(key, request.method, flow, "", timers)
        self.request: Request | None = request  # needed until the final reply
        self.last: bytes | None = None
        self.identity: Identity | None = None  # by which a merged request is told (8.2.2.2)
        self.merged = False

    @property
    def open(self) -> bool:
        """No final reply yet."""
        return self.state in (State.TRYING, State.PROCEEDING)

    def on_request(self) -> bytes | None:
        """A retransmission: what to send again."""
        if self.state in (State.ACCEPTED, State.CONFIRMED):
            return None
        return self.last

    def respond(self, response: Response, now: int) -> bytes:
        """The user's reply; only legal while `open`."""
        self.last = data = response.to_bytes()
        if response.code < 200:
            self._move(State.PROCEEDING)
            return data
        self.request = None
        if self.invite and response.code < 300:
            self._move(State.ACCEPTED)
            self.timers.set(self.key, "L", now + LIFE)
        else:
            self._move(State.COMPLETED)
            self._refused(now) if self.invite else self._linger("J", LIFE, now)
        return data

    def _refused(self, now: int) -> None:
        self.timers.set(self.key, "H", now + LIFE)
        if not self.flow.reliable:
            self.timers.set(self.key, "G", now + T1)

    def on_ack(self, now: int) -> None:
        """The ACK of a refusal arrived."""
        if self.state is State.COMPLETED:
            self.timers.cancel(self.key, "G", "H")
            self._move(State.CONFIRMED)
            self._linger("I", T4, now)

    def on_timer(self, name: str, now: int) -> bytes | None:
        if name == "G":
            self.interval = min(self.interval * 2, T2)
            self.timers.set(self.key, "G", now + self.interval)
            return self.last
        self._move(State.TERMINATED)
        return None
