"""What every part of a centre's document is made of."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

Name = Annotated[str, Field(min_length=1, max_length=64)]
Seconds = Annotated[float, Field(ge=0, le=86_400)]
Digits = Annotated[str, Field(pattern=r"^[+0-9*#]{0,24}$")]

SrtpUse = Literal["none", "optional", "required"]
"""Whether the sound of calls is encrypted with keys from the signalling (sip/sdp_crypto.py, docs/sip.md)."""


class Part(BaseModel):
    """Base of every part: unknown keys are errors, documents are immutable."""

    model_config = ConfigDict(extra="forbid", frozen=True)
