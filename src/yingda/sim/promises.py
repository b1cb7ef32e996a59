"""How late each queue is, counted again from every single outcome: what `routing.goals` keeps as running weights."""

from __future__ import annotations

from dataclasses import dataclass, field

from yingda.routing.rules import Rules, us

HALF_LIFE = 900_000_000


@dataclass(slots=True)
class Promises:
    """ended: queue → (at, answered?, good?, bad?) of every entry that left it."""

    ended: dict[str, list[tuple[int, str]]] = field(default_factory=dict)

    def left(self, rules: Rules, queue_id: str, outcome: str, waited: int, at: int) -> None:
        queue = rules.queues.get(queue_id)
        if queue is None:
            return
        late = waited > us(queue.target_s)
        if outcome == "answered":
            kind = "late" if late else "hit"
        elif outcome == "abandoned":
            kind = "abandoned" if waited > us(queue.short_s) else "void"
        else:
            kind = "miss" if late or outcome in ("turned_away", "failed") else "void"
        if kind != "void":
            self.ended.setdefault(queue_id, []).append((at, kind))
        elif queue_id in self.ended:
            self.ended[queue_id].append((at, kind))

    def lateness(self, rules: Rules, queue_id: str, waited: int) -> int:
        queue = rules.queues.get(queue_id)
        if queue is None or not rules.by_goals:
            return 0
        if queue.protected:
            return 1_000_000_000
        late = [0]
        if queue.goals.service_level is not None:
            late.append(self._share(queue_id, ("late", "abandoned", "miss"), ("hit",), 1 - queue.goals.service_level))
        if queue.goals.abandon_rate is not None:
            late.append(self._share(queue_id, ("abandoned",), ("hit", "late"), queue.goals.abandon_rate))
        if queue.goals.wait_s is not None:
            late.append(1000 * max(0, waited) // max(1, us(queue.goals.wait_s)))
        return max(late)

    def _share(self, queue_id: str, bad: tuple[str, ...], good: tuple[str, ...], allowed: float) -> int:
        ended = self.ended.get(queue_id, [])
        latest = ended[-1][0] if ended else 0
        weights = [(2.0 ** ((at - latest) / HALF_LIFE), kind) for at, kind in ended]
        bads: float = sum(weight for weight, kind in weights if kind in bad)
        goods: float = sum(weight for weight, kind in weights if kind in good)
        limit = max(allowed, 0.001)
        return round(1000 * (bads + 2 * limit) / (bads + goods + 2) / limit)
