"""Devices are asked by OPTIONS whether they are there; that keeps their NAT open too (RFC 3261 section 11).

device   event                                              next
asked    a UDP contact registers that says it answers
         OPTIONS, or from another address than it names
         (its NAT forgets a silent way within 30 s)         asked every PERIOD
asked    it answers, whatever it says                       known
known    MISSES questions in a row without an answer        gone: `Expired`, unreachable

Who has never answered proves nothing by his silence: his registration ends in its own time. Connections need none of
this: they say themselves when they are lost.
"""

from __future__ import annotations

from typing import Any

from yingda.kernel.clock import SECOND
from yingda.sip.core import Core
from yingda.sip.dialog import next_hop
from yingda.sip.events import Binding, Expired
from yingda.sip.grammar import NameAddress
from yingda.sip.outgoing import Outgoing

OWNER = "reachability"
QUESTION = "reach"  # the owner of our OPTIONS is this, the user and the contact
PERIOD = 25 * SECOND
MISSES = 2


class _Watch:
    __slots__ = ("known", "misses")

    def __init__(self, known: bool = False, misses: int = 0) -> None:
        self.known, self.misses = known, misses


class Reachability:
    def __init__(self, core: Core, outgoing: Outgoing) -> None:
        self._core, self._outgoing = core, outgoing
        self._watches: dict[tuple[str, str], _Watch] = {}

    def __len__(self) -> int:
        return len(self._watches)

    def registered(self, binding: Binding, now: int) -> None:
        if is_asked(binding):
            self._watches.setdefault((binding.aor, binding.contact), _Watch())
            if not self._core.timers.has(OWNER, binding.aor):
                self._core.timers.set(OWNER, binding.aor, now + PERIOD)

    def handle_timer(self, aor: str, now: int) -> None:
        """Ask all of a user's devices that are to be asked; forget what has gone otherwise."""
        bindings = {one.contact: one for one in self._core.registrar.bindings(aor) if is_asked(one)}
        for key in [key for key in self._watches if key[0] == aor and key[1] not in bindings]:
            del self._watches[key]
        caller = NameAddress(f"sip:{self._core.config.realm}")
        for contact, binding in bindings.items():
            self._outgoing.ask(binding.target(), caller, f"{QUESTION}:{aor} {contact}", now)
        if bindings:
            self._core.timers.set(OWNER, aor, now + PERIOD)

    def answered(self, name: str, code: int) -> None:
        """What our question met with; 408 for nothing. name: user and contact."""
        aor, _, contact = name.partition(" ")
        watch = self._watches.get((aor, contact))
        if watch is None:
            return
        watch.misses = watch.misses + 1 if code == 408 else 0
        watch.known = watch.known or code != 408
        if watch.known and watch.misses >= MISSES:
            del self._watches[aor, contact]
            gone = self._core.registrar.remove(aor, contact)
            if gone is not None:
                self._core.emit(Expired(aor, gone, "unreachable"))

    def to_state(self) -> list[list[Any]]:
        return [[aor, contact, one.known, one.misses] for (aor, contact), one in self._watches.items()]

    def restore(self, raw: list[list[Any]]) -> None:
        self._watches = {(aor, contact): _Watch(known, misses) for aor, contact, known, misses in raw}


def is_asked(binding: Binding) -> bool:
    hop = next_hop(binding.contact)
    behind_nat = hop is not None and hop != binding.flow.remote
    return binding.flow.transport == "udp" and (behind_nat or binding.answers_options)
