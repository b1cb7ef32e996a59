"""Lists and tables where a name belongs are mistakes with a line, never a traceback."""

from __future__ import annotations

import itertools

import pytest

from yingda.kernel.config.yaml_file import parse_centre
from yingda.kernel.errors import YingdaError

ODD = ("[1, 2]", "{a: b}", "12", "null", "[[]]", "''")
TEXT = """\
centre: {{name: Odd}}
skills:
  - name: {0}
queues:
  - name: {1}
    needs: {2}
    order: {3}
  - name: sales
agents:
  - number: "1001"
    user: {0}
    queues: {4}
    skills:
      - skill: {1}
        level: {2}
      - skill: {1}
  - number: {3}
    user: one
    queues: [{4}, sales]
users:
  - {{username: one, display_name: {2}}}
"""


@pytest.mark.parametrize("odd", list(itertools.product(ODD, repeat=2)))
def test_odd_kinds_of_values_are_refused_with_their_lines(odd: tuple[str, str]) -> None:
    first, second = odd
    for filling in ((first, second, first, second, first), (second, first, first, first, second)):
        with pytest.raises(YingdaError) as refusal:
            parse_centre(TEXT.format(*filling).encode(), "odd.yaml")
        assert "odd.yaml:" in str(refusal.value)
