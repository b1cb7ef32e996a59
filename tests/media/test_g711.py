"""G.711 against its own tables: decision and output values of ITU-T G.711 tables 1a–2b, and the law's structure."""

from __future__ import annotations

import numpy as np
import pytest

from yingda.media.g711 import DECODE, ENCODE, OTHER_LAW, SILENCE, Law, decode, encode

# (character signal as sent, output value) of the ends of every segment, positive half: table 2a, scaled to 16 bit (×4)
MU_POINTS = {
    0xFF: 0, 0xFE: 8, 0xF0: 120, 0xEF: 132, 0xE0: 372, 0xDF: 396, 0xD0: 876, 0xCF: 924, 0xC0: 1_884, 0xBF: 1_980,
    0xB0: 3_900, 0xAF: 4_092, 0xA0: 7_932, 0x9F: 8_316, 0x90: 15_996, 0x8F: 16_764, 0x80: 32_124,
}  # fmt: skip
# table 1a with even bits inverted, scaled to 16 bit (×8)
A_POINTS = {
    0xD5: 8, 0xD4: 24, 0xDA: 248, 0xC5: 264, 0xCA: 504, 0xF5: 528, 0xFA: 1_008, 0xE5: 1_056, 0xEA: 2_016,
    0x95: 2_112, 0x9A: 4_032, 0x85: 4_224, 0x8A: 8_064, 0xB5: 8_448, 0xBA: 16_128, 0xA5: 16_896, 0xAA: 32_256,
}  # fmt: skip


@pytest.mark.parametrize(("law", "points"), [(Law.MU, MU_POINTS), (Law.A, A_POINTS)])
def test_output_values_are_the_recommendations(law: Law, points: dict[int, int]) -> None:
    for code, value in points.items():
        assert DECODE[law][code] == value
        assert DECODE[law][code ^ 0x80] == -value


@pytest.mark.parametrize("law", list(Law))
def test_all_256_codes_come_back(law: Law) -> None:
    codes = bytes(range(256))
    expected = codes if law is Law.A else codes.replace(b"\x7f", b"\xff")  # minus zero
    assert encode(decode(codes, law), law) == expected


# decision values where segments meet (tables 2a and 1a, scaled to 16 bit): the first sample of the upper segment
MU_EDGES = {124: 0xEF, 380: 0xDF, 892: 0xCF, 1_916: 0xBF, 3_964: 0xAF, 8_060: 0x9F, 16_252: 0x8F}
A_EDGES = {512: 0xF5, 1_024: 0xE5, 2_048: 0x95, 4_096: 0x85, 8_192: 0xB5, 16_384: 0xA5}


@pytest.mark.parametrize(("law", "edges"), [(Law.MU, MU_EDGES), (Law.A, A_EDGES)])
def test_decision_values_are_the_recommendations(law: Law, edges: dict[int, int]) -> None:
    for sample, code in edges.items():
        below, at = DECODE[law][ENCODE[law][[sample - 1, sample]]]
        assert ENCODE[law][sample] == code
        assert below < at


@pytest.mark.parametrize(("law", "largest"), [(Law.MU, 32_124), (Law.A, 32_256)])
def test_no_sample_is_further_off_than_half_a_step(law: Law, largest: int) -> None:
    samples = np.arange(-largest, largest + 1)
    coded = DECODE[law][ENCODE[law][samples.astype(np.int16).view(np.uint16)]].astype(np.int64)
    step = np.maximum(8, 2.0 ** np.floor(np.log2(np.abs(samples) + 132)) / 16)
    slack = 4 if law is Law.MU else 16  # µ-law is quantised from 14 bit, A-law from 13 with its lowest step of 16
    assert (np.abs(samples - coded) <= step / 2 + slack).all()
    assert (np.diff(coded) >= 0).all()


@pytest.mark.parametrize("law", list(Law))
def test_the_other_law_and_back_is_one_step_at_most(law: Law) -> None:
    codes = bytes(range(256))
    there = codes.translate(OTHER_LAW[law])
    back = there.translate(OTHER_LAW[1 - law])
    original, returned = decode(codes, law).astype(int), decode(back, law).astype(int)
    step = np.maximum(np.abs(original) / 16, 16)
    assert (np.abs(original - returned) <= step).all()
    silence = decode(SILENCE[law].translate(OTHER_LAW[law]), Law(1 - law))
    assert abs(int(silence[0])) <= 8
