"""A model in ONNX small enough to be written by hand: it says one tone, whatever it is given to read.

It has the inputs, the output and the description of a VITS model, so that sherpa-onnx loads and runs it as any other
(https://onnx.ai/onnx/repo-docs/IR.html for the fields of the messages).
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

RATE, HZ, SECONDS = 16_000, 440, 0.6
FLOAT, INT64 = 1, 7
INPUTS = {
    "x": (INT64, 2),
    "x_length": (INT64, 1),
    "noise_scale": (FLOAT, 1),
    "length_scale": (FLOAT, 1),
    "noise_scale_w": (FLOAT, 1),
}
DESCRIPTION = {
    "sample_rate": str(RATE), "n_speakers": "1", "add_blank": "0", "language": "English", "comment": "test",
    "model_type": "vits", "punctuation": ", .",
}  # fmt: skip


def _varint(number: int) -> bytes:
    out = bytearray()
    while number > 127:
        out.append(number & 127 | 128)
        number >>= 7
    return bytes([*out, number])


def _number(field: int, value: int) -> bytes:
    return _varint(field << 3) + _varint(value)


def _bytes(field: int, value: bytes | str) -> bytes:
    raw = value.encode() if isinstance(value, str) else value
    return _varint(field << 3 | 2) + _varint(len(raw)) + raw


def _value(name: str, kind: int, dimensions: int) -> bytes:
    shape = b"".join(_bytes(1, _bytes(2, f"{name}{at}")) for at in range(dimensions))
    return _bytes(1, name) + _bytes(2, _bytes(1, _number(1, kind) + _bytes(2, shape)))


def model() -> bytes:
    """The ModelProto: y is a constant."""
    time = np.arange(round(RATE * SECONDS)) / RATE
    sound = (0.5 * np.sin(2 * np.pi * HZ * time)).astype("<f4")
    dimensions = b"".join(_number(1, size) for size in (1, 1, sound.size))
    tensor = dimensions + _number(2, FLOAT) + _bytes(8, "sound") + _bytes(9, sound.tobytes())
    node = _bytes(1, "sound") + _bytes(2, "y") + _bytes(3, "say") + _bytes(4, "Identity")
    graph = _bytes(1, node) + _bytes(2, "voice") + _bytes(5, tensor)
    graph += b"".join(_bytes(11, _value(name, *shape)) for name, shape in INPUTS.items())
    graph += _bytes(12, _value("y", FLOAT, 3))
    properties = b"".join(_bytes(14, _bytes(1, key) + _bytes(2, text)) for key, text in DESCRIPTION.items())
    return _number(1, 8) + _bytes(7, graph) + _bytes(8, _number(2, 13)) + properties


def write(folder: Path) -> None:
    """A folder as sherpa-onnx publishes them: model, tokens, lexicon."""
    (folder / "model.onnx").write_bytes(model())
    tokens = ["_", " ", ",", ".", "!", "?", "sil", "eos", *"abcdefghijklmnopqrstuvwxyz"]
    (folder / "tokens.txt").write_text("".join(f"{token} {number}\n" for number, token in enumerate(tokens)))
    (folder / "lexicon.txt").write_text("hello h e l l o\nworld w o r l d\n")
