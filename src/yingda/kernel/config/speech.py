"""Who speaks to callers, and who understands them: engines by name and language (docs/speech.md)."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from yingda.kernel.config.base import Name, Part

Language = Literal["zh", "en"]
Place = Annotated[str, Field(max_length=500)]
Url = Annotated[str, Field(pattern=r"^((https?|wss?)://[^\s]{1,500})?$")]
Patience = Annotated[float, Field(gt=0, le=60)]


class Voice(Part):
    """A voice that prompts are spoken with. The first of a language is the usual one; when it fails the next one
    speaks, and espeak-ng at last. A flow asks for another by its name (`<voice name="…">`).

    speaker: what the engine calls the voice, or its number in the model. rate: words a minute that are ordinary for it.
    model: a file or folder below `models/` of the data folder, or anywhere. program: piper's executable. password_env:
    the environment variable with the service's key. timeout_s: so long a prompt may take to be made.
    """

    id: str = ""
    name: Name
    engine: Literal["espeak", "piper", "sherpa", "http"]
    language: Language = "zh"
    speaker: Annotated[str, Field(max_length=100)] = ""
    rate: Annotated[int, Field(ge=80, le=400)] = 160
    model: Place = ""
    program: Place = ""
    url: Url = ""
    password_env: str | None = None
    timeout_s: Patience = 10


class Recogniser(Part):
    """An engine that understands callers. The first of a language is asked; when it fails, the next one is.

    model, password_env: as of a voice; pocketsphinx brings an English model. url: of a service. rate: samples a second
    that it wants. timeout_s: so long after the end of speech its result may take.
    """

    id: str = ""
    name: Name
    engine: Literal["pocketsphinx", "sherpa", "vosk", "websocket", "http"]
    language: Language = "zh"
    model: Place = ""
    url: Url = ""
    password_env: str | None = None
    rate: Annotated[int, Field(ge=8_000, le=16_000, multiple_of=8_000)] = 16_000
    timeout_s: Patience = 5
