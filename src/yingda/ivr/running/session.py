"""One caller in a flow: the interpreter with what it asks of the world, as acts for control.

Runs on the flows plane's event loop. Speech, documents and objects come in tasks of their own; what the caller does
meanwhile waits its turn in the interpreter.
"""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Callable, Coroutine, Iterable, Mapping
from concurrent.futures import Executor
from functools import partial
from itertools import groupby
from pathlib import Path
from typing import Any

from yingda.calls import flow_protocol as messages
from yingda.calls.attached import plain
from yingda.calls.flow_protocol import AnyAct, AnyHappened
from yingda.ivr.running.documents import Documents, address, named
from yingda.ivr.running.made import Made
from yingda.ivr.running.meanwhile import FetchAudio, Marks, duration_ms
from yingda.ivr.running.objects import Objects, order_of
from yingda.ivr.running.sounds import SPEAKING, Prompts
from yingda.ivr.running.surveys import SURVEY, rated_by
from yingda.ivr.running.turns import Turns
from yingda.ivr.running.web import Visit
from yingda.ivr.script.engine import ScriptError, Undefined, Value
from yingda.ivr.script.quickjs_engine import QuickJs
from yingda.ivr.speech.hearing.ears import Ears
from yingda.ivr.ssml.pieces import Mark, Piece, Sound
from yingda.ivr.voicexml import effects, inputs
from yingda.ivr.voicexml.effects import Effect
from yingda.ivr.voicexml.formats import WAV, recorded_as
from yingda.ivr.voicexml.inputs import Input
from yingda.ivr.voicexml.interpreter import Interpreter
from yingda.ivr.voicexml.items import TRANSFERRED
from yingda.ivr.voicexml.model import Library
from yingda.kernel.errors import YingdaError

log = logging.getLogger("yingda.flow")

MOST_STEPS = 2_000
"""Effects that a session may have without the caller doing or hearing anything: then it is taken for a loop."""
AFTER_HANG_UP_S = 60.0
"""So long a flow may tidy up when its caller is gone: what he was asked for will never come."""
DEFAULT_RECORDING_MS = 120_000
DEFAULT_SILENCE_MS = 4_000
GOAL, PERSON = "goal", "person"
"""Labels of <log> by which a flow says that the caller has served himself, or asked for a person."""

Tell = Callable[[list[AnyAct]], None]


class Session:
    """`tell` gets the acts, in order; the last of them is an Exit."""

    def __init__(
        self, start: messages.Start, library: Library, engine: QuickJs, prompts: Prompts, documents: Documents,
        objects: Objects, tell: Tell, ears: Ears | None = None, aside: Executor | None = None,
    ) -> None:  # fmt: skip
        self.session_id = start.session_id
        self.ended = False
        self._start = start
        self._engine, self._prompts, self._documents, self._objects = engine, prompts, documents, objects
        self._tell = tell
        self._ears, self._ear = ears, None if ears is None else ears.open(self._receive, self._keep)
        interpreter = Interpreter(library, engine, start.session, start.language)
        self._turns = Turns(start.document, interpreter, engine, self._take, aside)
        self._loop = asyncio.get_running_loop()
        self._tasks: set[asyncio.Task[None]] = set()
        self._playing: asyncio.Task[None] | None = None  # makes what is to be heard next
        self._following: asyncio.Task[None] | None = None  # what is being heard, while it is made
        self._heard = False
        self._said: list[Path] = []
        self._record_as = WAV
        self._steps = 0
        self._visit = Visit()
        self._marks = Marks(lambda request, mark: self._receive(inputs.Passed(request, mark)))
        self._fetch_audio = FetchAudio(self._play_meanwhile, lambda number: self._tell([messages.Stop(request=number)]))
        self._leaving: asyncio.TimerHandle | None = None

    # ---- inputs ---------------------------------------------------------------------------------------------------

    def begin(self) -> None:
        self._turns.begin(address(self._start.document))

    def happened(self, event: AnyHappened) -> None:
        """Something the caller did, or heard to its end."""
        self._steps = 0
        match event:
            case messages.Key(key=key):
                self._receive(inputs.Key(key))
            case messages.Played(request=request) if request > 0:  # below are sounds of our own
                self._marks.end()
                self._receive(inputs.PlayEnded(request))
            case messages.Served(request=request, error=error, sentence=sentence):
                fault = f"error.object.{error}" if error else ""
                self._receive(inputs.ObjectEnded(request, None if error else True, fault, sentence))
            case messages.Recorded(duration_ms=duration_ms):
                made = Made(self._prompts.file(event.path), self._record_as)
                self._visit.recordings[event.uri] = made
                size = made.size(event.size, duration_ms)
                self._receive(inputs.RecordingEnded(event.request, event.uri, duration_ms, size, event.ended_by))
            case messages.Transferred(result=result):
                if result == TRANSFERRED:
                    self._leaving = self._loop.call_later(AFTER_HANG_UP_S, self._give_up)
                self._receive(inputs.TransferEnded(event.request, event.result, event.duration_ms))
            case messages.HungUp():
                self._leaving = self._loop.call_later(AFTER_HANG_UP_S, self._give_up)
                self._receive(inputs.HungUp())

    def close(self) -> None:
        """Let go of everything; nothing is told any more."""
        self.ended = True
        self._turns.close()
        self._marks.drop()
        for file in self._said:
            file.unlink(missing_ok=True)
        if self._leaving is not None:
            self._leaving.cancel()
        for task in (*self._tasks, *filter(None, (self._playing, self._following))):
            task.cancel()
        if self._ears is not None and self._ear is not None:
            self._ears.shut(self._ear)

    # ---- the interpreter ------------------------------------------------------------------------------------------

    def _receive(self, event: Input) -> None:
        self._turns.give(event)

    def _give_up(self) -> None:
        if not self.ended:
            self._tell([self._exit("", disconnect=True, values={})])
            self.close()

    def _take(self, found: list[Effect]) -> None:
        acts: list[AnyAct] = []
        for effect in found:
            acts.extend(self._acts(effect))
        self._steps += len(found)
        if self._steps > MOST_STEPS and not self.ended:
            acts.append(self._exit("The flow runs in circles.", disconnect=False, values={}))
        if acts:
            self._tell(acts)
        if self.ended:
            self.close()

    def _acts(self, effect: Effect) -> list[AnyAct]:
        """What control has to do for an effect; everything else is begun here."""
        match effect:
            case effects.Play():
                self._playing = self._loop.create_task(self._play(effect))
            case effects.StopPlaying(request):
                return self._stop_playing(request)
            case effects.Listen():
                return self._listen(effect)
            case effects.StopListening(request):
                if self._ear is not None:
                    self._ear.ear.stop(request)
            case effects.Record(media_type=media_type):
                self._steps, self._record_as = 0, media_type or WAV
                return [_record(effect)]
            case effects.StopRecording(request):
                return [messages.StopRecord(request=request)]
            case effects.Transfer():
                self._task(self._transfer(effect, self._data(effect.attached)))
            case effects.EndTransfer(request):
                return [messages.EndTransfer(request=request)]
            case effects.Fetch():
                self._task(self._fetch(effect))
            case effects.Invoke():
                self._task(self._invoke(effect))
            case effects.Entered(document, dialog, item):
                return [messages.Entered(node=f"{named(document) or document}#{dialog}/{item}")]
            case effects.Log(label, text):
                return self._logged(label, text)
            case effects.Disconnect(values):
                return [self._exit("", disconnect=True, values=dict(values))]
            case effects.Exit(values, event, message):
                fault = f"{event}: {message}" if event else ""
                return [] if self.ended else [self._exit(fault, disconnect=False, values=dict(values))]
        return []

    def _exit(self, fault: str, *, disconnect: bool, values: dict[str, Value]) -> messages.Exit:
        self.ended = True
        fault = fault.partition(":")[0] if self._start.discreet else fault
        if fault:
            log.warning("flow %s ended by a fault: %s", self._start.document, fault)
        return messages.Exit(fault=fault, disconnect=disconnect, values=values, data=self._data(""))

    def _logged(self, label: str, text: str) -> list[AnyAct]:
        if label == GOAL:
            return [messages.Goal(goal=text.strip()[:64])]
        if label == PERSON:
            return [messages.PersonWanted()]
        if self._start.discreet:
            return []
        log.info("%s: %s %s", self._start.document, label, text)
        return []

    async def _transfer(self, effect: effects.Transfer, data: dict[str, str | float]) -> None:
        heard = [Sound(effect.audio)] if effect.audio else []
        items, _ = await asyncio.to_thread(self._items, heard, lambda: True) if heard else ([], [])
        transfer = messages.Transfer(
            request=effect.request,
            kind=effect.kind,
            destination=effect.destination,
            data=data,
            connect_ms=effect.connect_ms,
            maximum_ms=effect.maximum_ms,
            audio=items,
        )
        self._tell([transfer])

    def _data(self, attached: str) -> dict[str, str | float]:
        """Every plain variable of the application travels with the call, and what the transfer attaches (`aai`); out
        of a discreet session only the latter."""
        found = {} if self._start.discreet or self._turns.elsewhere else self._application()
        try:
            more = json.loads(attached) if attached.startswith("{") else {"aai": attached} if attached else {}
        except json.JSONDecodeError:
            more = {"aai": attached}
        return found | plain(more)

    def _application(self) -> dict[str, str | float]:
        found: dict[str, Value] = {}
        try:
            for name in self._variables():
                value = self._engine.get("application", name)
                if isinstance(value, str | int | float) and not isinstance(value, Undefined):
                    found[name] = value
        except ScriptError as error:  # its memory is full: the caller goes on all the same
            log.warning("the variables of %s cannot be read: %s", self._start.document, error.sentence)
        return plain(found)

    def _variables(self) -> list[str]:
        self._engine.begin()  # reading them is not the flow's doing
        names = self._engine.value(("session", "application"), "Object.keys(application)")
        return [str(name) for name in names] if isinstance(names, list) else []

    def _listen(self, effect: effects.Listen) -> list[AnyAct]:
        """Where nobody understands speech, keys remain."""
        if self._ear is None or not self._ear.ear.listen(effect) or self._heard:
            return []
        self._heard = True
        return [messages.Hear(url=self._ear.url, token=self._ear.token, rate=self._ear.rate)]

    def _keep(self, wav: bytes, kind: str) -> tuple[str, int]:
        """What the caller has said, to be played again or submitted while the session lasts."""
        try:
            file = self._prompts.keep_utterance(wav)
        except YingdaError as error:
            log.warning("what a caller said cannot be kept: %s", error.sentence)
            return "", 0
        self._said.append(file)
        address = f"utterance:{file.stem}"
        made = self._visit.recordings[address] = Made(file, recorded_as(kind) or WAV)
        return address, len(wav) if made.kind == WAV else len(made.content())

    # ---- what takes a while ---------------------------------------------------------------------------------------

    def _task(self, work: Coroutine[Any, Any, None]) -> None:
        task = self._loop.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _play(self, effect: effects.Play) -> None:
        items, places = list[str](), list[tuple[int, str]]()
        wanted = partial(_goes_on, asyncio.current_task())
        try:
            if not any(_owner(piece, self._visit.recordings) for piece in effect.pieces):
                await self._stream(effect, wanted)
                return
            items, places = await self._loop.run_in_executor(SPEAKING, self._items, effect.pieces, wanted)
        except YingdaError as error:
            self._receive(inputs.Raised("error.noresource", error.sentence))
        self._playing = None
        self._marks.begin(effect.request, places)
        if not items:  # a prompt of marks, or one whose parts cannot be had
            self._nothing_to_play(effect.request)
        else:
            self._tell([messages.Play(request=effect.request, items=items)])

    async def _stream(self, effect: effects.Play, wanted: Callable[[], bool]) -> None:
        """What is there is heard, while the rest is made."""
        parts, told = asyncio.Queue[tuple[list[str], bool]](), 0
        made = self._loop.run_in_executor(SPEAKING, self._make, effect.pieces, wanted, parts)
        made.add_done_callback(lambda _: parts.put_nowait(([], True)))  # also where it could not go on
        last = False
        while not last:
            items, last = await parts.get()
            if not told and items:
                self._marks.drop()
                self._playing, self._following = None, self._playing
                self._tell([messages.Play(request=effect.request, items=items, more=not last)])
            elif told:
                self._tell([messages.PlayMore(request=effect.request, items=items, after=told, last=last)])
            told += len(items)
        if not told:
            await made  # why there is nothing
            self._playing = None
            self._nothing_to_play(effect.request)

    def _make(
        self, pieces: Iterable[Piece], wanted: Callable[[], bool], parts: asyncio.Queue[tuple[list[str], bool]]
    ) -> None:
        for part in self._prompts.parts(pieces, wanted, self._documents.web):
            self._loop.call_soon_threadsafe(parts.put_nowait, part)

    def _nothing_to_play(self, request: int) -> None:
        self._marks.end()
        self._receive(inputs.PlayEnded(request))

    def _items(self, pieces: Iterable[Piece], wanted: Callable[[], bool]) -> tuple[list[str], list[tuple[int, str]]]:
        """As media plays them, and where marks lie (ms, name); what this caller has recorded in this session is his to
        hear again."""
        found, places, recordings = list[str](), list[tuple[int, str]](), self._visit.recordings
        for own, group in groupby(pieces, lambda piece: _owner(piece, recordings)):
            some = list(group)
            if own is Mark:
                at = sum(map(duration_ms, found))
                places += [(at, piece.name) for piece in some if isinstance(piece, Mark)]
            elif own is Sound:
                found += [f"file:{recordings[piece.uri].file}" for piece in some if isinstance(piece, Sound)]
            else:
                found += self._prompts.items(some, wanted, self._documents.web)
        return found, places

    def _stop_playing(self, request: int) -> list[AnyAct]:
        """A key came: stop what plays, or what was about to."""
        self._marks.drop()
        if self._following is not None:
            self._following.cancel()
            self._following = None
        if self._playing is not None:
            self._playing.cancel()
            self._playing = None
            return []
        return [messages.Stop(request=request)]

    async def _fetch(self, effect: effects.Fetch) -> None:
        answer = asyncio.ensure_future(self._documents.fetch(effect, self._visit))
        if effect.audio:
            await self._fetch_audio.while_fetching(effect, answer)
        self._receive(await answer)

    async def _play_meanwhile(self, number: int, uri: str) -> bool:
        """Play a sound while something is fetched; False where it cannot be had."""
        try:
            items, _ = await self._loop.run_in_executor(SPEAKING, self._items, [Sound(uri)], lambda: True)
        except YingdaError:
            return False
        if items:
            self._tell([messages.Play(request=number, items=items)])
        return bool(items)

    async def _invoke(self, effect: effects.Invoke) -> None:
        order = order_of(effect)
        if effect.uri.startswith(SURVEY):
            rated, ended = rated_by(effect, self._start)
            self._tell([rated] if rated is not None else [])
            self._receive(ended)
        elif order is not None:
            self._tell([order])
        else:
            self._receive(await self._objects.invoke(effect, self._start))


def _record(effect: effects.Record) -> messages.Record:
    return messages.Record(
        request=effect.request,
        beep=effect.beep,
        maximum_ms=effect.maximum_ms or DEFAULT_RECORDING_MS,
        final_silence_ms=effect.final_silence_ms or DEFAULT_SILENCE_MS,
        initial_silence_ms=effect.initial_silence_ms,
    )


def _owner(piece: Piece, recordings: Mapping[str, Made]) -> type[Mark] | type[Sound] | None:
    """What a piece is beside an ordinary one (None): a mark, or a sound that the caller made."""
    if isinstance(piece, Mark):
        return Mark
    return Sound if isinstance(piece, Sound) and piece.uri in recordings else None


def _goes_on(task: asyncio.Task[Any] | None) -> bool:
    """Whether nobody has cancelled a task; may be asked from any thread."""
    return task is not None and not task.cancelling()
