"""The sounds of a configuration: every prompt as a file below the prompts' folder, spoken ones made once.

Making speech takes a moment, so a plane prepares the sounds of a version before it goes by it. A prompt that cannot be
made is left out with a sentence: a caller is queued without a greeting rather than lost.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from yingda.calls.meetings.model import MUSIC, WORDS
from yingda.calls.treatment import WaitingSounds
from yingda.ivr.speech.cache import PromptCache
from yingda.kernel.config.centre import Centre, Prompt
from yingda.kernel.config.waiting import Holding
from yingda.kernel.errors import YingdaError
from yingda.planes.waiting_sounds import waiting_sounds

NOTHING = WaitingSounds()
"""Of a queue that is not known any more."""

AGENT_NUMBER = {"zh": ("工号", "为您服务"), "en": ("Agent", "is at your service")}
"""What stands before and after the digits of an agent ID."""


ALL_BUSY = {"zh": "抱歉，线路全忙，请稍后再拨。", "en": "We are sorry, all lines are busy. Please call again later."}
"""What a caller hears for whom a trunk has no channel left, where it has no words of its own."""

TAKE_BY_KEY = {"zh": "您有一个来电，请按 1 接听。", "en": "You have a call. Press 1 to take it."}
"""What an agent hears who answers his mobile."""

STAY = {"zh": "您的通话正在保持，请不要挂机，稍后继续为您服务。", "en": "You are on hold. Please stay on the line."}
"""What a party on hold hears between the music, where the centre has no words of its own."""
BEEP = "tone:beep"


@dataclass(frozen=True)
class PreparedSounds:
    """Player items by flow and queue; helds: what parties on hold hear, by queue, "" for calls of none; waitings:
    what is heard in queues that say anything; meetings: by conference room and word; fulls: by
    trunk, when it has no channel left; names: of queues whose agents are told them; house: music
    where no queue has its own; before, digits, after: the parts of
    "Agent 1023 is at your service". by_key: what an agent hears who answers his mobile.
    problems: what could not be made, as sentences."""

    greetings: dict[str, list[str]] = field(default_factory=dict)
    musics: dict[str, list[str]] = field(default_factory=dict)
    helds: dict[str, list[str]] = field(default_factory=dict)
    meetings: dict[str, dict[str, list[str]]] = field(default_factory=dict)
    waitings: dict[str, WaitingSounds] = field(default_factory=dict)
    fulls: dict[str, list[str]] = field(default_factory=dict)
    names: dict[str, list[str]] = field(default_factory=dict)
    house: list[str] = field(default_factory=list)
    digits: dict[str, list[str]] = field(default_factory=dict)
    before: list[str] = field(default_factory=list)
    after: list[str] = field(default_factory=list)
    by_key: list[str] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)

    def waiting(self, queue_id: str) -> WaitingSounds:
        return self.waitings.get(queue_id, NOTHING)

    def greeting(self, flow_id: str) -> list[str]:
        return self.greetings.get(flow_id, [])

    def music(self, queue_id: str) -> list[str]:
        return self.musics.get(queue_id, self.house)

    def held(self, queue_id: str) -> list[str]:
        return self.helds.get(queue_id) or self.helds.get("") or self.music(queue_id)

    def meeting(self, room_id: str) -> dict[str, list[str]]:
        return self.meetings.get(room_id, {})

    def trunk_full(self, trunk_id: str) -> list[str]:
        return self.fulls.get(trunk_id, [])

    def agent_number(self, number: str) -> list[str]:
        """Digit by digit, between the words around it; nothing if a part could not be made."""
        spelled = [item for digit in number for item in self.digits.get(digit, [])]
        return [*self.before, *spelled, *self.after] if len(spelled) == len(number) else []

    def queue_name(self, queue_id: str) -> list[str]:
        return self.names.get(queue_id, [])

    def take_by_key(self) -> list[str]:
        return self.by_key


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
    sounds.house.extend(house)
    language: Literal["zh", "en"] = "en" if centre.centre.language == "en" else "zh"
    for words, part in zip(AGENT_NUMBER[language], (sounds.before, sounds.after), strict=True):
        part.extend(item(Prompt(say=words, language=language), "The announcement of the agent ID"))
    for digit in "0123456789":
        sounds.digits[digit] = item(Prompt(say=digit, language=language), "The announcement of the agent ID")
    if any(device.asks_key for agent in centre.agents for device in agent.devices if device.kind == "mobile"):
        sounds.by_key.extend(item(Prompt(say=TAKE_BY_KEY[language], language=language), "What mobiles are told"))
    full = Prompt(say=ALL_BUSY[language], language=language)
    for trunk in centre.trunks:
        if trunk.when_full == "announcement":
            told = trunk.full_announcement or full
            sounds.fulls[trunk.id] = item(told, f"The announcement of trunk {trunk.name}")
    for room in centre.rooms:
        spoken = {
            word: item(Prompt(say=said[language == "en"], language=language), f"The announcements of room {room.name}")
            for word, said in WORDS.items()
        }
        sounds.meetings[room.id] = spoken | {MUSIC: item(room.music, f"The music of room {room.name}") or house}
    stay = Prompt(say=STAY[language], language=language)

    def held(holding: Holding, music: list[str]) -> list[str]:
        words = [] if holding.beep else item(holding.announce or stay, "What parties on hold are told")
        return _between(music, holding.every_s, words or [BEEP])

    sounds.helds[""] = held(centre.centre.holding, house)
    for queue in centre.queues:
        sounds.musics[queue.id] = item(queue.music, f"The music of queue {queue.name}") or house
        sounds.helds[queue.id] = held(queue.holding or centre.centre.holding, sounds.musics[queue.id])
        sounds.waitings[queue.id] = waiting_sounds(queue, item)
        if "queue_name" in queue.opening:
            sounds.names[queue.id] = item(Prompt(say=queue.name, language=language), f"The name of queue {queue.name}")
    return sounds


def _between(music: list[str], every_s: int, words: list[str]) -> list[str]:
    """A loop of music that goes on after each of the words; every_s: seconds of it in between, 0: nothing is said."""
    if not every_s:
        return music
    return [item for piece in music for item in (f"part:{every_s * 1_000}:{piece.partition(':')[2]}", *words)]
