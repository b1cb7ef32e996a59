"""The part of a centre's configuration that distribution goes by, small and frozen, with ids as keys."""

from __future__ import annotations

from functools import lru_cache
from typing import Final, Literal

import msgspec

from yingda.kernel.calendar import Calendar
from yingda.kernel.clock import SECOND
from yingda.routing.capacity import VOICE_ONLY, Capacity

ReasonClass = Literal["work", "break"]
Strategy = Literal[
    "longest_idle", "fewest_calls", "even_share", "fixed_order", "most_qualified", "skill_score", "ring_all"
]

NO_ANSWER: Final = "no_answer"
DEVICE_FAILED: Final = "device_failed"
NOT_READY: Final = "not_ready"

_OWN_REASONS: Final[dict[str, ReasonClass]] = {NO_ANSWER: "work", DEVICE_FAILED: "work", NOT_READY: "work"}
"""Busy reasons every centre has: set by the house, or by an agent who signs in without being ready."""


class Skill(msgspec.Struct, frozen=True):
    """One line of an agent's résumé (ACD-12). level, preference: 1–9; exclude: never ask him for it."""

    level: int = 1
    preference: int = 5
    exclude: bool = False


class Weights(msgspec.Struct, frozen=True):
    """How much each term of the skill score counts (ACD-14): 0–100. time_to_max_s: a wait that counts in full."""

    under: int = 100
    over: int = 20
    extra: int = 5
    preference: int = 20
    prohibited: int = 100
    queue_time: int = 50
    time_to_max_s: float = 300


class Goals(msgspec.Struct, frozen=True):
    """What a queue promises; None: nothing. Shares from 0 to 1, the wait in seconds."""

    service_level: float | None = None
    abandon_rate: float | None = None
    wait_s: float | None = None


class Escalation(msgspec.Struct, frozen=True):
    """What happens to an entry still waiting after `after_s`: it also waits in `also`, or its needs become `needs`, or
    it leaves: to another queue (`move`), or `turn_away`; or `overflow`: the channel is asked to do what the rule of
    this name says (`effects.Overflow`). Only if the condition `when` holds then ("": always). sites: an overflow to the
    one of these sister centres that would answer soonest, if `sooner_s` sooner than here at least."""

    name: str
    after_s: float
    when: str = ""
    also: str | None = None
    needs: str | None = None
    move: str | None = None
    turn_away: bool = False
    overflow: bool = False
    sites: tuple[str, ...] = ()
    sooner_s: float = 0


class Arrival(msgspec.Struct, frozen=True):
    """A rule for entries that come in: if `when` holds, the priority is raised and the needs tried first are set."""

    name: str
    when: str = ""
    priority: int = 0
    first: str = ""
    patience_s: float = 0


class CallbackRules(msgspec.Struct, frozen=True):
    """How customers of a queue are called back (ACD-39). Times in seconds. attempts: how often at most; retry_s: pauses
    after the first, second, … that failed, the last one repeated; promise_s: within which the first is promised;
    keep_s: after which it expires. preview: agents see it first and may delete it; otherwise it is theirs at once."""

    attempts: int = 3
    retry_s: tuple[float, ...] = (300, 900)
    promise_s: float = 3_600
    keep_s: float = 86_400
    preview: bool = False


class QueueRules(msgspec.Struct, frozen=True):
    """What holds for the entries of a queue. Times in seconds, as events carry them.

    needs: who may serve it, besides those who list it. order: agents in the order of `fixed_order`. last_agent_s: how
    long an entry waits for the agent it wishes for. gap_s: pause after a call before the next (ACD-43). wrapup_min_s:
    the shortest wrap-up; mandatory: only the limit or the form ends it. protected: comes before every goal. keep_free:
    so many idle agents are kept for its own entries; those of other queues get only who is idle beyond that.
    """

    queue_id: str
    target_s: float = 20
    short_s: float = 5
    ring_limit_s: float = 20
    wrapup_s: float = 20
    longest_wait_s: float = 1_800
    needs: str = ""
    strategy: Strategy = "longest_idle"
    order: tuple[str, ...] = ()
    weights: Weights = Weights()
    goals: Goals = Goals()
    protected: bool = False
    last_agent_s: float = 20
    arrivals: tuple[Arrival, ...] = ()
    escalations: tuple[Escalation, ...] = ()
    auto_answer: bool = False
    gap_s: float = 0
    wrapup_min_s: float = 0
    mandatory: bool = False
    min_agents: int = 0
    keep_free: int = 0
    callbacks: CallbackRules = CallbackRules()
    hours: Calendar | None = None


class AgentProfile(msgspec.Struct, frozen=True):
    """Which queues an agent serves, what he can, after how many unanswered offers in a row he is taken to be away, how
    much he may do at a time."""

    agent_id: str
    queues: tuple[str, ...] = ()
    no_answer_busy_after: int = 1
    skills: dict[str, Skill] = {}
    capacity: Capacity = VOICE_ONLY
    shift: Calendar | None = None

    def levels(self) -> dict[str, int]:
        """Skill → level, without those he is not to be asked for."""
        return {name: skill.level for name, skill in self.skills.items() if not skill.exclude}


class Reason(msgspec.Struct, frozen=True):
    """A busy reason. most: how many agents at once (0: any number); limit_s: how long at most (0: no limit)."""

    reason_class: ReasonClass
    most: int = 0
    limit_s: float = 0


DIRECT: Final = QueueRules(queue_id="direct")
"""The pseudo-queue of calls straight to an agent (metrics.md section 4)."""

PSEUDO_QUEUES: Final = {
    DIRECT.queue_id: DIRECT,
    "outbound": QueueRules(queue_id="outbound"),
    "internal": QueueRules(queue_id="internal", wrapup_s=0),
}
"""Of calls that wait in no queue: straight to an agent, his own dialling, calls without a customer."""


class Rules(msgspec.Struct, frozen=True):
    """version: of the configuration. point_s: seconds of waiting that weigh as much as one point of priority; 0: the
    higher priority always comes first. by_goals: who is most behind its goal gets the agent; otherwise first in, first
    out. explain: keep the candidates with every decision. zone: of the hours in conditions.
    names: what people call the queues → ids, for conditions; calendars: by the name people give them. stale_s: what a
    sister centre said so long ago counts no more."""

    queues: dict[str, QueueRules] = {}
    agents: dict[str, AgentProfile] = {}
    reasons: dict[str, ReasonClass | Reason] = {}
    version: int = 0
    point_s: float = 0
    by_goals: bool = False
    explain: bool = True
    zone: str = "UTC"
    names: dict[str, str] = {}
    calendars: dict[str, Calendar] = {}
    stale_s: float = 15

    def reason_class(self, reason: str) -> ReasonClass | None:
        """work or break; None for a reason nobody has defined."""
        found = self.reasons.get(reason)
        if isinstance(found, Reason):
            return found.reason_class
        return found or _OWN_REASONS.get(reason)

    def limits(self, reason: str) -> Reason | None:
        """Quota and limit of a busy reason, if it has any."""
        found = self.reasons.get(reason)
        return found if isinstance(found, Reason) else None


@lru_cache(maxsize=4096)
def us(seconds: float) -> int:
    """Configured seconds in µs; there are few, and each is asked for with every call."""
    return round(seconds * SECOND)
