"""What stands between a draft and callers: its problems, its tests, and the tests of those that lean on it."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from yingda.ivr.voicexml.model import Library
from yingda.ivr.writing import scripts
from yingda.ivr.writing.playing import Outcome, Scene, run
from yingda.ivr.writing.problems import Finding, check_flow, pointed_at
from yingda.kernel.errors import YingdaError


@dataclass(frozen=True, slots=True)
class Draft:
    """A document as somebody would publish it."""

    name: str
    text: str
    tests: str = ""


@dataclass(frozen=True, slots=True)
class Verdict:
    """findings: of the flow and its tests. outcomes: by the name of the document whose tests they are."""

    findings: tuple[Finding, ...]
    outcomes: Mapping[str, tuple[Outcome, ...]]

    @property
    def errors(self) -> tuple[Finding, ...]:
        """The problems with which it cannot run."""
        return tuple(one for one in self.findings if one.severity == "error")

    @property
    def failed(self) -> tuple[tuple[str, Outcome], ...]:
        """(document, test) of each test that did not come out."""
        every = ((name, one) for name, outcomes in self.outcomes.items() for one in outcomes)
        return tuple((name, one) for name, one in every if not one.passed)

    @property
    def passes(self) -> bool:
        """Whether it may be published."""
        return not self.errors and not self.failed


def findings_of(draft: Draft, known: Collection[str], phrases: Collection[str] | None = None) -> list[Finding]:
    """Everything wrong with a draft and its tests. known, phrases: names of what the centre has."""
    return [*check_flow(draft.text, draft.name, {*known, draft.name}, phrases), *scripts.read(draft.tests)[1]]


def judge(draft: Draft, centre: Mapping[str, Draft], language: str, library: Library) -> Verdict:
    """Whether a draft may be published. centre: the documents in force by name.

    The tests of documents that name this one run too, with the draft in its place. Each runs as it would in the centre.
    """
    findings = findings_of(draft, centre.keys())
    if any(one.severity == "error" for one in findings):
        return Verdict(tuple(findings), {})
    texts = {name: one.text for name, one in centre.items()} | {draft.name: draft.text}
    leaning = [one for name, one in sorted(centre.items()) if name != draft.name and _leans(one, draft.name)]
    outcomes = {}
    for one in (draft, *leaning):
        scene = Scene(one.name, texts, language)
        outcomes[one.name] = tuple(run(scene, scripts.read(one.tests)[0], library))
    return Verdict(tuple(findings), outcomes)


def refusal(draft: Draft, verdict: Verdict) -> YingdaError:
    """Why a draft may not be published, in words, with every place."""
    if verdict.errors:
        lines = [f"{_tests(one)}line {one.line}, column {one.column}: {one.en}" for one in verdict.errors]
        return YingdaError("flow_faulty", f"{draft.name} cannot run:\n" + "\n".join(lines), where=draft.name)
    lines = [f"{name}: {one.says}: {_why(one)}" for name, one in verdict.failed]
    sentence = f"{len(lines)} scripted tests fail:\n" + "\n".join(lines)
    return YingdaError("flow_tests_fail", sentence, where=draft.name, todo="Mend the flow or its tests.")


def _leans(other: Draft, name: str) -> bool:
    return name in pointed_at(other.text, other.name)


def _tests(finding: Finding) -> str:
    return "tests, " if finding.part == "tests" else ""


def _why(outcome: Outcome) -> str:
    faults = [step.fault for step in outcome.steps if step.fault]
    if outcome.differs is None or faults:
        return " ".join(faults)
    return f"expected {outcome.differs.expected or 'nothing'!r}, seen {outcome.differs.seen or 'nothing'!r}."
