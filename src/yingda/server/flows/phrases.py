"""/phrases: what flows play as `phrase:NAME`: recorded or uploaded, heard, replaced, and what an engine would say."""

from __future__ import annotations

import threading
from dataclasses import asdict
from typing import Annotated, Any

from fastapi import APIRouter, Path, Query, Request, Response
from pydantic import BaseModel
from starlette.concurrency import run_in_threadpool

from yingda.ivr.speech import recorded
from yingda.ivr.speech.cache import PromptCache
from yingda.ivr.speech.recorded import NAME, Phrase
from yingda.ivr.speech.speakers import speakers_of
from yingda.ivr.speech.tts import Language
from yingda.kernel.errors import YingdaError
from yingda.kernel.store import reading, writing
from yingda.server import audit
from yingda.server.deps import Address, House, InHouse, SignedIn, Site
from yingda.server.flows import service
from yingda.server.flows.service import Row
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


class Booth:
    """Where phrases are kept, one after another, and a text is spoken beforehand; the engine starts with the first."""

    def __init__(self, options: Site) -> None:
        self._options, self._turn = options, threading.Lock()
        self._cache: PromptCache | None = None

    def say(self, text: str, language: Language) -> bytes:
        """A WAV file. Raises YingdaError `speech_…`."""
        with self._turn:
            if self._cache is None:
                self._cache = PromptCache(self._options.prompts, speakers_of((), {}, self._options.models))
            cache = self._cache
        return cache.spoken(text, language).read_bytes()

    def keep(self, name: str, language: Language, raw: bytes) -> Phrase:
        """Put a sound file in force. Raises YingdaError `phrase_…`, `prompt_not_kept`."""
        samples = recorded.converted(raw)
        with self._turn:  # versions are numbered without gaps
            return recorded.keep(self._options.prompts, name, language, samples)

    def close(self) -> None:
        if self._cache is not None:
            self._cache.close()


@router.get("", response_model=PhraseList, summary="All phrases, and those that flows miss")
def list_phrases(house: InHouse, viewer: SignedIn) -> Row:
    users = _users(house, viewer)
    found = list(recorded.every(house.deps.options.prompts))
    missing = sorted(users.keys() - {one.name for one in found})
    items = [{**asdict(one), "used_by": users.get(one.name, [])} for one in found]
    return {"items": items, "missing": [{"name": name, "used_by": users[name]} for name in missing]}


@router.get("/speech", response_class=Response, responses=FILE, summary="How an engine would say a text")
async def speak_phrase(
    request: Request,
    text: Annotated[str, Query(min_length=1, max_length=LONGEST_TEXT)],
    language: Annotated[Language, Query()] = "zh",
) -> Response:
    return Response(await run_in_threadpool(_booth(request).say, text, language), media_type=WAV)


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


@router.put(
    "/{language}/{name}",
    response_model=PhraseOut,
    responses=documented(413),
    openapi_extra=BODY,
    summary="Record a phrase anew: a WAV, MP3 or FLAC file",
)
async def record_phrase(
    language: Tongue, name: PhraseName, request: Request, house: InHouse, viewer: SignedIn, address: Address
) -> Row:
    raw, booth = await request.body(), _booth(request)

    def keep() -> Phrase:
        phrase = booth.keep(name, language, raw)
        _note(house, viewer, "phrase.recorded", f"phrase:{language}/{name} {phrase.versions[-1]}", address)
        return phrase

    phrase = await run_in_threadpool(keep)
    users = await run_in_threadpool(_users, house, viewer)
    return {**asdict(phrase), "used_by": users.get(name, [])}


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


def _booth(request: Request) -> Booth:
    booth = request.app.state.booth
    assert isinstance(booth, Booth)
    return booth


def _users(house: House, viewer: Viewer) -> dict[str, list[str]]:
    """Names of documents, published or being written, by the phrase that they name."""
    with reading(house.deps.store.business) as connection:
        documents = service.documents(connection, viewer.tenant, house.directory().centre)
    found: dict[str, list[str]] = {}
    for document in documents:
        texts = [document.text, document.published.text if document.published is not None else ""]
        for name in sorted(recorded.named_in("\n".join(texts))):
            found.setdefault(name, []).append(document.name)
    return found


def _note(house: House, viewer: Viewer, action: str, target: str, address: str) -> None:
    with writing(house.deps.store.business) as connection:
        audit.write(connection, viewer.tenant, house.deps.clock.now(), audit.Deed(viewer.who, action, target, address))
