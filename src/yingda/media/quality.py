"""How a leg sounds, and how legs sounded: the E-model of ITU-T G.107 in short form.

For G.711 heard through an endpoint that conceals loss, as nearly all do (G.113 appendix I: Ie 0, Bpl 25.1).
"""

from __future__ import annotations

from collections import Counter

from yingda.media.protocol import LegStatistics

BASE_R = 93.2
LOSS_ROBUSTNESS = 25.1  # Bpl
KNEE_MS = 177.3
POOR_MOS, HIGH_LOSS = 3.6, 0.02
"""Limits of metrics.md section 7, "Quality"."""


def rating(loss_percent: float, delay_ms: float) -> float:
    """R from packet loss (0–100) and mouth-to-ear delay (ms)."""
    delay = 0.024 * delay_ms + (0.11 * (delay_ms - KNEE_MS) if delay_ms > KNEE_MS else 0.0)
    return BASE_R - delay - 95.0 * loss_percent / (loss_percent + LOSS_ROBUSTNESS)


def mos(loss_percent: float, jitter_ms: float, round_trip_ms: float = 0.0, ptime_ms: float = 20.0) -> float:
    """Estimated listening opinion, 1.0–4.5 (G.107 annex B). The buffer is taken as twice the jitter."""
    r = rating(loss_percent, ptime_ms + 2 * jitter_ms + round_trip_ms / 2)
    if r <= 0:
        return 1.0
    return min(4.5, max(1.0, 1 + 0.035 * r + 7e-6 * r * (r - 60) * (100 - r)))


class Quality:
    """What became of the legs of a process's life."""

    def __init__(self) -> None:
        self._counts: Counter[str] = Counter()

    def count(self, leg: LegStatistics) -> None:
        """A leg that has ended."""
        expected = leg.received + leg.lost
        self._counts["legs_ended"] += 1
        self._counts["legs_ended_poor"] += leg.received > 0 and leg.mos < POOR_MOS
        self._counts["legs_ended_lossy"] += leg.lost > HIGH_LOSS * expected
        self._counts["legs_ended_one_way"] += leg.one_way
        self._counts["packets_received"] += leg.received
        self._counts["packets_lost"] += leg.lost

    def figures(self) -> dict[str, float]:
        """Counters by name. The share of legs with MOS below 3.6 is poor ÷ ended."""
        names = ("legs_ended", "legs_ended_poor", "legs_ended_lossy", "legs_ended_one_way")
        return {f"media_{name}_total": self._counts[name] for name in (*names, "packets_received", "packets_lost")}
