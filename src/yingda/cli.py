"""The command line: serve, apply, export, verify, replay and others. Each command's help says what it does.

Exit codes: 0 done, 1 the thing asked about is not as it should be (verify), 2 it could not be done.
"""

from __future__ import annotations

import argparse
import ipaddress
import re
import sys
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime
from pathlib import Path

from yingda import __version__
from yingda.kernel.errors import YingdaError
from yingda.planes.options import PRIVATE_NETWORKS, ROLES, Options

Command = Callable[[argparse.Namespace], int]


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; what goes wrong is one sentence on standard error."""
    parsed = command_line().parse_args(arguments)
    command: Command = parsed.command
    try:
        return command(parsed)
    except YingdaError as error:
        print(f"yingda: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        return 130


def command_line() -> argparse.ArgumentParser:
    """What the command understands; `command` of what it has read carries it out."""
    parser = argparse.ArgumentParser(prog="yingda", description="Yingda 应答, the contact centre.")
    parser.add_argument("--version", action="version", version=f"Yingda {__version__}")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    _add_serve(commands.add_parser("serve", help="run a centre", description="Run a centre until Ctrl+C."))
    _add_apply(commands.add_parser("apply", help="apply a centre from a YAML file"))
    _add_export(commands.add_parser("export", help="print the centre in force as YAML"))
    _add_verify(commands.add_parser("verify", help="prove the books: chain, order, rows, identities"))
    _add_replay(commands.add_parser("replay", help="decide every past offer again: the same agents must come out"))
    _add_phrases(commands.add_parser("phrases", help="recorded words for numbers, dates, money and digits"))
    _add_keys(commands.add_parser("keys", help="the keys that recordings are sealed with"))
    _add_simulate(commands.add_parser("simulate", help="play a day of a centre: service levels, waits, occupancy"))
    return parser


def _add_folder(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--data", default="var", metavar="FOLDER", help="where everything is kept (default: var)")


def _add_place(parser: argparse.ArgumentParser) -> None:
    _add_folder(parser)
    parser.add_argument("--database", metavar="URL", help="postgresql://…; default: SQLite files in the data folder")


def _add_serve(parser: argparse.ArgumentParser) -> None:
    _add_place(parser)
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on (default: 127.0.0.1)")
    parser.add_argument(
        "--advertise", action="append", type=_advertised, default=[], metavar="[TRANSPORT=]HOST[:PORT]",
        help="address that phones, browsers and carriers are told, if another; with udp=, tcp=, tls=, ws= or wss= for "
        "one transport, whose port may be another too; may be repeated",
    )  # fmt: skip
    parser.add_argument("--web-port", type=_port, default=8080, metavar="PORT")
    parser.add_argument("--sip-port", type=_port, default=5060, metavar="PORT", help="UDP and TCP")
    parser.add_argument(
        "--sip-tls-port", type=_port, metavar="PORT", help="SIP over TLS (default: behind --sip-port, off on loopback)"
    )
    parser.add_argument(
        "--sip-client-ca", metavar="FILE",
        help="authorities by whose certificates carriers may prove themselves on TLS; calls to them then take the "
        "connection they opened, if they say so (RFC 5923)",
    )  # fmt: skip
    parser.add_argument(
        "--local-network", action="append", type=_network, metavar="NETWORK",
        help="who sees the address we listen on, not the advertised one (default: private networks); may be repeated",
    )  # fmt: skip
    parser.add_argument(
        "--name-server", metavar="HOST[:PORT]", help="who is asked for the hosts of trunks (default: the machine's own)"
    )
    parser.add_argument("--websocket-port", type=_port, default=5066, metavar="PORT", help="browser phones")
    parser.add_argument("--media-processes", type=_count, default=1, metavar="COUNT", help="one a core (default: 1)")
    parser.add_argument("--media-ports", type=_range, default=(16384, 32766), metavar="FIRST-LAST")
    parser.add_argument(
        "--role", action="append", choices=["all", *ROLES], help="planes to run here (default: all); may be repeated"
    )
    parser.add_argument("--log-level", default="info", choices=["debug", "info", "warning", "error"])
    parser.add_argument("--demo", action="store_true", help="start with the demo centre if there is no other yet")
    parser.set_defaults(command=_serve)


def _add_apply(parser: argparse.ArgumentParser) -> None:
    _add_place(parser)
    parser.add_argument("file", type=Path, metavar="FILE", help="the centre as YAML")
    parser.add_argument("--diff", action="store_true", help="only show what would change")
    parser.add_argument(
        "--overwrite-flows", action="store_true", help="also change flows that were published on the page since"
    )
    parser.set_defaults(command=_apply)


def _add_export(parser: argparse.ArgumentParser) -> None:
    _add_place(parser)
    parser.set_defaults(command=_export)


def _add_verify(parser: argparse.ArgumentParser) -> None:
    _add_place(parser)
    parser.set_defaults(command=_verify)


def _add_replay(parser: argparse.ArgumentParser) -> None:
    _add_place(parser)
    parser.add_argument("--day", type=date.fromisoformat, metavar="YYYY-MM-DD", help="only of this day (UTC)")
    parser.set_defaults(command=_replay)


def _add_phrases(parser: argparse.ArgumentParser) -> None:
    actions = parser.add_subparsers(required=True, metavar="ACTION")
    for action, words in (
        ("make", "have a voice of the configuration say every word of the set"),
        ("take", "take a speaker's recordings into the set"),
        ("list", "print the words as CSV, for whoever records them"),
        ("check", "name words that are missing, clipped, silent or of another level"),
    ):
        one = actions.add_parser(action, help=words, description=words)
        one.add_argument("--language", required=True, type=_language, metavar="LANGUAGE", help="zh-CN or en")
        if action != "list":
            _add_place(one)
        if action == "make":
            one.add_argument("--voice", metavar="NAME", help="whose set it is (default: the language's usual voice)")
            one.add_argument("--again", action="store_true", help="also words that are there")
        if action == "take":
            one.add_argument("recordings", type=Path, metavar="FOLDER", help="with WORD.wav, .flac or .mp3")
        one.set_defaults(command=_phrases, action=action)


def _add_keys(parser: argparse.ArgumentParser) -> None:
    actions = parser.add_subparsers(required=True, metavar="ACTION")
    for action, words in (
        ("list", "print each key's number and the day it was made, never the key itself"),
        ("rotate", "make a new key, which seals from now on; the older ones still open what they sealed"),
    ):
        one = actions.add_parser(action, help=words, description=words)
        _add_folder(one)
        one.set_defaults(command=_keys, action=action)


def _add_simulate(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("file", type=Path, metavar="SCENARIO", help="the scenario as YAML (docs/simulate.md)")
    parser.add_argument("--html", type=Path, metavar="FILE", help="also write a page with charts")
    parser.add_argument("--processes", type=_count, default=1, metavar="COUNT", help="that share the work (default: 1)")
    parser.set_defaults(command=_simulate)


def _port(text: str) -> int:
    if not text.isdigit() or not 1 <= int(text) <= 65_535:
        raise argparse.ArgumentTypeError(f"{text} is no port; give a number from 1 to 65535")
    return int(text)


def _language(text: str) -> str:
    short = text.lower().partition("-")[0]
    if short not in ("zh", "en"):
        raise argparse.ArgumentTypeError(f"there are phrase sets of zh-CN and en, not of {text}")
    return short


def _network(text: str) -> str:
    try:
        return str(ipaddress.ip_network(text))
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"{text} is no network such as 10.0.0.0/8") from error


def _advertised(text: str) -> tuple[str, str, int | None]:
    """(transport or nothing, host, port or None)"""
    match = re.fullmatch(r"(?:(udp|tcp|tls|ws|wss)=)?(\[[0-9a-fA-F:.]+\]|[A-Za-z0-9._-]+)(?::(\d+))?", text)
    if match is None or (match[3] and not match[1]):
        raise argparse.ArgumentTypeError(f"{text} is no address such as 203.0.113.5 or tls=203.0.113.5:5061")
    return match[1] or "", match[2].strip("[]"), _port(match[3]) if match[3] else None


def _count(text: str) -> int:
    """A number of processes."""
    if not text.isdecimal() or not 1 <= int(text) <= 64:
        raise argparse.ArgumentTypeError("give a number from 1 to 64")
    return int(text)


def _range(text: str) -> tuple[int, int]:
    first, _, last = text.partition("-")
    low, high = _port(first), _port(last)
    if high - low < 3:
        raise argparse.ArgumentTypeError(f"{text} holds fewer than two pairs of ports")
    return low, high


# ---- commands: each imports what it needs, so that the others start fast ---------------------------------------------


def _serve(parsed: argparse.Namespace) -> int:
    from yingda.planes.serve import serve

    roles = tuple(ROLES) if not parsed.role or "all" in parsed.role else tuple(dict.fromkeys(parsed.role))
    options = Options(
        data=str(Path(parsed.data).resolve()),
        host=parsed.host,
        sip_port=parsed.sip_port,
        sip_tls_port=parsed.sip_tls_port,
        sip_client_ca=str(Path(parsed.sip_client_ca).resolve()) if parsed.sip_client_ca else None,
        local_networks=tuple(parsed.local_network or PRIVATE_NETWORKS),
        websocket_port=parsed.websocket_port,
        web_port=parsed.web_port,
        media_ports=parsed.media_ports,
        media_processes=parsed.media_processes,
        advertised_host=next((host for transport, host, _ in parsed.advertise if not transport), None),
        advertised_transports={transport: (host, port) for transport, host, port in parsed.advertise if transport},
        name_server=parsed.name_server,
        database=parsed.database,
        roles=roles,
        log_level=parsed.log_level,
    )
    return serve(options, demo=parsed.demo)


def _apply(parsed: argparse.Namespace) -> int:
    from yingda.planes.applying import apply

    place = Path(parsed.data), parsed.database, parsed.file
    applied = apply(*place, dry_run=parsed.diff, overwrite=parsed.overwrite_flows)
    for line in applied.lines:
        print(line)
    if not applied.lines:
        print(f"Nothing to change: version {applied.version} is in force.")
    elif parsed.diff:
        print(f"Nothing was changed: version {applied.version} is in force.")
    else:
        print(f"Version {applied.version} is in force.")
    return 0


def _export(parsed: argparse.Namespace) -> int:
    from yingda.planes.applying import export_centre

    sys.stdout.write(export_centre(Path(parsed.data), parsed.database))
    return 0


def _verify(parsed: argparse.Namespace) -> int:
    from yingda.kernel.store import migrate, open_store
    from yingda.reports.verify import verify

    store = open_store(parsed.database or Path(parsed.data))
    try:
        migrate(store)
        report = verify(store, Path(parsed.data) / "ledger")
    finally:
        store.close()
    for line in report.lines():
        print(line)
    return 0 if report.sound else 1


def _replay(parsed: argparse.Namespace) -> int:
    from yingda.kernel.store import open_store
    from yingda.planes.replaying import replay_ledger

    store = open_store(parsed.database or Path(parsed.data))
    try:
        replayed = replay_ledger(store, Path(parsed.data) / "ledger", parsed.day)
    finally:
        store.close()
    for line in replayed.lines():
        print(line)
    return 0 if replayed.same else 1


def _phrases(parsed: argparse.Namespace) -> int:
    from yingda.ivr.speech import phrase_sets
    from yingda.planes import phrasing

    match parsed.action:
        case "list":
            sys.stdout.write(phrase_sets.listing(parsed.language))
        case "make":
            made = phrasing.make(Path(parsed.data), parsed.database, parsed.language, parsed.voice, again=parsed.again)
            print(f"{made} words were said.")
        case "take":
            print(f"{phrasing.take(Path(parsed.data), parsed.language, parsed.recordings)} words were taken.")
        case "check":
            faults = phrasing.check(Path(parsed.data), parsed.language)
            for fault in faults:
                print(fault.sentence)
            print(f"{len(faults)} faults.")
            return 1 if faults else 0
    return 0


def _keys(parsed: argparse.Namespace) -> int:
    from yingda.kernel.clock import SECOND, SystemClock
    from yingda.recordings import keyring

    path = keyring.ring_path(Path(parsed.data))
    if parsed.action == "rotate":
        print(f"Recordings are sealed with key {keyring.rotate(path, SystemClock().now()).key_id} from now on.")
        return 0
    ring = keyring.load(path)
    for key_id, made in ring.made.items():
        seals = "  seals" if ring.current == ring.keys[key_id] else ""
        print(f"{key_id}  {datetime.fromtimestamp(made / SECOND, UTC):%Y-%m-%d}{seals}")
    return 0


def _simulate(parsed: argparse.Namespace) -> int:
    from yingda.sim.planner.command import run

    return run(parsed.file, parsed.html, parsed.processes)


if __name__ == "__main__":
    sys.exit(main())
