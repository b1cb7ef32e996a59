"""The sounds of a configuration: every prompt as a file below the prompts' folder, spoken ones made once.

Making speech takes a moment, so a plane prepares the sounds of a version before it goes by it. A prompt that cannot be
made is left out with a sentence: a caller is queued without a greeting rather than lost.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from yingda.calls.treatment import WaitingSounds
from yingda.ivr.speech.cache import PromptCache
from yingda.kernel.config.centre import Centre, Prompt
from yingda.kernel.errors import YingdaError
from yingda.planes.waiting_sounds import waiting_sounds

NOTHING = WaitingSounds()
"""Of a queue that is not known any more."""


@dataclass(frozen=True)
class PreparedSounds:
    """Player items by flow and queue. waitings: what is heard in queues that say anything. problems: what could not be
    made, as sentences."""

    greetings: dict[str, list[str]] = field(default_factory=dict)
    musics: dict[str, list[str]] = field(default_factory=dict)
    waitings: dict[str, WaitingSounds] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)

    def waiting(self, queue_id: str) -> WaitingSounds:
        return self.waitings.get(queue_id, NOTHING)

    def greeting(self, flow_id: str) -> list[str]:
        return self.greetings.get(flow_id, [])

    def music(self, queue_id: str) -> list[str]:
        return self.musics.get(queue_id, [])


def prepare(centre: Centre, cache: PromptCache) -> PreparedSounds:
    """Find or make every sound of a centre; a queue without music of its own plays the house's."""
    sounds = PreparedSounds()

    def item(prompt: Prompt | None, what: str) -> list[str]:
        try:
            return [f"file:{cache.prompt(prompt).resolve()}"] if prompt else []
        except YingdaError as error:
            sounds.problems.append(f"{what} cannot be played: {error.sentence}")
            return []

    house = [f"file:{cache.music().resolve()}"]
    for flow in centre.flows:
        sounds.greetings[flow.id] = item(flow.greeting, f"The greeting of flow {flow.name}")
    for queue in centre.queues:
        sounds.musics[queue.id] = item(queue.music, f"The music of queue {queue.name}") or house
        sounds.waitings[queue.id] = waiting_sounds(queue, item)
    return sounds
