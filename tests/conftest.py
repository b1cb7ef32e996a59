"""What tests of every room share: peers that really run, and the rule for when one is missing."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NoReturn

import pytest
from argon2 import PasswordHasher
from hypothesis import HealthCheck, settings
from sqlalchemy import create_engine, text

from yingda.kernel.config import credentials
from yingda.kernel.store import Store, migrate, open_store

IN_CI = os.environ.get("CI", "").lower() == "true"

# Machines are shared: how long an example takes says nothing. What CI finds, it finds again.
settings.register_profile("house", deadline=None, derandomize=IN_CI, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("house")


def skip_or_fail(reason: str) -> NoReturn:
    """A peer is missing: in CI (environment CI=true) that is a failure, elsewhere a skip that says so."""
    if IN_CI:
        pytest.fail(f"missing in CI: {reason}", pytrace=False)
    pytest.skip(f"MISSING: {reason}")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _as_postgres(*command: str, folder: Path) -> None:
    """Run a command of PostgreSQL; it refuses to be root, so root becomes the user postgres."""
    prefix = ["runuser", "-u", "postgres", "--"] if os.geteuid() == 0 else []
    done = subprocess.run([*prefix, *command], cwd=folder, capture_output=True, text=True, timeout=60, check=False)
    if done.returncode:
        raise RuntimeError(f"{command[0]}: {done.stdout}{done.stderr}")


@pytest.fixture(scope="session")
def postgresql_server() -> Iterator[str]:
    """The URL (without a database) of a private PostgreSQL that lives as long as the tests."""
    binaries = sorted(Path("/usr/lib/postgresql").glob("*/bin"))
    if not binaries:
        skip_or_fail("PostgreSQL (Debian package postgresql)")
    folder = Path(tempfile.mkdtemp(prefix="yingda-postgresql-"))
    if os.geteuid() == 0:
        shutil.chown(folder, "postgres", "postgres")
    data, port = folder / "data", _free_port()
    options = f"-p {port} -c listen_addresses=127.0.0.1 -c unix_socket_directories={folder} -c fsync=off"
    control = str(binaries[-1] / "pg_ctl")
    initdb = str(binaries[-1] / "initdb")
    try:
        _as_postgres(initdb, "-D", str(data), "-U", "yingda", "-A", "trust", "-E", "UTF8", "--no-sync", folder=folder)
        _as_postgres(
            *(control, "start", "-w", "-D", str(data), "-o", options, "-l", str(folder / "log")), folder=folder
        )
        try:
            yield f"postgresql+pg8000://yingda@127.0.0.1:{port}"
        finally:
            _as_postgres(control, "stop", "-w", "-m", "immediate", "-D", str(data), folder=folder)
    finally:
        shutil.rmtree(folder)


@contextmanager
def _database(server: str, template: str = "template1") -> Iterator[str]:
    """The name of a new database, made like another one; gone afterwards."""
    name = f"test_{os.urandom(6).hex()}"
    admin = create_engine(f"{server}/postgres", isolation_level="AUTOCOMMIT")
    with admin.connect() as connection:
        connection.execute(text(f"CREATE DATABASE {name} TEMPLATE {template}"))
    yield name
    with admin.connect() as connection:
        connection.execute(text(f"DROP DATABASE {name} WITH (FORCE)"))
    admin.dispose()


@pytest.fixture
def postgresql_url(postgresql_server: str) -> Iterator[str]:
    """The URL of an empty database of its own."""
    with _database(postgresql_server) as name:
        yield f"{postgresql_server}/{name}"


@pytest.fixture(params=["sqlite", "postgresql"])
def store_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Where a store may live: both ways, an empty one each."""
    if request.param == "sqlite":
        return str(tmp_path)
    return str(request.getfixturevalue("postgresql_url"))


# Migrating takes longer than most of what is tested upon it: once, then copied.


def _migrated(where: Path | str) -> None:
    store = open_store(where)
    migrate(store)
    store.close()


@pytest.fixture(scope="session")
def migrated_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder whose books have their tables and nothing in them; to be copied."""
    folder = tmp_path_factory.mktemp("migrated")
    _migrated(folder)
    return folder


@pytest.fixture(scope="session")
def migrated_database(postgresql_server: str) -> Iterator[str]:
    """The same as the name of a database, a template for others."""
    with _database(postgresql_server) as name:
        _migrated(f"{postgresql_server}/{name}")
        yield name


@pytest.fixture
def ready_folder(migrated_folder: Path, tmp_path: Path) -> Path:
    """A migrated data folder of its own."""
    return Path(shutil.copytree(migrated_folder, tmp_path, dirs_exist_ok=True))


@contextmanager
def _ready(request: pytest.FixtureRequest, folder: Path) -> Iterator[str]:
    """Where a migrated store lives, by the request's parameter: copied into the folder, or from the template."""
    if request.param == "sqlite":
        yield str(shutil.copytree(request.getfixturevalue("migrated_folder"), folder, dirs_exist_ok=True))
        return
    server = request.getfixturevalue("postgresql_server")
    with _database(server, request.getfixturevalue("migrated_database")) as name:
        yield f"{server}/{name}"


@pytest.fixture(params=["sqlite", "postgresql"])
def ready_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """Where a migrated store lives: both ways, one of its own each."""
    with _ready(request, tmp_path) as url:
        yield url


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def shared_store(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    """The same for all tests of a module that only read what it was once filled with."""
    with _ready(request, tmp_path_factory.mktemp("shared")) as url:
        store = open_store(url)
        yield store
        store.close()


@pytest.fixture
def ready_store(ready_url: str) -> Iterator[Store]:
    """A migrated store, in both ways."""
    store = open_store(ready_url)
    yield store
    store.close()


@pytest.fixture
def cheap_passwords(monkeypatch: pytest.MonkeyPatch) -> None:
    """Hashing that costs next to nothing, where what it costs is not the subject: it is argon2id all the same."""
    monkeypatch.setattr(credentials, "_HASHER", PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))
