"""The interpreter as whoever binds it to a call sees it: timers, late answers, what a step costs."""

from __future__ import annotations

import time

from tests.ivr.stage import HOME, LIBRARY, stage
from yingda.ivr.script.quickjs_engine import QuickJs
from yingda.ivr.ssml.pieces import Phrases, Say
from yingda.ivr.voicexml.effects import Effect, Exit, Fetch, Play
from yingda.ivr.voicexml.inputs import Fetched, HungUp, Key, PlayEnded
from yingda.ivr.voicexml.interpreter import Interpreter

MENU = """<vxml version="2.1" xmlns="http://www.w3.org/2001/vxml" xml:lang="en">
<menu dtmf="true"><prompt>Press one</prompt><choice next="#f">sales</choice><choice next="#g">help</choice></menu>
<form id="f"><field name="pin" type="digits?length=4"><prompt>Your number</prompt></field>
<block><exit namelist="pin"/></block></form><form id="g"><block>Bye</block></form></vxml>"""


def test_keys_typed_ahead_are_used_by_the_next_collection() -> None:
    assert stage({HOME: MENU}).run(["11234"]) == ["play Press one", "play Your number", 'exit pin="1234"']


def test_the_timer_is_the_interpreters_own() -> None:
    interpreter = Interpreter(LIBRARY, QuickJs(), language="en")
    (fetch,) = interpreter.start(HOME, 0)
    assert isinstance(fetch, Fetch)
    effects = interpreter.receive(Fetched(fetch.request, MENU, HOME), 1_000)
    play = next(effect for effect in effects if isinstance(effect, Play))
    assert interpreter.next_timer() is None  # silence counts from the end of the prompt
    interpreter.receive(PlayEnded(play.request), 2_000_000)
    assert interpreter.next_timer() == 7_000_000
    assert interpreter.handle_timer(6_999_999) == []
    assert any(isinstance(effect, Play) for effect in interpreter.handle_timer(7_000_000))


def test_late_and_foreign_answers_change_nothing() -> None:
    interpreter = Interpreter(LIBRARY, QuickJs(), language="en")
    (fetch,) = interpreter.start(HOME, 0)
    assert isinstance(fetch, Fetch)
    assert interpreter.receive(Fetched(fetch.request + 7, "junk", HOME), 500) == []
    assert interpreter.receive(Fetched(fetch.request, MENU, HOME), 1_000)
    assert interpreter.receive(PlayEnded(99), 2_000) == []
    assert interpreter.receive(Fetched(fetch.request, "junk", HOME), 3_000) == []


def test_nothing_follows_the_end() -> None:
    interpreter = Interpreter(LIBRARY, QuickJs(), language="en")
    (fetch,) = interpreter.start(HOME, 0)
    assert isinstance(fetch, Fetch)
    interpreter.receive(Fetched(fetch.request, MENU, HOME), 1_000)
    effects = interpreter.receive(HungUp(), 2_000)
    assert isinstance(effects[-1], Exit)
    assert interpreter.ended
    assert interpreter.next_timer() is None
    assert interpreter.receive(Key("1"), 3_000) == []


def test_a_step_takes_well_under_two_milliseconds() -> None:
    rounds, spent = 200, 0.0
    for _ in range(rounds):
        call = stage({HOME: MENU})
        call.run([])
        began = time.process_time()
        effects = call.interpreter.receive(Key("1"), call.now)
        spent += time.process_time() - began
        assert any(isinstance(effect, Play) for effect in effects)
    assert spent / rounds < 0.002


def test_what_is_said_of_a_value_is_private() -> None:
    text = """<vxml version="2.1" xmlns="http://www.w3.org/2001/vxml" xml:lang="en"><form><block>
    <var name="n" expr="42"/>
    <prompt>hello <break/> card <value expr="n"/> <break/><say-as interpret-as="digits"><value expr="n"/></say-as>
    <break/><say-as interpret-as="digits">42</say-as></prompt></block></form></vxml>"""
    interpreter = Interpreter(LIBRARY, QuickJs(), language="en")
    (fetch,) = interpreter.start(HOME, 0)
    assert isinstance(fetch, Fetch)
    effects = interpreter.receive(Fetched(fetch.request, text, HOME), 0)
    pieces = [piece for effect in effects for piece in _pieces(effect)]
    assert [piece.private for piece in pieces] == [False, True, True, False]


def _pieces(effect: Effect) -> list[Say | Phrases]:
    return [one for one in effect.pieces if isinstance(one, Say | Phrases)] if isinstance(effect, Play) else []
