"""What crosses the API of flows. Times are µs UTC; lines and columns count from 1."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

LONGEST_TEXT = 300_000
LONGEST_TESTS = 100_000

NAME = r"^[\w\u3400-\u9fff][\w\u3400-\u9fff.\- ]*(/[\w\u3400-\u9fff][\w\u3400-\u9fff.\- ]*)*$"
Name = Annotated[str, Field(min_length=1, max_length=64, pattern=NAME)]
Text = Annotated[str, Field(max_length=LONGEST_TEXT)]
Tests = Annotated[str, Field(max_length=LONGEST_TESTS)]
Revision = Annotated[int, Field(ge=0)]


class Order(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class DocumentNew(Order):
    """template: a ready flow to begin from; text: a document to import. With neither it begins with an empty form."""

    name: Name
    language: Literal["zh-CN", "en"] = "zh-CN"
    template: Annotated[str, Field(max_length=64)] = ""
    text: Text = ""
    tests: Tests = ""


class DraftIn(Order):
    """revision: of the draft it was made from, 0 if there was none. base: the version upon which it is written: the
    one that its author began with, or one published meanwhile that he has seen and goes on from."""

    text: Text
    tests: Tests = ""
    revision: Revision
    base: Revision


class FlowText(Order):
    """A text as it stands in the editor."""

    name: Name
    text: Text
    tests: Tests = ""


class RehearsalIn(Order):
    """do: the steps so far, in the words of the scripted tests. session: what the flow knows of the caller."""

    name: Name
    text: Text
    do: Annotated[list[Annotated[str, Field(max_length=1_000)]], Field(max_length=200)] = []
    session: Annotated[dict[str, Any], Field(max_length=50)] = {}


class TrialIn(Order):
    """A text as it stands in the editor, to be heard on a real call."""

    text: Text


class TrialOut(BaseModel):
    code: str = Field(description="dialled at any device of the centre")
    until: int = Field(description="µs UTC")


class RenameIn(Order):
    """number, revision: of the version in force and of the draft, as they were seen; 0: none."""

    name: Name
    number: Revision
    revision: Revision


class PublishIn(Order):
    revision: Annotated[int, Field(ge=1)]
    note: Annotated[str, Field(max_length=1_000)] = ""


class ReturnIn(Order):
    """number: the version that becomes the draft. revision: of the draft that it replaces, 0 if there is none."""

    number: Annotated[int, Field(ge=1)]
    revision: Revision


class VersionOut(BaseModel):
    number: int
    name: str
    checksum: str = Field(description="SHA-256 of the flow, a zero byte and its tests")
    at: int
    by: str = Field(description="user:ID, or system for a file that was applied")
    by_name: str
    note: str
    config_version: int = Field(description="the version of the configuration that brought it")


class DraftOut(BaseModel):
    owner: str
    owner_name: str
    revision: int
    base: int = Field(description="the version it was made from; 0: none")
    at: int


class UseOut(BaseModel):
    kind: Literal["flow", "lookup", "document"]
    name: str


class DocumentOut(BaseModel):
    document_id: str
    name: str
    language: str
    description: str
    published: VersionOut | None
    draft: DraftOut | None
    used_by: list[UseOut]


class DocumentText(DocumentOut):
    """text, tests: of the draft, or of the published version where there is none."""

    text: str
    tests: str


class VersionText(VersionOut):
    text: str
    tests: str


class FindingOut(BaseModel):
    part: Literal["flow", "tests"]
    line: int
    column: int
    severity: Literal["error", "warning"]
    code: str
    about: str
    expected: str
    en: str
    zh: str


class NodeOut(BaseModel):
    """A form item of a document."""

    node: str = Field(description="dialog/item, as in the ledger behind document#")
    dialog: str
    name: str
    kind: str
    words: str = Field(description="how its prompt begins")
    line: int


class EdgeOut(BaseModel):
    """A way out of a node: to another one, or away from the document."""

    source: str
    target: str = Field(description="a node here; empty: see away")
    away: str = Field(description="another document, a destination, exit, disconnect, return; empty: a script decides")
    kind: str
    label: str = Field(description="the key or the event")
    line: int


class OutlineOut(BaseModel):
    nodes: list[NodeOut]
    edges: list[EdgeOut]


class Findings(BaseModel):
    items: list[FindingOut]
    outline: OutlineOut | None = Field(description="the picture of the text; null while it is not in order")


class SeenOut(BaseModel):
    text: str = Field(description="what the flow did: play …, transfer …, exit …")
    document: str
    line: int = Field(description="of the form item the caller is at; 0: unknown")


class StepOut(BaseModel):
    step: str = Field(description="empty for the arrival of the call")
    line: int = Field(description="of the tests' text; 0 in a free rehearsal")
    seen: list[SeenOut]
    fault: str


class DifferenceOut(BaseModel):
    index: int
    line: int
    expected: str
    seen: str


class OutcomeOut(BaseModel):
    document: str
    says: str
    line: int
    passed: bool
    steps: list[StepOut]
    differs: DifferenceOut | None


class VerdictOut(BaseModel):
    passes: bool = Field(description="no error, and every test as expected: it may be published")
    findings: list[FindingOut]
    tests: list[OutcomeOut]


class Rehearsed(BaseModel):
    steps: list[StepOut]
    ended: bool


class Published(BaseModel):
    version: VersionOut
    in_force: bool = Field(description="call control goes by it already; otherwise from its next start")


class DiffPart(BaseModel):
    text: str
    changed: bool


class DiffRow(BaseModel):
    kind: Literal["same", "added", "removed"]
    before: int | None
    after: int | None
    text: str
    pair: int | None = Field(description="on the other side: the line that this one became, or was before")
    parts: list[DiffPart] = Field(description="the text of a line with a pair, cut where it changed")


class DiffOut(BaseModel):
    """Groups of lines that differ, with unchanged lines around them."""

    text: list[list[DiffRow]]
    tests: list[list[DiffRow]]


class TemplateOut(BaseModel):
    template: str
    language: str
    description: str


class AttributeOut(BaseModel):
    name: str
    required: bool
    expected: str
    values: list[str]


class ElementOut(BaseModel):
    tag: str
    section: str
    zh: str
    en: str
    attributes: list[AttributeOut]
    children: list[str]
