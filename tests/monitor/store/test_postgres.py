"""What only PostgreSQL does: its server ends and comes back, and takes the lock of who judges with it."""

import warnings
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from sqlalchemy import event, text

from monitor.model import Agency, Answer, Level, Standing, Verdict
from monitor.notice import Event, Notice, Severity
from monitor.store.ledger import Batch, LedgerError, Ordered
from monitor.store.opening import open_ledger
from monitor.store.place import Place
from monitor.stories import Kind, Memory, Story, Subject
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


def of_many(number):
    """A batch of a burning estate; names and details with whatever quotes and escapes there are."""
    odd = "\"'\\{},\u2028 NULL 'Ủy ban'"
    agencies = [
        Agency(code=f"S{at:05}", name=odd, name_en="", level=Level.PROVINCE, counted=True) for at in range(number)
    ]
    verdict = Verdict(answer=Answer.NO, since=AT, because=("portal",), reasons=("http_5xx",), detail=odd)
    story = Story(since=AT, severity=Severity.WARNING, told=("k",), on=frozenset({"duty"}))
    notices = [Notice(key=f"k{at}", event=Event.LOST, at=AT, severity=Severity.WARNING) for at in range(number)]
    return Batch(
        at=AT,
        standings={
            each.code: Standing(agency=each, merged=verdict, connected=verdict, integrated=verdict) for each in agencies
        },
        memory=Memory(stories={Subject(kind=Kind.LOSS, value=each.code): story for each in agencies}),
        orders=[Ordered(notice=each, channels={"duty": AT}) for each in notices],
    )


def test_however_much_turns_it_is_a_few_statements_and_in_its_order(place):
    ledger, said = open_ledger(place, serving=True), []
    event.listen(ledger._engine, "before_cursor_execute", lambda *told: said.append(told[-1]))
    batch = of_many(3000)
    ledger.write(batch)
    back = replace(batch, standings=dict.fromkeys(batch.standings), orders=(), before=batch.memory, memory=Memory())
    waiting, held = ledger.pending(limit=5000), ledger.recall()
    ledger.write(back)

    assert len(said) < 20
    assert not any(said)  # none is said again for each row
    assert [each.notice for each in waiting] == [each.notice for each in batch.orders]
    assert held.memory == batch.memory
    assert held.standings["S00017"].merged == batch.standings["S00017"].merged
    assert (ledger.recall().memory, ledger.recall().standings) == (Memory(), {})
    ledger.close()
