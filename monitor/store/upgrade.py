"""Brings the tables to the version this program knows, when the ledger is opened."""

from pathlib import Path
from typing import Any

from alembic.operations import Operations
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, inspect, text

from monitor.store.engines import writing
from monitor.store.ledger import LedgerError

_TABLE = "npsp_monitor_version"  # of ours: a PostgreSQL database may well hold somebody else's alembic_version
_LOCK = 0x6E707370_0001  # so that of two programs that open it at once, one does it


def upgrade(engine: Engine) -> None:
    """Raises LedgerError where the database is of a newer program, or of another one."""
    steps = _steps()
    with engine.connect() as connection:
        if _version(connection, steps) == steps.get_current_head():
            return
    with writing(engine).begin() as connection:
        _up(connection, steps)


def _steps() -> ScriptDirectory:
    folder = Path(__file__).parent
    return ScriptDirectory(folder, version_locations=[folder / "versions"])


def _version(connection: Connection, steps: ScriptDirectory) -> str | None:
    version = MigrationContext.configure(connection, opts={"version_table": _TABLE}).get_current_revision()
    known = [step.revision for step in steps.walk_revisions()]
    if version is not None and version not in known:
        raise LedgerError(
            f"was written by a newer npsp-monitor: its tables are of version {version}, this program knows {known[0]}"
            " at most; install that newer one, or put back a copy from before"
        )
    if version is None and connection.dialect.name == "sqlite" and {*inspect(connection).get_table_names()} - {_TABLE}:
        raise LedgerError("is the database of another program: name another file under `store` in monitor.yaml")
    return version


def _up(connection: Connection, steps: ScriptDirectory) -> None:
    """In the transaction of the connection: all steps or none."""
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK})

    def missing(version: Any, _context: MigrationContext) -> Any:
        _version(connection, steps)  # another program may have been here meanwhile
        return steps._upgrade_revs("head", version)  # noqa: SLF001 - what alembic's own command goes by, without files of its own

    context = MigrationContext.configure(connection, opts={"version_table": _TABLE, "fn": missing})
    with Operations.context(context):
        context.run_migrations()
