"""Seeded worlds around the pure cores: a virtual clock, callers, agents, and a watch that believes nothing.

* `small.small(seed)` for races, `full.full(seed)` for the books; `.run()` raises `BrokenError` with the seed and the
  last steps. `survey.survey(kind, seeds)` runs many and tallies steps and hazards.
* `day.events(seed, contacts=2000)`: a whole day of a centre as the ledger would hold it.
* `python -m yingda.sim --worlds small --seeds 0-1000` prints one JSON object.
* `faults` holds what must be found: each is a distributor with one mistake in it.
"""
