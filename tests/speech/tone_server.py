"""A recogniser of tones, behind the WebSocket protocol of docs/speech.md: `python -m tests.speech.tone_server`.

It knows one word for each of a few frequencies, says what it has as partial results, and understands nothing else.
Its port is the first line it prints; what it was asked comes after that, a line of JSON an utterance.
"""

from __future__ import annotations

import asyncio
import json
from typing import Any

import numpy as np
from websockets.asyncio.server import ServerConnection, serve

WORDS = {500: "yes", 620: "no", 740: "one", 860: "two", 980: "help", 1_100: "您好"}
MUMBLE_HZ, MUMBLED = 1_300, 0.3
"""This tone is "yes", but not surely."""
BREAK_HZ = 1_500
"""At this one the server drops the connection."""
BLOCK_MS = 40
LOUD = 500.0


class Heard:
    """What one utterance was. Tones of less than 80 ms are none."""

    def __init__(self, rate: int) -> None:
        self._rate, self._held = rate, b""
        self._run: tuple[int, int] = (0, 0)
        self.tones: list[int] = []

    def take(self, samples: bytes) -> bool:
        """Whether another tone was recognised."""
        before, size = len(self.tones), 2 * self._rate * BLOCK_MS // 1_000
        self._held += samples
        while len(self._held) >= size:
            self._block(np.frombuffer(self._held[:size], "<i2").astype(float))
            self._held = self._held[size:]
        return len(self.tones) > before

    def _block(self, samples: Any) -> None:
        power = {hz: self._power(samples, hz) for hz in (*WORDS, MUMBLE_HZ, BREAK_HZ)}
        best = max(power, key=lambda hz: power[hz])
        found = best if power[best] > LOUD else 0
        same = self._run[1] + 1 if self._run[0] == found else 1
        self._run = (found, same)
        if found and same == 2:
            self.tones.append(found)

    def _power(self, samples: Any, hz: int) -> float:
        turns = np.exp(-2j * np.pi * hz / self._rate * np.arange(samples.size))
        return float(abs(np.dot(samples, turns)) / samples.size)

    @property
    def text(self) -> str:
        return " ".join(WORDS.get(hz, "yes") for hz in self.tones if hz != BREAK_HZ)

    @property
    def confidence(self) -> float:
        return MUMBLED if MUMBLE_HZ in self.tones else 0.9


async def listen(connection: ServerConnection) -> None:
    heard, config = Heard(8_000), {}
    async for message in connection:
        if isinstance(message, bytes):
            if heard.take(message):
                if BREAK_HZ in heard.tones:
                    connection.transport.abort()
                    return
                await connection.send(json.dumps({"partial": heard.text}, ensure_ascii=False))
            continue
        order = json.loads(message)
        if "config" in order:
            config = order["config"]
            heard = Heard(int(config["sample_rate"]))
        elif "eof" in order:
            break
    words = [{"conf": heard.confidence, "word": word} for word in heard.text.split()]
    print(json.dumps({"config": config, "text": heard.text}), flush=True)
    answer: dict[str, Any] = {"text": heard.text, "result": words}
    if config.get("max_alternatives", 1) > 1:
        readings = [{"text": heard.text, "confidence": 214.0}, {"text": "no", "confidence": 212.0}]
        answer = {"alternatives": readings if heard.text else []}
    await connection.send(json.dumps(answer, ensure_ascii=False))


async def main() -> None:
    async with serve(listen, "127.0.0.1", 0) as server:
        print(next(iter(server.sockets)).getsockname()[1], flush=True)
        await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main())
