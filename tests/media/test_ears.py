"""Digits, fax tones and who answered, heard in the sound itself."""

from __future__ import annotations

import numpy as np
import pytest
from bench.media.corpus import corpus, judge

from tests.media.lab import NAMES, Lab, Phone, Wave, sine
from tests.media.voice import voice
from yingda.media.activity import Activity
from yingda.media.g711 import FRAME, Law, encode
from yingda.media.inband import COLUMNS, KEYS, ROWS, Tones
from yingda.media.protocol import (
    AnswerDetected,
    Codec,
    ConnectLeg,
    DestroyLeg,
    DigitHeard,
    Listen,
    Play,
    PlayEnded,
    RemoteMedia,
    ToneHeard,
)


def key(digit: str, ms: int, dbfs: float = -16.0, twist_db: float = 0.0, off: float = 1.0) -> Wave:
    """A digit's two tones. twist: the column above the row; off: both frequencies times this."""
    row, column = divmod(KEYS.index(digit), 4)
    low = sine(ROWS[row] * off, dbfs - twist_db / 2, ms / 1_000)
    return low + sine(COLUMNS[column] * off, dbfs + twist_db / 2, ms / 1_000)


def quiet(ms: int) -> Wave:
    return np.zeros(8 * ms)


def found(wave: Wave, law: Law = Law.MU) -> list[tuple[str, int]]:
    tones, heard = Tones(), []
    tones.add()
    samples = np.clip(np.rint(wave), -32_000, 32_000).astype(np.int16)
    for at in range(0, len(samples) - FRAME + 1, FRAME):
        frame = np.frombuffer(encode(samples[at : at + FRAME], law), np.uint8)[None, :]
        heard += [(one.what, one.duration_ms) for one in tones.hear([0], frame, [law])]
    return heard


@pytest.mark.parametrize("law", list(Law))
def test_all_keys_are_heard_once_with_their_duration(law: Law) -> None:
    wave = np.concatenate([np.concatenate([key(digit, 80), quiet(60)]) for digit in KEYS])
    heard = found(wave, law)
    assert [what for what, _ in heard] == list(KEYS)
    assert all(60 <= ms <= 100 for _, ms in heard)


@pytest.mark.parametrize("shift", range(0, 160, 20))
def test_forty_ms_are_a_digit_and_twenty_are_none_wherever_they_fall(shift: int) -> None:
    before = np.zeros(800 + shift)
    for digit in "159D":
        assert [what for what, _ in found(np.concatenate([before, key(digit, 40), quiet(100)]))] == [digit]
        assert found(np.concatenate([before, key(digit, 20), quiet(100)])) == []


def test_twist_level_and_frequency_within_and_beyond_the_bounds() -> None:
    for good in (key("5", 100, twist_db=6), key("5", 100, twist_db=-6), key("5", 100, -33), key("5", 100, off=1.015)):
        assert [what for what, _ in found(np.concatenate([good, quiet(100)]))] == ["5"]
    for bad in (key("5", 100, twist_db=11), key("5", 100, twist_db=-11), key("5", 100, -45), key("5", 100, off=1.06)):
        assert found(np.concatenate([bad, quiet(100)])) == []


def test_a_digit_with_noise_is_heard_and_a_short_break_does_not_double_it() -> None:
    rng = np.random.default_rng(3)
    wave = np.concatenate([key("7", 60), quiet(8), key("7", 60), quiet(100)])
    wave += rng.standard_normal(len(wave)) * 32_124 * 10 ** (-(16 + 15) / 20)
    assert [what for what, _ in found(wave)] == ["7"]


def test_ten_minutes_of_voices_says_no_digit_and_is_no_fax() -> None:
    """Ten voices for a minute, in one batch."""
    tones = Tones()
    waves = []
    for seed in range(10):
        assert tones.add() == seed
        waves.append(np.rint(voice(60, seed)).astype(np.int16))
    rows, count = list(range(10)), 60 * 50
    heard = []
    for at in range(0, count * FRAME, FRAME):
        frames = np.stack([np.frombuffer(encode(wave[at : at + FRAME], Law.MU), np.uint8) for wave in waves])
        heard += tones.hear(rows, frames, [Law.MU] * 10)
    assert heard == []


def test_rows_keep_their_own_state_when_another_leaves() -> None:
    tones = Tones()
    for _ in range(3):
        tones.add()
    silent = np.full((1, FRAME), 0xFF, np.uint8)
    wave = np.rint(np.concatenate([key("3", 80), quiet(80)])).astype(np.int16)
    heard = []
    row = 2
    for index, at in enumerate(range(0, len(wave), FRAME)):
        frame = np.frombuffer(encode(wave[at : at + FRAME], Law.MU), np.uint8)[None, :]
        heard += tones.hear([0, row], np.concatenate([silent, frame]), [Law.MU, Law.MU])
        if index == 1:
            tones.remove(1)
            row = 1
    assert [(one.row, one.what) for one in heard] == [(1, "3")]


# ---- in the engine --------------------------------------------------------------------------------------------------


def plain(lab: Lab, phone: Phone) -> RemoteMedia:
    """The same far end without telephone-event."""
    name, number = NAMES[phone.law]
    codec = Codec(name=name, pt=number)
    return RemoteMedia(address=phone.address, send_codec=codec, receive_codecs=[codec])


@pytest.mark.parametrize("law", list(Law))
def test_a_phone_without_events_is_understood_and_stops_a_prompt(lab: Lab, law: Law) -> None:
    dialled = np.concatenate([quiet(400), *(np.concatenate([key(digit, 100), quiet(100)]) for digit in "42#")])
    one = lab.phone("one", np.append(dialled, np.zeros(80_000)), law)
    lab.do(ConnectLeg(leg_id="one", remote=plain(lab, one)))
    lab.do(Play(play_id="p", leg_id="one", items=["tone:dial"], loop=True, barge_in=True))
    lab.run(1_600)
    digits = [report for report in lab.reports if isinstance(report, DigitHeard)]
    assert "".join(report.digit for report in digits) == "42#"
    assert all(80 <= report.duration_ms <= 120 for report in digits)
    assert [report.why for report in lab.reports if isinstance(report, PlayEnded)] == ["barge_in"]
    lab.do(DestroyLeg(leg_id="one"))
    assert lab.engine.ears.count == 0


def test_where_events_are_agreed_sound_is_not_searched_for_digits(lab: Lab) -> None:
    lab.phone("one", np.concatenate([quiet(300), key("5", 200), np.zeros(8_000)]))
    lab.do(Listen(leg_id="one"))
    lab.run(1_000)
    assert lab.of_kind(DigitHeard) == []


def test_a_fax_is_found_and_said_once(lab: Lab) -> None:
    lab.phone("one", np.append(quiet(500), sine(2_100, -15, 3)))
    lab.do(Listen(leg_id="one"))
    lab.do(Listen(leg_id="one"))
    lab.run(3_000)
    (tone,) = [report for report in lab.reports if isinstance(report, ToneHeard)]
    (answer,) = [report for report in lab.reports if isinstance(report, AnswerDetected)]
    assert (tone.tone, answer.answer) == ("ced", "fax")
    assert answer.features["heard_ms"] < 1_000


def test_who_answered_is_right_nine_times_of_ten_on_sounds_never_trained_on() -> None:
    sounds = list(corpus("test"))
    right = {truth: [0, 0] for truth in {sound.truth for sound in sounds}}
    for sound in sounds:
        right[sound.truth][0] += judge(sound, Activity()) is sound.truth
        right[sound.truth][1] += 1
    for truth, (good, total) in right.items():
        assert good >= 0.9 * total, (truth, good, total)
