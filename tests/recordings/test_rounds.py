"""Reconciliation: every answered handling has its file or is found out, and every file has its handling."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

import pytest

from tests.recordings.centre import NOON, Place, wav
from yingda.kernel.clock import SECOND
from yingda.kernel.config.centre import Recordings
from yingda.kernel.event import DEFAULT_TENANT
from yingda.recordings.disk import Folder
from yingda.recordings.keeper import Keeper
from yingda.recordings.paths import path_of
from yingda.recordings.rounds import LOOK_BACK, Rounds

DAY = 86_400


def rounds(place: Place) -> Rounds:
    return Rounds(place.store, Folder(place.recordings), DEFAULT_TENANT, place.clock.now())


def found(rounds: Rounds, now: int) -> dict[str, int]:
    """What a round finds, by kind, without zeros; each with its sentence."""
    rounds.round(now)
    counts = {str(kind): count for kind, count in rounds.counts.items() if count}
    assert {key for key, sentence in rounds.alarms().items() if sentence} == {f"recordings_{kind}" for kind in counts}
    return counts


def old(file: Path, at: int) -> None:
    os.utime(file, ns=(at * 1_000, at * 1_000))


def test_a_whole_recording_is_filed(place: Place) -> None:
    looking = rounds(place)
    file = place.recorded("c1")
    assert found(looking, place.clock.now()) == {}
    filed = place.filed("c1")
    assert filed is not None
    assert (filed.form, filed.path) == ("wav", str(file.relative_to(place.recordings)))
    assert (filed.bytes, filed.key_id, filed.superseded) == (file.stat().st_size, None, None)
    assert filed.ended == NOON + 3 * SECOND


def test_an_answered_handling_without_a_file_is_found_within_a_minute(place: Place) -> None:
    looking = rounds(place)
    path = place.connect("c1")
    assert found(looking, place.later(20)) == {}
    assert found(looking, place.later(20)) == {"absent": 1}
    assert path in (looking.alarms()["recordings_absent"] or "")
    place.write(path, wav(1))
    assert found(looking, place.later(10)) == {}


@pytest.mark.parametrize(("queue", "role"), [(1, "primary"), (0, "assisting")])
def test_what_is_not_recorded_is_not_missed(place: Place, queue: int, role: str) -> None:
    looking = rounds(place)
    place.connect("c1", queue=queue, role=role)
    assert found(looking, place.later(600)) == {}


def test_a_call_among_colleagues_is_not_missed_and_one_of_their_own_is(place: Place) -> None:
    looking = rounds(place)
    for name, queue_id, origin in (("inside", "internal", "internal"), ("called", "internal", "direct")):
        place.say("handling.started", name, handling_id=f"{name}-h", role="primary", queue_id=queue_id, origin=origin)
        place.say("handling.connected", name, handling_id=f"{name}-h")
    assert found(looking, place.later(600)) == {}
    place.say("handling.started", "own", handling_id="own-h", role="primary", queue_id="outbound", origin="dial")
    place.say("handling.connected", "own", handling_id="own-h")
    assert found(looking, place.later(600)) == {"absent": 1}


def test_the_configuration_of_that_moment_says_what_is_due(place: Place) -> None:
    looking = rounds(place)
    place.connect("due")
    place.configure(Recordings(), recorded=False)
    place.connect("not due")
    assert found(looking, place.later(60)) == {"absent": 1}
    assert "due/due-h" in (looking.alarms()["recordings_absent"] or "")


def test_who_was_consulted_outside_has_a_file_beside_and_the_talks_is_due_all_the_same(place: Place) -> None:
    looking, sound = rounds(place), wav(1)
    place.connect("c1")
    place.later(86_400)
    path = path_of(DEFAULT_TENANT, NOON, "c1", "c1-h", "leg")
    file = place.write(path, sound)
    named = {"recording_id": "c1-r", "handling_id": "c1-h", "leg_id": "leg"}
    place.say("recording.started", "c1", **named)
    old(file, NOON)
    assert found(looking, place.clock.now()) == {"absent": 1}
    place.say("recording.ended", "c1", **named, duration_ms=1_000, checksum=hashlib.sha256(sound).hexdigest())
    assert found(looking, place.clock.now()) == {"absent": 1}  # the talk's
    filed = place.filed("c1")
    assert filed is not None and filed.path == path
    old(place.write(path_of(DEFAULT_TENANT, NOON, "c1", "c1-h", "other"), sound), NOON)
    assert found(looking, place.clock.now()) == {"absent": 1, "unknown": 1}


def test_a_recording_on_the_books_as_missing_needs_no_second_alarm(place: Place) -> None:
    looking = rounds(place)
    for name, data in (("began", {"recording_id": "began-r"}), ("never", {})):
        place.connect(name)
        place.say("recording.missing", name, handling_id=f"{name}-h", reason="disk_full", **data)
    assert found(looking, place.later(60)) == {}
    assert place.filed("began") is None


def test_what_there_is_of_a_missing_recording_is_filed(place: Place) -> None:
    looking = rounds(place)
    place.write(place.connect("c1"), wav(1))
    place.say("recording.missing", "c1", recording_id="c1-r", handling_id="c1-h", reason="disk_full")
    assert found(looking, place.later(60)) == {}
    assert place.filed("c1") is not None


def test_a_file_that_is_gone_after_its_end(place: Place) -> None:
    looking = rounds(place)
    place.recorded("c1").unlink()
    assert found(looking, place.clock.now()) == {"absent": 1}
    assert place.filed("c1") is None


@pytest.mark.parametrize("change", ["a byte", "shorter", "the book's length"])
def test_a_file_that_is_not_what_was_recorded(place: Place, change: str) -> None:
    looking = rounds(place)
    audio = bytearray(wav(3))
    path = place.connect("c1")
    file = place.write(path, bytes(audio))
    place.later(3)
    place.end("c1", bytes(audio), duration_ms=2_900 if change == "the book's length" else None)
    if change == "a byte":
        audio[1_000] ^= 1
    file.write_bytes(bytes(audio[:-100] if change == "shorter" else audio))
    assert found(looking, place.later(1)) == {"altered": 1}
    assert found(looking, place.later(30)) == {"altered": 1}
    assert place.filed("c1") is None


def test_a_file_that_is_put_right_is_filed(place: Place) -> None:
    looking = rounds(place)
    file = place.recorded("c1")
    whole = file.read_bytes()
    file.write_bytes(whole[:-1])
    assert found(looking, place.clock.now()) == {"altered": 1}
    file.write_bytes(whole)
    assert found(looking, place.clock.now()) == {}
    assert place.filed("c1") is not None


def test_files_that_belong_to_nothing(place: Place) -> None:
    known = place.recorded("c1")
    day = known.parent.parent.relative_to(place.recordings)
    stranger = place.write(f"{day}/c1/somebody.wav", b"x")
    elsewhere = place.write(f"{DEFAULT_TENANT}/2020/02/29/c9/c9-h.wav", b"x")
    young = place.write(f"{day}/c7/c7-h.wav", b"x")
    now = place.later(DAY // 2 - 3_600)
    for file in (known, stranger, elsewhere):
        old(file, now - 1_000 * SECOND)
    old(young, now)
    looking = rounds(place)
    assert found(looking, now) == {"unknown": 2}
    stranger.unlink()
    assert found(looking, place.later(30)) == {"unknown": 1}
    assert "2020/02/29/c9/c9-h.wav" in (looking.alarms()["recordings_unknown"] or "")


def test_a_message_is_filed_and_missed_like_a_recording(place: Place) -> None:
    looking = rounds(place)
    file = place.left("c1")
    assert found(looking, place.clock.now()) == {}
    filed = place.filed("c1")
    assert filed is not None and filed.path == str(file.relative_to(place.recordings))
    place.left("c2").unlink()
    place.say("message.received", "c3", message_id="text", medium="chat", author="customer")
    assert found(looking, place.clock.now()) == {"absent": 1}


def test_what_callers_threw_away_goes_and_what_they_left_stays(place: Place) -> None:
    left = place.left("c1")
    folder = left.parent.parent
    thrown_away, fresh = folder / "c1" / "first-try.wav", folder / "c2" / "c2-r.wav"
    fresh.parent.mkdir()
    now = place.later(3 * 3_600)
    for file in (left, thrown_away, fresh):
        file.write_bytes(file.read_bytes() if file.exists() else b"x")
        old(file, now if file == fresh else now - 3 * 3_600 * SECOND)
    assert found(rounds(place), now) == {}
    assert left.exists() and fresh.exists() and not thrown_away.exists()


def test_an_archived_file_that_changes_or_goes_is_found_within_a_day(place: Place) -> None:
    looking = rounds(place)
    shorter, gone, fine = (place.recorded(name) for name in ("shorter", "gone", "fine"))
    assert found(looking, place.clock.now()) == {}
    os.truncate(shorter, 100)
    gone.unlink()
    now = place.later(DAY + 1)
    assert found(looking, now) == {"altered": 1, "absent": 1}
    assert found(looking, place.later(30)) == {"altered": 1, "absent": 1}, "it stands"
    checked = place.filed("fine")
    assert fine.exists() and checked is not None and checked.checked == now


def test_a_finding_has_been_shown_long_enough_after_a_day(place: Place) -> None:
    looking = rounds(place)
    place.connect("c1")
    assert found(looking, place.later(60)) == {"absent": 1}
    assert found(looking, place.later(DAY - 1)) == {"absent": 1}
    assert found(looking, place.later(2)) == {}


def test_a_worker_that_starts_again_looks_two_days_back_and_files_nothing_twice(place: Place) -> None:
    place.connect("long ago")
    place.later(LOOK_BACK // SECOND + 1)
    place.connect("lately")
    place.recorded("whole")
    place.later(60)
    first = rounds(place)
    assert found(first, place.clock.now()) == {"absent": 1}
    before = place.filed("whole")
    assert found(rounds(place), place.later(30)) == {"absent": 1}
    assert place.filed("whole") == before


def test_many_calls_are_read_in_pages(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("yingda.recordings.rounds.PAGE", 7)
    looking = rounds(place)
    for n in range(20):
        place.recorded(f"c{n}", 0.1)
    assert found(looking, place.clock.now()) == {}
    assert all(place.filed(f"c{n}") for n in range(20))


def test_the_keeper_tells_all_alarms_each_time(place: Place) -> None:
    told: list[dict[str, str | None]] = []
    keeper = Keeper(place.store, place.recordings, place.ring, place.clock, told.append, place.audit)
    place.connect("c1")
    place.later(60)
    keeper.step()
    place.say("recording.missing", "c1", handling_id="c1-h", reason="x")
    keeper.step()
    keys = {"recordings_absent", "recordings_altered", "recordings_unknown", "recordings_space"}
    assert [set(alarms) for alarms in told] == [keys, {"recordings_archive"}] * 2
    assert (told[0]["recordings_absent"] or "").startswith("1 recordings that are due")
    assert told[2]["recordings_absent"] is None
    assert 'yingda_recordings_findings{kind="absent"} 0' in keeper.metrics()
    assert "yingda_recordings_rounds_total 2" in keeper.metrics()


def test_a_disk_that_fills_is_an_alarm(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("yingda.recordings.keeper.LEAST_FREE", 1.1)
    told: list[dict[str, str | None]] = []
    Keeper(place.store, place.recordings, place.ring, place.clock, told.append, place.audit).step()
    assert "% left" in (told[0]["recordings_space"] or "")
