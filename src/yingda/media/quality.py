"""How a leg sounds: the E-model of ITU-T G.107 in short form.

For G.711 heard through an endpoint that conceals loss, as nearly all do (G.113 appendix I: Ie 0, Bpl 25.1).
"""

from __future__ import annotations

BASE_R = 93.2
LOSS_ROBUSTNESS = 25.1  # Bpl
KNEE_MS = 177.3


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
