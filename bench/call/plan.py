"""The plan of a run: who dials when, what agents do with it, and what should come of it.

Everybody has a tone of his own. The tones are chosen so that neither one of them nor its harmonics (which G.711 adds,
and sampling folds back) comes near another; that is tested.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any

from bench.sound import Law

CALLED = "95001"
QUEUE = "bench"
GREETING_HZ, GREETING_S = 890, 0.6
MUSIC_HZ = 1_378
NUMBER_DIGITS = 11
RING_S = 0.3
"""How long an agent who answers lets it ring."""

RING_LIMIT_S, WRAPUP_S, SHORT_S, TARGET_S = 3.0, 1.0, 1.0, 3.0


class Act(StrEnum):
    """What an agent does with an offer."""

    ANSWER = "answer"
    DECLINE = "decline"
    IGNORE = "ignore"


@dataclass(frozen=True)
class CallerPlan:
    """stay_s: hangs up so long after being answered by the centre. talk_s: the agent hangs up after so long a talk.

    acts: what is done with the first offer of this call, the second, ...; outcome: answered or abandoned.
    """

    number: str
    tone_hz: int
    codec: Law
    outcome: str
    part: str
    stay_s: float
    talk_s: float | None = None
    acts: tuple[Act, ...] = (Act.ANSWER,)


@dataclass(frozen=True)
class AgentPlan:
    number: str
    extension: str
    username: str
    tone_hz: int
    codecs: tuple[Law, ...]


@dataclass(frozen=True)
class Wave:
    """Callers who dial at `after_s` from the wave's moment: everybody before them has hung up and every agent is idle,
    or (overtakes) every agent is talking. Those who dial at the same `after_s` dial within the same millisecond.
    """

    name: str
    callers: tuple[tuple[float, CallerPlan], ...]
    overtakes: bool = False

    def may_begin(self, states: Sequence[str]) -> bool:
        """Whether the agents are in the state it waits for."""
        return set(states) == {"talking" if self.overtakes else "idle"}


@dataclass(frozen=True)
class Plan:
    agents: tuple[AgentPlan, ...]
    waves: tuple[Wave, ...]

    @property
    def callers(self) -> list[CallerPlan]:
        return [caller for wave in self.waves for _, caller in wave.callers]


@dataclass
class _Dialler:
    """Makes callers, each with the next number and tone, and the codecs in turn."""

    made: int = field(default=0)

    def _next(self, part: str, outcome: str, stay_s: float, talk_s: float | None, acts: tuple[Act, ...]) -> CallerPlan:
        number, self.made = self.made, self.made + 1
        codec: Law = "PCMA" if number % 2 == 0 else "PCMU"
        return CallerPlan(f"138001380{number + 1:02d}", 354 + 14 * number, codec, outcome, part, stay_s, talk_s, acts)

    def hangs_up(self, part: str, stay_s: float = 3.6, acts: tuple[Act, ...] = (Act.ANSWER,)) -> CallerPlan:
        """Answered; the caller ends it."""
        return self._next(part, "answered", stay_s, None, acts)

    def is_hung_up(self, part: str, talk_s: float = 2.2, acts: tuple[Act, ...] = (Act.ANSWER,)) -> CallerPlan:
        """Answered; the agent ends it."""
        return self._next(part, "answered", 40.0, talk_s, acts)

    def gives_up(self, part: str, stay_s: float, acts: tuple[Act, ...] = ()) -> CallerPlan:
        """Leaves before an agent answers."""
        return self._next(part, "abandoned", stay_s, None, acts)


def agents() -> tuple[AgentPlan, ...]:
    """Four, two of whom prefer A-law and two µ-law."""
    prefers: tuple[tuple[Law, ...], ...] = (("PCMA", "PCMU"), ("PCMU", "PCMA"), ("PCMA",), ("PCMU",))
    return tuple(
        AgentPlan(str(1001 + place), str(8001 + place), f"agent{place + 1}", 1_758 + 131 * place, codecs)
        for place, codecs in enumerate(prefers)
    )


def full_plan() -> Plan:
    """20 calls that are answered and 3 that are abandoned."""
    new = _Dialler()
    first = Wave(
        "two at the same instant",
        (
            (0.0, new.hangs_up("same instant")),
            (0.0, new.hangs_up("same instant")),
            (0.4, new.is_hung_up("plain")),
            (0.8, new.hangs_up("plain")),
        ),
    )
    second = Wave(
        "one declined, one not answered by the first agent",
        (
            (0.0, new.is_hung_up("declined", acts=(Act.DECLINE, Act.ANSWER))),
            (0.7, new.hangs_up("no answer", RING_LIMIT_S + 4.2, acts=(Act.IGNORE, Act.ANSWER))),
            (1.0, new.hangs_up("plain")),
            (1.3, new.hangs_up("plain")),
            (1.6, new.is_hung_up("waits for an agent")),
            (1.9, new.is_hung_up("waits for an agent")),
        ),
    )
    third = Wave("all agents are taken", tuple((0.1 * n, new.is_hung_up("takes an agent", 4.5)) for n in range(4)))
    fourth = Wave(
        "those who find all agents busy",
        (
            (0.0, new.gives_up("hangs up at once while all are busy", GREETING_S + 0.5)),
            (0.2, new.gives_up("hangs up after waiting longer than short_s", GREETING_S + 1.9)),
            *((0.4 + 0.3 * n, new.is_hung_up("waits for an agent")) for n in range(4)),
        ),
        overtakes=True,
    )
    fifth = Wave(
        "one leaves while it rings",
        (
            (0.0, new.gives_up("hangs up during ringing", GREETING_S + 1.4, (Act.IGNORE,))),
            (0.3, new.hangs_up("plain")),
            (0.6, new.hangs_up("plain")),
        ),
    )
    return Plan(agents(), (first, second, third, fourth, fifth))


def short_plan() -> Plan:
    """The smallest run that still holds each kind of call: for trying things out."""
    new = _Dialler()
    first = Wave(
        "short run",
        (
            (0.0, new.hangs_up("same instant")),
            (0.0, new.is_hung_up("same instant")),
            (0.5, new.is_hung_up("declined", acts=(Act.DECLINE, Act.ANSWER))),
            (0.6, new.gives_up("hangs up during ringing", GREETING_S + 1.4, (Act.IGNORE,))),
        ),
    )
    return Plan(agents(), (first,))


PLANS = {"full": full_plan, "short": short_plan}


def plan_number(text: str) -> str:
    """A caller's number as the plan writes it, out of however a phone or an API shows it (+86…, with spaces …)."""
    return "".join(char for char in text if char.isdigit())[-NUMBER_DIGITS:]


def save(plan: Plan, addresses: dict[str, Any], file: Path) -> None:
    """Write what the check needs to know of the run: the plan, and who was where (`addresses`)."""
    file.write_text(json.dumps({"plan": asdict(plan), "addresses": addresses}, indent=1), encoding="utf-8")


def load(file: Path) -> tuple[Plan, dict[str, Any]]:
    """The plan and the addresses that `save` wrote."""
    raw = json.loads(file.read_text(encoding="utf-8"))
    return (
        Plan(
            tuple(AgentPlan(**{**agent, "codecs": tuple(agent["codecs"])}) for agent in raw["plan"]["agents"]),
            tuple(_wave(wave) for wave in raw["plan"]["waves"]),
        ),
        raw["addresses"],
    )


def _wave(raw: dict[str, Any]) -> Wave:
    callers = tuple(
        (after, CallerPlan(**{**caller, "acts": tuple(Act(act) for act in caller["acts"])}))
        for after, caller in raw["callers"]
    )
    return Wave(raw["name"], callers, raw["overtakes"])
