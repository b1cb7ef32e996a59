"""Why this agent got this entry: what is kept with every offer, and how it is recomputed.

A decision names the rule (the strategy), the version of the configuration, the pool in which the two met, how many
waited and were idle, and the five best candidates with what the strategy measured of each. The measures alone give the
ranks again, so anybody can check later that the best was chosen (`recomputed`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from yingda.routing.pool import Pool
from yingda.routing.pools import Pools
from yingda.routing.router import Choice
from yingda.routing.strategies import STRATEGIES

MOST_CANDIDATES: Final = 5
Decision = dict[str, Any]


def decision(pools: Pools, choice: Choice, version: int, *, candidates: bool) -> Decision:
    """What is kept. Made before the pair is taken out of the lines."""
    pool = choice.pool
    kept: Decision = {
        "rule": pools.groups.rules_of(pool.queue_id).strategy,
        "config": version,
        "waiting": choice.waiting,
        "idle": choice.idle,
        "pool": _described(pool),
    }
    if candidates:
        best = pools.router.best(choice.entry_id, pool, MOST_CANDIDATES)
        kept["best"] = [{"agent_id": agent_id, **pools.measures(pool, agent_id)} for agent_id, _ in best]
    return kept


def recomputed(kept: Mapping[str, Any]) -> str | None:
    """The agent whom the kept measures make the best; None if no candidates were kept."""
    best: Sequence[Mapping[str, Any]] = kept.get("best", ())
    if not best:
        return None
    rank = STRATEGIES[kept["rule"]].rank
    return str(min(best, key=lambda measured: rank(dict(measured)))["agent_id"])


def _described(pool: Pool) -> dict[str, str]:
    described = {"queue_id": pool.queue_id}
    if pool.needs:
        described["needs"] = pool.needs
    if pool.line:
        described["medium"] = pool.line
    if pool.agent_id:
        described["agent_id"] = pool.agent_id
    return described
