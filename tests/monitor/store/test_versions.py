"""How the tables come to be as they are."""

import textwrap
from datetime import UTC, datetime
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import inspect

import monitor.store.upgrade as upgrading
from monitor.store.ledger import Ack
from monitor.store.opening import open_ledger
from monitor.store.tables import TABLES

AT = datetime(2026, 1, 1, tzinfo=UTC)
VERSIONS = Path(upgrading.__file__).with_name("versions")


def test_the_steps_lead_to_the_tables_that_the_program_goes_by(ledger):
    with ledger._engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"version_table": "npsp_monitor_version"})
        assert compare_metadata(context, TABLES) == []
        tables = set(inspect(connection).get_table_names())
    assert tables == {*TABLES.tables, "npsp_monitor_version"}


def _head():
    return upgrading._steps().get_current_head()


@pytest.fixture
def newer(tmp_path_factory, monkeypatch):
    """The program with one version more, whose step is this code."""

    before = _head()

    def with_step(code):
        folder = tmp_path_factory.mktemp("newer")
        for step in VERSIONS.glob("v*.py"):
            (folder / step.name).write_text(step.read_text())
        head = f"from alembic import op\nimport sqlalchemy as sa\nrevision = '9999'\ndown_revision = '{before}'\n"
        (folder / "v9999.py").write_text(head + textwrap.dedent(code))
        steps = upgrading.ScriptDirectory(folder, version_locations=[folder])
        monkeypatch.setattr(upgrading, "_steps", lambda: steps)

    return with_step


def test_a_newer_program_brings_the_tables_up_to_date_and_keeps_what_is_in_them(place, newer):
    older = open_ledger(place)
    older.ack(Ack(agency="H26", by="lan", reason="x", at=AT))
    older.close()
    newer("def upgrade(): op.add_column('acks', sa.Column('phone', sa.Text, server_default=''))")
    ledger = open_ledger(place)

    assert [each["name"] for each in inspect(ledger._engine).get_columns("acks")][-1] == "phone"
    ledger.close()


def test_a_step_that_fails_leaves_all_as_it_was(place, newer):
    open_ledger(place).close()
    newer("""
        def upgrade():
            op.add_column('acks', sa.Column('phone', sa.Text, server_default=''))
            raise RuntimeError
    """)
    with pytest.raises(RuntimeError):
        open_ledger(place)
    newer("def upgrade(): op.add_column('acks', sa.Column('phone', sa.Text, server_default=''))")
    open_ledger(place).close()
