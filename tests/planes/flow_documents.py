"""The centre whose flows are tested with real callers: its documents, its prompts, what callers may reach from it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
from bench.sound import encode, write_wav

from tests.planes.house import CENTRE

LEVELS = {"welcome": 2_000, "one": 4_000, "again": 8_000, "late": 12_000, "bye": 16_000, "hold": 20_000}
"""Prompts are constant levels, so that a packet of one is known by its byte."""
PROMPT_S, WELCOME_S = 3, 12
"""The welcome is long, so that a key is pressed into it on the slowest machine."""

OPENING = '<vxml version="2.1" xmlns="http://www.w3.org/2001/vxml" xml:lang="en">'
MENU = f"""{OPENING}
  <var name="chosen" expr="'none'"/>
  <menu id="main" dtmf="false">
    <property name="timeout" value="1s"/>
    <property name="termchar" value=""/>
    <prompt><audio src="welcome.wav"/></prompt>
    <choice dtmf="1" next="#order"/>
    <choice dtmf="0" next="#person"/>
    <choice dtmf="9" next="#broken"/>
    <choice dtmf="8" next="#loop"/>
    <choice dtmf="7" next="#another"/>
    <choice dtmf="6" next="#silent"/>
    <choice dtmf="4" next="#within"/>
    <choice dtmf="3" next="#number"/>
    <choice dtmf="2" next="#wait"/>
    <choice dtmf="#" next="#colleague"/>
    <choice dtmf="*" next="#dictation"/>
    <nomatch><prompt><audio src="again.wav"/></prompt></nomatch>
    <noinput><prompt><audio src="late.wav"/></prompt></noinput>
  </menu>
  <form id="order">
    <field name="number" type="digits?length=4">
      <prompt><audio src="one.wav"/></prompt>
      <filled>
        <log label="goal">order</log>
        <assign name="application.chosen" expr="number"/>
        <prompt><audio src="bye.wav"/></prompt>
        <exit/>
      </filled>
    </field>
  </form>
  <form id="person">
    <block><log label="person"/><assign name="application.chosen" expr="'person'"/></block>
    <transfer name="out" dest="queue:sales" type="blind" aaiexpr="JSON.stringify({{grade: 'gold', order: 8802,
      card: '6222', city: '北京', known: true, tries: 2, balance: 12.5, wish: 'a, b; c', lines: [1, 2]}})"/>
  </form>
  <form id="colleague">
    <property name="termchar" value=""/>
    <transfer name="found" bridge="true" dest="queue:helpers" transferaudio="hold.wav">
      <filled><log label="goal"><value expr="found"/></log></filled>
    </transfer>
    <block><prompt><audio src="again.wav"/></prompt></block>
    <transfer name="called" bridge="true" dest="agent:1002" transferaudio="hold.wav">
      <grammar mode="dtmf" version="1.0" root="r"><rule id="r">* 9</rule></grammar>
      <filled><log label="goal"><value expr="called"/> <value expr="called$.utterance"/></log></filled>
    </transfer>
    <block><prompt><audio src="bye.wav"/></prompt></block>
  </form>
  <form id="wait"><transfer name="out" dest="queue:nobody" type="blind"/></form>
  <form id="another"><transfer name="out" dest="flow:second" type="blind"/></form>
  <form id="within"><subdialog name="asked" src="#asking"/></form>
  <form id="asking"><field name="inner" type="digits?length=4"><prompt><audio src="one.wav"/></prompt></field></form>
  <form id="silent">
    <record name="said" maxtime="20s">
      <property name="timeout" value="600ms"/><noinput><goto next="#message"/></noinput>
    </record>
  </form>
  <form id="message">
    <record name="said" maxtime="20s">
      <property name="timeout" value="10s"/><prompt><audio src="late.wav"/></prompt>
    </record>
  </form>
  <form id="dictation">
    <record name="said" maxtime="20s" finalsilence="1s" type="audio/basic">
      <property name="timeout" value="10s"/><prompt><audio src="late.wav"/></prompt>
      <filled><log label="goal"><value expr="said$.size / said$.duration"/> <value expr="said$.maxtime"/></log></filled>
    </record>
    <block><prompt><audio src="bye.wav"/></prompt></block>
  </form>
  <form id="broken"><block><throw event="error.mine"/></block></form>
  <form id="loop"><block><script>while (true) {{}}</script></block></form>
  <form id="number">
    <field name="digit" type="digits?length=1"><prompt><audio src="one.wav"/></prompt></field>
    <transfer name="out" bridge="true" destexpr="'tel:1390000000' + digit" connecttimeout="3s" maxtime="5s"
              transferaudio="hold.wav">
      <grammar mode="dtmf" version="1.0" root="r"><rule id="r">* 9</rule></grammar>
      <filled>
        <log label="goal">
          <value expr="out"/> <value expr="Math.round(out$.duration)"/> <value expr="out$.utterance"/>
        </log>
      </filled>
      <catch event="error.connection error.unsupported">
        <log label="goal"><value expr="_event"/></log><assign name="out" expr="_event"/>
      </catch>
    </transfer>
    <block><prompt><audio src="bye.wav"/></prompt></block>
  </form>
</vxml>
"""
ATTACHED = {
    "chosen": "person", "grade": "gold", "order": 8802.0, "card": "6222", "city": "北京", "known": "true", "tries": 2.0,
    "balance": 12.5, "wish": "a, b; c", "lines": "[1, 2]",
}  # fmt: skip
"""What the desk has to show of a caller whom `person` sends there."""

TEN = " ".join(f"v{n} = {n}," for n in range(7)).rstrip(",")
IDENTITY = f"""{OPENING}
  <var name="secret"/>
  <form>
    <field name="card" type="digits?length=8">
      <prompt><audio src="one.wav"/></prompt>
      <filled>
        <assign name="application.secret" expr="card"/>
        <log label="typed"><value expr="card"/></log>
        <var name="last" expr="card.substr(6)"/><var name="known" expr="true"/>
        <var name="agent" expr="session.sent.agent"/>
        <script>var {TEN};</script>
        <exit namelist="last known agent v0 v1 v2 v3 v4 v5 v6"/>
      </filled>
    </field>
  </form>
</vxml>
"""
TYPED = "88027195"
RETURNED = {"last": TYPED[6:], "known": "true", "agent": "1001"} | {f"v{n}": float(n) for n in range(7)}

SURVEY = f"""{OPENING}
  <form>
    <field name="score" type="digits?length=1"><prompt><audio src="bye.wav"/></prompt></field>
    <object name="kept" classid="survey:score"><param name="score" expr="Number(score)"/></object>
  </form>
</vxml>
"""
SECOND = f"""{OPENING}
  <form id="elsewhere">
    <field name="asked" type="digits?length=4"><prompt><audio src="again.wav"/></prompt></field>
  </form>
</vxml>
"""
FLOWS = {"main": "menu", "second": "second", "identity": "identity", "rating": "rating"}


def document(name: str, text: str) -> str:
    indented = "\n".join(f"      {line}" for line in text.splitlines())
    return f"  - name: {name}\n    text: |\n{indented}\n"


def centre_with_flows(carriers: Mapping[int, int] | None = None) -> str:
    """carriers: the last digit of an outside number → the port at 127.0.0.1N that its trunk calls."""
    documents = document("menu", MENU) + document("identity", IDENTITY) + document("rating", SURVEY)
    documents += document("second", SECOND)
    flows = "".join(f"  - {{name: {name}, queue: nobody, document: {text}}}\n" for name, text in FLOWS.items())
    trunks = "".join(f"  - {{name: c{n}, hosts: [127.0.0.1{n}], port: {p}}}\n" for n, p in (carriers or {}).items())
    routes = "".join(f'  - {{name: r{n}, prefixes: ["1390000000{n}"], via: [c{n}]}}\n' for n in carriers or {})
    callers = "  - {name: callers, hosts: [127.0.0.2]}\n"
    centre = (
        CENTRE.replace("flows:\n  - {name: main, queue: sales}\n", f"documents:\n{documents}flows:\n{flows}")
        .replace(
            "{name: sales, ", "{name: nobody}\n  - {name: helpers, wrapup_s: 0}\n  - {name: sales, survey: rating, "
        )
        .replace('user: "1002"\n    queues: [sales]', 'user: "1002"\n    queues: [helpers]')
        .replace("agents:\n", '  - {username: "1003", display_name: Three, password_env: TEST_PASSWORD}\nagents:\n')
        .replace(callers, f"{callers}{trunks}" + (f"routes:\n{routes}" if routes else ""))
    )
    return centre + '  - {number: "1003", user: "1003", queues: [nobody]}\n'


def write_prompts(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for name, level in LEVELS.items():
        seconds = WELCOME_S if name == "welcome" else PROMPT_S
        write_wav(folder / f"{name}.wav", np.full(8_000 * seconds, level, dtype=np.int16))


def byte_at(level: int) -> int:
    """The A-law byte of a level."""
    return encode(np.full(1, level, dtype=np.int16), "PCMA")[0]


def byte_of(name: str) -> int:
    """That of a prompt's level."""
    return byte_at(LEVELS[name])
