"""What only PostgreSQL does: its server ends and comes back, and takes the lock of who judges with it."""

import warnings
from datetime import UTC, datetime

import pytest
from sqlalchemy import text

from monitor.store.ledger import Batch, LedgerError
from monitor.store.opening import open_ledger
from monitor.store.place import Place
from probes._secret import Secret

AT = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.fixture
def place(postgres):
    return Place(url=Secret(postgres.database()))


def end_connections(place):
    """As when the server is begun anew: every connection to this database ends."""
    other = open_ledger(place)
    with other._engine.begin() as db:
        db.execute(
            text(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )
        )
    other.close()


def test_when_the_connection_is_lost_a_batch_is_not_written_and_the_next_is(place):
    ledger = open_ledger(place, serving=True)
    ledger.write(Batch(at=AT))
    end_connections(place)
    with pytest.raises(LedgerError, match=r"^PostgreSQL database d"):
        ledger.write(Batch(at=AT, checks={"portal": "x"}))
    assert ledger.recall().checks == {}
    ledger.write(Batch(at=AT, checks={"portal": "x"}))

    assert ledger.recall().checks == {"portal": "x"}
    with pytest.raises(LedgerError, match="in use by another npsp-monitor"):
        open_ledger(place, serving=True)
    ledger.close()


def test_who_lost_the_lock_to_another_writes_nothing_more_till_that_one_ends(place):
    first = open_ledger(place, serving=True)
    end_connections(place)
    second = open_ledger(place, serving=True)
    with pytest.raises(LedgerError):
        first.write(Batch(at=AT))
    with pytest.raises(LedgerError, match="in use by another npsp-monitor"):
        first.write(Batch(at=AT))
    assert second.recall().at is None
    second.close()
    first.write(Batch(at=AT))

    assert first.recall().at == AT
    first.close()


def test_a_database_that_is_not_there_is_named(postgres):
    with pytest.raises(LedgerError, match=r'PostgreSQL database nowhere at .*"nowhere" does not exist'):
        open_ledger(Place(url=Secret(postgres.url("nowhere"))))


def test_the_tables_of_others_in_the_same_database_are_no_hindrance(place):
    other = open_ledger(place)
    with other._engine.begin() as db:
        db.execute(text("CREATE TABLE alembic_version (version_num text)"))
    other.close()
    with warnings.catch_warnings(action="error"):
        open_ledger(place).close()
