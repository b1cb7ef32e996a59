"""Sister centres, which may take our callers when they would be answered sooner there (ACD-65; docs/routing.md)."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from yingda.kernel.config.base import Name, Part

Variable = Annotated[str, Field(pattern=r"^[A-Za-z_][A-Za-z0-9_]*$")]


class SiteQueue(Part):
    """Which queue there does the work of a queue of ours (`there`; without it the one of the same name), and the number
    that leads into it."""

    queue: Name
    there: Name | None = None
    number: Annotated[str, Field(pattern=r"^[+0-9*#]{1,20}$")]


class Site(Part):
    """A sister centre. url: of its web server. token_env: the environment variable with the token it asks for."""

    id: str = ""
    name: Name
    url: Annotated[str, Field(pattern=r"^https?://[^\s/?#]{1,253}/?$")]
    token_env: Variable
    queues: Annotated[list[SiteQueue], Field(min_length=1, max_length=200)]


class SiteRules(Part):
    """How sister centres are asked: every `every_s`, each for `timeout_s` at most. stale_s: what it said so long ago
    counts no more. alarm_s: one that has not answered for so long raises an alarm. token_env: the environment variable
    with the token that sisters must show to see our load; without it nobody may."""

    every_s: Annotated[float, Field(ge=1, le=300)] = 5
    timeout_s: Annotated[float, Field(ge=0.1, le=30)] = 2
    stale_s: Annotated[float, Field(ge=2, le=900)] = 15
    alarm_s: Annotated[float, Field(ge=5, le=86_400)] = 60
    token_env: Variable | None = None
