"""The configuration of a centre, typed. One document is one version; nothing in it is a secret.

Names are for people; `id` is the key. Whoever writes a document by hand leaves the ids out: they are given at the
first publication and kept by name afterwards. Secrets (passwords, SIP digests) live apart, in the credentials table;
`password_env` only names the environment variable they are taken from when the document is applied.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

Name = Annotated[str, Field(min_length=1, max_length=64)]
Seconds = Annotated[float, Field(ge=0, le=86_400)]


class Part(BaseModel):
    """Base of every part: unknown keys are errors, documents are immutable."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Prompt(Part):
    """What a caller hears: a file below the prompts' folder, or text that is spoken."""

    file: str | None = None
    say: str | None = None
    language: Literal["zh", "en"] = "zh"


class CentreInfo(Part):
    name: Name
    time_zone: str = "Asia/Shanghai"
    language: Literal["zh-CN", "en"] = "zh-CN"
    country: Annotated[str, Field(pattern=r"^[A-Z]{2}$")] = "CN"
    tones: str = "cn"


class Trunk(Part):
    """A line bundle. Calls from `hosts` (addresses) are its calls.

    trusts_identity: its P-Asserted-Identity is the caller's number (a carrier's is; a customer's PBX may say anything).
    """

    id: str = ""
    name: Name
    hosts: list[str] = []
    port: Annotated[int, Field(ge=1, le=65535)] = 5060
    transport: Literal["udp", "tcp"] = "udp"
    max_calls: Annotated[int, Field(ge=1, le=100_000)] = 60
    codecs: list[Literal["PCMA", "PCMU"]] = ["PCMA", "PCMU"]
    trusts_identity: bool = True


class Flow(Part):
    """The first flow kind: a greeting, then a queue. Documents in VoiceXML take its place later."""

    id: str = ""
    name: Name
    greeting: Prompt | None = None
    queue: Name


class Queue(Part):
    """Where contacts wait. Times in seconds; the target is the T of the service level (metrics.md section 5)."""

    id: str = ""
    name: Name
    strategy: Literal["longest_idle"] = "longest_idle"
    target_s: Seconds = 20
    short_s: Seconds = 5
    ring_limit_s: Annotated[float, Field(ge=1, le=600)] = 20
    wrapup_s: Seconds = 20
    longest_wait_s: Annotated[float, Field(ge=1, le=86_400)] = 1_800
    music: Prompt | None = None
    recording: bool = True
    time_zone: str | None = None


class Number(Part):
    """A called number and where it leads."""

    id: str = ""
    number: Annotated[str, Field(pattern=r"^[+0-9*#]{1,20}$")]
    flow: Name
    test: bool = False


class Team(Part):
    id: str = ""
    name: Name


class Device(Part):
    """What an agent speaks through. A SIP phone registers as its extension; a browser needs no password of its own."""

    id: str = ""
    kind: Literal["sip", "browser"]
    extension: Annotated[str, Field(pattern=r"^[0-9]{2,10}$")]
    password_env: str | None = None


class User(Part):
    """Somebody who signs in to the screens. role: agent, leader or admin."""

    id: str = ""
    username: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9._-]{0,62}$")]
    display_name: Name
    role: Literal["agent", "leader", "admin"] = "agent"
    password_env: str | None = None


class Agent(Part):
    """A person who serves customers: agent ID (工号), user, team, queues, devices."""

    id: str = ""
    number: Annotated[str, Field(pattern=r"^[0-9]{1,10}$")]
    user: str
    team: Name | None = None
    queues: list[Name] = []
    devices: list[Device] = []
    no_answer_busy_after: Annotated[int, Field(ge=1, le=100)] = 1


class BusyReason(Part):
    """Why an agent takes no offers. class: work or break (metrics.md section 6)."""

    id: str = ""
    name: Name
    reason_class: Literal["work", "break"] = "break"


class Centre(Part):
    """A whole centre."""

    centre: CentreInfo
    trunks: list[Trunk] = []
    flows: list[Flow] = []
    queues: list[Queue] = []
    numbers: list[Number] = []
    teams: list[Team] = []
    busy_reasons: list[BusyReason] = []
    users: list[User] = []
    agents: list[Agent] = []
