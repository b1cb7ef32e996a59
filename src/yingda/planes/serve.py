"""`yingda serve`: the supervisor, with the demo centre where it is wanted, and words for whoever started it."""

from __future__ import annotations

import os
import secrets
import sys
import time
from pathlib import Path

import msgspec

from yingda.kernel.errors import StartError
from yingda.planes.addresses import concrete
from yingda.planes.demo_shop import ORDERS, open_shop
from yingda.planes.options import Options, prepare_folders
from yingda.planes.supervisor import Supervisor

PASSWORD = "YINGDA_DEMO_PASSWORD"
# Letters and digits that nobody mistakes for one another when reading them off a screen.
ALPHABET = "abcdefghjkmnpqrstuvwxyz23456789"


def serve(options: Options, *, demo: bool) -> int:
    """Run the planes until stopped. Progress and what to try next go to standard output."""
    began = time.monotonic()
    host = concrete(options.host)
    if host != options.host:
        _say(f"Listening on {host}, this machine's address (choose another with --host).")
        options = msgspec.structs.replace(options, host=host)
    prepare_folders(options)
    if not options.loopback:
        _prepare_certificate(options)
    password = _prepare_demo(options) if demo else None
    _say(f"Starting {', '.join(options.roles)} …")

    def started() -> None:
        _say(f"Ready in {time.monotonic() - began:.1f} s: {options.web_url}")
        if password is not None:
            _say(_welcome(options, password))

    return Supervisor(options, lambda line: print(line, file=sys.stderr, flush=True)).run(started)


def _say(text: str) -> None:
    print(text, flush=True)


def _prepare_certificate(options: Options) -> None:
    """Made here, once, so that planes that start side by side do not each make their own."""
    from yingda.planes.tls import server_context

    server_context(options, time.time_ns() // 1000)


def _prepare_demo(options: Options) -> str:
    """The demo centre, applied once; its password, made once and kept for later starts (or taken from outside)."""
    open_shop(options.folder)
    keep = options.folder / "demo-password"
    given = os.environ.get(PASSWORD)
    kept = keep.read_text().strip() if keep.exists() else None
    password = given or kept or "".join(secrets.choice(ALPHABET) for _ in range(12))
    if password == kept:
        return password
    if kept is None and _has_centre(options):
        raise StartError(
            "not_demo",
            "This folder already holds a centre of its own.",
            where=options.data,
            todo="Start without --demo, or choose another folder with --data.",
        )
    from yingda.planes.applying import apply

    _say("Setting up the demo centre …")
    os.environ[PASSWORD] = password
    apply(options.folder, options.database, demo_file(), rehearsed=True)  # by our own tests
    keep.touch(mode=0o600)
    keep.write_text(password + "\n")
    return password


def _has_centre(options: Options) -> bool:
    from yingda.kernel.config import versions
    from yingda.kernel.store import migrate, open_store, reading

    store = open_store(options.database or options.folder)
    try:
        migrate(store)
        with reading(store.business) as connection:
            return versions.current(connection) is not None
    finally:
        store.close()


def demo_file() -> Path:
    """The demo centre's YAML file."""
    path = Path(__file__).parents[3] / "templates" / "demo.yaml"
    if not path.is_file():
        raise StartError("no_demo", "The demo centre's file is missing from this installation.", where=str(path))
    return path


def _welcome(options: Options, password: str) -> str:
    host, port = options.named_host, options.sip_port
    return f"""
  Sign in      {options.web_url}
               1001, 1002, 1003 (座席), leader (班长) or admin (管理员); password: {password}
  Take calls   choose 浏览器 (browser phone) when signing in as 1001, or register a SIP phone as 8101
               at {host}:{port} (UDP or TCP) with the same password
  Call in      sip:4008001000@{host}:{port} (中文), sip:4008001001@{host}:{port} (English)
               sip:4008001002@{host}:{port} (自助; order number {ORDERS[0][0]})
  Stop         Ctrl+C
"""
