"""Playing a recording: where its audio is by now, as it was written or as the archive has made it."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from starlette.responses import Response

from yingda.kernel.errors import YingdaError
from yingda.kernel.store import reading
from yingda.recordings import catalogue, keyring
from yingda.recordings.disk import stem
from yingda.recordings.paths import path_of
from yingda.server.calls.files import Audio, below, serve
from yingda.server.deps import Deps

log = logging.getLogger(__name__)

_SEALED = ("key_ring", "key_unknown", "sealed_damaged")


@dataclass(frozen=True, slots=True)
class Sound:
    """A recording, or a message. path: where it was written to. name: of the file that is sent."""

    recording_id: str
    path: str
    name: str


def sound_of(tenant: str, recording: Mapping[str, Any]) -> Sound:
    """The sound of a recording as `Records.recording` gives it."""
    connected = recording["connected"] or recording["started"]
    path = path_of(tenant, connected, recording["contact"], recording["handling_id"], recording["leg_id"] or "")
    return Sound(recording["recording_id"], path, stem(path))


def find(deps: Deps, tenant: str, sound: Sound) -> Audio:
    """Its file as it is by now.

    Raises not_found, recording_expired, or recording_sealed when the keys cannot be used.
    """
    with reading(deps.store.business) as connection:
        filed = catalogue.find(connection, tenant, sound.recording_id)
    folder = deps.options.recordings
    if filed is None:
        return Audio(below(folder, sound.path))
    if filed.path is None:
        raise YingdaError("recording_expired", "This recording was removed when its time was over.")
    file = below(folder, filed.path)
    if filed.key_id is None:
        return Audio(file, filed.form)
    with _kept_from_the_viewer(filed.recording_id):
        return Audio(file, filed.form, keyring.load(deps.options.recording_keys).keys)


def play(deps: Deps, tenant: str, sound: Sound, range_header: str | None) -> Response:
    """The answer. Raises what `find` raises, range, and recording_sealed for a sealed file that does not open.

    The archive may replace a file between our look and our hand on it; then the table knows the new one.
    """
    with _kept_from_the_viewer(sound.recording_id):
        try:
            return serve(find(deps, tenant, sound), range_header, sound.name)
        except YingdaError as error:
            if error.code != "not_found":
                raise
        return serve(find(deps, tenant, sound), range_header, sound.name)


@contextmanager
def _kept_from_the_viewer(recording_id: str) -> Iterator[None]:
    """Why a sealed file does not open is for the log: the reasons name folders and keys."""
    try:
        yield
    except YingdaError as error:
        if error.code not in _SEALED:
            raise
        log.error("recording %s does not open: %s", recording_id, error)
        sentence = "The recording is sealed and could not be opened."
        raise YingdaError("recording_sealed", sentence, todo="Ask the administrator.") from error
