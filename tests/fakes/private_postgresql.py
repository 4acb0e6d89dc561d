"""A private PostgreSQL cluster: own directory, own port on loopback, a password that must not leak."""

from __future__ import annotations

import contextlib
import os
import secrets
import shutil
import signal
import subprocess
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import psycopg

from migrate.sandbox.ports import LOOPBACK, free_port

if TYPE_CHECKING:
    from collections.abc import Iterator

USER = "keeper"
PASSWORD = "canary/of:the@store %41"  # every character of it must be encoded in a URL
START_SECONDS = 60.0


@dataclass(frozen=True)
class Cluster:
    """Where the cluster listens."""

    port: int

    def url(self, database: str, password: str = PASSWORD) -> str:
        return f"postgresql://{USER}:{quote(password, safe='')}@{LOOPBACK}:{self.port}/{database}"

    def new_database(self) -> str:
        """Make an empty database and return its URL."""
        name = f"store_{secrets.token_hex(4)}"
        self.execute(f"CREATE DATABASE {name}")
        return self.url(name)

    def new_schema(self) -> str:
        """Make an empty schema, which is quicker than a database, and return the URL that leads to it."""
        name = f"store_{secrets.token_hex(4)}"
        self.execute(f"CREATE SCHEMA {name}")
        return f"{self.url('postgres')}?options=-csearch_path%3D{name}"

    def execute(self, statement: str, database: str = "postgres") -> None:
        """Run one statement as the superuser, outside of any transaction."""
        with self._connected(database) as connection:
            connection.execute(statement.encode())

    def answers(self) -> bool:
        try:
            with self._connected():
                return True
        except psycopg.OperationalError:
            return False

    def _connected(self, database: str = "postgres") -> psycopg.Connection[Any]:
        return psycopg.connect(
            host=LOOPBACK, port=self.port, user=USER, password=PASSWORD, dbname=database, autocommit=True
        )


@contextlib.contextmanager
def private_cluster(*, fsync: str = "off") -> Iterator[Cluster]:
    """Run a cluster in a directory of its own; both are gone when the block is left."""
    with cluster_directory() as home:
        cluster = Cluster(free_port())
        with server(home, cluster, fsync=fsync):
            yield cluster


@contextlib.contextmanager
def cluster_directory() -> Iterator[Path]:
    """Make a cluster that no server runs yet."""
    home = Path(tempfile.mkdtemp(prefix="migrate-postgresql-"))
    try:
        _initialise(home)
        yield home
    finally:
        shutil.rmtree(home)


def _initialise(home: Path) -> None:
    (home / "password").write_text(PASSWORD)
    if as_other := _other_user():
        for path in (home, home / "password"):
            shutil.chown(path, as_other["user"])
    arguments = [f"--username={USER}", "--pwfile=password", "--auth=scram-sha-256", "--encoding=UTF8", "--locale=C"]
    command = [program("initdb"), "--pgdata=data", "--no-sync", *arguments]
    made = subprocess.run(command, cwd=home, capture_output=True, text=True, check=False, **as_other)
    assert made.returncode == 0, made.stderr


@contextlib.contextmanager
def server(home: Path, cluster: Cluster, *, fsync: str = "off") -> Iterator[None]:
    """Run the server of a cluster while the block lasts."""
    settings = {
        "listen_addresses": LOOPBACK,
        "port": cluster.port,
        "unix_socket_directories": home,
        "fsync": fsync,
        "shared_buffers": "8MB",
    }
    options = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
    command = [program("postgres"), "-D", "data", *options]
    with (home / "log").open("wb") as log:
        process = subprocess.Popen(command, cwd=home, stdout=log, stderr=log, **_other_user())
    try:
        _await(process, cluster, home / "log")
        yield
    finally:
        process.send_signal(signal.SIGINT)  # ends the sessions that are left, instead of waiting for them
        process.wait(timeout=30)


def _await(process: subprocess.Popen[bytes], cluster: Cluster, log: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    while not cluster.answers():
        assert process.poll() is None, log.read_text()
        assert time.monotonic() < deadline, log.read_text()
        time.sleep(0.05)


def program(name: str) -> str:
    """Return the path of one of PostgreSQL's programs; Debian has the server's outside of PATH."""
    if found := shutil.which(name):
        return found
    places = sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{name}"), key=lambda path: int(path.parts[-3]))
    assert places, f"no {name} on this machine: install postgresql"
    return str(places[-1])


def _other_user() -> dict[str, Any]:
    # PostgreSQL refuses to run as root.
    return {"user": "postgres", "group": "postgres", "extra_groups": []} if os.getuid() == 0 else {}
