"""After a leap of the clock nothing is forgotten because it is old, for a day by a clock that nobody sets."""

from datetime import UTC, datetime, timedelta
from itertools import accumulate

import pytest
from structlog.testing import capture_logs

from monitor.service import Service
from monitor.store.ledger import Recalled
from monitor.store.opening import open_ledger
from monitor.store.place import Place
from monitor.trust import Reading, Trust, read, since_boot

AT = datetime(2026, 6, 21, 15, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)
YEARS = timedelta(days=3650)


def sure(*steps):
    """After each of these: by how much the clock went on, and by how much the one that nobody sets did."""
    begin = Reading(at=AT, steady=100.0)
    readings = accumulate(
        steps,
        lambda before, step: read(before, before.at + step[0], before.steady + step[1].total_seconds()),
        initial=begin,
    )
    return [each.sure for each in readings][1:]


@pytest.mark.parametrize(
    ("steps", "found"),
    [
        ([(HOUR, HOUR), (100 * HOUR, 100 * HOUR)], [True, True]),
        ([(13 * HOUR, HOUR)], [True]),
        ([(14 * HOUR, HOUR)], [False]),
        ([(-12 * HOUR, HOUR)], [False]),
        ([(YEARS, HOUR), (23 * HOUR, 23 * HOUR), (HOUR, HOUR)], [False, False, True]),
        ([(YEARS, HOUR), (-YEARS, HOUR), (23 * HOUR, 23 * HOUR), (HOUR, HOUR)], [False, False, False, True]),
        ([(YEARS, HOUR), (YEARS, HOUR), (24 * HOUR, 24 * HOUR)], [False, False, True]),
    ],
    ids=[
        "as long as both go on alike",
        "what strays a little, or was suspended for the night, is believed",
        "what leaps ahead is not",
        "nor what leaps back",
        "but after a day",
        "a day after it was put right, where it was",
        "a day after it leapt last",
    ],
)
def test_a_clock_is_believed(steps, found):
    assert sure(*steps) == found


def test_a_leap_is_in_the_log_once():
    steady = [0.0]
    trust = Trust(lambda: steady[0])
    with capture_logs() as logs:
        found = [trust.sure(AT), trust.sure(AT + YEARS)]
        steady[0] += 86_399
        found.append(trust.sure(AT + YEARS + timedelta(seconds=86_399)))
        steady[0] += 1
        found.append(trust.sure(AT + YEARS + timedelta(seconds=86_400)))

    assert found == [True, False, False, True]
    assert [(line["event"], line["by"]) for line in logs] == [("clock_leapt", "3650 days, 0:00:00")]


def test_a_drills_clock_is_believed():
    trust = Trust()
    trust.watched_till(AT)

    assert trust.sure(AT + YEARS)


def test_the_steady_clock_goes_on():
    assert since_boot() <= since_boot()


@pytest.mark.parametrize(("down", "believed"), [(HOUR, True), (YEARS, False)])
async def test_how_long_nobody_watched_no_clock_tells(small_world, tmp_path, down, believed):
    ledger = open_ledger(Place(file=tmp_path / "monitor.db"))
    service = Service(small_world.config, lambda: small_world.config, ledger=ledger)
    service.plan()
    service.recall(Recalled(at=service.now() - down), service.keeping.people)

    assert service.vitals.trust.sure(service.now()) is believed
    await service.close()
