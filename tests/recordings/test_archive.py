"""The archive: what it makes of recordings, that it never loses one, and that it goes on after a break anywhere."""

from __future__ import annotations

import io
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any, Literal

import av
import numpy as np
import pytest

from tests.recordings.centre import Place, wav
from yingda.kernel import opus as libopus
from yingda.kernel.config.centre import Recordings
from yingda.kernel.errors import YingdaError
from yingda.kernel.event import DEFAULT_TENANT
from yingda.recordings import catalogue, keyring, mp3, opus
from yingda.recordings.archive import Archive
from yingda.recordings.catalogue import Form
from yingda.recordings.disk import Folder, sha256
from yingda.recordings.frames import FRAME, SealedFile
from yingda.recordings.keeper import Keeper
from yingda.recordings.rounds import Rounds

HOUR, DAY = 3_600, 86_400
FORMS = [
    (Recordings(format="opus"), Form.OPUS, ".opus"),
    (Recordings(encrypt=True), Form.WAV, ".wav.sealed"),
    (Recordings(format="opus", encrypt=True), Form.OPUS, ".opus.sealed"),
    (Recordings(format="mp3"), Form.MP3, ".mp3"),
    (Recordings(format="mp3", encrypt=True), Form.MP3, ".mp3.sealed"),
]


def archive(place: Place) -> Archive:
    return Archive(place.store, Folder(place.recordings), place.ring, DEFAULT_TENANT, place.audit)


def run(place: Place, rules: Recordings) -> Archive:
    archiving = archive(place)
    archiving.step(rules, place.clock.now(), lambda: False)
    return archiving


def filed(place: Place, name: str, seconds: float = 3) -> bytes:
    """A recording that was found whole, a day and an hour ago; its bytes."""
    rounds = Rounds(place.store, Folder(place.recordings), DEFAULT_TENANT, place.clock.now())
    content = place.recorded(name, seconds).read_bytes()
    rounds.round(place.clock.now())
    assert place.filed(name) is not None
    place.later(DAY + HOUR + 1)
    return content


def stored(place: Place, name: str) -> bytes:
    """What is kept of a recording, opened; its row must be true to the file."""
    row = place.filed(name)
    assert row is not None and row.path is not None
    file = place.recordings / row.path
    assert (sha256(file), file.stat().st_size) == (row.sha256, row.bytes)
    if row.key_id is None:
        return file.read_bytes()
    with file.open("rb") as handle:
        opened = SealedFile(handle.fileno(), keyring.load(place.ring).keys)
        return b"".join(opened.read(at, FRAME) for at in range(0, opened.size, FRAME))


def sides(ogg: bytes) -> np.ndarray[Any, np.dtype[np.float32]]:
    with av.open(io.BytesIO(ogg), "r") as source:
        return np.concatenate([frame.to_ndarray() for frame in source.decode(audio=0)], axis=1)


def sounding_ms(kept: bytes) -> float:
    """Of an archived recording, by what it is."""
    return opus.decoded_ms(kept) if kept[:4] == b"OggS" else mp3.frames_ms(kept)


def files(place: Place) -> list[str]:
    return sorted(path.name for path in place.recordings.rglob("*") if path.is_file())


@pytest.mark.parametrize(("rules", "form", "suffix"), FORMS)
def test_an_old_recording_becomes_what_the_rules_say(place: Place, rules: Recordings, form: Form, suffix: str) -> None:
    content = filed(place, "c1")
    archiving = run(place, rules)
    assert (archiving.archived, archiving.failures) == (1, {})
    row = place.filed("c1")
    assert row is not None
    assert (row.form, row.superseded, files(place)) == (form, None, [f"c1-h{suffix}"])
    if form is Form.WAV:
        assert stored(place, "c1") == content
    elif form is Form.OPUS:
        assert abs(opus.decoded_ms(stored(place, "c1")) - 3_000) <= 20
    else:
        assert 3_000 <= mp3.frames_ms(stored(place, "c1")) < 3_288
    again = run(place, rules)
    assert (again.archived, files(place)) == (0, [f"c1-h{suffix}"])


def test_what_is_young_or_shall_stay_as_it_is_stays(place: Place) -> None:
    content = filed(place, "c1")
    for rules in (Recordings(), Recordings(format="opus", encrypt=True, archive_after_h=26)):
        assert run(place, rules).archived == 0
    assert stored(place, "c1") == content
    assert run(place, Recordings(format="opus", archive_after_h=25)).archived == 1


@pytest.mark.parametrize(("form", "rate", "delay"), [("opus", 48_000, 0), ("mp3", 8_000, 1_105)])
def test_the_two_sides_stay_apart(place: Place, form: Literal["opus", "mp3"], rate: int, delay: int) -> None:
    """By a decoder that is not ours. delay: LAME's own, in samples."""
    filed(place, "c1", 4)
    run(place, Recordings(format=form))
    left, right = sides(stored(place, "c1"))
    for second in range(4):
        part = slice(delay + round((second + 0.2) * rate), delay + round((second + 0.8) * rate))
        loud, silent = (left, right) if second % 2 == 0 else (right, left)
        assert loud[part].std() > 0.1
        assert silent[part].std() < 0.001


@pytest.mark.parametrize("seconds", [0, 0.001, 0.02, 1.2345, 61.0])
@pytest.mark.parametrize("form", ["opus", "mp3"])
def test_every_length_can_be_archived(place: Place, seconds: float, form: Literal["opus", "mp3"]) -> None:
    content = filed(place, "c1", seconds)
    rules = Recordings(format=form, encrypt=True)
    archiving = run(place, rules)
    assert (archiving.archived, archiving.failures) == (1, {})
    assert files(place) == [f"c1-h.{form}.sealed" if seconds else "c1-h.wav.sealed"]
    assert seconds or stored(place, "c1") == content
    assert (run(place, rules).archived, run(place, Recordings(format="opus")).archived) == (0, 0)


def test_open_opus_is_sealed_when_the_rules_change(place: Place) -> None:
    filed(place, "c1")
    run(place, Recordings(format="opus"))
    ogg = stored(place, "c1")
    run(place, Recordings(format="opus", encrypt=True))
    assert (stored(place, "c1"), files(place)) == (ogg, ["c1-h.opus.sealed"])


def test_a_new_key_seals_and_the_old_one_opens(place: Place) -> None:
    first = filed(place, "c1")
    run(place, Recordings(encrypt=True))
    keyring.rotate(place.ring, 1)
    second = filed(place, "c2", 2)
    run(place, Recordings(encrypt=True))
    rows = [place.filed(name) for name in ("c1", "c2")]
    assert len({row.key_id for row in rows if row is not None}) == 2
    assert (stored(place, "c1"), stored(place, "c2")) == (first, second)


def test_a_recording_that_was_altered_is_not_archived_and_the_others_are(place: Place) -> None:
    filed(place, "c1")
    filed(place, "c2")
    row = place.filed("c1")
    assert row is not None and row.path is not None
    with (place.recordings / row.path).open("r+b") as file:
        file.seek(1_000)
        file.write(b"x")
    archiving = run(place, Recordings(format="opus"))
    assert (archiving.archived, set(archiving.failures)) == (1, {"c1-r"})
    assert files(place) == ["c1-h.wav", "c2-h.opus"]


def test_what_does_not_become_opus_stays_as_it_is(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    content = filed(place, "c1")
    whole = opus.encode
    monkeypatch.setattr(opus, "encode", lambda *_: whole(place.write("short.wav", wav(2.9))))
    archiving = run(place, Recordings(format="opus"))
    assert "2900 ms as Opus" in archiving.failures["c1-r"]
    assert (stored(place, "c1"), "c1-h.opus" in files(place)) == (content, False)


def test_what_is_no_sound_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "x.wav"
    for content in (b"", b"no sound at all", wav(1)[:20]):
        file.write_bytes(content)
        for encode in (opus.encode, mp3.encode):
            with pytest.raises(YingdaError) as caught:
                encode(file)
            assert caught.value.code == "recording_unreadable"


@pytest.mark.parametrize("spoil", [lambda ogg: ogg[:-1], lambda ogg: ogg[:400] + b"x" + ogg[401:], lambda _: b"OggS"])
def test_an_ogg_file_that_is_broken_is_found(tmp_path: Path, spoil: Callable[[bytes], bytes]) -> None:
    file = tmp_path / "x.wav"
    file.write_bytes(wav(3))
    whole = opus.encode(file)
    assert opus.decoded_ms(whole) == 3_000
    with pytest.raises(YingdaError) as caught:
        opus.decoded_ms(spoil(whole))
    assert caught.value.code == "ogg_broken"


@pytest.mark.parametrize("spoil", [lambda mp3: mp3[:-1], lambda mp3: mp3 + b"\0", lambda mp3: b"\0" + mp3])
def test_an_mp3_file_that_is_broken_is_found(tmp_path: Path, spoil: Callable[[bytes], bytes]) -> None:
    file = tmp_path / "x.wav"
    file.write_bytes(wav(3))
    with pytest.raises(YingdaError) as caught:
        mp3.frames_ms(spoil(mp3.encode(file)))
    assert caught.value.code == "mp3_broken"


def test_without_libopus_recordings_stay_as_they_are_and_the_reason_is_told(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    content = filed(place, "c1")
    monkeypatch.setattr(libopus, "_bundled", lambda: None)
    monkeypatch.setattr(libopus, "find_library", lambda _: None)
    libopus.library.cache_clear()
    try:
        archiving = run(place, Recordings(format="opus"))
    finally:
        libopus.library.cache_clear()
    assert "libopus is not installed" in archiving.failures["c1-r"]
    assert stored(place, "c1") == content


# broken off


class Killed(BaseException):
    """The worker was killed here."""


class Executioner:
    """Kills at the nth change of disk or table; before it, or just after it."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, at: int, *, after: bool) -> None:
        self._left, self._after = at, after
        for owner, name in ((Path, "replace"), (Path, "unlink"), (os, "fsync"), (catalogue, "put")):
            monkeypatch.setattr(owner, name, self._watched(getattr(owner, name)))

    def _watched(self, change: Callable[..., Any]) -> Callable[..., Any]:
        def watched(*arguments: Any, **options: Any) -> Any:
            self._left -= 1
            if self._left == 0 and not self._after:
                raise Killed
            result = change(*arguments, **options)
            if self._left == 0:
                raise Killed
            return result

        return watched


@pytest.mark.parametrize(("rules", "form", "suffix"), FORMS)
@pytest.mark.parametrize("after", [False, True])
def test_wherever_it_breaks_off_it_goes_on(
    place: Place, monkeypatch: pytest.MonkeyPatch, rules: Recordings, form: Form, suffix: str, after: bool
) -> None:
    content = filed(place, "c1", 1)
    keyring.rotate(place.ring, 1)
    business = place.folder / "business.sqlite"
    place.store.business.dispose()  # nothing is left in the journal
    template = place.folder.parent / "template"
    shutil.copytree(place.recordings, template)
    database = business.read_bytes()
    for kill in range(1, 30):
        shutil.rmtree(place.recordings)
        shutil.copytree(template, place.recordings)
        place.store.business.dispose()
        business.write_bytes(database)
        with monkeypatch.context() as patched:
            Executioner(patched, kill, after=after)
            try:
                run(place, rules)
                broken = False
            except Killed:
                broken = True
        kept = stored(place, "c1")
        assert kept == content or 1_000 <= sounding_ms(kept) <= 1_288
        run(place, rules)
        row = place.filed("c1")
        assert row is not None
        assert (row.form, row.superseded) == (form, None), kill
        assert [name for name in files(place) if not name.endswith(".part")] == [f"c1-h{suffix}"], kill
        stored(place, "c1")
        if not broken:
            assert kill > 5
            return
    raise AssertionError("it never came to its end")


def test_a_rest_of_an_archiving_goes_with_the_next_round(place: Place) -> None:
    filed(place, "c1")
    row = place.filed("c1")
    assert row is not None and row.path is not None
    part = place.recordings / row.path.replace(".wav", ".opus.part")
    part.write_bytes(b"half")
    os.utime(part, ns=(0, 0))
    looking = Rounds(place.store, Folder(place.recordings), DEFAULT_TENANT, place.clock.now())
    looking.round(place.clock.now())
    assert files(place) == ["c1-h.wav"]
    assert not any(looking.counts.values())


# when the time is over


@pytest.mark.parametrize("rules", [Recordings(keep_days=2), Recordings(keep_days=2, format="opus", encrypt=True)])
def test_what_is_old_enough_goes_with_a_line_in_the_audit_log(place: Place, rules: Recordings) -> None:
    filed(place, "c1")
    run(place, rules)
    place.later(DAY)
    filed(place, "c2")
    archiving = run(place, rules)
    row = place.filed("c1")
    assert row is not None
    assert (row.form, row.path, row.superseded) == (Form.EXPIRED, None, None)
    assert (archiving.expired, place.removed) == (1, ["c1-r"])
    assert all(name.startswith("c2") for name in files(place)) and files(place)
    looking = Rounds(place.store, Folder(place.recordings), DEFAULT_TENANT, place.clock.now())
    looking.round(place.clock.now())
    assert not any(looking.counts.values()), "what has expired is not missed"


@pytest.mark.parametrize(
    ("rules", "gone"),
    [
        (Recordings(keep_days=1), ["c1-r", "m1-r"]),
        (Recordings(keep_days=1, keep_messages_days=0), ["c1-r"]),
        (Recordings(keep_messages_days=1, format="mp3"), ["m1-r"]),
    ],
)
def test_messages_go_by_their_own_time(place: Place, rules: Recordings, gone: list[str]) -> None:
    place.left("m1")
    filed(place, "c1")
    place.later(DAY + 60)
    run(place, rules)
    assert sorted(place.removed) == gone
    message = place.filed("m1")
    assert message is not None and (message.form is Form.EXPIRED) == ("m1-r" in gone)


@pytest.mark.parametrize("after", [False, True])
def test_a_removal_that_broke_off_is_finished(place: Place, monkeypatch: pytest.MonkeyPatch, after: bool) -> None:
    for kill in range(1, 5):
        filed(place, f"c{kill}")
        place.later(2 * DAY)
        with monkeypatch.context() as patched:
            Executioner(patched, kill, after=after)
            try:
                run(place, Recordings(keep_days=1))
            except Killed:
                pass
            else:
                assert kill > 2
        run(place, Recordings(keep_days=1))
        row = place.filed(f"c{kill}")
        assert row is not None and (row.form, row.superseded) == (Form.EXPIRED, None)
        assert files(place) == []


# the job


def test_the_keeper_archives_by_the_version_in_force_and_says_what_it_could_not(place: Place) -> None:
    told: list[dict[str, str | None]] = []
    keeper = Keeper(place.store, place.recordings, place.ring, place.clock, told.append, place.audit)
    filed(place, "c1")
    place.configure(Recordings(encrypt=True))
    place.ring.parent.mkdir()
    place.ring.touch(0o666)
    place.ring.chmod(0o666)
    keeper.step()
    assert "others may read" in (told[-1]["recordings_archive"] or "")
    assert files(place) == ["c1-h.wav"]
    place.ring.unlink()
    keeper.step()
    assert files(place) == ["c1-h.wav.sealed"]
    assert told[-1] == {"recordings_archive": None}
    assert "yingda_recordings_archived_total 1" in keeper.metrics()
