"""`python -m yingda.planes PLANE`: how the supervisor starts a plane."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Callable

from yingda.kernel.errors import YingdaError
from yingda.kernel.logs import configure
from yingda.kernel.memory import hold
from yingda.planes.child import Lifeline, Setup, setup_from_environment
from yingda.planes.options import ROLES


def main() -> int:
    name = sys.argv[1] if len(sys.argv) == 2 else ""
    if name not in ROLES:
        print(f"usage: python -m yingda.planes {'|'.join(ROLES)}", file=sys.stderr)
        return 2
    hold()
    setup = setup_from_environment()
    lifeline = Lifeline(setup)
    configure(setup.options.log_level, plane=name)
    run: Callable[[Setup, Lifeline], int] = importlib.import_module(f"yingda.planes.{name}").run
    try:
        return run(setup, lifeline)
    except YingdaError as error:
        lifeline.cannot_start(str(error))
        return 2


if __name__ == "__main__":
    sys.exit(main())
