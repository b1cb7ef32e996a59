"""What control needs of the configuration: the centre, the devices' digests, the sounds; loaded off the loop."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field

from yingda.agents.phones import Digests
from yingda.ivr.speech.cache import PromptCache
from yingda.ivr.speech.espeak import Espeak
from yingda.kernel.config import credentials, versions
from yingda.kernel.config.centre import Centre, CentreInfo
from yingda.kernel.store import migrate, open_store, reading
from yingda.planes.options import Options
from yingda.planes.sounds import PreparedSounds, prepare

EMPTY = Centre(centre=CentreInfo(name="Yingda"))
"""Before the first version: a centre that takes no calls, and waits for `yingda apply`."""


@dataclass(frozen=True)
class Configured:
    """A version in force; 0 before the first."""

    version: int
    centre: Centre
    digests: Digests = field(default_factory=dict)
    sounds: PreparedSounds = field(default_factory=PreparedSounds)


class Configuration:
    """Loads the newest version. Raises YingdaError when the store cannot be used or the version is damaged."""

    def __init__(self, options: Options) -> None:
        self._store = open_store(options.database or options.folder)
        self._speech = Espeak()
        self._prompts = PromptCache(options.prompts, self._speech)

    async def load(self) -> Configured:
        return await asyncio.to_thread(self._load)

    def _load(self) -> Configured:
        migrate(self._store)
        with reading(self._store.business) as connection:
            version = versions.current(connection)
            digests = credentials.sip_digests(connection)
        if version is None:
            return Configured(versions.NONE_YET, EMPTY)
        try:
            sounds = prepare(version.centre, self._prompts)
        finally:
            self._speech.close()
        return Configured(version.version, version.centre, digests, sounds)

    def close(self) -> None:
        self._speech.close()
        self._store.close()
