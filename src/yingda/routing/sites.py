"""Sister centres (ACD-65): what each said of its load last, and which of them would answer a waiting entry soonest.

What they say comes in as inputs and is written down (`site.told`), so the same events give the same choices
(`queue.site_chosen`). Both sides are reckoned alike (`answer_in`), here and there. Whoever was sent since a site spoke
last is added to its line, so that one quiet site does not get everybody at once.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import msgspec

from yingda.kernel.clock import SECOND


class QueueLoad(msgspec.Struct, frozen=True):
    """A queue's load. staffed: agents signed in who serve it. between_s: how long from one answer to the next of late
    (0: nobody has been answered yet)."""

    waiting: int
    idle: int
    staffed: int
    between_s: float = 0.0


class SiteLoad(msgspec.Struct):
    """queues: by our queue. told_at: µs UTC. sent: whom we sent since, by our queue."""

    site_id: str
    told_at: int
    queues: dict[str, QueueLoad]
    sent: dict[str, int] = msgspec.field(default_factory=dict)


class Seen(msgspec.Struct, frozen=True):
    """What a decision sees of a site. answer_in_s: None if nobody there would answer, or nobody can say when.
    age_us: how old its word is."""

    site_id: str
    answer_in_s: float | None
    age_us: int


def answer_in(load: QueueLoad, ahead: int) -> float | None:
    """In how long (s) somebody with so many ahead of him will be answered. None: never, or nobody can say."""
    if load.staffed <= 0:
        return None
    if load.idle > ahead:
        return 0.0
    return round((ahead - load.idle + 1) * load.between_s, 1) if load.between_s > 0 else None


def soonest(seen: Iterable[Seen], here_s: float | None, *, staffed_here: bool, sooner_s: float) -> str | None:
    """The site that answers soonest, the first of equals, if that is `sooner_s` sooner than here at least.

    With nobody here any site is sooner; where nobody can say how long it takes here, the caller stays.
    """
    answering = [(one.answer_in_s, place, one.site_id) for place, one in enumerate(seen) if one.answer_in_s is not None]
    if not answering or (staffed_here and here_s is None):
        return None
    best_s, _, site_id = min(answering)
    return site_id if here_s is None or best_s + sooner_s <= here_s else None


def reasons(seen: Sequence[Seen], here_s: float | None, *, staffed_here: bool, sooner_s: float) -> dict[str, Any]:
    """What is kept with a choice, so that anybody can make it again (`chosen_again`)."""
    sites = [{"site_id": one.site_id, "answer_in_s": one.answer_in_s, "age_us": one.age_us} for one in seen]
    return {"here_s": here_s, "staffed_here": staffed_here, "sooner_s": sooner_s, "sites": sites}


def chosen_again(kept: Mapping[str, Any]) -> str | None:
    """The site that the kept reasons make the soonest."""
    seen = [Seen(one["site_id"], one["answer_in_s"], one["age_us"]) for one in kept["sites"]]
    return soonest(seen, kept["here_s"], staffed_here=kept["staffed_here"], sooner_s=kept["sooner_s"])


class Sites:
    """loads: as they were told last, by site."""

    def __init__(self, loads: Iterable[SiteLoad] = ()) -> None:
        self.loads = {load.site_id: load for load in loads}

    def told(self, site_id: str, queues: Mapping[str, QueueLoad], now: int) -> None:
        self.loads[site_id] = SiteLoad(site_id, now, dict(queues))

    def sent(self, site_id: str, queue_id: str) -> None:
        load = self.loads[site_id]
        load.sent[queue_id] = load.sent.get(queue_id, 0) + 1

    def seen(self, queue_id: str, site_ids: Sequence[str], stale_s: float, now: int) -> list[Seen]:
        """The sites whose word is not too old and concerns this queue."""
        found = []
        for site_id in site_ids:
            load = self.loads.get(site_id)
            if load is None or queue_id not in load.queues or now - load.told_at > stale_s * SECOND:
                continue
            queue = load.queues[queue_id]
            ahead = queue.waiting + load.sent.get(queue_id, 0)
            found.append(Seen(site_id, answer_in(queue, ahead), now - load.told_at))
        return found
