"""Logs: what gets out, in which form, and above all what does not."""

from __future__ import annotations

import io
import json
import logging
import time
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from yingda.kernel.errors import YingdaError
from yingda.kernel.ids import new_id, seeded_ids
from yingda.kernel.logs import cleaned, cleaned_value, configure

log = logging.getLogger("yingda.tests")


@pytest.fixture
def output() -> Iterator[io.StringIO]:
    """What the logs write; afterwards the root logger is as it was."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield io.StringIO()
    root.handlers[:] = handlers
    root.setLevel(level)
    logging.captureWarnings(False)


def written(output: io.StringIO) -> list[dict[str, Any]]:
    return [json.loads(line) for line in output.getvalue().splitlines()]


@pytest.mark.parametrize(
    ("text", "clean"),
    [
        ("call from 13812345678 to 4008001234", "call from 138****5678 to 400****234"),
        ("INVITE sip:02887654321@10.0.0.1:5060 SIP/2.0", "INVITE sip:028****4321@10.0.0.1:5060 SIP/2.0"),
        ("+86 138 1234 5678", "+861****5678"),
        ("+49 (30) 901820", "+493****820"),
        ("1234567", "1****67"),
        ("extension 123456, 20 ms", "extension 123456, 20 ms"),
        ("at 2026-11-21 19:12:24", "at 2026-11-21 19:12:24"),
        ("password=hunter2 next", "password=*** next"),
        ('{"password": "a \\" b", "name": "li"}', '{"password": ***, "name": "li"}'),
        ("{'ha1': '0123', 'x': 1}", "{'ha1': ***, 'x': 1}"),
        ("https://h/p?token=abc&x=1", "https://h/p?token=***&x=1"),
        ('Authorization: Digest username="7", response="ab"\r\nVia: x', "Authorization: ***\r\nVia: x"),
        ("Proxy-Authorization: Bearer abc def", "Proxy-Authorization: ***"),
        ("YINGDA_DEMO_PASSWORD=x9!y", "YINGDA_DEMO_PASSWORD=***"),
        ("the password is wrong", "the password is wrong"),
    ],
)
def test_texts_are_cleaned(text: str, clean: str) -> None:
    assert cleaned(text) == clean


@given(st.integers(1_000_000, 10**15), st.text("abc @:;<>,", max_size=5), st.text("abc @:;<>,", max_size=5))
def test_no_full_number_gets_through(number: int, before: str, after: str) -> None:
    clean = cleaned(f"{before}{number}{after}")
    assert str(number) not in clean
    assert clean.startswith(before) and clean.endswith(after)
    assert clean.count("****") == 1


def test_long_texts_take_no_long_time() -> None:
    began = time.perf_counter()
    for text in ("a-" * 50_000, "token" * 20_000, "+1 " * 30_000, "1-" * 50_000, "password=" * 10_000):
        cleaned(text)
    assert time.perf_counter() - began < 2


def test_ids_stay_whole() -> None:
    draw = seeded_ids(1)
    for identifier in [new_id(), *(draw() for _ in range(200)), "01234567-0123-7123-8123-012345678901"]:
        assert cleaned(f"leg {identifier}.") == f"leg {identifier}."


def test_values_are_cleaned_at_any_depth() -> None:
    value = {
        "caller": 13812345678,
        "list": ["13812345678", {"Authorization": "Digest x", "n": 7}],
        "api_key": "k",
        "13812345678": True,
        "ratio": 0.25,
    }
    assert cleaned_value(value) == {
        "caller": "138****5678",
        "list": ["138****5678", {"Authorization": "***", "n": 7}],
        "api_key": "***",
        "138****5678": True,
        "ratio": 0.25,
    }
    endless: list[Any] = []
    endless.append(endless)
    cleaned_value(endless)


def test_a_line_is_one_object(output: io.StringIO) -> None:
    configure("info", plane="control", stream=output)
    log.debug("unseen")
    log.info("call from %s\nforged", "13812345678", extra={"interaction_id": "i1", "secret": "x", "level": "mine"})
    (line,) = written(output)
    at = line.pop("at")
    assert at.endswith("+00:00") and len(at) == 32
    assert line == {
        "level": "INFO",
        "plane": "control",
        "logger": "yingda.tests",
        "message": "call from 138****5678\nforged",
        "interaction_id": "i1",
        "secret": "***",
    }


@pytest.mark.parametrize("console", [True, False])
def test_a_traceback_is_there_and_clean(output: io.StringIO, console: bool) -> None:
    configure(plane="web", console=console, stream=output)
    try:
        raise ValueError("no customer 13812345678, token=abc")
    except ValueError:
        log.exception("lookup failed")
    text = output.getvalue()
    assert "Traceback" in text and "ValueError: no customer 138****5678, token=***" in text


def test_the_readable_form_is_one_line_that_steers_no_terminal(output: io.StringIO) -> None:
    configure(plane="media", console=True, stream=output)
    log.warning("digit\r\n%s", "\x1b[2J\x9b", extra={"leg_id": "l1"})
    text = output.getvalue()
    assert text.endswith(" WARNING media tests: digit\\x0d\\x0a\\x1b[2J\\x9b leg_id=l1\n")
    assert text.count("\n") == 1


def test_configuring_twice_writes_once(output: io.StringIO) -> None:
    configure(stream=output)
    configure(stream=output)
    log.info("座席")
    assert [line["message"] for line in written(output)] == ["座席"]


def test_an_unknown_level_is_refused() -> None:
    with pytest.raises(YingdaError) as caught:
        configure("loud")
    assert caught.value.code == "log_level"
