"""Read a document (a centre, a scenario) from YAML and tell at once everything that is wrong, with line and column.

Plain scalars are taken as text and the schema decides what they are: `4008001000`, `0571` and `NO` mean what they say
in a field of text, and `20` is a number in a field of seconds.
"""

from __future__ import annotations

import difflib
import pathlib
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar, get_args

import yaml
from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from yingda.kernel.config.centre import Centre
from yingda.kernel.config.checks import check
from yingda.kernel.config.document import Document
from yingda.kernel.config.problems import CentreError, Path, Problem, describe

MOST_BYTES = 8 << 20
MOST_NODES = 500_000
NOTHING = {"", "~", "null", "Null", "NULL"}
Mark = tuple[int, int]
Model = TypeVar("Model", bound=BaseModel)


@dataclass(frozen=True, slots=True)
class Kind(Generic[Model]):
    """A kind of document. keys: two of its first ones, as an example; check: what its schema cannot say."""

    noun: str
    keys: tuple[str, str]
    model: type[Model]
    check: Callable[[Document], Sequence[Problem]]


CENTRE = Kind("centre", ("centre", "queues"), Centre, check)


def read_centre(path: pathlib.Path) -> Centre:
    """The centre in a file. Raises CentreError, whose problems carry lines."""
    return read_document(path, CENTRE)


def parse_centre(raw: bytes, name: str = "centre.yaml") -> Centre:
    """The centre in YAML text (UTF-8). Raises CentreError with all problems, in the order of the lines."""
    return parse_document(raw, name, CENTRE)


def read_document(path: pathlib.Path, kind: Kind[Model]) -> Model:
    """The document of that kind in a file. Raises CentreError, whose problems carry lines."""
    name = path.name
    try:
        with path.open("rb") as file:
            raw = file.read(MOST_BYTES + 1)
    except OSError as error:
        reason = error.strerror or "it cannot be read"
        problem = Problem((), "config_unreadable", f"the file cannot be read: {reason}")
        raise CentreError(str(path), [problem]) from error
    if len(raw) > MOST_BYTES:
        raise CentreError(name, [Problem((), "config_unreadable", "the file is larger than 8 MB")])
    return parse_document(raw, name, kind)


def parse_document(raw: bytes, name: str, kind: Kind[Model]) -> Model:
    """The document in YAML text (UTF-8). Raises CentreError with all problems, in the order of the lines."""
    root = _compose(_decode(raw, name), name, kind.noun)
    reader = _Reader(kind.noun)
    try:
        document = reader.read(root)
    except _UnfoldError as error:
        raise CentreError(name, [Problem((), "config_not_yaml", str(error), *error.mark)]) from error
    if not isinstance(document, dict):
        words = f"a {kind.noun} starts with keys such as `{kind.keys[0]}:` and `{kind.keys[1]}:`"
        raise CentreError(name, [Problem((), "config_not_yaml", words, 1, 1)])
    found, problems = _validate(document, kind.model)
    problems = [*reader.problems, *problems, *kind.check(document)]
    if found is None or problems:
        placed = [reader.place(problem) for problem in problems]
        raise CentreError(name, sorted(placed, key=lambda p: (p.line, p.column, p.sentence)))
    return found


def _decode(raw: bytes, name: str) -> str:
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        column = error.start - (raw.rfind(b"\n", 0, error.start) + 1) + 1
        raise CentreError(name, [Problem((), "config_not_yaml", "this is not UTF-8 text", line, column)]) from error


def _compose(text: str, name: str, noun: str) -> yaml.Node:
    try:
        root = yaml.compose(text, Loader=yaml.BaseLoader)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line, column = (mark.line + 1, mark.column + 1) if mark else (1, 1)
        what = error.problem or error.context or "it cannot be understood"
        raise CentreError(name, [Problem((), "config_not_yaml", f"not YAML: {what}", line, column)]) from error
    except yaml.reader.ReaderError as error:
        line = text.count("\n", 0, error.position) + 1
        problem = Problem((), "config_not_yaml", "not YAML: it holds a control character", line, 1)
        raise CentreError(name, [problem]) from error
    except RecursionError as error:
        problem = Problem((), "config_not_yaml", f"not a {noun}: nested too deeply", 1, 1)
        raise CentreError(name, [problem]) from error
    if root is None:
        raise CentreError(name, [Problem((), "config_not_yaml", "the file is empty", 1, 1)])
    return root


class _UnfoldError(ValueError):
    """Anchors that unfold into themselves or beyond measure."""

    def __init__(self, sentence: str, node: yaml.Node) -> None:
        super().__init__(sentence)
        self.mark = _mark(node)


class _Reader:
    """Turns nodes into plain data, remembering where each path stands and which keys are there twice."""

    def __init__(self, noun: str) -> None:
        self.problems: list[Problem] = []
        self._noun = noun
        self._values: dict[Path, Mark] = {}
        self._keys: dict[Path, Mark] = {}
        self._open: set[int] = set()
        self._count = 0

    def read(self, node: yaml.Node, path: Path = ()) -> Any:
        self._count += 1
        if self._count > MOST_NODES:
            raise _UnfoldError(f"not a {self._noun}: it unfolds into too many values", node)
        if id(node) in self._open:
            raise _UnfoldError(f"not a {self._noun}: an anchor holds itself", node)
        self._values.setdefault(path, _mark(node))
        if isinstance(node, yaml.ScalarNode):
            return _text(node)
        self._open.add(id(node))
        try:
            if isinstance(node, yaml.MappingNode):
                return self._mapping(node, path)
            return [self.read(item, (*path, index)) for index, item in enumerate(node.value)]
        finally:
            self._open.discard(id(node))

    def _mapping(self, node: yaml.MappingNode, path: Path) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for key_node, value_node in node.value:
            key = _text(key_node) if isinstance(key_node, yaml.ScalarNode) else None
            if key is None:
                self.problems.append(Problem(path, "config_key", "a key must be a word", *_mark(key_node)))
                continue
            place = (*path, key)
            if key in found:
                sentence = f"the key `{key}` is there twice; it is first in line {self._keys[place][0]}"
                self.problems.append(Problem(place, "config_duplicate", sentence, *_mark(key_node)))
                continue
            self._keys[place] = _mark(key_node)
            found[key] = self.read(value_node, place)
        return found

    def place(self, problem: Problem) -> Problem:
        """The problem with its line: of the key if a key is at fault, else of the value, else of what holds it."""
        if problem.line:
            return problem
        path = problem.path
        marks = self._keys if problem.code == "config_key" else self._values
        while path and path not in marks:
            path = path[:-1]
        line, column = marks.get(path) or self._values[()]
        return Problem(problem.path, problem.code, problem.sentence, line, column)


def _mark(node: yaml.Node) -> Mark:
    return node.start_mark.line + 1, node.start_mark.column + 1


def _text(node: yaml.ScalarNode) -> str | None:
    if node.style is None and node.value in NOTHING:
        return None
    return unicodedata.normalize("NFC", node.value)


def _validate(document: dict[str, Any], model: type[Model]) -> tuple[Model | None, list[Problem]]:
    try:
        return model.model_validate(document), []
    except ValidationError as error:
        return None, [_problem(document, detail, model) for detail in error.errors(include_url=False)]


def _problem(document: dict[str, Any], detail: ErrorDetails, model: type[BaseModel]) -> Problem:
    path: Path = detail["loc"]
    kind = detail["type"]
    if kind == "extra_forbidden":
        return Problem(path, "config_key", _unknown_key(document, path, model))
    if kind == "missing":
        holder = describe(document, path[:-1]) or "the file"
        return Problem(path, "config_value", f"{holder}: `{path[-1]}` is missing")
    return Problem(path, "config_value", f"{describe(document, path)} {_demand(detail)}")


# What the schema asks for, in our words; the context of each kind is pydantic's.
DEMANDS: Mapping[str, str] = {
    "string_type": "must be text",
    "string_too_short": "must not be empty",
    "string_too_long": "must have at most {max_length} characters",
    "string_pattern_mismatch": "has a form that is not allowed here",
    "int_parsing": "must be a whole number",
    "int_type": "must be a whole number",
    "float_parsing": "must be a number",
    "float_type": "must be a number",
    "bool_parsing": "must be true or false",
    "bool_type": "must be true or false",
    "greater_than_equal": "must be at least {ge:g}",
    "greater_than": "must be above {gt:g}",
    "finite_number": "must be finite",
    "less_than_equal": "must be at most {le:g}",
    "literal_error": "must be {expected}",
    "list_type": "must be a list",
    "tuple_type": "must be a list",
    "too_short": "must have at least {min_length} of them",
    "model_type": "must hold keys",
}


def _demand(detail: ErrorDetails) -> str:
    given = detail["input"]
    shown = f", not {given}" if isinstance(given, str) and given else ""
    demand = DEMANDS.get(detail["type"])
    words = demand.format(**detail.get("ctx", {})) if demand else detail["msg"].lower()
    return words + shown


def _unknown_key(document: Mapping[str, Any], path: Path, model: type[BaseModel]) -> str:
    key = str(path[-1])
    holder = describe(document, path[:-1])
    near = difflib.get_close_matches(key, sorted(_model_at(path[:-1], model).model_fields), n=1)
    hint = f"; did you mean `{near[0]}`?" if near else ""
    return f"{holder + ': ' if holder else ''}unknown key `{key}`{hint}"


def _model_at(path: Path, model: type[BaseModel]) -> type[BaseModel]:
    """The model that stands at a path of a document that begins with `model`."""
    for step in path:
        if isinstance(step, str):
            model = next(_models_in(model.model_fields[step].annotation), model)
    return model


def _models_in(annotation: Any) -> Any:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for argument in get_args(annotation):
        yield from _models_in(argument)
