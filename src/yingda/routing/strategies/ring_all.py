"""Ring all: every free agent at once, the first to answer has the caller. The order is that of longest idle."""

from __future__ import annotations

from yingda.routing.strategies.longest_idle import LongestIdle


class RingAll(LongestIdle):
    """How many are rung is for the offering; a token each makes sure that only one gets the caller."""
