"""What control needs of the configuration: the centre, the devices' digests, the sounds; loaded off the loop."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field

from yingda.agents.phones import Digests
from yingda.ivr.speech.cache import PromptCache
from yingda.ivr.speech.speakers import speakers_of
from yingda.kernel.config import credentials, versions
from yingda.kernel.config.centre import Centre, CentreInfo, Prompt
from yingda.kernel.config.sealed import Sealer
from yingda.kernel.language.conditions import DATA
from yingda.kernel.numbers import region
from yingda.kernel.personal import load_key
from yingda.kernel.store import migrate, open_store, reading
from yingda.planes.acquaintances import Acquaintances
from yingda.planes.options import Options
from yingda.planes.seat_texts import SeatTexts
from yingda.planes.sounds import PreparedSounds, prepare

EMPTY = Centre(centre=CentreInfo(name="Yingda"))
"""Before the first version: a centre that takes no calls, and waits for `yingda apply`."""


@dataclass(frozen=True)
class Configured:
    """A version in force; 0 before the first. trunk_passwords: by trunk id; lacking: what of it cannot be read."""

    version: int
    centre: Centre
    digests: Digests = field(default_factory=dict)
    sounds: PreparedSounds = field(default_factory=PreparedSounds)
    trunk_passwords: Mapping[str, str] = field(default_factory=dict)
    lacking: str = ""


class Configuration:
    """Loads the newest version. Raises YingdaError when the store cannot be used or the version is damaged."""

    def __init__(self, options: Options) -> None:
        self._store = open_store(options.database or options.folder)
        self._sealer = Sealer(load_key(options.folder))
        self._models = options.models
        self._prompts = PromptCache(options.prompts, speakers_of((), {}, options.models))
        self.acquaintances = Acquaintances(self._store, EMPTY, regions=False)
        self.texts = SeatTexts(self._store, EMPTY)

    async def load(self) -> Configured:
        return await asyncio.to_thread(self._load)

    def _load(self) -> Configured:
        migrate(self._store)
        with reading(self._store.business) as connection:
            version = versions.current(connection)
            digests = credentials.sip_digests(connection)
            passwords, unreadable = credentials.trunk_passwords(connection, self._sealer)
            keys, lost = credentials.speech_keys(connection, self._sealer)
        if version is None:
            return Configured(versions.NONE_YET, EMPTY)
        regions = _asks_for_regions(version.centre)
        if regions:
            region("10000", version.centre.centre.country, "en")  # loads its tables, here where nobody waits
        self.acquaintances = Acquaintances(self._store, version.centre, regions=regions)
        self.texts = SeatTexts(self._store, version.centre)
        self._prompts.use(speakers_of(version.centre.voices, keys, self._models))
        try:
            sounds = prepare(version.centre, self._prompts)
        finally:
            self._prompts.close()
        lacking = str((unreadable + lost)[0]) if unreadable + lost else ""
        return Configured(version.version, version.centre, digests, sounds, passwords, lacking)

    async def announcement(self, prompt: Prompt | None) -> list[str]:
        """A prompt outside of the configuration as player items, made off the loop. Raises what `PromptCache.prompt`
        does."""
        return [] if prompt is None else await asyncio.to_thread(self._make, prompt)

    def _make(self, prompt: Prompt) -> list[str]:
        try:
            return [f"file:{self._prompts.prompt(prompt).resolve()}"]
        finally:
            self._prompts.close()

    def close(self) -> None:
        self._prompts.close()
        self._store.close()


def _asks_for_regions(centre: Centre) -> bool:
    conditions = [rule.when for queue in centre.queues for rule in queue.arrivals]
    conditions += [rule.when for queue in centre.queues for rule in queue.escalations]
    return any(f"{DATA}region" in condition for condition in conditions)
