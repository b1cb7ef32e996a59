"""Recordings as Ogg Opus (RFC 7845), 16 kbit/s, two channels, by libopus (kernel/opus.py).

The channels are coded apart (mapping family 255): coupled stereo would fold both sides into one at this rate, and who
said what would be lost.
"""

from __future__ import annotations

import struct
from collections.abc import Callable
from pathlib import Path

from yingda import __version__
from yingda.kernel.errors import YingdaError
from yingda.kernel.opus import Decoder, Encoder
from yingda.recordings import linear, ogg

BIT_RATE = 16_000
COMPLEXITY = 5
"""Of 10: half the processor's time for a loss that telephone speech does not show."""
FRAME = 160  # samples: 20 ms
SCALE = 6  # Ogg Opus counts in 48 kHz
FRAMES_A_PAGE = 50
APART = 255
_HEAD = struct.Struct("<8sBBHIhBBB2s")


def encode(wav: Path, read: Callable[[Path], linear.Stereo] = linear.read) -> bytes:
    """The Ogg file. read: gives its samples. Raises YingdaError: opus_absent, opus_failed for a file without sound, and
    as `read`."""
    sound = read(wav)
    if not len(sound):
        raise YingdaError("opus_failed", "A recording without sound cannot be turned into Opus.", where=str(wav))
    encoder = Encoder(linear.RATE, linear.CHANNELS, bit_rate=BIT_RATE, complexity=COMPLEXITY, apart=True)
    skip, size = encoder.lookahead, len(sound) + encoder.lookahead
    frames = -(-size // FRAME)
    pcm = sound.tobytes() + bytes(4 * (frames * FRAME - len(sound)))
    step = 4 * FRAME
    coded = [encoder.encode(pcm[at : at + step]) for at in range(0, len(pcm), step)]
    writer = ogg.Writer(serial=1)
    head = (1, linear.CHANNELS, skip * SCALE, linear.RATE, 0, APART, linear.CHANNELS, 0, bytes(range(linear.CHANNELS)))
    writer.page([_HEAD.pack(b"OpusHead", *head)], 0, ogg.FIRST)
    writer.page([_tags(f"yingda {__version__}")], 0)
    for begin in range(0, frames, FRAMES_A_PAGE):
        end = begin + FRAMES_A_PAGE
        last = end >= frames
        writer.page(coded[begin:end], (size if last else end * FRAME) * SCALE, ogg.LAST if last else 0)
    return bytes(writer.pages)


def decoded_ms(data: bytes) -> float:
    """How long the file sounds: all of it is decoded. Raises YingdaError: as `encode`, opus_refused, ogg_broken."""
    packets = list(ogg.packets(data))
    if len(packets) < 3 or packets[0][0][:8] != b"OpusHead" or packets[1][0][:8] != b"OpusTags":
        raise YingdaError("ogg_broken", "This is no Opus file.")
    skip = _HEAD.unpack(packets[0][0])[3]
    decoder = Decoder(linear.RATE, linear.CHANNELS, apart=True)
    decoded = sum(len(decoder.decode(packet)) for packet, _ in packets[2:]) // (2 * linear.CHANNELS) * SCALE
    return float(min(decoded, packets[-1][1]) - skip) / 48


def _tags(vendor: str) -> bytes:
    name = vendor.encode()
    return b"OpusTags" + struct.pack("<I", len(name)) + name + struct.pack("<I", 0)
