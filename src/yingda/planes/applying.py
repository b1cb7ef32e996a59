"""Applying and exporting a centre from the command line, whether or not the centre runs.

The new version is written to the store and the ledger; a running control plane is told and goes by it at once, one
that does not run finds it at its start.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from yingda.calls.trunks.mobiles import admit_mobiles
from yingda.ivr.speech import availability
from yingda.kernel.bus import BusClient
from yingda.kernel.clock import SystemClock
from yingda.kernel.config import apply as config_apply
from yingda.kernel.config import flow_versions, versions
from yingda.kernel.config.apply import Applied, Target
from yingda.kernel.config.centre import Centre
from yingda.kernel.config.sealed import Sealer
from yingda.kernel.config.yaml_file import read_centre
from yingda.kernel.errors import YingdaError
from yingda.kernel.event import DEFAULT_TENANT
from yingda.kernel.ledger.reader import latest_stamp
from yingda.kernel.ledger.writer import LedgerWriter
from yingda.kernel.personal import PersonalSpool, load_key
from yingda.kernel.store import Store, migrate, open_store, reading
from yingda.planes.documents import rehearse, with_documents
from yingda.planes.options import Options, prepare_folders

WRITER = "apply"


def apply(
    folder: Path,
    database: str | None,
    file: Path,
    *,
    dry_run: bool = False,
    rehearsed: bool = False,
    overwrite: bool = False,
) -> Applied:
    """Apply a file and put it in force. Raises YingdaError with every mistake of the file.

    rehearsed: the scripted tests of its flows have run elsewhere. overwrite: it may change flows that somebody has
    published on the page since; without it that is refused (`flow_written_elsewhere`).
    """
    options = Options(data=str(folder.resolve()), database=database)
    prepare_folders(options)
    clock = SystemClock(latest_stamp(options.ledger))
    with _opened(options) as store, LedgerWriter(options.ledger, WRITER, options.node, clock) as ledger:
        now = clock.now()
        key = load_key(options.folder)
        spool = PersonalSpool(options.personal, key, now, owner=WRITER)
        try:
            target = Target(store=store, append=ledger.append, pseudonym=spool.put, sealer=Sealer(key))
            centre = with_documents(read_centre(file), file.parent)
            admit_mobiles(centre, file.name)
            availability.check(centre.voices, centre.recognisers, options.models)
            present = _present(store)
            if not overwrite:
                _keep_what_people_wrote(store, present, centre)
            if not rehearsed:
                rehearse(centre, present)
            applied = config_apply.apply_centre(centre, target, now, dry_run)
        finally:
            spool.close()
    if applied.lines and not dry_run:
        _tell_control(options, applied.version)
    return applied


def export_centre(folder: Path, database: str | None) -> str:
    """The centre in force as YAML."""
    with _opened(Options(data=str(folder.resolve()), database=database)) as store:
        return config_apply.export(store)


def _present(store: Store) -> Centre | None:
    with reading(store.business) as connection:
        version = versions.current(connection)
    return version.centre if version is not None else None


def _keep_what_people_wrote(store: Store, present: Centre | None, coming: Centre) -> None:
    """Refuse a file that knows nothing of what was published on the page."""
    if present is None:
        return
    with reading(store.business) as connection:
        found = flow_versions.of_people(connection, DEFAULT_TENANT, present.documents, coming.documents)
    if found:
        names = ", ".join(f"{one.name} (version {one.number})" for one in found)
        raise YingdaError(
            "flow_written_elsewhere",
            f"The file differs from flows that were published on the page: {names}.",
            todo="Take them over (yingda export), or apply the file with --overwrite-flows.",
        )


@contextmanager
def _opened(options: Options) -> Iterator[Store]:
    store = open_store(options.database or options.folder)
    try:
        migrate(store)
        yield store
    finally:
        store.close()


def _tell_control(options: Options, version: int) -> None:
    async def tell() -> None:
        control = BusClient(options.socket("control"))
        try:
            await control.start(timeout=1)
            await control.call("config.published", {"version": version}, timeout=60)
        finally:
            await control.close()

    if not options.socket("control").exists():
        return  # it will find the version at its start
    try:
        asyncio.run(tell())
    except YingdaError as error:
        if error.code != "plane_unreachable":
            raise
