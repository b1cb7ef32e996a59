"""Logs: one JSON object a line for machines, or one readable line for people, on standard error.

Nothing secret gets out: what is under a key like password is left out, and of a phone number only the ends are shown
(design.md, "What never happens"). It is done last, on the finished text, so that arguments, extra values and tracebacks
are all covered. Add values by name: `log.info("answered", extra={"interaction_id": …})`.
"""

from __future__ import annotations

import logging
import re
import sys
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, TextIO

import msgspec

from yingda.kernel.errors import YingdaError

LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR")
LEFT_OUT = "***"

_SECRET = r"(?:password|passwd|passphrase|authorization|ha1|secret|token|cookie|credential|api_?key)"
_SECRET_KEY = re.compile(_SECRET, re.IGNORECASE)
_SECRET_IN_TEXT = re.compile(
    rf"""(?P<key>{_SECRET}[\w-]{{0,40}}["']?\s{{0,9}}[:=]\s{{0,9}})"""
    r"""(?P<value>"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*'|(?:basic|bearer|digest)\s[^\r\n]*|[^\s,;&}\])]+)""",
    re.IGNORECASE,
)
_NUMBER = re.compile(
    r"(?P<id>\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b)"
    r"|(?P<number>\+\d(?:[ ().-]*\d){6,}|\d{7,})",
    re.IGNORECASE,
)
_CONTROL = {code: f"\\x{code:02x}" for code in (*range(32), 127, *range(128, 160))}
_OWN = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}
_DEEPEST = 6


TALKATIVE = ("alembic", "uvicorn", "websockets")
"""Libraries whose INFO tells the maker of a program something, and who runs it nothing."""


def configure(
    level: str = "INFO", plane: str = "", *, console: bool | None = None, stream: TextIO | None = None
) -> None:
    """Send this process's logs to `stream` (standard error): JSON, or the readable form where `console` (a terminal).

    Raises YingdaError("log_level") for an unknown level.
    """
    if level.upper() not in LEVELS:
        raise YingdaError("log_level", f"There is no log level {level!r}.", todo=f"Take one of {', '.join(LEVELS)}.")
    target = stream or sys.stderr
    readable = target.isatty() if console is None else console
    handler = logging.StreamHandler(target)
    handler.setFormatter(ConsoleFormatter(plane) if readable else JsonFormatter(plane))
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level.upper())
    for name in TALKATIVE:
        logging.getLogger(name).setLevel(max(logging.WARNING, root.level))
    logging.captureWarnings(True)


def cleaned(text: str) -> str:
    """The text without secrets and full phone numbers: 13812345678 becomes 138****5678. Ids (UUID) stay whole."""
    return _NUMBER.sub(_mask, _SECRET_IN_TEXT.sub(lambda found: found["key"] + LEFT_OUT, text))


def cleaned_value(value: object, depth: int = 0) -> Any:
    """A value of any kind as plain, clean data: what is under a secret key is left out, at any depth."""
    if value is None or isinstance(value, (bool, float)):
        return value
    if isinstance(value, int):
        text = cleaned(str(value))
        return value if text == str(value) else text
    if depth < _DEEPEST and isinstance(value, Mapping):
        return {cleaned(str(key)): cleaned_item(str(key), inner, depth + 1) for key, inner in value.items()}
    if depth < _DEEPEST and isinstance(value, (list, tuple, set, frozenset)):
        return [cleaned_value(inner, depth + 1) for inner in value]
    return cleaned(str(value))


def cleaned_item(key: str, value: object, depth: int = 0) -> Any:
    """The value that stands under `key`."""
    return LEFT_OUT if _SECRET_KEY.search(key) else cleaned_value(value, depth)


def _mask(found: re.Match[str]) -> str:
    if found["id"]:
        return found["id"]
    digits = re.sub(r"\D", "", found["number"])
    shown = len(digits) - 4  # at least four digits are hidden
    tail = min(4, (shown + 1) // 2)
    head = min(3, shown - tail)
    plus = "+" if found["number"].startswith("+") else ""
    return f"{plus}{digits[:head]}****{digits[-tail:]}"


class _Formatter(logging.Formatter):
    """What both forms share. plane: the process's name."""

    def __init__(self, plane: str) -> None:
        super().__init__()
        self._plane = plane

    def _parts(self, record: logging.LogRecord) -> tuple[str, dict[str, Any], str]:
        """(message, extra values, traceback), all clean."""
        extra = {key: cleaned_item(key, value) for key, value in vars(record).items() if key not in _OWN}
        trouble = [self.formatException(record.exc_info)] if record.exc_info else []
        if record.stack_info:
            trouble.append(record.stack_info)
        return cleaned(record.getMessage()), extra, cleaned("\n".join(trouble))


class JsonFormatter(_Formatter):
    """at, level, plane, logger, message, then the extra values, then the traceback as `error`."""

    def format(self, record: logging.LogRecord) -> str:
        message, extra, trouble = self._parts(record)
        line = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="microseconds"),
            "level": record.levelname,
            "plane": self._plane,
            "logger": record.name,
            "message": message,
        }
        line |= {key: value for key, value in extra.items() if key not in line}
        if trouble:
            line["error"] = trouble
        return msgspec.json.encode(line).decode()


class ConsoleFormatter(_Formatter):
    """19:12:24.123 WARNING control sip.transport: message key=value, the traceback indented below."""

    def format(self, record: logging.LogRecord) -> str:
        message, extra, trouble = self._parts(record)
        at = datetime.fromtimestamp(record.created, UTC).astimezone().isoformat(timespec="milliseconds")[11:23]
        values = "".join(f" {key}={value}" for key, value in extra.items())
        line = f"{at} {record.levelname:7} {self._plane} {record.name.removeprefix('yingda.')}: {message}{values}"
        line = line.translate(_CONTROL)  # a caller's bytes must not steer a terminal, nor forge a line
        return "\n    ".join((line, *(below.translate(_CONTROL) for below in trouble.splitlines())))
