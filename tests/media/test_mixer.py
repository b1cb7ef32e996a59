"""The mixer's two ways of summing agree, and a big conference is heard as its gains say."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from tests.media.lab import Lab, level, sine
from yingda.media import mixer
from yingda.media.g711 import FRAME, Law, encode
from yingda.media.mixer import MixPlan, Row


def plan(seed: int, rows: int, sources: int, entries: int) -> tuple[list[Row], list[bytes]]:
    rng = np.random.default_rng(seed)
    frames = [encode(rng.integers(-900, 900, FRAME).astype(np.int16), Law(index % 2)) for index in range(sources)]
    made: list[Row] = []
    for index in range(rows):
        picked = rng.choice(sources, entries, replace=False)
        made.append((Law(index % 2), [(int(source), float(rng.uniform(0.1, 2.0))) for source in picked]))
    return made, frames


@pytest.mark.parametrize("seed", range(5))
def test_both_ways_of_summing_agree(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    rows, frames = plan(seed, 12, 15, 4)
    results = []
    for bound in (0, 1_000):
        monkeypatch.setattr(mixer, "FULL_IS_CHEAPER", bound)
        sources = [(Law(index % 2), lambda frame=frame: frame) for index, frame in enumerate(frames)]
        results.append(MixPlan(sources, rows).run())
    assert [len(frame) for frame in results[0]] == [FRAME] * 12
    differing = sum(a != b for one, other in zip(*results, strict=True) for a, b in zip(one, other, strict=True))
    assert differing <= 2  # a sum on the very edge between two codes


def test_a_conference_of_twenty_hears_what_the_gains_say(lab: Lab) -> None:
    count = 20
    tones = [300.0 + 130 * index for index in range(count)]
    phones = [lab.phone(f"leg{index}", sine(tone, -34, 1)) for index, tone in enumerate(tones)]
    pairs = list(itertools.permutations(range(count), 2))
    gains = {(sink, source): 1.0 if (sink + source) % 3 else 0.5 for sink, source in pairs}
    lab.gains(*((f"leg{sink}", f"leg{source}", gain) for (sink, source), gain in gains.items()))
    lab.run(2_200)
    assert len({leg.phase for leg in lab.engine.legs.values()}) == 1
    for sink in (0, 7, 19):
        heard = phones[sink].audio(1.0)
        for source, tone in enumerate(tones):
            measured = level(heard, tone)
            if source == sink:
                assert measured < -60
            else:
                assert abs(measured - (-34 + 20 * np.log10(gains[sink, source]))) < 0.5


def test_phases_share_the_work(lab: Lab) -> None:
    for index in range(16):
        lab.phone(f"leg{index}")
    assert sorted(leg.phase for leg in lab.engine.legs.values()) == sorted([0, 1, 2, 3] * 4)
    lab.bridge("leg0", "leg1")
    lab.gains(("leg2", "leg1", 0.5))
    phases = {lab.engine.legs[name].phase for name in ("leg0", "leg1", "leg2")}
    assert len(phases) == 1
    lab.run(100)
    assert all(len(phone.heard) >= 3 for phone in lab.phones.values())
