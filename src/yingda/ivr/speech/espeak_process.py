"""espeak-ng in a process of its own: `python -m yingda.ivr.speech.espeak_process`.

espeak-ng is GPL software, so nothing of Yingda is linked with it: this small program loads the library and speaks
over its standard streams. A request is a line of JSON on stdin: {"text", "voice", "rate"}. The answer on stdout is a
line of JSON and the bytes it announces: {"rate": Hz, "bytes": n} and n bytes of PCM16, or {"error": code,
"sentence": …}. The program ends when stdin ends.
"""

from __future__ import annotations

import ctypes
import json
import os
import sys
from typing import Any

import espeakng_loader

from yingda.ivr.speech.serving import Answer, Refusal, serve

# Names and values of espeak-ng's speak_lib.h
AUDIO_OUTPUT_SYNCHRONOUS = 2
INITIALIZE_DONT_EXIT = 0x8000
CHARS_UTF8 = 1
POS_CHARACTER = 1
PARAMETER_RATE = 1
EE_OK = 0

CALLBACK = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.POINTER(ctypes.c_short), ctypes.c_int, ctypes.c_void_p)


class Engine:
    """The shared library, set up once."""

    def __init__(self) -> None:
        self._library = ctypes.CDLL(espeakng_loader.get_library_path())
        data = str(espeakng_loader.get_data_path()).encode()
        self._library.espeak_Synth.argtypes = [
            *(ctypes.c_char_p, ctypes.c_size_t, ctypes.c_uint, ctypes.c_int),
            *(ctypes.c_uint, ctypes.c_uint, ctypes.c_void_p, ctypes.c_void_p),
        ]
        self.rate: int = self._library.espeak_Initialize(AUDIO_OUTPUT_SYNCHRONOUS, 0, data, INITIALIZE_DONT_EXIT)
        if self.rate <= 0:
            raise Refusal("speech_failed", "espeak-ng does not start; its data is missing or unreadable.")
        self._heard = bytearray()
        self._callback = CALLBACK(self._collect)  # kept: the library holds only a pointer
        self._library.espeak_SetSynthCallback(self._callback)

    def _collect(self, wave: Any, count: int, _events: int | None) -> int:
        if wave and count > 0:
            self._heard += ctypes.string_at(wave, count * 2)
        return 0

    def speak(self, text: str, voice: str, rate: int) -> bytes:
        """PCM16 at `self.rate` Hz. Raises Refusal."""
        if self._library.espeak_SetVoiceByName(voice.encode()) != EE_OK:
            raise Refusal("speech_voice", f"espeak-ng has no voice {voice}.")
        self._library.espeak_SetParameter(PARAMETER_RATE, rate, 0)
        self._heard.clear()
        raw = text.replace("\0", " ").encode() + b"\0"
        if self._library.espeak_Synth(raw, len(raw), 0, POS_CHARACTER, 0, CHARS_UTF8, None, None) != EE_OK:
            raise Refusal("speech_failed", "espeak-ng cannot speak this text.")
        return bytes(self._heard)


def answer(engine: Engine, line: bytes) -> tuple[dict[str, Any], bytes]:
    """Header and bytes of the answer to one request."""
    try:
        request = json.loads(line)
        audio = engine.speak(str(request["text"]), str(request["voice"]), int(request["rate"]))
    except Refusal as refusal:
        return {"error": refusal.code, "sentence": str(refusal)}, b""
    except (ValueError, KeyError, TypeError):
        return {"error": "speech_failed", "sentence": "The request to espeak-ng was not understood."}, b""
    return {"rate": engine.rate, "bytes": len(audio)}, audio


def load() -> Answer:
    engine = Engine()
    return lambda line: answer(engine, line)


def main() -> None:
    out = os.dup(1)
    os.dup2(2, 1)  # whatever the library prints must not get between the answers
    serve(load, sys.stdin.buffer, out)


if __name__ == "__main__":
    main()
