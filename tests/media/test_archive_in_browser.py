"""Chromium plays what the archive makes: both forms are as long as the talk, with both sides apart."""

from __future__ import annotations

import asyncio
import base64
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.deadline import within
from tests.media.lab import sine
from tests.media.test_browser import browser_page
from yingda.media.g711 import Law, encode
from yingda.media.recording_file import header
from yingda.recordings import mp3, opus

pytestmark = pytest.mark.peer

SECONDS = 3
PLAY = """async ([type, text]) => {
  const bytes = Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
  const player = new Audio(URL.createObjectURL(new Blob([bytes], {type})));
  const played = await new Promise((resolve) => {
    player.onended = () => resolve(true);
    player.onerror = () => resolve(player.error.message);
    player.playbackRate = 4;
    player.play();
  });
  const sound = await new OfflineAudioContext(2, 48000, 48000).decodeAudioData(bytes.buffer);
  const level = (channel, hertz) => {
    const samples = sound.getChannelData(channel).slice(48000, 96000);
    let real = 0, imaginary = 0;
    samples.forEach((value, at) => {
      real += value * Math.cos(2 * Math.PI * hertz * at / 48000);
      imaginary += value * Math.sin(2 * Math.PI * hertz * at / 48000);
    });
    return 20 * Math.log10(2 * Math.hypot(real, imaginary) / samples.length + 1e-9);
  };
  return {played, duration: sound.duration, channels: sound.numberOfChannels,
          levels: [0, 1].map((channel) => [440, 1000].map((hertz) => level(channel, hertz)))};
}"""


def test_both_forms_of_the_archive_are_played(tmp_path: Path) -> None:
    wav = tmp_path / "talk.wav"
    stereo = np.column_stack([sine(440, -12, SECONDS), sine(1_000, -12, SECONDS)])
    data = encode(np.rint(stereo).astype(np.int16).reshape(-1), Law.MU)
    wav.write_bytes(header(len(data)) + data)
    made = {"audio/ogg; codecs=opus": opus.encode(wav), "audio/mpeg": mp3.encode(wav)}

    async def scene() -> None:
        async with browser_page(tmp_path) as page:
            for kind, sound in made.items():
                found: dict[str, Any] = await page.evaluate(PLAY, [kind, base64.b64encode(sound).decode()])
                assert (found["played"], found["channels"]) == (True, 2), kind
                assert SECONDS <= found["duration"] < SECONDS + 0.3, kind
                for channel, levels in enumerate(found["levels"]):
                    assert levels[channel] == pytest.approx(-12, abs=2), kind  # of a pure tone at 8 kbit/s
                    assert levels[1 - channel] < -45, kind

    asyncio.run(within(60, scene()))
