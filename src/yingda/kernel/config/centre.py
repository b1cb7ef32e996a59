"""The configuration of a centre, typed. One document is one version; nothing in it is a secret.

Names are for people; `id` is the key. Whoever writes a document by hand leaves the ids out: they are given at the
first publication and kept by name afterwards. Secrets (passwords, SIP digests) live apart, in the credentials table;
`password_env` only names the environment variable they are taken from when the document is applied.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from yingda.kernel.config.base import Digits, SrtpUse
from yingda.kernel.config.base import Name as Name
from yingda.kernel.config.base import Part as Part
from yingda.kernel.config.base import Seconds as Seconds
from yingda.kernel.config.calendars import Calendar
from yingda.kernel.config.desk import DeskRules, Script
from yingda.kernel.config.keeping import Recordings as Recordings
from yingda.kernel.config.keeping import Relays as Relays
from yingda.kernel.config.keeping import Reports as Reports
from yingda.kernel.config.meetings import ConferenceRoom as ConferenceRoom
from yingda.kernel.config.people import CustomerCard as CustomerCard
from yingda.kernel.config.people import CustomerField as CustomerField
from yingda.kernel.config.people import SigningIn as SigningIn
from yingda.kernel.config.sites import Site, SiteRules
from yingda.kernel.config.speech import Recogniser as Recogniser
from yingda.kernel.config.speech import Voice as Voice
from yingda.kernel.config.trunks import Route, ServiceClass, TrunkGroup
from yingda.kernel.config.trunks import Trunk as Trunk
from yingda.kernel.config.waiting import CallbackPolicy, Holding, Overflow, Waiting
from yingda.kernel.config.waiting import Prompt as Prompt

Share = Annotated[int, Field(ge=0, le=100)]
Expression = Annotated[str, Field(max_length=4_000)]
Scope = Literal["own", "team", "department", "all"]
"""How far somebody sees: himself, his teams, the teams of his departments, everybody."""


Items = Annotated[int, Field(ge=0, le=16)]


class Capacity(Part):
    """How much an agent may do at a time: so many items of a medium if he has nothing else; shares add up, so one of
    three chats leaves room for two thirds of the mails. calls: whether he takes calls. blend: apart, a call only when
    no item is open; calls_first, a call whatever is open, and nothing new during it."""

    chat: Items = 0
    email: Items = 0
    sms: Items = 0
    fax: Items = 0
    social: Items = 0
    calls: bool = True
    blend: Literal["apart", "calls_first"] = "apart"


class Routing(Part):
    """The order of entries in the whole centre. priority_point_s: seconds of waiting that weigh as much as one point of
    priority; 0: the higher priority always comes first. by_goals: who is most behind its goal gets the agent.
    capacity: of agents who have none of their own."""

    capacity: Capacity = Capacity()
    priority_point_s: Annotated[float, Field(ge=0, le=3_600)] = 0
    by_goals: bool = False


class FlowRules(Part):
    """What holds for every flow. allowed: beginnings of addresses that flows may fetch documents and data from."""

    allowed: list[Annotated[str, Field(pattern=r"^https?://[^\s]{1,500}$")]] = []


class CentreInfo(Part):
    """main_number: what called persons see of us. service_class: what agents may dial who have none of their own, and
    whose team has none; without it premium and international numbers are refused. survey: the flow that asks customers
    to rate the service, where their queue has none of its own. holding: what parties on hold are told, where their
    queue has no `holding` of its own."""

    name: Name
    time_zone: str = "Asia/Shanghai"
    language: Literal["zh-CN", "en"] = "zh-CN"
    country: Annotated[str, Field(pattern=r"^[A-Z]{2}$")] = "CN"
    tones: str = "cn"
    main_number: Digits = ""
    service_class: Name | None = None
    routing: Routing = Routing()
    recordings: Recordings = Recordings()
    relays: Relays | None = None
    reports: Reports = Reports()
    customers: CustomerCard = CustomerCard()
    signing_in: SigningIn = SigningIn()
    flows: FlowRules = FlowRules()
    desk: DeskRules = DeskRules()
    holding: Holding = Holding()
    sites: SiteRules = SiteRules()
    survey: Name | None = None


class FlowDocument(Part):
    """A flow's text in VoiceXML, and its scripted tests in YAML (docs/flows.md), which hold before it is published.

    file: where the text stands, seen from the YAML file; `yingda apply` puts it here, and the tests from beside it
    (`greeting.vxml`: `greeting.test.yaml`).
    """

    id: str = ""
    name: Name
    text: Annotated[str, Field(max_length=1_000_000)] = ""
    tests: Annotated[str, Field(max_length=1_000_000)] = ""
    file: str | None = None


class Lookup(Part):
    """A statement that flows may run in another system's database, with its parameters as :name.

    database_env: the environment variable with the database's URL. flows: who may use it; documents: or flows that
    begin with these. writes: it changes something (`change:` instead of `lookup:`).
    """

    id: str = ""
    name: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,63}$")]
    database_env: str
    sql: Annotated[str, Field(min_length=1, max_length=10_000)]
    documents: list[Name] = []
    flows: list[Name] = []
    writes: bool = False
    timeout_s: Annotated[float, Field(gt=0, le=30)] = 2
    most_rows: Annotated[int, Field(ge=1, le=1_000)] = 20


class Flow(Part):
    """What a called number leads to: a document in VoiceXML, or just a greeting; then a queue.

    queue: where callers go who come out of the flow without having been served, and whenever it breaks: to a person.
    script: what agents say to them, instead of the queue's. customers: whether it may look up customer records, or
    write these fields of them too (`customer_fields`, by key).
    """

    id: str = ""
    name: Name
    greeting: Prompt | None = None
    document: Name | None = None
    queue: Name
    script: Script = ""
    customers: Literal["none", "read", "write"] = "none"
    customer_fields: list[Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,31}$")]] = []


class Skill(Part):
    """Something an agent can, at a level from 1 to 9."""

    id: str = ""
    name: Name


class Weights(Part):
    """How much each term of the skill score counts, 0–100. time_to_max_s: a wait that counts in full."""

    under: Share = 100
    over: Share = 20
    extra: Share = 5
    preference: Share = 20
    prohibited: Share = 100
    queue_time: Share = 50
    time_to_max_s: Annotated[float, Field(ge=1, le=86_400)] = 300


class Goals(Part):
    """What a queue promises: shares from 0 to 1, a longest wait in seconds."""

    service_level: Annotated[float, Field(gt=0, lt=1)] | None = None
    abandon_rate: Annotated[float, Field(gt=0, lt=1)] | None = None
    wait_s: Annotated[float, Field(ge=1, le=86_400)] | None = None


class Arrival(Part):
    """For contacts that come in: if `when` holds (`language.conditions`), the priority changes by `priority`, and those
    who meet `first` (`language.needs`) are asked first, for `patience_s` alone."""

    name: Name
    when: Expression = ""
    priority: Annotated[int, Field(ge=-100, le=100)] = 0
    first: Expression = ""
    patience_s: Seconds = 0


class Escalation(Part):
    """For contacts still waiting after `after_s`, if `when` holds then: they also wait in the queue `also`, or whoever
    meets `needs` will do, or they are moved to the queue `move`, or turned away, or leave by `overflow`. Exactly one of
    the five."""

    name: Name
    after_s: Seconds
    when: Expression = ""
    also: Name | None = None
    needs: Expression | None = None
    move: Name | None = None
    turn_away: bool = False
    overflow: Overflow | None = None


class Queue(Part):
    """Where contacts wait. Times in seconds; the target is the T of the service level (metrics.md section 5).

    needs: what an agent must be able to (`language.needs`); without it those serve the queue who list it. order: agent
    numbers, for fixed_order. last_agent: callers wait first for the agent who served them last, last_agent_s: for so
    long. gap_s: pause after a call. min_agents: how many who could serve it must be signed in for it to take anybody
    in. keep_free: so many of its idle agents are kept for its own contacts; those of other queues get only who is idle
    beyond that. calendar: its hours; outside of them it takes no calls in. script: what its agents say. survey: the
    flow that asks its customers to rate the service. opening: what is said into one ear when a call is answered: the
    agent's ID to the customer, the queue's name to the agent, and to both, if it is recorded, a beep that says so."""

    id: str = ""
    name: Name
    strategy: Literal[
        "longest_idle", "fewest_calls", "even_share", "fixed_order", "most_qualified", "skill_score", "ring_all"
    ] = "longest_idle"
    needs: Expression = ""
    order: list[str] = []
    weights: Weights = Weights()
    goals: Goals = Goals()
    protected: bool = False
    last_agent: bool = False
    last_agent_s: Seconds = 20
    arrivals: list[Arrival] = []
    escalations: list[Escalation] = []
    auto_answer: bool = False
    gap_s: Seconds = 0
    wrapup_min_s: Seconds = 0
    mandatory_wrapup: bool = False
    min_agents: Annotated[int, Field(ge=0, le=10_000)] = 0
    keep_free: Annotated[int, Field(ge=0, le=10_000)] = 0
    target_s: Seconds = 20
    short_s: Seconds = 5
    ring_limit_s: Annotated[float, Field(ge=1, le=600)] = 20
    wrapup_s: Seconds = 20
    longest_wait_s: Annotated[float, Field(ge=1, le=86_400)] = 1_800
    music: Prompt | None = None
    waiting: Waiting = Waiting()
    holding: Holding | None = None
    callbacks: CallbackPolicy = CallbackPolicy()
    calendar: Name | None = None
    recording: bool = True
    script: Script = ""
    survey: Name | None = None
    opening: list[Literal["agent_id", "queue_name", "beep"]] = []
    time_zone: str | None = None


class FlowChoice(Part):
    """Another flow for the callers for whom a condition holds (`language.conditions`): by hour, calendar, queue, caller
    (`data.caller`), line (`data.trunk`), and what the customer's record says (`data.grade`)."""

    when: Expression
    flow: Name


class Number(Part):
    """A called number and where it leads: to a flow, or into a conference room. choices: the first that holds takes the
    caller, instead of `flow`.

    ring_s: so long at most he hears ringing, and pays nothing, while all agents of the flow's queue are busy (TEL-36).
    fax_number: where a call goes on whose caller is a fax machine; fax_ring_s: so long everybody hears ringing after
    the answer, so that it can be told (TEL-41).
    """

    id: str = ""
    number: Annotated[str, Field(pattern=r"^[+0-9*#]{1,20}$")]
    flow: Name | None = None
    room: Name | None = None
    choices: Annotated[list[FlowChoice], Field(max_length=50)] = []
    ring_s: Annotated[int, Field(ge=0, le=120)] = 0
    fax_number: Digits = ""
    fax_ring_s: Annotated[int, Field(ge=2, le=20)] = 5
    test: bool = False


class Team(Part):
    """People who work together. department: teams of one department may be seen together (data scope)."""

    id: str = ""
    name: Name
    department: Name | None = None
    service_class: Name | None = None


class Device(Part):
    """What an agent speaks through. A SIP phone registers as its extension; a browser needs no password of its own; a
    mobile (漫游) is rung at its `number` over the trunks, and its extension is what colleagues dial.

    asks_key: who answers a mobile has to press 1 before he has the call, so that no mailbox takes one.

    srtp: whether a phone's sound is encrypted (docs/sip.md); a browser's always is, in its own way. codec: opus for who
    speaks over the open Internet: a quarter of the bandwidth, and lost packets are made good; g722 for phones that
    shall speak it first. Both are decoded here.
    nailed: called once, at sign-in, and kept on the line between calls (docs/sip.md)."""

    id: str = ""
    kind: Literal["sip", "browser", "mobile"]
    extension: Annotated[str, Field(pattern=r"^[0-9]{2,10}$")]
    number: Digits = ""
    asks_key: bool = True
    password_env: str | None = None
    srtp: SrtpUse = "optional"
    codec: Literal["g711", "opus", "g722"] = "g711"
    nailed: bool = False


class User(Part):
    """Somebody who signs in to the screens. role: agent, leader or admin; leads: teams that are his to lead.

    scope: how far he sees; without it an agent sees himself, a leader the teams he leads (none: everybody), an admin
    everybody.
    """

    id: str = ""
    username: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9._-]{0,62}$")]
    display_name: Name
    role: Literal["agent", "leader", "admin"] = "agent"
    scope: Scope | None = None
    leads: list[Name] = []
    password_env: str | None = None


class AgentSkill(Part):
    """A line of an agent's résumé. exclude: never ask him for it."""

    skill: Name
    level: Annotated[int, Field(ge=1, le=9)] = 1
    preference: Annotated[int, Field(ge=1, le=9)] = 5
    exclude: bool = False


class Agent(Part):
    """A person who serves customers: agent ID (工号), user, team, queues, skills, devices.

    service_class: what he may dial. direct_number: his own outside number. capacity: how much at a time, the centre's
    if not given. shift: the calendar whose hours he works: at their end he gets nothing new, and signs off when
    free."""

    id: str = ""
    number: Annotated[str, Field(pattern=r"^[0-9]{1,10}$")]
    user: str
    team: Name | None = None
    queues: list[Name] = []
    skills: list[AgentSkill] = []
    devices: list[Device] = []
    no_answer_busy_after: Annotated[int, Field(ge=1, le=100)] = 1
    service_class: Name | None = None
    direct_number: Digits = ""
    capacity: Capacity | None = None
    shift: Name | None = None


class BusyReason(Part):
    """Why an agent takes no offers. class: work or break (metrics.md section 6). most: how many at once (0: any
    number), limit_s: how long at most (0: as long as it takes)."""

    id: str = ""
    name: Name
    reason_class: Literal["work", "break"] = "break"
    most: Annotated[int, Field(ge=0, le=10_000)] = 0
    limit_s: Seconds = 0


class Centre(Part):
    """A whole centre."""

    centre: CentreInfo
    trunks: list[Trunk] = []
    sites: list[Site] = []
    trunk_groups: list[TrunkGroup] = []
    routes: list[Route] = []
    service_classes: list[ServiceClass] = []
    documents: list[FlowDocument] = []
    lookups: list[Lookup] = []
    voices: list[Voice] = []
    recognisers: list[Recogniser] = []
    flows: list[Flow] = []
    calendars: list[Calendar] = []
    skills: list[Skill] = []
    queues: list[Queue] = []
    rooms: list[ConferenceRoom] = []
    numbers: list[Number] = []
    teams: list[Team] = []
    busy_reasons: list[BusyReason] = []
    users: list[User] = []
    agents: list[Agent] = []
