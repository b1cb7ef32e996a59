"""What an answer does to a form: last result, slots, shadow variables (VoiceXML 2.0, 2.3.1, 3.1.6, 5.1.5; 2.1, 4)."""

from __future__ import annotations

from yingda.ivr.script.engine import UNDEFINED, Undefined, Value
from yingda.ivr.voicexml.answers import Answer, Owner
from yingda.ivr.voicexml.context import Context
from yingda.ivr.voicexml.jumps import Unmatched
from yingda.ivr.voicexml.model import Item


def set_last_result(context: Context, answer: Answer) -> None:
    """application.lastresult$: an array of the readings that also has the best one's properties."""
    results: list[Value] = [reading.as_result() | answer.extras() for reading in answer.readings]
    context.engine.last_result(context.scopes.application, results)


def set_unmatched(context: Context, event: Unmatched) -> None:
    """A nomatch is a recognition too (5.1.5): what was heard or pressed, without an interpretation."""
    results: list[Value] = [
        {"confidence": unfit.confidence, "utterance": unfit.utterance, "inputmode": unfit.mode.value}
        for unfit in event.results
    ]
    context.engine.last_result(context.scopes.application, results)


def forget_last_result(context: Context) -> None:
    """The next waiting state begins: application.lastresult$ is undefined until its input (5.1.5)."""
    context.engine.put(context.scopes.application, "lastresult$", UNDEFINED)


def fill(context: Context, answer: Answer) -> list[Item]:
    """Set the item variables an answer fills; which items they are, in document order."""
    reading = answer.best
    if reading.active.owner is Owner.ITEM:
        item = reading.active.item
        assert item is not None
        found = _slot(reading.interpretation, item.slot)
        _set(context, item, reading.interpretation if isinstance(found, Undefined) else found, answer)
        return [item]
    filled = []
    for item in context.dialog.items:
        value = _slot(reading.interpretation, item.slot) if item.kind == "field" else UNDEFINED
        if not isinstance(value, Undefined):
            _set(context, item, value, answer)
            filled.append(item)
    if filled:  # mixed initiative has begun: no <initial> is visited any more (2.3.3)
        for item in context.dialog.items:
            if item.kind == "initial":
                context.engine.put(context.scopes.dialog, item.name, True)
    return filled


def _slot(interpretation: Value | Undefined, slot: str) -> Value | Undefined:
    """The property `a.b` of an interpretation."""
    found: Value | Undefined = interpretation
    for name in slot.split("."):
        if not isinstance(found, dict) or name not in found:
            return UNDEFINED
        found = found[name]
    return found


def _set(context: Context, item: Item, value: Value | Undefined, answer: Answer) -> None:
    shadow = answer.best.as_result() | answer.extras()
    context.engine.put(context.scopes.dialog, item.name, "" if isinstance(value, Undefined) else value)
    set_shadow(context, item, shadow)


def set_shadow(context: Context, item: Item, shadow: dict[str, Value]) -> None:
    """`name$`."""
    context.engine.put(context.scopes.dialog, f"{item.name}$", shadow)
