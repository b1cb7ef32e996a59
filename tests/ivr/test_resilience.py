"""Whatever callers press and documents hold: no traceback, no flow that hangs, no script that is felt for long."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.ivr.stage import HOME, LIBRARY, stage
from yingda.ivr.grammar import abnf
from yingda.ivr.grammar.matching import match
from yingda.ivr.grammar.model import GrammarError
from yingda.ivr.running.documents import address
from yingda.ivr.script.engine import Value
from yingda.ivr.script.quickjs_engine import QuickJs
from yingda.ivr.voicexml import effects, inputs
from yingda.ivr.voicexml.inputs import Input
from yingda.ivr.voicexml.interpreter import Interpreter
from yingda.ivr.voicexml.model import compile_document
from yingda.kernel.errors import YingdaError

ROOT = Path(__file__).parents[2] / "templates" / "flows"
FILES = {address(str(path.relative_to(ROOT))): path.read_text("utf-8") for path in sorted(ROOT.glob("*/*.vxml"))}
SESSION: dict[str, Value] = {"connection": {"remote": {"uri": "tel:13812345678"}}}
STEPS = st.lists(st.sampled_from([*"0123456789*#", "silence", "answer", "fail", "late", "hangup"]), max_size=40)


class World:
    """Drives one interpreter with a list of random happenings; keeps what is still to be answered."""

    def __init__(self, start: str) -> None:
        self.now = 0
        self.interpreter = Interpreter(LIBRARY, QuickJs(), SESSION)
        self.open: list[effects.Effect] = []
        self._take(self.interpreter.start(start, 0))

    def _take(self, found: list[effects.Effect]) -> None:
        for effect in found:
            if isinstance(effect, effects.StopPlaying):
                self.open = [one for one in self.open if getattr(one, "request", None) != effect.request]
            elif isinstance(effect, effects.Play | effects.Record | effects.Transfer | effects.Fetch | effects.Invoke):
                self.open.append(effect)

    def give(self, event: Input) -> None:
        self.now += 100_000
        self._take(self.interpreter.receive(event, self.now))

    def answer(self, *, well: bool) -> None:
        """The oldest open request is answered."""
        if not self.open:
            return
        match self.open.pop(0):
            case effects.Play(request):
                self.give(inputs.PlayEnded(request))
            case effects.Record(request):
                self.give(inputs.RecordingEnded(request, "rec:1", 500, 4_000, "silence" if well else "no_input"))
            case effects.Transfer(request):
                self.give(inputs.TransferEnded(request, "busy" if well else "error.connection.noroute"))
            case effects.Fetch(request=request, uri=uri):
                text = FILES.get(uri, "")
                self.give(inputs.Fetched(request, text, uri, "" if text and well else "error.badfetch"))
            case effects.Invoke(request=request):
                self.give(inputs.ObjectEnded(request, {"customer_id": "C"}, "" if well else "error.badfetch"))

    def step(self, step: str) -> None:
        match step:
            case "silence":
                timer = self.interpreter.next_timer()
                if timer is not None:
                    self.now = max(self.now, timer)
                    self._take(self.interpreter.handle_timer(self.now))
            case "answer" | "fail":
                self.answer(well=step == "answer")
            case "late":
                self.give(inputs.PlayEnded(1))
            case "hangup":
                self.give(inputs.HungUp())
            case key:
                self.give(inputs.Key(key))


@settings(max_examples=60, deadline=None)
@given(st.sampled_from(sorted(FILES)), STEPS)
def test_a_flow_ends_after_the_hang_up_whatever_came_before(start: str, steps: list[str]) -> None:
    world = World(start)
    for step in steps:
        world.step(step)
    world.give(inputs.HungUp())
    for _ in range(60):
        if world.interpreter.ended:
            break
        world.answer(well=True)
    assert world.interpreter.ended, "the flow hangs"


@settings(max_examples=150, deadline=None)
@given(st.sampled_from(sorted(FILES)), st.integers(0, 3_000), st.text(max_size=6), st.integers(0, 12))
def test_a_mangled_document_is_refused_or_read(uri: str, at: int, put: str, cut: int) -> None:
    text = FILES[uri]
    mangled = text[:at] + put + text[at + cut :]
    try:
        compile_document(mangled, uri)
    except YingdaError as error:
        assert error.where.startswith(uri)


@settings(max_examples=150, deadline=None)
@given(st.text(alphabet='ab $=|;()[]<>0123-/{}!"x,', max_size=40), st.lists(st.sampled_from("abx"), max_size=6))
def test_a_random_grammar_is_refused_or_matches(body: str, said: list[str]) -> None:
    try:
        grammar = abnf.parse(f"#ABNF 1.0; root $r; $r = {body};")
        match(grammar, said)
    except GrammarError as error:
        assert error.sentence


DOCUMENT = '<vxml version="2.1" xmlns="http://www.w3.org/2001/vxml" xml:lang="en"><form>{}</form></vxml>'


@pytest.mark.parametrize(
    "script",
    [
        "while(1){}",
        "for(;;){}",
        "(function f(){ return f() + f() })()",
        "var s = 'x'; while(1) s += s",
        "var a = []; while(1) a.push(a.slice())",
        "/(a+)+$/.exec(new Array(40).join('a') + 'b')",
        "JSON.parse(new Array(1e6).join('['))",
        "new Array(1e8).join('x').split('')",
        "[].indexOf.call({length: 9e15}, 1)",
        "String.raw({raw: {length: 9e15}})",
        "[new Array(1e9)].flat()",
        "9n ** 300000n",
        "eval('9' + 'n ** 300000n')",
        "(function () {}).constructor('return 9n ** 300000n')()",
        "'a'.repeat(3e6).indexOf('a'.repeat(1e6) + 'b')",
        "new Uint8Array(1e9)",
    ],
)
def test_a_script_that_does_not_end_is_stopped(script: str) -> None:
    call = stage({HOME: DOCUMENT.format(f"<block><script><![CDATA[{script}]]></script></block>")})
    began = time.process_time()
    seen = call.run([])
    assert seen[-1] == "exit error.semantic"
    assert time.process_time() - began < 0.2


def test_a_caught_endless_script_cannot_go_on_for_ever() -> None:
    body = '<block name="b"><script>while(1){}</script></block><error><clear namelist="b"/></error>'
    call = stage({HOME: DOCUMENT.format(body)})
    began = time.process_time()
    assert call.run([])[-1].startswith("exit error.com.yingda")
    assert time.process_time() - began < 1.0


def test_a_flow_of_short_scripts_in_a_circle_is_stopped_too() -> None:
    script = "var n = 0; for (var i = 0; i &lt; 20000; i++) n += i;"
    call = stage({HOME: DOCUMENT.format(f'<block name="b"><script>{script}</script><clear namelist="b"/></block>')})
    began = time.process_time()
    assert call.run([])[-1] == "exit error.semantic"
    assert time.process_time() - began < 0.5


def test_memory_that_is_full_ends_the_flow_and_nothing_else() -> None:
    hoard = "var a = []; try { while (true) a.push('x' + a.length) } catch (e) { }"
    body = (
        f'<block><script><![CDATA[{hoard}]]></script></block><field name="b" type="digits"><prompt>p</prompt></field>'
    )
    call = stage({HOME: DOCUMENT.format(body)})
    call.run(["1", "2", "#", "hangup"])
    assert call.interpreter.ended


def test_scripts_cannot_reach_what_holds_their_variables() -> None:
    names = "['$', 'scopes', 'api', 'compiled', 'quickjs', 'std', 'os']"
    probes = f"{names}.filter(function (n) {{ return n in globalThis }}).length"
    call = stage({HOME: DOCUMENT.format(f'<block><log expr="{probes}"/></block>')})
    assert call.run([]) == ["log 0", "exit"]


def test_one_callers_variables_are_not_anothers() -> None:
    writes = stage(
        {HOME: DOCUMENT.format("<block><script>globalThis.leak = 1; Object.prototype.x = 2</script></block>")}
    )
    reads = stage({HOME: DOCUMENT.format('<block><log expr="typeof leak + typeof ({}).x"/></block>')})
    writes.run([])
    assert reads.run([]) == ["log undefinedundefined", "exit"]
