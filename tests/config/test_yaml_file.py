"""A document's mistakes are told all at once, each with its line; what is right is read as it was meant."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from yingda.kernel.config.problems import CentreError
from yingda.kernel.config.yaml_file import parse_centre, read_centre

ROOT = Path(__file__).resolve().parents[2]
DEMO = (ROOT / "templates" / "demo.yaml").read_text(encoding="utf-8")


def problems_of(text: str | bytes) -> list[str]:
    raw = text.encode() if isinstance(text, str) else text
    with pytest.raises(CentreError) as caught:
        parse_centre(raw, "c.yaml")
    assert caught.value.code == "config_invalid"
    return str(caught.value).splitlines()


def line_of(text: str, needle: str, nth: int = 1) -> int:
    found = [number for number, line in enumerate(text.splitlines(), 1) if needle in line]
    return found[nth - 1]


def test_demo_is_right() -> None:
    centre = parse_centre(DEMO.encode())
    assert [agent.number for agent in centre.agents] == ["1001", "1002", "1003"]
    assert {user.password_env for user in centre.users} == {"YINGDA_DEMO_PASSWORD"}
    assert centre.queues[0].target_s == 20.0


def test_plain_scalars_mean_what_they_say() -> None:
    centre = parse_centre(
        b"centre: {name: 2024, country: NO}\nqueues: [{name: 0571, target_s: 7.5, recording: no}]\n"
        b"flows: [{name: f, queue: 0571}]\nnumbers: [{number: 4008001000, flow: f, test: yes}]"
    )
    assert (centre.centre.name, centre.centre.country) == ("2024", "NO")
    assert (centre.queues[0].name, centre.queues[0].target_s, centre.queues[0].recording) == ("0571", 7.5, False)
    assert (centre.numbers[0].number, centre.numbers[0].test) == ("4008001000", True)


def test_all_problems_at_once_in_order_of_lines() -> None:
    text = (
        DEMO.replace("    queue: 售后\n", "    queue: 售前\n")
        .replace("target_s: 30", "target_s: -1")
        .replace('extension: "8002"', 'extension: "8001"')
        .replace("max_calls: 60", "max_cals: 60")
        .replace("team: 一班", "team: 二班", 1)
        + "teams: []\n"
    )
    twice = line_of(text, 'extension: "8001"', nth=2)
    assert problems_of(text) == [
        f"c.yaml:{line_of(text, 'max_cals')}:5: trunk 本机中继: unknown key `max_cals`; did you mean `max_calls`?",
        f"c.yaml:{line_of(text, 'target_s: -1')}:15: queue 咨询: target_s must be at least 0, not -1",
        f"c.yaml:{line_of(text, 'queue: 售前')}:12: flow 售后流程: there is no queue 售前",
        f"c.yaml:{line_of(text, 'team: 二班')}:11: agent 1001: there is no team 二班",
        f"c.yaml:{twice}:20: device 8001 is there twice",
        f"c.yaml:{line_of(text, 'teams: []')}:1: the key `teams` is there twice; it is first in line "
        f"{line_of(text, 'teams:')}",
    ]


MINIMAL = "centre: {name: c}\n"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "c.yaml:1:1: the file is empty"),
        ("- a", "c.yaml:1:1: a centre starts with keys such as `centre:` and `queues:`"),
        ("centre: {name: c", "c.yaml:1:17: not YAML: expected ',' or '}', but got '<stream end>'"),
        ("a: 1\n--- \nb: 2", "c.yaml:2:1: not YAML: but found another document"),
        ("a: &x [*x]", "c.yaml:1:4: not a centre: an anchor holds itself"),
        (b"centre:\n  name: \xff", "c.yaml:2:9: this is not UTF-8 text"),
        ("a: \x01", "c.yaml:1:1: not YAML: it holds a control character"),
        ("[" * 5_000, "c.yaml:1:1: not a centre: nested too deeply"),
        ("queues: []", "c.yaml:1:1: the file: `centre` is missing"),
        (MINIMAL + "queue: []", "c.yaml:2:1: unknown key `queue`; did you mean `queues`?"),
        (MINIMAL + "? [a]\n: b", "c.yaml:2:3: a key must be a word"),
        (MINIMAL + "queues: 3", "c.yaml:2:9: queues must be a list, not 3"),
        (MINIMAL + "teams: [x]", "c.yaml:2:9: team no. 1 must hold keys, not x"),
        (MINIMAL + "teams: [{name: ''}]", "c.yaml:2:16: team no. 1: name must not be empty"),
        (MINIMAL + "trunks: [{name: t, port: x}]", "c.yaml:2:26: trunk t: port must be a whole number, not x"),
        (MINIMAL + "trunks: [{name: t, transport: ws}]", "trunk t: transport must be 'udp', 'tcp' or 'tls', not ws"),
        (MINIMAL + "trunks: [{name: t, hosts: [300.1.1.1]}]", "300.1.1.1 is neither an address, a network"),
        (
            MINIMAL + "trunks: [{name: t, hosts: [10.0.0.0/8]}, {name: u, port: 5070, hosts: [10.0.0.0/8]}]",
            "host 10.0.0.0/8 is there twice",
        ),
        (
            MINIMAL + "trunks: [{name: t, hosts: ['srv:a.example']}, {name: u, port: 5070, hosts: ['srv:a.example']}]",
            "host srv:a.example is there twice",
        ),
        (MINIMAL + "trunks: [{name: t, hosts: ['::1']}, {name: u, hosts: ['::1']}]", "c.yaml:2:55: host [::1]:5060 is"),
        (MINIMAL + "queues: [{name: q, music: {}}]", "c.yaml:2:27: queue q: music: give either `file` or `say`"),
        (MINIMAL + "queues: [{name: q, music: {file: ../etc/x}}]", "`file` must be a path below the prompts' folder"),
        (MINIMAL + "queues: [{name: q, time_zone: Mars/Base}]", "Mars/Base is not a time zone such as Asia/Shanghai"),
        (MINIMAL + "users: [{username: u, display_name: U, password_env: s3cret!}]", "not hold the password"),
        (MINIMAL + "teams: [{name: a, id: x}, {name: b, id: x}]", "id x is there twice; first in team a: id"),
        (
            MINIMAL + "users: [{username: u, display_name: U}]\nagents: [{number: 1, user: u}, {number: 2, user: u}]",
            "c.yaml:3:50: user u is there twice; first in agent 1: user",
        ),
        (
            MINIMAL + "queues: [{name: q}]\nflows: [{name: f, queue: q}]\nnumbers: [{number: 80, flow: f}]\n"
            "users: [{username: u, display_name: U}]\n"
            "agents: [{number: 1, user: u, queues: [q, q], devices: [{kind: sip, extension: 80}]}]",
            "c.yaml:4:20: number 80 is also the extension of a device",
        ),
    ],
)  # fmt: skip
def test_each_mistake_has_its_sentence(text: str | bytes, said: str) -> None:
    assert any(said in problem for problem in problems_of(text)), problems_of(text)


def test_unreadable_file_is_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(CentreError, match="the file cannot be read: No such file or directory"):
        read_centre(tmp_path / "none.yaml")
    with pytest.raises(CentreError, match="the file cannot be read: Is a directory"):
        read_centre(tmp_path)


def test_unfolding_anchors_are_refused() -> None:
    bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n" + "".join(
        f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]\n" for n in range(1, 9)
    )
    assert problems_of(bomb)[0].endswith("not a centre: it unfolds into too many values")


@given(st.integers(min_value=0, max_value=len(DEMO) - 1), st.sampled_from(list("{}[]:-'\"\t\n#&*!%@, x1售\\")))
def test_a_changed_character_never_raises_anything_else(at: int, character: str) -> None:
    text = DEMO[:at] + character + DEMO[at + 1 :]
    try:
        parse_centre(text.encode())
    except CentreError as error:
        assert all(problem.line >= 1 for problem in error.problems)


KEYS = ["centre", "queues", "agents", "devices", "name", "id", "hosts"]
json_like = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["centre", "queues", "agents", "devices", "name", "id", "hosts"]), inner, max_size=3
        )
    ),
    max_leaves=12,
)


@given(json_like)
def test_any_document_gets_an_answer(document: object) -> None:
    try:
        parse_centre(yaml.safe_dump(document).encode())
    except CentreError as error:
        assert error.problems
