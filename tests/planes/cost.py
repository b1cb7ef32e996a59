"""What a call costs control's rooms, alone on one thread: 400 agents, 100 calls open at once, no sockets and no media.

    python -m tests.planes.cost                         ms of processor a call, least and median of twenty hundreds
    valgrind --tool=callgrind --instr-atstart=no --callgrind-out-file=FILE python -m tests.planes.cost --callgrind

The second counts the instructions of a hundred calls (user space), which do not depend on what else the machine does:
the total in FILE by 100. Both hold the telephones' side as well, about a twentieth. Compare within one day.
"""

from __future__ import annotations

import argparse
import gc
import os
import statistics
import subprocess
import tempfile
import time
from collections import deque
from pathlib import Path

from tests.planes.test_cost_of_a_call import CALLER, OURS, PHONE, SOUND, House, with_body
from yingda.kernel.clock import MS
from yingda.kernel.config.centre import Centre
from yingda.sip.flow import Flow

AGENTS, OPEN, HUNDRED = 400, 100, 100
KEPT_EVERY = 5
"""Calls between two looks at what another control would need: 50 ms at 100 calls/s, as the plane does it."""
FROM_PHONE, FROM_CALLER = Flow("udp", OURS, PHONE), Flow("udp", OURS, CALLER)


def centre(agents: int) -> Centre:
    names = range(agents)
    return Centre.model_validate(
        {
            "centre": {"name": "cost"},
            "trunks": [{"id": "t1", "name": "line", "hosts": [CALLER[0]], "max_calls": 10_000}],
            "queues": [{"id": "q1", "name": "calls", "wrapup_s": 0, "ring_limit_s": 20}],
            "flows": [{"id": "f1", "name": "main", "queue": "calls"}],
            "numbers": [{"id": "n1", "number": "4008001234", "flow": "main"}],
            "users": [{"id": f"u{n}", "username": f"agent{n}", "display_name": f"Agent {n}"} for n in names],
            "agents": [
                {
                    "id": f"a{n}", "number": str(1_000 + n), "user": f"agent{n}", "queues": ["calls"],
                    "devices": [{"id": f"d{n}", "kind": "sip", "extension": str(8_000 + n)}],
                }
                for n in names
            ],
        }
    )  # fmt: skip


class Street(House):
    """A house of many calls at once. `step` begins one and ends the oldest beyond `OPEN`, 10 ms later each time."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder, centre(AGENTS))
        for number in range(AGENTS):
            if number != 1:  # the house has signed him in
                self.sign_in(f"a{number}", str(8_000 + number))
        self._calls = 0
        self._talks: deque[str] = deque()  # keys of sessions, the oldest first
        self._changed = False

    def changed(self) -> None:
        self._changed = True

    def step(self) -> None:
        self.clock.at += 10 * MS
        self._begin()
        self._show()
        if len(self._talks) > OPEN:
            self._end(self._talks.popleft())
        now, rooms = self.clock.now(), self.rooms
        while (due := rooms.endpoint.next_timer()) is not None and due <= now:
            self.send(rooms.endpoint.handle_timer(now))
        while (due := rooms.conductor.next_timer()) is not None and due <= now:
            rooms.conductor.handle_timer(now)
        self._show()
        if not self._calls % KEPT_EVERY:
            rooms.conductor.keep()

    def answers(self, text: str, flow: Flow) -> list[tuple[str, Flow]]:
        lines = text.partition("\r\n\r\n")[0].split("\r\n")
        sent = dict(line.split(": ", 1) for line in lines[1:])
        copied = "".join(f"{name}: {sent[name]}\r\n" for name in ("Via", "From", "Call-ID", "CSeq", "To"))
        if lines[0].startswith("BYE"):
            return [(f"SIP/2.0 200 OK\r\n{copied}Content-Length: 0\r\n\r\n", FROM_PHONE)]
        if lines[0].startswith("INVITE"):
            rest = f"{copied[:-2]};tag=phone\r\nContact: <sip:127.0.0.1:7000>\r\n"
            ringing = f"SIP/2.0 180 Ringing\r\n{rest}Content-Length: 0\r\n\r\n"
            return [(ringing, FROM_PHONE), (f"SIP/2.0 200 OK\r\n{rest}{with_body(SOUND.format(PHONE[0]))}", FROM_PHONE)]
        if not lines[0].startswith("SIP/2.0 200") or sent["CSeq"] != "1 INVITE":
            return []
        return [(_request("ACK", sent["Call-ID"], sent["From"], sent["To"], CALLER), FROM_CALLER)]

    def _begin(self) -> None:
        self._calls += 1
        number, name = f"139{self._calls:08d}", f"c{self._calls}"
        before = set(self.rooms.endpoint._core.sessions)
        invite = _request("INVITE", name, f"<sip:{number}@127.0.0.2>;tag={name}", "<sip:4008001234@127.0.0.1>", CALLER)
        contact = f"Contact: <sip:{number}@127.0.0.2:7002>\r\n{with_body(SOUND.format(CALLER[0]))}"
        self.receive(invite.replace("Content-Length: 0\r\n\r\n", contact), FROM_CALLER)
        sessions = self.rooms.endpoint._core.sessions
        self._talks += [key for key in sessions.keys() - before if sessions[key].made]

    def _end(self, key: str) -> None:
        dialog = self.rooms.endpoint._core.sessions[key].need_dialog()
        far, near = f"{dialog.remote};tag={dialog.remote_tag}", f"{dialog.local};tag={dialog.local_tag}"
        self.receive(_request("BYE", dialog.call_id, far, near, PHONE), FROM_PHONE)

    def _show(self) -> None:
        if self._changed:
            self._changed = False
            self.rooms.conductor.show(self.clock.now())


def _request(method: str, call_id: str, from_: str, to: str, via: tuple[str, int]) -> str:
    uri = "sip:4008001234@127.0.0.1" if method == "INVITE" else "sip:127.0.0.1:5060"
    return (
        f"{method} {uri} SIP/2.0\r\nVia: SIP/2.0/UDP {via[0]}:{via[1]};branch=z9hG4bK{method}{call_id}\r\n"
        f"From: {from_}\r\nTo: {to}\r\nCall-ID: {call_id}\r\nCSeq: 1 {method}\r\nMax-Forwards: 70\r\n"
        "Content-Length: 0\r\n\r\n"
    )


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.planes.cost", description=__doc__.partition("\n")[0])
    parser.add_argument("--callgrind", action="store_true", help="let valgrind count a hundred calls")
    counted = parser.parse_args().callgrind
    with tempfile.TemporaryDirectory() as folder:
        street = Street(Path(folder))
        for _ in range(3 * OPEN):
            street.step()
        assert len(street.rooms.switch.table.calls) == OPEN, "the calls do not go their way"
        gc.collect()
        gc.freeze()  # as the plane does at the end of its start
        if counted:
            _count(street)
        else:
            taken = [_hundred(street) for _ in range(20)]
            print(f"{min(taken):.3f} ms of processor a call, median {statistics.median(taken):.3f}")
        street.ledger.close()


def _hundred(street: Street) -> float:
    """ms of processor a call."""
    before = time.thread_time()
    for _ in range(HUNDRED):
        street.step()
    return (time.thread_time() - before) * 1000 / HUNDRED


def _count(street: Street) -> None:
    pid = str(os.getpid())
    subprocess.run(["callgrind_control", "-i", "on", pid], check=True, stdout=subprocess.DEVNULL)
    _hundred(street)
    subprocess.run(["callgrind_control", "-i", "off", pid], check=True, stdout=subprocess.DEVNULL)


if __name__ == "__main__":
    main()
