"""/flows: what answers a text as it stands in the editor, saved or not: problems, tests, a rehearsal key by key."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict
from typing import Annotated, Any, TypeVar

from anyio import CapacityLimiter, to_thread
from fastapi import APIRouter, Path, Request

from yingda.ivr.speech import recorded
from yingda.ivr.voicexml.model import Library
from yingda.ivr.writing import gate
from yingda.ivr.writing.gate import Draft, Verdict
from yingda.ivr.writing.outline import outline
from yingda.ivr.writing.playing import Outcome, Scene, Step, play
from yingda.ivr.writing.scripts import Line
from yingda.kernel.store import reading, writing
from yingda.server import audit
from yingda.server.control import ask
from yingda.server.deps import Address, InHouse, SignedIn
from yingda.server.flows import catalogue, service, templates
from yingda.server.flows.schemas import (
    ElementOut,
    Findings,
    FlowText,
    RehearsalIn,
    Rehearsed,
    TemplateOut,
    TrialIn,
    TrialOut,
    VerdictOut,
)
from yingda.server.flows.service import Row, judged
from yingda.server.refusals import documented

router = APIRouter(prefix="/flows", tags=["flows"])
Answer = TypeVar("Answer")
Id = Annotated[str, Path(max_length=36)]
LAST = ("exit", "disconnect")


class Studio:
    """One rehearsal at a time: it takes a core, and the web plane has others to serve."""

    def __init__(self) -> None:
        self.library = Library()
        self._one = CapacityLimiter(1)

    async def work(self, act: Callable[[], Answer]) -> Answer:
        """The answer, in a thread, when it is one's turn."""
        return await to_thread.run_sync(act, limiter=self._one)


def studio_of(request: Request) -> Studio:
    studio = request.app.state.studio
    assert isinstance(studio, Studio)
    return studio


@router.get("/templates", response_model=list[TemplateOut], summary="Ready flows to begin from")
def list_flow_templates() -> list[Row]:
    return templates.listed()


@router.get("/catalogue", response_model=list[ElementOut], summary="Every element of VoiceXML, for completion")
def read_flow_catalogue() -> list[Row]:
    return catalogue.elements()


@router.post("/check", response_model=Findings, summary="Everything wrong with a text: line, column, what was expected")
async def check_flow_text(order: FlowText, house: InHouse, request: Request) -> dict[str, Any]:
    draft = Draft(order.name, order.text, order.tests)

    def look() -> Row:
        names = {one.name for one in house.directory().centre.documents}
        phrases = {one.name for one in recorded.every(house.deps.options.prompts)}
        items = [one.as_dict() for one in gate.findings_of(draft, names, phrases)]
        picture = outline(draft.text, draft.name)
        return {"items": items, "outline": None if picture is None else asdict(picture)}

    return await studio_of(request).work(look)


@router.post(
    "/tests",
    response_model=VerdictOut,
    summary="Play the scripted tests of a text, and those of the documents that lean on it",
)
async def run_flow_tests(order: FlowText, house: InHouse, request: Request) -> dict[str, Any]:
    studio, draft = studio_of(request), Draft(order.name, order.text, order.tests)

    def judge() -> Verdict:
        centre = house.directory().centre
        return gate.judge(draft, judged(centre), centre.centre.language, studio.library)

    verdict = await studio.work(judge)
    tests = [outcome_row(name, one) for name, outcomes in verdict.outcomes.items() for one in outcomes]
    return {"passes": verdict.passes, "findings": [one.as_dict() for one in verdict.findings], "tests": tests}


@router.post("/rehearsal", response_model=Rehearsed, summary="Play a text step by step: keys, silence, hang-up")
async def rehearse_flow(order: RehearsalIn, house: InHouse, request: Request) -> dict[str, Any]:
    studio = studio_of(request)

    def act() -> list[Step]:
        centre = house.directory().centre
        texts: Mapping[str, str] = {one.name: one.text for one in centre.documents} | {order.name: order.text}
        scene = Scene(order.name, texts, centre.centre.language)
        return play(scene, [Line(step, 0) for step in order.do], order.session, studio.library)

    steps = await studio.work(act)
    ended = any(one.text.partition(" ")[0] in LAST for step in steps for one in step.seen)
    return {"steps": [asdict(step) for step in steps], "ended": ended}


@router.post(
    "/{document_id}/trial",
    response_model=TrialOut,
    responses=documented(404, 503),
    summary="Keep a text under a short code, by which phones of the centre reach it (试拨); no figure counts it",
)
async def try_flow_by_phone(
    document_id: Id, order: TrialIn, house: InHouse, viewer: SignedIn, address: Address, request: Request
) -> Row:
    """Refuses flow_faulty, no_flow, too_many_trials."""
    studio = studio_of(request)

    def look() -> tuple[str, str]:
        centre = house.directory().centre
        with reading(house.deps.store.business) as connection:
            name = service.find(connection, viewer.tenant, centre, document_id).name
        draft = Draft(name, order.text)
        verdict = Verdict(tuple(gate.findings_of(draft, {one.name for one in centre.documents})), {})
        if verdict.errors:
            raise gate.refusal(draft, verdict)
        return name, next((flow.name for flow in service.leading_to(centre, name)), "")

    name, flow = await studio.work(look)
    trial = await ask(
        house.deps.control, "flow.trial", {"document": name, "text": order.text, "flow": flow, "by": viewer.who}
    )
    with writing(house.deps.store.business) as connection:
        deed = audit.Deed(viewer.who, "flow.tried", f"document:{name}", address)
        audit.write(connection, viewer.tenant, house.deps.clock.now(), deed)
    return trial


def outcome_row(document: str, outcome: Outcome) -> Row:
    """A test as it crosses the API."""
    return {"document": document, "passed": outcome.passed, **asdict(outcome)}
