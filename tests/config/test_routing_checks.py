"""Mistakes of routing are refused when the centre is saved, each with its line."""

from __future__ import annotations

import pytest

from yingda.kernel.config.problems import CentreError
from yingda.kernel.config.yaml_file import parse_centre
from yingda.routing.document import rules_of
from yingda.routing.rules import Escalation, Reason, Skill

GOOD = """\
centre: {name: Demo, routing: {priority_point_s: 2, by_goals: yes}}
skills: [{name: english}, {name: orders}]
users: [{username: ann, display_name: Ann}]
busy_reasons: [{name: pause, most: 2, limit_s: 900}]
queues:
  - name: sales
    strategy: skill_score
    needs: english >= 3 AND NOT orders
    weights: {queue_time: 80}
    goals: {service_level: 0.8}
    order: ["1"]
    arrivals:
      - {name: vip, when: 'data.grade = "VIP" and hour >= 9', priority: 20}
    escalations:
      - {name: wider, after_s: 20, when: 'waiting("sales") > 25 and idle("service") >= 4', also: service}
      - {name: elsewhere, after_s: 60, move: service}
  - name: service
agents:
  - number: "1"
    user: ann
    queues: [service]
    skills: [{skill: english, level: 7, preference: 9}, {skill: orders, exclude: yes}]
"""
FLOWS = """\
flows: [{{name: day, queue: sales}}, {{name: night, queue: sales}}]
numbers:
  - number: "4008"
    flow: day
    choices: [{{when: '{}', flow: {}}}]
agents:
"""


def test_a_right_document_becomes_rules() -> None:
    rules = rules_of(parse_centre(GOOD.encode()), version=7)
    sales = rules.queues["sales"]
    assert (rules.version, rules.point_s, rules.by_goals, rules.zone) == (7, 2, True, "Asia/Shanghai")
    assert (sales.strategy, sales.weights.queue_time, sales.goals.service_level) == ("skill_score", 80, 0.8)
    assert sales.escalations[1] == Escalation("elsewhere", 60, move="service")
    assert rules.agents["1"].skills == {"english": Skill(7, 9), "orders": Skill(exclude=True)}
    assert rules.agents["1"].levels() == {"english": 7}
    assert rules.limits("pause") == Reason("break", 2, 900) and rules.reason_class("pause") == "break"


@pytest.mark.parametrize(
    ("good", "bad", "line", "says"),
    [
        ("skill: english", "skill: french", 22, "agent 1: there is no skill french"),
        ("{skill: orders, exclude: yes}", "{skill: english}", 22, "the skill english is given twice"),
        ("english >= 3 AND", "english >= 3 AN", 8, "AND or OR is missing, at character 14"),
        ("AND NOT orders", "AND NOT french", 8, "there is no skill french"),
        ("english >= 3", "english >= 8 AND orders", 8, "nobody could serve the queue"),
        ("queues: [service]", "queues: [sales]", 17, "queue service: no agent serves it"),
        ('order: ["1"]', 'order: ["9"]', 11, "there is no agent 9"),
        ("and hour >= 9", "and moon >= 9", 13, "nobody can answer moon"),
        ("hour >= 9", "hour >=", 13, "a value is missing, at the end"),
        ("agents:\n", FLOWS.format("moon = 1", "night"), 22, "nobody can answer moon"),
        ("agents:\n", FLOWS.format("hour > 18", "dusk"), 22, "number 4008: there is no flow dusk"),
        ("agents:\n", FLOWS.format('open("days") = 0', "night"), 22, "there is no calendar days"),
        ('idle("service")', 'idle("nowhere")', 15, "there is no queue nowhere"),
        ("also: service", "also: nowhere", 15, "there is no queue nowhere"),
        ("move: service", "move: sales", 16, "cannot overflow into itself"),
        ("move: service", "move: service, turn_away: yes", 16, "give exactly one of"),
        ("- name: service", "- {name: service, escalations: [{name: back, after_s: 1, move: sales}]}", 15, "circle"),
        ("level: 7", "level: 10", 22, "level"),
    ],
)
def test_a_mistake_is_told_with_its_line(good: str, bad: str, line: int, says: str) -> None:
    assert good in GOOD
    with pytest.raises(CentreError) as refusal:
        parse_centre(GOOD.replace(good, bad, 1).encode())
    told = [problem for problem in refusal.value.problems if says in problem.sentence]
    assert told, refusal.value
    assert told[0].line == line


MORE = """\
centre: {name: Demo}
calendars:
  - name: hours
    week: [{days: [1, 2, 3, 4, 5], begin: "09:00", end: "18:00"}]
    special: [{date: "2026-10-01", name: 国庆节}, {date: "2026-10-10", hours: [{begin: "09:00", end: "12:00"}]}]
queues:
  - name: sales
    calendar: hours
    waiting: {callback_key: "1", message_key: "2", comfort: [{say: hello}]}
    escalations:
      - {name: closing, after_s: 0, when: 'open("hours") = 0', overflow: {then: message, announce: {say: bye}}}
"""


def test_hours_and_waiting_are_taken_over() -> None:
    rules = rules_of(parse_centre(MORE.encode()))
    sales = rules.queues["sales"]
    assert sales.hours is not None and sales.hours == rules.calendars["hours"]
    assert sales.escalations[0].overflow and sales.callbacks.attempts == 3


@pytest.mark.parametrize(
    ("good", "bad", "line", "says"),
    [
        ("calendar: hours", "calendar: nights", 8, "there is no calendar nights"),
        ('open("hours")', 'open("nights")', 11, "there is no calendar nights"),
        ('begin: "09:00", end: "18:00"', 'begin: "18:00", end: "09:00"', 4, "before it begins"),
        ('"2026-10-01"', '"2026-02-30"', 5, "there is no day 2026-02-30"),
        ('message_key: "2"', 'message_key: "1"', 9, "the key 1 asks for a call-back already"),
        ("{say: hello}", "{say: hello, file: x.wav}", 9, "give either `file` or `say`"),
        ("{say: bye}", "{file: ../x.wav}", 11, "below the prompts' folder"),
        ("then: message", "then: number", 11, "give `number` with `then: number`"),
        ("overflow: {then", "turn_away: yes, overflow: {then", 11, "give exactly one of"),
        ("{then: message, announce: {say: bye}}", "{then: end}", 11, "callers would be let go without a word"),
        ("{then: message, announce: {say: bye}}", "{}", 11, "without `announce` it would do nothing"),
    ],
)
def test_a_mistake_of_hours_and_waiting_is_told_with_its_line(good: str, bad: str, line: int, says: str) -> None:
    assert good in MORE
    with pytest.raises(CentreError) as refusal:
        parse_centre(MORE.replace(good, bad, 1).encode())
    told = [problem for problem in refusal.value.problems if says in problem.sentence]
    assert told and told[0].line == line, refusal.value
