"""What is at the other end when an outbound call is answered: a corpus of generated sounds, always the same.

Persons and machines speak through `ivr/speech` (espeak-ng), Chinese and English, in different voices and speeds; tones,
faxes and noise are computed. Train and test share no sentence and no voice. Each sound begins with a random quiet
moment, lies in noise of 10–40 dB below it at a random level, and goes through G.711. `python -m bench.media.corpus`
measures both halves.

    person    one to four words, then silence, sometimes said again
    machine   a greeting of a mailbox of two to four sentences, then a beep
    fax       CED (2,100 Hz) or CNG (1,100 Hz, 0.5 s in 3.5 s)
    tone      busy, congestion, or three rising tones before a network's announcement
    silence   nothing but noise
"""

from __future__ import annotations

import json
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from yingda.ivr.speech.espeak import Espeak
from yingda.ivr.speech.tts import Language, from_wav
from yingda.media.activity import Activity, Answer
from yingda.media.g711 import Law, decode, encode
from yingda.media.inband import Tones

Half = Literal["train", "test"]
Wave = npt.NDArray[np.float64]
RATE, FRAME = 8_000, 160
LENGTH_S = 7.0

VOICES: dict[Half, tuple[str, ...]] = {"train": ("", "+m3", "+f2"), "test": ("+m7", "+f4", "+f3")}
PERSONS: dict[Half, tuple[tuple[Language, str], ...]] = {
    "train": (
        ("zh", "喂"), ("zh", "你好"), ("zh", "喂,哪位"), ("zh", "喂,你好"), ("zh", "嗯,请讲"), ("zh", "谁啊"),
        ("en", "Hello"), ("en", "Hello?"), ("en", "Yes, hello"), ("en", "Smith speaking"), ("en", "Hi, this is Tom"),
    ),
    "test": (
        ("zh", "您好"), ("zh", "喂,您是哪里"), ("zh", "哎,你说"), ("zh", "喂喂"), ("zh", "什么事"), ("zh", "你好,哪位"),
        ("en", "Good morning"), ("en", "Who is it"), ("en", "Anna here"), ("en", "Yeah"), ("en", "Hello, who is there"),
    ),
}  # fmt: skip
MACHINES: dict[Half, tuple[tuple[Language, str], ...]] = {
    "train": (
        ("zh", "您好,您所拨打的用户暂时无法接听,请在提示音后留言。"),
        ("zh", "这里是王先生的语音信箱,请留下姓名和电话。"),
        ("zh", "对不起,机主现在不方便接电话,请稍后再拨或者留言。"), ("zh", "您好,我现在不在,请听到嘀声后留言,谢谢。"),
        ("en", "Hi, you have reached the Millers. We are not at home. Please leave a message after the beep."),
        ("en", "The person you are calling is not available. Please leave your message after the tone."),
        ("en", "Hello, this is Mary. I can't come to the phone right now. Leave your number and I will call you back."),
    ),
    "test": (
        ("zh", "你好,我是小李的手机助理,他正在开会,有事请留言。"),
        ("zh", "您拨叫的用户已启用语音信箱服务,请在嘀声后录音。"),
        ("zh", "我们的办公时间是早上九点到下午六点,现在无人值守,请留言。"),
        ("en", "You've got the voice mail of John Parker. Sorry I missed your call. Please talk after the signal."),
        ("en", "Thank you for calling. Our office is closed at the moment. Please try again tomorrow morning."),
        ("en", "We are unable to take your call. At the tone, please record your message. Thanks."),
    ),
}  # fmt: skip


@dataclass(frozen=True)
class Sound:
    """samples: 7 s after decoding from G.711. truth: what a listener would say. what: how it was made."""

    truth: Answer
    what: str
    samples: npt.NDArray[np.int16]


def corpus(half: Half) -> Iterator[Sound]:
    """About 100 sounds a half, in a fixed order."""
    rng = np.random.default_rng(11 if half == "train" else 23)
    speech = Espeak()
    try:
        for truth, texts in ((Answer.PERSON, PERSONS[half]), (Answer.MACHINE, MACHINES[half])):
            for language, text in texts:
                for variant in VOICES[half]:
                    spoken = _speak(speech, language, text, variant, int(rng.integers(130, 200)))
                    wave = _person(rng, spoken) if truth is Answer.PERSON else _machine(rng, spoken)
                    yield Sound(truth, f"{language}{variant} {text}", _line(rng, wave))
    finally:
        speech.close()
    for number in range(10):
        yield Sound(Answer.FAX, "CED", _line(rng, _tone(2_100, 3.0)))
        yield Sound(Answer.FAX, "CNG", _line(rng, np.tile(np.append(_tone(1_100, 0.5), np.zeros(3 * RATE)), 2)))
        yield Sound(Answer.TONE, "busy", _line(rng, np.tile(np.append(_tone(450, 0.7), np.zeros(RATE * 7 // 10)), 5)))
        rising = np.concatenate([_tone(hertz + number, 0.33) for hertz in (950, 1_400, 1_800)])
        yield Sound(Answer.TONE, "three tones", _line(rng, rising))
        yield Sound(Answer.SILENCE, "noise", _line(rng, np.zeros(RATE), 0.0))


def _speak(speech: Espeak, language: Language, text: str, variant: str, rate: int) -> Wave:
    voice = f"{'cmn' if language == 'zh' else 'en-us'}{variant}" if variant else None
    return from_wav(speech.synthesise(text, language, voice, rate)).astype(np.float64)


def _person(rng: np.random.Generator, spoken: Wave) -> Wave:
    again = rng.random() < 0.4
    return np.concatenate([spoken, np.zeros(int(rng.uniform(1.3, 2.5) * RATE)), spoken]) if again else spoken


def _machine(rng: np.random.Generator, spoken: Wave) -> Wave:
    quiet = np.zeros(int(rng.uniform(0.2, 0.6) * RATE))
    return np.concatenate([spoken, quiet, _tone(float(rng.choice([850, 1_000, 1_400])), 0.4)])


def _tone(hertz: float, seconds: float) -> Wave:
    return np.asarray(6_000 * np.sin(2 * np.pi * hertz * np.arange(round(seconds * RATE)) / RATE))


def _line(rng: np.random.Generator, wave: Wave, level: float | None = None) -> npt.NDArray[np.int16]:
    """Quiet, the sound at −10 to −30 dB, noise 10 to 40 dB below it; 7 s of it through A-law."""
    lead = np.zeros(int(rng.uniform(0.2, 1.2) * RATE))
    whole = np.concatenate([lead, wave, np.zeros(round(LENGTH_S * RATE))])[: round(LENGTH_S * RATE)]
    active = np.abs(wave) > 0.05 * (np.abs(wave).max() + 1e-9)
    rms = float(np.sqrt(np.mean(wave[active] ** 2))) if active.any() else 1.0
    wanted = 23_000 * 10 ** (-rng.uniform(10, 30) / 20)
    noise = rng.standard_normal(len(whole)) * wanted * 10 ** (-rng.uniform(10, 40) / 20)
    whole = whole * (wanted / rms if level is None else level) + noise
    return decode(encode(np.clip(np.rint(whole), -32_000, 32_000).astype(np.int16), Law.A), Law.A)


def judge(sound: Sound, activity: Activity) -> Answer | None:
    """What the detectors of a leg say of it."""
    tones = Tones()
    tones.add()
    for at in range(0, len(sound.samples) - FRAME + 1, FRAME):
        frame = sound.samples[at : at + FRAME]
        heard = tones.hear([0], np.frombuffer(encode(frame, Law.MU), np.uint8)[None, :], [Law.MU])
        if any(len(one.what) > 1 for one in heard):
            activity.line_tone()
        activity.hear(frame.astype(np.float32))
        if activity.answer is not None:
            return activity.answer
    return None


def main() -> int:
    """One JSON object a half; every wrong decision with its features on standard error."""
    for half in ("train", "test"):
        right: Counter[str] = Counter()
        total: Counter[str] = Counter()
        for sound in corpus(half):
            activity = Activity()
            answer = judge(sound, activity)
            total[sound.truth.value] += 1
            right[sound.truth.value] += answer is sound.truth
            if answer is not sound.truth:
                features = json.dumps(activity.features.as_dict())
                print(half, sound.truth.value, answer and answer.value, sound.what, features, file=sys.stderr)
        share = sum(right.values()) / sum(total.values())
        print(json.dumps({"half": half, "right": round(share, 4), **{k: f"{right[k]}/{n}" for k, n in total.items()}}))
    return 0


if __name__ == "__main__":
    sys.exit(main())
