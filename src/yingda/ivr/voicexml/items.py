"""Form items other than fields: record, transfer, object (VoiceXML 2.0, 2.3.5–2.3.7; 2.1, 7)."""

from __future__ import annotations

from typing import Final

from yingda.ivr.grammar.model import Mode
from yingda.ivr.script.engine import ScriptEngine, Value
from yingda.ivr.voicexml import values
from yingda.ivr.voicexml.answers import Active, Answer, Reading
from yingda.ivr.voicexml.context import Context
from yingda.ivr.voicexml.effects import EndTransfer, Invoke, Record, StopRecording, Transfer
from yingda.ivr.voicexml.filling import set_shadow
from yingda.ivr.voicexml.formats import recorded_as
from yingda.ivr.voicexml.inputs import HungUp, Key, ObjectEnded, RecordingEnded, TransferEnded
from yingda.ivr.voicexml.jumps import Thrown
from yingda.ivr.voicexml.keys import KeyCollector, Timing, Verdict
from yingda.ivr.voicexml.loading import Loader
from yingda.ivr.voicexml.machine import Machine, Steps
from yingda.ivr.voicexml.model import Item

TRANSFERRED: Final = "connection.disconnect.transfer"
"""The caller is with somebody else for good: the flow runs on without him (1.5.4)."""
CAN_BARGE_INTO_TRANSFER: Final = frozenset({"bridge"})


class Items:
    """Collects the items of one context. What a method returns is an answer where a grammar matched on the way."""

    def __init__(self, context: Context, loader: Loader) -> None:
        self._context = context
        self._loader = loader

    @property
    def _machine(self) -> Machine:
        return self._context.machine

    @property
    def _engine(self) -> ScriptEngine:
        return self._context.engine

    def _fill(self, item: Item, value: Value, shadow: dict[str, Value] | None = None) -> None:
        self._engine.put(self._context.scopes.dialog, item.name, value)
        if shadow is not None:
            set_shadow(self._context, item, shadow)

    # record

    def record(self, item: Item, actives: list[Active]) -> Steps[Answer | None]:
        """A recording (2.3.6). A key that no grammar takes ends it if `dtmfterm`; a hang-up keeps it and is thrown."""
        machine, element = self._machine, item.element
        kind = recorded_as(element.get("type"))
        machine.enter_waiting()
        patience = yield from machine.flush(self._context.properties.ms("timeout"))
        machine.enter_waiting()
        request = machine.request()
        silence = values.milliseconds(element.get("finalsilence"))
        machine.emit(
            Record(
                request,
                element.get("beep") == "true",
                patience,
                values.milliseconds(element.get("maxtime")),
                silence,
                kind,
            )
        )
        ended, key, answer = yield from self._recording(item, request, actives)
        if answer is not None:
            return answer
        if ended.ended_by == "no_input":
            raise Thrown("noinput")
        shadow: dict[str, Value] = {
            "duration": ended.duration_ms,
            "size": ended.size,
            "termchar": key or None,
            "maxtime": ended.ended_by == "maximum",
        }
        self._fill(item, ended.uri, shadow)
        if ended.ended_by == "hangup" or machine.hung_up:
            machine.hung_up = True
            machine.enter_waiting()
        return None

    def _recording(
        self, item: Item, request: int, actives: list[Active]
    ) -> Steps[tuple[RecordingEnded, str, Answer | None]]:
        """Until the end: the outcome, the key that ended it, an answer that ended it."""
        machine = self._machine
        keys = key_listener(actives, self._context)
        by_key, pressed, answer = item.element.get("dtmfterm") != "false", "", None
        while True:
            event = yield from machine.await_answer(request, RecordingEnded, Key, HungUp)
            if isinstance(event, RecordingEnded):
                return event, pressed, answer
            if not isinstance(event, Key) or pressed or answer:
                continue
            verdict = keys.press(event.key)
            if verdict is Verdict.MATCH:
                answer = keyed_answer(keys)
            elif verdict is Verdict.NO_MATCH and by_key:
                pressed = event.key
            elif verdict is Verdict.NO_MATCH:
                keys.reset()
            if answer or pressed:
                machine.emit(StopRecording(request))

    # transfer

    def transfer(self, item: Item, actives: list[Active]) -> Steps[Answer | None]:
        """A transfer (2.3.7; `type` by 2.1, 7). In a bridge, a match of a grammar brings the caller back."""
        machine, element = self._machine, item.element
        kind = element.get("type") or ("bridge" if element.get("bridge") == "true" else "blind")
        destination = self._either(item, "dest", "destexpr")
        attached = self._either(item, "aai", "aaiexpr")
        machine.enter_waiting()
        yield from machine.flush()
        machine.enter_waiting()
        request = machine.request()
        audio = element.get("transferaudio")
        machine.emit(
            Transfer(
                request,
                kind,
                destination,
                values.milliseconds(element.get("connecttimeout")),
                values.milliseconds(element.get("maxtime")),
                self._context.address(audio, element.base) if audio else "",
                attached,
            )
        )
        keys = key_listener(actives if kind in CAN_BARGE_INTO_TRANSFER else [], self._context)
        ended, answer = yield from self._transferring(request, keys, kind)
        if ended.result == TRANSFERRED:
            machine.passed_on()
        if "." in ended.result:
            raise Thrown(ended.result)
        result = "near_end_disconnect" if answer else ended.result
        shadow: dict[str, Value] = {"duration": ended.duration_ms / 1_000}
        if answer:
            shadow |= {"inputmode": "dtmf", "utterance": answer.best.utterance}
        self._fill(item, result, shadow)
        return None

    def _transferring(self, request: int, keys: KeyCollector, kind: str) -> Steps[tuple[TransferEnded, Answer | None]]:
        machine, answer = self._machine, None
        while True:
            event = yield from machine.await_answer(request, TransferEnded, Key, HungUp)
            if isinstance(event, TransferEnded):
                return event, answer
            if isinstance(event, HungUp):
                machine.emit(EndTransfer(request))
                machine.enter_waiting()
            if isinstance(event, Key) and answer is None:
                verdict = keys.press(event.key)
                if verdict is Verdict.MATCH:
                    answer = keyed_answer(keys)
                    machine.emit(EndTransfer(request))
                elif verdict is Verdict.NO_MATCH:
                    keys.reset()  # keys no grammar takes are for the other party

    def _either(self, item: Item, plain: str, expression: str) -> str:
        if expression in item.element.attributes:
            return self._context.scopes.text(item.element.get(expression))
        return item.element.get(plain)

    # object

    def object(self, item: Item) -> Steps[None]:
        """A service of the platform (2.3.5)."""
        machine, element = self._machine, item.element
        request = machine.request()
        known = [(name, value) for name, value in self._loader.parameters(element) if value is not None]
        uri = element.get("classid")
        data = element.get("data")
        address = self._context.address(data, element.base) if data else ""
        machine.emit(Invoke(request, uri, address, element.get("type"), tuple(known)))
        ended = yield from machine.await_answer(request, ObjectEnded)
        assert isinstance(ended, ObjectEnded)
        if ended.error:
            raise Thrown(ended.error, ended.message)
        self._fill(item, ended.value)


def key_listener(actives: list[Active], context: Context) -> KeyCollector:
    """The key grammars among the active ones, where keys are listened to at all."""
    properties = context.properties
    keyed = [active for active in actives if active.grammar.mode is Mode.DTMF]
    return KeyCollector(keyed if "dtmf" in properties.words("inputmodes") else [], Timing.of(properties))


def keyed_answer(keys: KeyCollector) -> Answer:
    """The nearest match as an answer whose meaning is the keys themselves."""
    active, _ = keys.matches()[0]
    return Answer((Reading(active, keys.keys, 1.0, Mode.DTMF, keys.keys),))
