"""probes._parity: what it means that an agency and the NPSP say this and that of one dossier."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from probes import Reason, Status
from probes._parity import Side, parity

OK, DIFFERS, STALE = Reason.OK, Reason.STATUS_DIFFERS, Reason.STALE
NO_PORTAL, NO_AGENCY, NO_DATA = Reason.MISSING_AT_PORTAL, Reason.MISSING_AT_AGENCY, Reason.NO_DATA
IN_TIME = "in time"
UNTOLD = None

# The agency's status, how many working hours ago it was set; the same of the NPSP; what it comes to.
CASES = [
    (4, UNTOLD, 4, UNTOLD, OK),
    (4, 100, 4, UNTOLD, OK),
    (10, 1, 10, 0, OK),
    # They differ, and when the agency's was set is known.
    (4, 0, 2, UNTOLD, IN_TIME),
    (4, 8, 2, UNTOLD, IN_TIME),  # to the last minute
    (4, 8.1, 2, UNTOLD, STALE),
    (9, 50, 4, UNTOLD, STALE),
    (10, 50, 9, UNTOLD, STALE),
    (4, 50, 5, UNTOLD, STALE),  # papers were asked for, came, and nobody told the NPSP
    (4, 50, 2, 90, STALE),  # set before the agency's last change: the one of before
    (4, 50, 2, 10, DIFFERS),  # set after it: not the one of before
    (4, 1, 10, UNTOLD, IN_TIME),  # whatever it is: it has until then
    (4, 50, 10, UNTOLD, DIFFERS),  # further than the agency is
    (4, 50, 3, UNTOLD, DIFFERS),  # another end
    (5, 50, 9, UNTOLD, DIFFERS),  # rewritten, as seen in a province's code
    (3, 50, 10, UNTOLD, DIFFERS),
    # They differ, and nothing says since when.
    (4, UNTOLD, 2, UNTOLD, DIFFERS),
    (4, UNTOLD, 2, 1, DIFFERS),
    # One side does not know it.
    (2, UNTOLD, None, UNTOLD, NO_PORTAL),
    (2, 1, None, UNTOLD, IN_TIME),  # received just now
    (2, 9, None, UNTOLD, NO_PORTAL),
    (None, UNTOLD, 1, UNTOLD, NO_AGENCY),
    (None, UNTOLD, 1, 1, IN_TIME),  # sent on just now
    (None, UNTOLD, 1, 9, NO_AGENCY),
    (None, UNTOLD, None, UNTOLD, NO_DATA),
]
hours = st.none() | st.timedeltas(timedelta(), timedelta(hours=100))
sides = st.builds(Side, stage=st.none() | st.integers(1, 10), age=hours)


def side(stage, age):
    return Side(stage=stage, age=None if age is None else timedelta(hours=age))


@pytest.mark.parametrize(("here", "since", "there", "told", "meaning"), CASES)
def test_the_table_of_cases(here, since, there, told, meaning):
    verdict = parity(side(here, since), side(there, told))
    assert verdict.reason is (OK if meaning == IN_TIME else meaning)
    assert verdict.pending is (meaning == IN_TIME)


@given(agency=sides, portal=sides)
def test_within_the_legal_time_nobody_is_accused(agency, portal):
    first = portal if agency.stage is None else agency
    verdict = parity(agency, portal)
    if first.age is not None and first.age <= timedelta(hours=8):
        assert verdict.reason.status is not Status.FAILED


@given(agency=sides, portal=sides)
def test_what_is_the_same_is_right_and_what_is_not_is_pending_or_wrong(agency, portal):
    verdict = parity(agency, portal)
    if agency.stage == portal.stage:
        assert verdict.reason is (NO_DATA if agency.stage is None else OK)
        assert not verdict.pending
    else:
        assert verdict.pending or verdict.reason.status is Status.FAILED
