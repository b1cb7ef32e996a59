"""/phrases: what flows play as `phrase:NAME`: recorded or uploaded, heard, replaced, and what an engine would say."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Path, Query, Request, Response
from pydantic import BaseModel, Field
from starlette.concurrency import run_in_threadpool

from yingda.ivr.speech import recorded
from yingda.ivr.speech.recorded import LANGUAGES, NAME, How, Origin, Phrase
from yingda.ivr.speech.tts import Language
from yingda.kernel.errors import YingdaError
from yingda.kernel.store import reading, writing
from yingda.server import audit
from yingda.server.deps import Address, House, InHouse, SignedIn
from yingda.server.flows import service
from yingda.server.flows.booth import Booth
from yingda.server.flows.schemas import Order
from yingda.server.flows.service import Document, Row
from yingda.server.refusals import documented, not_found
from yingda.server.sessions.viewer import Viewer

router = APIRouter(prefix="/phrases", tags=["phrases"])
PhraseName = Annotated[str, Path(pattern=f"^{NAME}$")]
Tongue = Annotated[Language, Path()]
WAV = "audio/wav"
FILE: dict[int | str, dict[str, Any]] = {200: {"content": {WAV: {"schema": {"type": "string"}}}}}
BODY = {"requestBody": {"required": True, "content": {WAV: {"schema": {"type": "string", "format": "binary"}}}}}
LONGEST_TEXT = 500


class PhraseOut(BaseModel):
    name: str
    language: Language
    duration_ms: int
    versions: list[int]
    used_by: list[str]


class MissingOut(BaseModel):
    name: str
    used_by: list[str]


class PhraseList(BaseModel):
    """missing: phrases that flows name and nobody has recorded."""

    items: list[PhraseOut]
    missing: list[MissingOut]


class VoiceOut(BaseModel):
    """A voice of the centre. name "": the one that speaks where no other can."""

    name: str
    languages: list[Language]


class PhraseVersion(BaseModel):
    """One recording that there was, and where it came from."""

    number: int
    duration_ms: int
    how: How = Field(description="empty: nobody knows")
    by_name: str
    at: int = Field(description="µs UTC; 0: unknown")
    text: str = Field(description="what an engine said")
    voice: str
    of: int = Field(description="the version that was put back")


class SpokenIn(Order):
    """A text to be said by an engine and kept. voice "": that of the flow which names the phrase, or the usual one."""

    text: Annotated[str, Field(min_length=1, max_length=LONGEST_TEXT)]
    voice: Annotated[str, Field(max_length=100)] = ""


class PutBackIn(Order):
    number: Annotated[int, Field(ge=1, le=2**31)]


@router.get("", response_model=PhraseList, summary="All phrases, and those that flows miss")
def list_phrases(house: InHouse, viewer: SignedIn) -> Row:
    users = _users(house, viewer)
    found = list(recorded.every(house.deps.options.prompts))
    missing = sorted(users.keys() - {one.name for one in found})
    items = [{**asdict(one), "used_by": users.get(one.name, [])} for one in found]
    return {"items": items, "missing": [{"name": name, "used_by": users[name]} for name in missing]}


@router.get("/voices", response_model=list[VoiceOut], summary="The voices that texts can be heard with")
def list_voices(house: InHouse) -> list[Row]:
    voices = house.directory().centre.voices
    return [{"name": one.name, "languages": [one.language]} for one in voices] + [{"name": "", "languages": LANGUAGES}]


@router.get(
    "/speech",
    response_class=Response,
    responses={**FILE, **documented(409)},
    summary="How a voice would say a text",
)
async def speak_phrase(
    request: Request,
    house: InHouse,
    viewer: SignedIn,
    text: Annotated[str, Query(min_length=1, max_length=LONGEST_TEXT)],
    language: Annotated[Language, Query()] = "zh",
    voice: Annotated[str, Query(max_length=100)] = "",
    phrase: Annotated[
        str, Query(pattern=f"^({NAME})?$", description="whose flow's voice speaks where none is named")
    ] = "",
) -> Response:
    voice = voice or _voice_of(house, viewer, phrase, language)
    return Response(await run_in_threadpool(_said, request, house, language, text, voice), media_type=WAV)


@router.get(
    "/{language}/{name}", response_class=Response, responses={**FILE, **documented(404)}, summary="A phrase to hear"
)
def read_phrase(
    language: Tongue, name: PhraseName, house: InHouse, number: Annotated[int, Query(ge=0, le=2**31)] = 0
) -> Response:
    sound = recorded.sound(house.deps.options.prompts, name, language, number)
    if sound is None:
        raise not_found("phrase")
    return Response(sound, media_type=WAV)


@router.get(
    "/{language}/{name}/versions", response_model=list[PhraseVersion], summary="Every recording of it, newest first"
)
def list_phrase_versions(language: Tongue, name: PhraseName, house: InHouse) -> list[Row]:
    users = house.directory().users
    rows = []
    for version in recorded.history(house.deps.options.prompts, name, language):
        origin = asdict(version.origin)
        author = users.get(origin.pop("by"))
        by = author.display_name if author is not None else ""
        rows.append({"number": version.number, "duration_ms": version.duration_ms, "by_name": by, **origin})
    return rows


@router.put(
    "/{language}/{name}",
    response_model=PhraseOut,
    responses=documented(413),
    openapi_extra=BODY,
    summary="Record a phrase anew: a WAV, MP3 or FLAC file",
)
async def record_phrase(
    language: Tongue,
    name: PhraseName,
    request: Request,
    house: InHouse,
    viewer: SignedIn,
    address: Address,
    how: Annotated[Literal["recorded", "uploaded"], Query()] = "recorded",
) -> Row:
    raw, booth = await request.body(), _booth(request)
    origin = Origin(how, viewer.user_id, house.deps.clock.now())
    return await _kept(house, viewer, address, "phrase.recorded", lambda: booth.keep(name, language, raw, origin))


@router.post(
    "/{language}/{name}/spoken",
    response_model=PhraseOut,
    responses=documented(409),
    summary="Keep as a phrase what a voice makes of a text",
)
async def keep_spoken_phrase(
    language: Tongue,
    name: PhraseName,
    order: SpokenIn,
    request: Request,
    house: InHouse,
    viewer: SignedIn,
    address: Address,
) -> Row:
    booth = _booth(request)
    voice = order.voice or _voice_of(house, viewer, name, language)
    origin = Origin("spoken", viewer.user_id, house.deps.clock.now(), order.text, voice)

    def keep() -> Phrase:
        return booth.keep(name, language, _said(request, house, language, order.text, voice), origin)

    return await _kept(house, viewer, address, "phrase.recorded", keep)


@router.post(
    "/{language}/{name}/return",
    response_model=PhraseOut,
    responses=documented(404),
    summary="Put an earlier recording back in force",
)
async def return_phrase(
    language: Tongue,
    name: PhraseName,
    order: PutBackIn,
    request: Request,
    house: InHouse,
    viewer: SignedIn,
    address: Address,
) -> Row:
    booth, origin = _booth(request), Origin("returned", viewer.user_id, house.deps.clock.now(), of=order.number)
    return await _kept(house, viewer, address, "phrase.returned", lambda: booth.put_back(name, language, origin))


@router.delete(
    "/{language}/{name}",
    status_code=204,
    responses=documented(404, 409),
    summary="Take a phrase away that no flow plays",
)
def delete_phrase(language: Tongue, name: PhraseName, house: InHouse, viewer: SignedIn, address: Address) -> None:
    prompts = house.deps.options.prompts
    present = [one.language for one in recorded.every(prompts) if one.name == name]
    if language not in present:
        raise not_found("phrase")
    users = _users(house, viewer).get(name, [])
    if users and present == [language]:
        words = f"The phrase {name} is played by: {', '.join(users)}."
        raise YingdaError("phrase_in_use", words, where=name, todo="Change these flows first.")
    recorded.remove(prompts, name, language)
    _note(house, viewer, "phrase.removed", f"phrase:{language}/{name}", address)


async def _kept(house: House, viewer: Viewer, address: str, action: str, keep: Callable[[], Phrase]) -> Row:
    """The phrase as it is in force now; the audit log knows."""

    def act() -> Row:
        phrase = keep()
        _note(house, viewer, action, f"phrase:{phrase.language}/{phrase.name} {phrase.versions[-1]}", address)
        return {**asdict(phrase), "used_by": _users(house, viewer).get(phrase.name, [])}

    return await run_in_threadpool(act)


def _said(request: Request, house: House, language: Language, text: str, voice: str) -> bytes:
    return _booth(request).say(text, language, voice, house.directory(), house.deps.store)


def _booth(request: Request) -> Booth:
    booth = request.app.state.booth
    assert isinstance(booth, Booth)
    return booth


def _users(house: House, viewer: Viewer) -> dict[str, list[str]]:
    """Names of documents, published or being written, by the phrase that they name."""
    found: dict[str, list[str]] = {}
    for document in _documents(house, viewer):
        for name in sorted(recorded.named_in("\n".join(_texts(document)))):
            found.setdefault(name, []).append(document.name)
    return found


def _voice_of(house: House, viewer: Viewer, name: str, language: Language) -> str:
    """The voice of this language that a flow speaks with where it names a phrase; "" for the usual one."""
    able = {one.name for one in house.directory().centre.voices if one.language == language}
    texts = [text for document in _documents(house, viewer) for text in _texts(document)] if name and able else []
    voices = (recorded.voice_around(text, name) for text in texts if name in recorded.named_in(text))
    return next((one for one in voices if one in able), "")


def _documents(house: House, viewer: Viewer) -> list[Document]:
    with reading(house.deps.store.business) as connection:
        return service.documents(connection, viewer.tenant, house.directory().centre)


def _texts(document: Document) -> list[str]:
    return [document.text, document.published.text if document.published is not None else ""]


def _note(house: House, viewer: Viewer, action: str, target: str, address: str) -> None:
    with writing(house.deps.store.business) as connection:
        audit.write(connection, viewer.tenant, house.deps.clock.now(), audit.Deed(viewer.who, action, target, address))
