"""The four 5 ms phases: which rows are made at which tick, and how rows become forwarding, playing, mixing or silence.

Every leg belongs to one phase, everything that is joined in the matrix to the same one. A forwarded row costs nothing
here: packets take their way through the relay when they come. A row without a source gets silence, because a browser or
a firewall that receives nothing takes us for dead.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from functools import partial

from yingda.kernel.clock import MS
from yingda.media.g711 import SILENT_FRAME, Law
from yingda.media.jitter import JitterBuffer
from yingda.media.leg import Leg
from yingda.media.matrix import GainMatrix, RowKind
from yingda.media.mixer import MixPlan, Row
from yingda.media.player import Source
from yingda.media.relay import Relay

COUNT = 4
STEP = 5 * MS
BACK_AFTER = 60 * MS  # a source heard so recently has come back: the filler stops


class Phase:
    """The work of one tick out of four."""

    def __init__(self) -> None:
        self.plays: dict[str, tuple[Leg, Source]] = {}
        self.empty: dict[str, Leg] = {}
        self.stalled: dict[str, tuple[Leg, Leg]] = {}  # forwarded rows whose source fell silent: (sink, source)
        self.mixed: dict[str, Leg] = {}
        self.digits: dict[str, Leg] = {}
        self.plan: MixPlan | None = None
        self.stale = False  # the plan must be built again

    @property
    def busy(self) -> bool:
        return bool(self.plays or self.empty or self.stalled or self.mixed or self.digits)

    def forget(self, leg_id: str) -> None:
        self.plays.pop(leg_id, None)
        self.empty.pop(leg_id, None)
        self.stalled.pop(leg_id, None)
        if self.mixed.pop(leg_id, None) is not None:
            self.stale = True


class Phases:
    """legs and sources: by id, owned by the engine. on_finished: a source gave its last frame."""

    def __init__(
        self, legs: dict[str, Leg], sources: dict[str, Source], matrix: GainMatrix, relay: Relay,
        on_finished: Callable[[Source, int], None],
    ) -> None:  # fmt: skip
        self._legs, self._sources, self._matrix, self._relay = legs, sources, matrix, relay
        self._on_finished = on_finished
        self._phases = [Phase() for _ in range(COUNT)]
        self._members: Counter[int] = Counter()

    @property
    def busy(self) -> bool:
        return any(phase.busy for phase in self._phases)

    @property
    def mixed_rows(self) -> int:
        return sum(len(phase.mixed) for phase in self._phases)

    def admit(self, leg: Leg) -> None:
        """A new leg, in the emptiest phase."""
        leg.phase = min(range(COUNT), key=lambda index: self._members[index])
        self._members[leg.phase] += 1
        self.reroute({leg.leg_id})

    def dismiss(self, leg: Leg) -> None:
        """A leg that ended; its entries are gone already."""
        phase = self._phases[leg.phase]
        phase.forget(leg.leg_id)
        phase.digits.pop(leg.leg_id, None)
        self._members[leg.phase] -= 1

    def want_digits(self, leg: Leg) -> None:
        self._phases[leg.phase].digits[leg.leg_id] = leg

    def stall(self, leg: Leg, source: Leg) -> None:
        """A forwarded row got nothing for a while: it hears silence until its source comes back."""
        self._phases[leg.phase].stalled.setdefault(leg.leg_id, (leg, source))

    # ---- routing ---------------------------------------------------------------------------------------------------

    def reroute(self, touched: Iterable[str]) -> None:
        """Rows or columns of these names changed."""
        names: set[str] = set()
        for name in touched:
            if name not in names:
                joined = self._matrix.together(name)
                self._gather([self._legs[other] for other in sorted(joined) if other in self._legs])
                names |= joined
        legs = [self._legs[name] for name in names if name in self._legs]
        for leg in legs:
            self._place(leg)
        for leg in legs:
            self._listeners(leg)

    def _gather(self, legs: list[Leg]) -> None:
        """One phase for all: the one most of them have."""
        if not legs:
            return
        votes = Counter(leg.phase for leg in legs)
        chosen = min(votes, key=lambda phase: (-votes[phase], phase))
        for leg in legs:
            if leg.phase != chosen:
                old = self._phases[leg.phase]
                old.forget(leg.leg_id)
                if old.digits.pop(leg.leg_id, None) is not None:
                    self._phases[chosen].digits[leg.leg_id] = leg
                self._members[leg.phase] -= 1
                self._members[chosen] += 1
                leg.phase = chosen

    def _place(self, leg: Leg) -> None:
        """Put the leg's row where it is worked on."""
        phase = self._phases[leg.phase]
        phase.forget(leg.leg_id)
        kind = self._matrix.kind(leg.leg_id)
        if kind is RowKind.EMPTY:
            phase.empty[leg.leg_id] = leg
        elif kind is RowKind.MIXED:
            phase.mixed[leg.leg_id] = leg
            phase.stale = True
        else:
            source = self._sources.get(next(iter(self._matrix.row(leg.leg_id))))
            if source is not None:
                phase.plays[leg.leg_id] = (leg, source)

    def _listeners(self, leg: Leg) -> None:
        """Who takes this leg's packets as they come, and whether it is mixed anywhere."""
        forwards: list[str] = []
        mixed: list[str] = []
        for name in self._matrix.sinks(leg.leg_id):
            (forwards if self._matrix.kind(name) is RowKind.FORWARD else mixed).append(name)
        leg.forwards = tuple(self._legs[name] for name in sorted(forwards))
        leg.echo = frozenset(mixed)
        if mixed and leg.jitter is None:
            leg.jitter = JitterBuffer(leg.law)
        elif not mixed:
            leg.jitter = None

    def renew(self, leg: Leg) -> None:
        """The leg's law may have changed: plans that mention it are built again."""
        if leg.jitter is not None and leg.jitter.law is not leg.law:
            leg.jitter = JitterBuffer(leg.law)
        self._phases[leg.phase].stale = True

    def _plan(self, phase: Phase) -> MixPlan | None:
        indices: dict[str, int] = {}
        sources: list[tuple[Law, Callable[[], bytes]]] = []
        rows: list[Row] = []
        for leg in phase.mixed.values():
            entries = []
            for name, gain in self._matrix.row(leg.leg_id).items():
                if name not in indices:
                    indices[name] = len(sources)
                    sources.append(self._source(name, leg))
                entries.append((indices[name], gain))
            rows.append((leg.law, entries))
        return MixPlan(sources, rows) if rows else None

    def _source(self, name: str, sink: Leg) -> tuple[Law, Callable[[], bytes]]:
        source = self._sources.get(name)
        if source is not None:
            return Law.MU, partial(_play, source, sink)
        buffer = self._legs[name].jitter
        if buffer is None:  # every source of a mixed row was given one by _listeners
            buffer = self._legs[name].jitter = JitterBuffer(self._legs[name].law)
        return buffer.law, buffer.pull

    # ---- ticking ---------------------------------------------------------------------------------------------------

    def tick(self, index: int, now: int) -> None:
        """All that phase `index` has to make for the next 20 ms."""
        phase = self._phases[index]
        for leg in list(phase.digits.values()):
            if leg.sending or (leg.carries and leg.event_number is not None):
                self._relay.send_event(leg, now)
            if not leg.digits_out.busy:
                del phase.digits[leg.leg_id]
        for leg, played in list(phase.plays.values()):
            if leg.ready:
                self._speak(leg, played.pull(leg.law), now)
                if played.finished:
                    self._on_finished(played, now)
        for leg in phase.empty.values():
            self._speak(leg, SILENT_FRAME[leg.law], now)
        for leg, source in list(phase.stalled.values()):
            if now - source.heard_at < BACK_AFTER and not (source.hushed and source.secret(now)):
                del phase.stalled[leg.leg_id]
            else:
                self._speak(leg, SILENT_FRAME[leg.law], now)
        if phase.mixed or phase.stale:
            self._mix(phase, now)

    def _mix(self, phase: Phase, now: int) -> None:
        if phase.stale:
            phase.plan, phase.stale = self._plan(phase), False
        if phase.plan is None:
            return
        legs = list(phase.mixed.values())
        for leg, frame in zip(legs, phase.plan.run(), strict=True):
            self._speak(leg, frame, now)
        for leg in legs:
            for name in list(self._matrix.row(leg.leg_id)):
                source = self._sources.get(name)
                if source is not None and source.finished:
                    self._on_finished(source, now)

    def _speak(self, leg: Leg, frame: bytes, now: int) -> None:
        if leg.sending and not leg.digits_out.busy:
            self._relay.send_frame(leg, frame, now)


def _play(source: Source, sink: Leg) -> bytes:
    """A source's next frame for a mixed row; it waits until its leg can hear."""
    return source.pull(Law.MU) if sink.ready else SILENT_FRAME[Law.MU]
