"""Playing what the archive has made of a recording: Opus, sealed files, and nothing any more; over a real server."""

from __future__ import annotations

import hashlib
import io
from pathlib import Path

import av
import httpx
import pytest

from tests.recordings.centre import wav
from tests.server.books import answered_call, audio
from tests.server.centre import Place
from yingda.kernel.config.centre import Recordings
from yingda.kernel.event import DEFAULT_TENANT
from yingda.kernel.store import reading, writing
from yingda.recordings import catalogue, keyring
from yingda.recordings.archive import Archive
from yingda.recordings.catalogue import Filed, Form
from yingda.recordings.disk import Folder

pytestmark = pytest.mark.anyio
RECORDINGS = "/api/v1/recordings"
SOUND = wav(20)
RULES = [
    (Recordings(archive_after_h=0, format="opus"), "audio/ogg; codecs=opus", "c1-h.opus"),
    (Recordings(archive_after_h=0, encrypt=True), "audio/wav", "c1-h.wav"),
    (Recordings(archive_after_h=0, format="opus", encrypt=True), "audio/ogg; codecs=opus", "c1-h.opus"),
]


def recorded(place: Place) -> Path:
    """A call whose recording was found whole."""
    answered_call(place, "c1", "lilei")
    file = audio(place, "c1")
    file.write_bytes(SOUND)
    digest, path = hashlib.sha256(SOUND).hexdigest(), file.relative_to(place.options.recordings).as_posix()
    with writing(place.store.business) as connection:
        row = Filed(DEFAULT_TENANT, "c1-r", Form.WAV, path, None, digest, len(SOUND), None, 1, 1)
        catalogue.add(connection, row)
    return file


def archived(place: Place, rules: Recordings) -> Path:
    """The same, archived by these rules; what is kept of it."""
    recorded(place)
    folder = Folder(place.options.recordings)
    archive = Archive(place.store, folder, place.options.recording_keys, DEFAULT_TENANT, lambda *_: None)
    archive.step(rules, place.clock.now(), lambda: False)
    assert archive.failures == {}
    with reading(place.store.business) as connection:
        row = catalogue.find(connection, DEFAULT_TENANT, "c1-r")
    return folder.root / (row.path if row is not None and row.path is not None else "")


@pytest.mark.parametrize(("rules", "media_type", "name"), RULES)
async def test_an_archived_recording_plays_in_parts(
    place: Place, url: str, rules: Recordings, media_type: str, name: str
) -> None:
    archived(place, rules)
    async with place.signed_in("lilei") as browser, httpx.AsyncClient(cookies=browser.cookies) as client:
        address = f"http://{url}{RECORDINGS}/c1-r"
        whole = await client.get(address)
        size = len(whole.content)
        assert (whole.status_code, whole.headers["content-type"]) == (200, media_type)
        assert whole.headers["content-disposition"] == f'inline; filename="{name}"'
        for begin, end in ((0, 0), (0, size - 1), (65_535, 65_536), (65_536, 200_000), (size - 10, size - 1)):
            if begin < size:
                part = await client.get(address, headers={"Range": f"bytes={begin}-{end}"})
                last = min(end, size - 1)
                assert (part.status_code, part.content) == (206, whole.content[begin : last + 1])
                assert part.headers["content-range"] == f"bytes {begin}-{last}/{size}"
        beyond = await client.get(address, headers={"Range": f"bytes={size}-"})
        assert (beyond.status_code, beyond.headers["content-range"]) == (416, f"bytes */{size}")
    if media_type == "audio/wav":
        assert whole.content == SOUND
    else:
        with av.open(io.BytesIO(whole.content), "r") as source:
            assert abs(sum(frame.samples for frame in source.decode(audio=0)) / 48 - 20_000) <= 20


async def test_who_may_not_hear_a_sealed_recording_does_not_learn_of_it(place: Place) -> None:
    archived(place, RULES[2][0])
    async with place.signed_in("hanmei") as browser:
        answer = await browser.get(f"{RECORDINGS}/c1-r")
    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")


async def test_a_sealed_recording_opens_after_a_rotation_and_not_without_its_key(place: Place) -> None:
    archived(place, RULES[1][0])
    ring = place.options.recording_keys
    keyring.rotate(ring, 2)
    async with place.signed_in("lilei") as browser:
        assert (await browser.get(f"{RECORDINGS}/c1-r")).content == SOUND
        ring.unlink()
        keyring.rotate(ring, 3)
        answer = await browser.get(f"{RECORDINGS}/c1-r")
    assert (answer.status_code, answer.json()["code"]) == (500, "recording_sealed")
    assert str(place.folder) not in answer.text


async def test_a_sealed_recording_that_was_cut_off_is_not_played(place: Place) -> None:
    file = archived(place, RULES[1][0])
    file.write_bytes(file.read_bytes()[:-1])
    async with place.signed_in("lilei") as browser:
        answer = await browser.get(f"{RECORDINGS}/c1-r")
    assert (answer.status_code, answer.json()["code"]) == (500, "recording_sealed")


async def test_an_expired_recording_says_so(place: Place) -> None:
    archived(place, Recordings(keep_days=1))
    async with place.signed_in("lilei") as browser:
        answer = await browser.get(f"{RECORDINGS}/c1-r")
        (record,) = (await browser.get("/api/v1/calls")).json()["items"]
        call = (await browser.get("/api/v1/calls/c1")).json()
    assert (answer.status_code, answer.json()["code"]) == (410, "recording_expired")
    assert [one["state"] for one in (*record["recordings"], *call["recordings"])] == ["expired"] * 2
