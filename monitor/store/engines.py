"""Connections to the ledger's database, SQLite or PostgreSQL, each told what is needed of it."""

from pathlib import Path
from typing import Any

from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url
from sqlalchemy.exc import ArgumentError

from monitor.plugins import installed
from monitor.store.ledger import LedgerError
from monitor.store.place import Place
from monitor.store.troubles import BUSY

_PATIENCE = 10  # seconds for reaching a PostgreSQL server
_STATEMENT = 60_000  # milliseconds that it may work on one statement
# A server that has gone without a word is found to be within half a minute (libpq, connection parameters).
_ALIVE = {"keepalives_idle": "10", "keepalives_interval": "5", "keepalives_count": "4", "tcp_user_timeout": "30000"}
_WRITES = "npsp_writes"


def engine_of(place: Place) -> Engine:
    """Raises LedgerError; nothing is opened yet."""
    return sqlite(place.file) if place.file else _postgres(postgres_url(place))


def name_of(place: Place) -> str:
    """For people; without user, password and parameters."""
    if place.file:
        return str(place.file)
    url = postgres_url(place)
    return f"PostgreSQL database {url.database or ''} at {url.host or 'this machine'}:{url.port or 5432}"


def writing(engine: Engine) -> Engine:
    """Of its transactions SQLite knows from the start that they write, so that none has to give up half-way."""
    return engine.execution_options(**{_WRITES: True})


def sqlite(file: Path) -> Engine:
    url = URL.create("sqlite", database=str(file))
    engine = create_engine(url, connect_args={"timeout": BUSY}, hide_parameters=True)
    event.listen(engine, "connect", _prepared)
    event.listen(engine, "begin", _begun)
    return engine


def _prepared(connection: Any, _record: Any) -> None:
    """Transactions are begun by us: Python's own way begins them late."""
    connection.isolation_level = None
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "journal_size_limit=16777216"):
        connection.execute(f"PRAGMA {pragma}")


def _begun(connection: Connection) -> None:
    writes = connection.get_execution_options().get(_WRITES)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


def _postgres(url: URL) -> Engine:
    if not installed("psycopg"):
        raise LedgerError("PostgreSQL needs the extra `postgres`: pip install npsp-monitor[postgres]")
    options = f"-c timezone=UTC -c statement_timeout={_STATEMENT} -c lock_timeout={int(BUSY * 1000)}"
    # What the URL itself says of these goes before.
    given = {"connect_timeout": str(_PATIENCE), "options": options, "application_name": "npsp-monitor", **_ALIVE}
    url = url.update_query_dict({name: value for name, value in given.items() if name not in url.query})
    engine = create_engine(url, hide_parameters=True, pool_pre_ping=True)
    event.listen(engine, "connect", _quick_with_arrays)
    return engine


def _quick_with_arrays(connection: Any, _record: Any) -> None:
    """As text, each document in an array is searched for what has to be escaped: three quarters of the time for ten thousand."""
    from psycopg.types.array import ListBinaryDumper  # noqa: PLC0415 - optional

    connection.adapters.register_dumper(list, ListBinaryDumper)


def postgres_url(place: Place) -> URL:
    try:
        url = make_url(place.url.reveal() if place.url else "")
    except (ArgumentError, ValueError):
        raise LedgerError("the URL of the store cannot be read; such as postgresql://user@host:5432/name") from None
    if url.drivername not in ("postgresql", "postgres"):
        raise LedgerError("the URL of the store must begin with postgresql://")
    url = url.set(drivername="postgresql+psycopg")
    return url.set(password=place.password.reveal()) if place.password else url
