"""What may stand where in a flow, for completion in the editor: the interpreter's catalogue with a line of help."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final

from yingda.ivr.grammar.builtin import BUILTIN
from yingda.ivr.voicexml.catalogue import KINDS, Attribute
from yingda.ivr.voicexml.values import SHAPES
from yingda.ivr.writing.help import HELP
from yingda.server.flows.service import Row

_CHOICE: Final = re.compile(r"\(([\w|/.-]+)\)\$")


@lru_cache(maxsize=1)
def elements() -> list[Row]:
    """Every element with its attributes and children."""
    return [
        {
            "tag": kind.tag,
            "section": kind.section,
            "zh": HELP[kind.tag][0],
            "en": HELP[kind.tag][1],
            "attributes": [_attribute(one) for one in kind.attributes.values()],
            "children": sorted(kind.children),
        }
        for kind in KINDS.values()
    ]


def _attribute(attribute: Attribute) -> Row:
    pattern, expected = SHAPES.get(attribute.kind, (None, attribute.kind))
    choice = _CHOICE.fullmatch(pattern.pattern) if pattern is not None else None
    values = sorted(BUILTIN) if attribute.kind == "builtin" else choice[1].split("|") if choice is not None else []
    return {"name": attribute.name, "required": attribute.required, "expected": expected, "values": values}
