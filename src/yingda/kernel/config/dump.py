"""Write a centre back as YAML: what `yingda export` prints.

Ids and secrets are left out, so the file can be read, kept under version control and applied to another centre.
Applying an export to the centre it came from changes nothing.
"""

from __future__ import annotations

from typing import Any

import yaml

from yingda.kernel.config.centre import Centre

HEADER = """\
# A Yingda centre. Look first: yingda apply --diff THIS-FILE; then: yingda apply THIS-FILE
# Names lead from one part to another; times are in seconds. Passwords are taken from the environment variables
# that `password_env` names when the file is applied.
"""


class _Dumper(yaml.SafeDumper):
    """Lists stand indented below their key; short lists of words stay in one line."""

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:
        super().increase_indent(flow, False)


def _list(dumper: yaml.SafeDumper, items: list[Any]) -> yaml.Node:
    in_line = all(isinstance(item, str) for item in items)
    return dumper.represent_sequence("tag:yaml.org,2002:seq", items, flow_style=in_line)


def _number(dumper: yaml.SafeDumper, value: float) -> yaml.Node:
    if value.is_integer():
        return dumper.represent_int(int(value))
    return dumper.represent_float(value)


_Dumper.add_representer(list, _list)
_Dumper.add_representer(float, _number)


def to_yaml(centre: Centre) -> str:
    """The centre as YAML text: values that stand at their default are written too, empty ones are not."""
    document = _without_ids(centre.model_dump())
    body = yaml.dump(document, Dumper=_Dumper, allow_unicode=True, sort_keys=False, width=120)
    return HEADER + body


def _without_ids(value: Any) -> Any:
    if isinstance(value, dict):
        kept = {key: _without_ids(item) for key, item in value.items() if key != "id"}
        return {key: item for key, item in kept.items() if item is not None and item != []}
    if isinstance(value, list):
        return [_without_ids(item) for item in value]
    return value
