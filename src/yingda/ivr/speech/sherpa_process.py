"""sherpa-onnx speaking: `python -m yingda.ivr.speech.sherpa_process MODEL`, asked as `engine_process` says.

A request is {"text", "speaker": number, "speed": 1.0 is ordinary}. What lies in the model's folder says which kind it
is: `voices.bin` makes it Kokoro, a vocoder beside the acoustic model Matcha, anything else VITS.
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import Any

import numpy as np

from yingda.ivr.speech.serving import Refusal, serve

THREADS = 1


def kind_of(folder: Path) -> tuple[str, dict[str, str]]:
    """(vits, matcha or kokoro, its files by sherpa-onnx's names). Raises Refusal where something is missing."""
    found: dict[str, str] = {}
    for name, path in (("tokens", "tokens.txt"), ("data_dir", "espeak-ng-data")):
        if (folder / path).exists():
            found[name] = str(folder / path)
    lexicons = sorted(str(path) for path in folder.glob("lexicon*.txt"))
    if lexicons:
        found["lexicon"] = ",".join(lexicons)
    models = sorted(folder.glob("*.onnx"), key=lambda path: (path.name.endswith(".int8.onnx"), path.name))
    vocoders = [path for path in models if path.name.startswith(("vocos", "hifigan"))]
    models = [path for path in models if path not in vocoders]
    if "tokens" not in found or not models:
        raise Refusal(
            "speech_model", f"{folder} holds no model of sherpa-onnx: tokens.txt and a file .onnx are wanted."
        )
    if (folder / "voices.bin").exists():
        return "kokoro", found | {"model": str(models[0]), "voices": str(folder / "voices.bin")}
    if vocoders:
        return "matcha", found | {"acoustic_model": str(models[0]), "vocoder": str(vocoders[0])}
    return "vits", found | {"model": str(models[0])}


class Engine:
    """The model, loaded once."""

    def __init__(self, folder: Path) -> None:
        kind, files = kind_of(folder)
        try:
            import sherpa_onnx
        except ImportError as error:
            words = "The package sherpa-onnx is not installed: pip install 'yingda[speech]'."
            raise Refusal("speech_package", words) from error
        configs = {
            "vits": sherpa_onnx.OfflineTtsVitsModelConfig,
            "matcha": sherpa_onnx.OfflineTtsMatchaModelConfig,
            "kokoro": sherpa_onnx.OfflineTtsKokoroModelConfig,
        }
        model: dict[str, Any] = {kind: configs[kind](**files), "num_threads": THREADS}
        config = sherpa_onnx.OfflineTtsConfig(model=sherpa_onnx.OfflineTtsModelConfig(**model))
        if not config.validate():
            raise Refusal("speech_model", f"sherpa-onnx cannot use the model in {folder}.")
        self._engine = sherpa_onnx.OfflineTts(config)

    def answer(self, line: bytes) -> tuple[dict[str, Any], bytes]:
        """Header and bytes of the answer to one request."""
        try:
            request = json.loads(line)
            made = self._engine.generate(
                str(request["text"]), sid=int(request["speaker"]), speed=float(request["speed"])
            )
        except (ValueError, LookupError, TypeError, RuntimeError) as error:
            return {"error": "speech_failed", "sentence": f"sherpa-onnx cannot speak this text: {error}"}, b""
        samples = np.clip(np.asarray(made.samples, np.float64), -1, 1)
        audio = np.rint(samples * 32_767).astype("<i2").tobytes()
        return {"rate": int(made.sample_rate), "bytes": len(audio)}, audio


def main(folder: str) -> None:
    out = os.dup(1)
    os.dup2(2, 1)  # whatever the library prints must not get between the answers
    serve(lambda: Engine(Path(folder)).answer, sys.stdin.buffer, out)


if __name__ == "__main__":
    main(sys.argv[1])
