"""Compare what the peers saw with what the centre says, and count.

    python bench/call/check.py --data DIR --artefacts DIR

Prints one JSON object: `calls`, `answered`, `audio_both_ways`, `recordings`, `records`, `ledger_mismatches` and the
mismatches as sentences. Nothing of the server's code is imported, here or in what is imported here: the ledger is read
as lines, the books by SQL, recordings as files; the truth is the capture, the phones' dumps and the callers' logs.
"""

from __future__ import annotations

import argparse
import json
import sqlite3
import sys
from collections import Counter
from pathlib import Path
from typing import Any

if __package__ in (None, ""):  # run as a file: the folder above `bench` is where imports begin
    sys.path[0] = str(Path(__file__).resolve().parents[2])

from bench.call.witness import audio, calls, day, figures
from bench.call.witness.evidence import Evidence, gather


def verdict(evidence: Evidence) -> dict[str, Any]:
    """The counts and the sentences."""
    heard = audio.check(evidence)
    mismatches = [*calls.check(evidence), *day.check(evidence), *figures.check(evidence)]
    mismatches += [mismatch for call in heard.values() for mismatch in call.mismatches]
    to_be_answered = [caller for caller in evidence.plan.callers if caller.outcome == "answered"]
    answered = [caller for caller in to_be_answered if (seen := evidence.seen.get(caller.number)) and seen.answered]
    return {
        "calls": sum(caller.number in evidence.seen for caller in to_be_answered),
        "answered": len(answered),
        "audio_both_ways": sum(call.audio for call in heard.values()),
        "recordings": sum(call.recorded for call in heard.values()),
        "records": sum(_has_one_record(evidence, number) for number in evidence.seen),
        "ledger_mismatches": len(mismatches),
        "abandoned": sum(not seen.answered for seen in evidence.seen.values()),
        "offers": len(evidence.wire.offers),
        "events": len(evidence.ledger.facts),
        "same_instant_us": day.same_instant_us(evidence),
        "largest_deviation_ms": {name: round(ms, 1) for name, ms in calls.deviations(evidence).items()},
        "mismatches": [mismatch.text for mismatch in mismatches],
        "mismatch_kinds": dict(sorted(Counter(mismatch.kind for mismatch in mismatches).items())),
    }


def _has_one_record(evidence: Evidence, number: str) -> bool:
    contact = evidence.contact(number)
    return contact is not None and len(evidence.books.row("contacts", contact.interaction_id)) == 1


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n\n", maxsplit=1)[0])
    parser.add_argument("--data", type=Path, required=True, help="the centre's data folder, the centre stopped")
    parser.add_argument("--artefacts", type=Path, required=True, help="the peers' artefacts of the same run")
    options = parser.parse_args()
    try:
        evidence = gather(options.data, options.artefacts)
    except (OSError, ValueError, KeyError, sqlite3.Error) as error:
        sys.stderr.write(f"The run cannot be read: {type(error).__name__}: {error}\n")
        return 2
    result = verdict(evidence)
    sys.stdout.write(json.dumps(result, ensure_ascii=False, indent=1) + "\n")
    return 1 if result["ledger_mismatches"] else 0


if __name__ == "__main__":
    sys.exit(main())
