"""Whether the engines of a configuration can work on this machine: asked before it is put in force.

What is missing is named with what to install. A centre that runs is never stopped by it: an engine that goes missing
later is followed by the next one.
"""

from __future__ import annotations

import importlib.util
import shutil
from collections.abc import Iterable, Mapping
from pathlib import Path

from yingda.kernel.config.speech import Recogniser, Voice
from yingda.kernel.errors import YingdaError

PACKAGES: Mapping[str, tuple[str, str]] = {
    "sherpa": ("sherpa_onnx", "sherpa-onnx"),
    "vosk": ("vosk", "vosk"),
    "pocketsphinx": ("pocketsphinx", "pocketsphinx"),
}
"""Engine → module and package."""


def check(voices: Iterable[Voice], recognisers: Iterable[Recogniser], models: Path) -> None:
    """Raises YingdaError `speech_missing` with every engine that cannot work, a line each."""
    lines = [line for voice in voices for line in _of_voice(voice, models)]
    lines += [
        line for one in recognisers for line in _of_engine(f"recogniser {one.name}", one.engine, one.model, models)
    ]
    if lines:
        raise YingdaError("speech_missing", "These speech engines cannot work here:\n" + "\n".join(lines))


def _of_voice(voice: Voice, models: Path) -> list[str]:
    who = f"voice {voice.name}"
    lines = _of_engine(who, voice.engine, voice.model, models)
    if voice.engine == "piper":
        if shutil.which(voice.program) is None:
            lines.append(f"{who}: there is no program {voice.program}; install it: pipx install piper-tts")
        description = models / f"{voice.model}.json"
        if not lines and not description.is_file():
            lines.append(f"{who}: there is no {description}; it comes with the model")
    return lines


def _of_engine(who: str, engine: str, model: str, models: Path) -> list[str]:
    lines: list[str] = []
    module, package = PACKAGES.get(engine, ("", ""))
    if module and importlib.util.find_spec(module) is None:
        lines.append(f"{who}: the package {package} is not installed; install it: pip install 'yingda[speech]'")
    if model and not (models / model).exists():
        lines.append(f"{who}: there is no model {models / model}; put it there, or give its path")
    return lines
