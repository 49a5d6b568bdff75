from datetime import UTC, datetime

from monitor.vitals import LAG_BUCKETS, Vitals


def test_a_lag_is_counted_in_the_first_bucket_that_holds_it():
    vitals = Vitals(started=datetime(2026, 1, 1, tzinfo=UTC))
    for seconds in (0.0, 0.005, 0.006, 31.0, -3.0):
        vitals.lagged(seconds)

    assert vitals.lag_counts[0] == 3  # due early counts as no lag
    assert vitals.lag_counts[1] == 1
    assert vitals.lag_counts[-1] == 1
    assert len(vitals.lag_counts) == len(LAG_BUCKETS) + 1
    assert vitals.lag_sum == 31.011
