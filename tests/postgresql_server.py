"""A PostgreSQL server of our own on a free loopback port, in a temporary folder, ended by its own process id."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path

import psutil
import psycopg
import pytest
from free_ports import free_port

USER = "vigil"
PASSWORD = "pl4nted-s3cret"


@dataclass
class PostgresqlServer:
    """Runs until ``stop``; ``start`` brings it back with what it held."""

    programs: Path
    folder: Path
    port: int
    owner: dict[str, object]
    process: subprocess.Popen[bytes] | None = None
    _numbers: Iterator[int] = field(default_factory=lambda: count(1))

    def start(self) -> None:
        with (self.folder / "log").open("ab") as log:
            self.process = subprocess.Popen(
                [
                    self.programs / "postgres", "-D", self.folder / "data", "-p", str(self.port), "-F",
                    "-c", "listen_addresses=127.0.0.1", "-c", f"unix_socket_directories={self.folder}",
                    "-c", "max_connections=40", "-c", "shared_buffers=16MB",
                ],
                stdout=log, stderr=log, stdin=subprocess.DEVNULL, **self.owner,
            )  # fmt: skip
        for _ in range(1200):
            try:
                psycopg.connect(self._said(USER), password=PASSWORD, connect_timeout=2).close()
                return
            except psycopg.OperationalError:
                assert self.process.poll() is None, (self.folder / "log").read_text()
                subprocess.run(["sleep", "0.1"], check=True)
        raise AssertionError("the server does not come up")

    def stop(self, how: signal.Signals = signal.SIGINT) -> None:
        if self.process is not None:
            self.process.send_signal(how)
            self.process.wait(120)
            self.process = None

    def freeze(self) -> None:
        """From now on it accepts connections and answers nothing."""
        for process in self._family():
            process.suspend()

    def thaw(self) -> None:
        """Wake it up after ``freeze``."""
        for process in self._family():
            process.resume()

    def _family(self) -> list[psutil.Process]:
        assert self.process is not None
        first = psutil.Process(self.process.pid)
        return [first, *first.children(recursive=True)]

    def new_place(self) -> str:
        """An address whose user sees an empty schema of its own; much cheaper than a database of its own."""
        name = f"ward{next(self._numbers)}"
        self.run(f"CREATE ROLE {name} LOGIN PASSWORD '{PASSWORD}'; CREATE SCHEMA AUTHORIZATION {name}")
        return f"postgresql://{name}@127.0.0.1:{self.port}/postgres"

    def run(self, statements: str, user: str = USER) -> None:
        with psycopg.connect(self._said(user), password=PASSWORD, autocommit=True) as connection:
            connection.execute(statements)

    def _said(self, user: str) -> str:
        return f"host=127.0.0.1 port={self.port} user={user} dbname=postgres"


@contextmanager
def postgresql_server() -> Iterator[PostgresqlServer]:
    """A running server; skips where PostgreSQL is not installed."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parent.parent.name))
    on_path = shutil.which("initdb")
    if not found and not on_path:
        pytest.skip("PostgreSQL's server is not installed (apt-get install postgresql)")
    programs = found[-1].parent if found else Path(str(on_path)).parent
    owner: dict[str, object] = {"user": "postgres", "group": "postgres", "extra_groups": []} if os.getuid() == 0 else {}
    folder = Path(tempfile.mkdtemp(prefix="vigil-postgresql-"))
    server = PostgresqlServer(programs, folder, free_port(), owner)
    try:
        (folder / "password").write_text(PASSWORD)
        if owner:
            shutil.chown(folder, "postgres", "postgres")
            shutil.chown(folder / "password", "postgres", "postgres")
        subprocess.run(
            [
                programs / "initdb", "-D", folder / "data", "-U", USER, "--pwfile", folder / "password",
                "--auth", "scram-sha-256", "--encoding", "UTF8", "--locale", "C", "--no-sync",
            ],
            check=True, capture_output=True, cwd=folder, **owner,
        )  # fmt: skip
        server.start()
        yield server
    finally:
        server.stop(signal.SIGQUIT)  # nothing of it is needed again
        shutil.rmtree(folder)
