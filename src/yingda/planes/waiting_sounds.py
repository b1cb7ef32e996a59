"""The sounds of waiting: the centre's own prompts, and what is told in the house's words (places, waits, keys)."""

from __future__ import annotations

import wave
from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path

from yingda.calls.treatment import LONGER, MINUTES, MOST_PLACES, UNDER_A_MINUTE, Items, WaitingSounds
from yingda.kernel.config.centre import Prompt, Queue
from yingda.kernel.config.waiting import Waiting

Item = Callable[[Prompt | None, str], list[str]]
"""(prompt, what it is) → its player items; [] for one that cannot be made, which is told elsewhere."""

WORDS: dict[str, dict[str, str]] = {
    "zh": {
        "place": "您目前排在第{number}位。",
        "places": "您前面还有{number}位以上的客户。",
        "under": "预计等待不到一分钟。",
        "wait": "预计等待大约{number}分钟。",
        "longer": "预计等待超过一小时。",
        "callback": "如需我们回电，请按{key}，您的排队位置将为您保留。",
        "message": "如需留言，请按{key}。",
        "owed": "好的，我们会尽快给您回电，再见。",
        "sorry": "抱歉，没有您的来电号码，无法为您安排回电，请继续等候。",
        "leave": "请在提示音后留言，留言结束请按井号键。",
        "thanked": "您的留言已收到，谢谢，再见。",
        "busy": "抱歉，目前没有座席可以为您服务，请稍后再拨。",
        "closed": "抱歉，现在不在服务时间内，请在服务时间来电。",
    },
    "en": {
        "place": "You are number {number} in the line.",
        "places": "More than {number} callers are ahead of you.",
        "under": "We expect to answer you within a minute.",
        "wait": "We expect to answer you in about {number} minutes.",
        "longer": "We expect the wait to be more than an hour.",
        "callback": "To be called back without losing your place, press {key}.",
        "message": "To leave a message, press {key}.",
        "owed": "We will call you back as soon as we can. Goodbye.",
        "sorry": "We are sorry, your number is not known to us, so we cannot call you back. Please hold the line.",
        "leave": "Please leave your message after the tone, and press the hash key when you are done.",
        "thanked": "Your message has been received. Thank you and goodbye.",
        "busy": "We are sorry, nobody can serve you at the moment. Please call again later.",
        "closed": "We are sorry, we are closed at the moment. Please call again during our hours.",
    },
}
KEY_NAMES = {"zh": {"*": "星号键", "#": "井号键"}, "en": {"*": "star", "#": "hash"}}
BEEP = "tone:beep"


def waiting_sounds(queue: Queue, item: Item) -> WaitingSounds:
    """Every sound of a queue's waiting, made or found. What ends a wait has words whatever is configured: leaders flush
    queues too, and nobody is let go in silence."""
    waiting, words = queue.waiting, WORDS[queue.waiting.language]

    def say(word: str, **given: object) -> list[str]:
        text = words[word].format(**given)
        return item(Prompt(say=text, language=waiting.language), f"An announcement of queue {queue.name}")

    def own(prompt: Prompt | None) -> list[str]:
        return item(prompt, f"An announcement of queue {queue.name}")

    made = WaitingSounds(
        welcome=own(waiting.welcome),
        comfort=tuple(found for prompt in waiting.comfort if (found := own(prompt))),
        places=_places(say) if waiting.position else {},
        waits=_waits(say) if waiting.estimate else {},
        keys=_keys(waiting, say),
        callback_key=waiting.callback_key,
        message_key=waiting.message_key,
        message_limit_s=waiting.message_limit_s,
        every_s=waiting.every_s,
        owed=say("owed"),
        sorry=say("sorry"),
        message=[*say("leave"), BEEP],
        thanked=say("thanked"),
        busy=own(waiting.busy) or say("busy"),
        closed=(own(waiting.closed) or say("closed")) if queue.calendar is not None else (),
        emergency=own(waiting.emergency),
        overflows={rule.name: own(rule.overflow.announce) for rule in queue.escalations if rule.overflow is not None},
    )
    return replace(made, lengths=_lengths(made))


def _places(say: Callable[..., list[str]]) -> dict[int, Items]:
    near: dict[int, Items] = {number: say("place", number=number) for number in range(1, MOST_PLACES)}
    return near | {MOST_PLACES: say("places", number=MOST_PLACES - 1)}


def _waits(say: Callable[..., list[str]]) -> dict[int, Items]:
    known: dict[int, Items] = {minutes: say("wait", number=minutes) for minutes in MINUTES}
    return known | {UNDER_A_MINUTE: say("under"), LONGER: say("longer")}


def _keys(waiting: Waiting, say: Callable[..., list[str]]) -> list[str]:
    names = KEY_NAMES[waiting.language]
    keys = (("callback", waiting.callback_key), ("message", waiting.message_key))
    return [item for word, key in keys if key for item in say(word, key=names.get(key, key))]


def _lengths(sounds: WaitingSounds) -> dict[str, float]:
    groups: Iterable[Items] = (
        *(sounds.welcome, sounds.keys, sounds.emergency),
        *sounds.comfort,
        *sounds.places.values(),
        *sounds.waits.values(),
    )
    return {item: _seconds(item) for group in groups for item in group}


def _seconds(item: str) -> float:
    kind, _, rest = item.partition(":")
    if kind != "file":
        return float(rest) / 1000 if kind == "silence" else 0.0
    with wave.open(str(Path(rest))) as sound:
        return float(sound.getnframes() / sound.getframerate())
