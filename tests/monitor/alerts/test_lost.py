"""Who is lost: only who was seen to be well."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest

from monitor.alerts.lost import note
from monitor.incidents import Loss
from monitor.model import Agency, Change, Level

AT = datetime(2023, 6, 21, 2, tzinfo=UTC)
HANOI = Agency(code="H26", name="Hà Nội", name_en="Hanoi", level=Level.PROVINCE, counted=True)


def course(*answers):
    """What is lost after one answer followed the other, a minute apart."""
    lost = {}
    for number, (before, after) in enumerate(pairwise(answers)):
        at = AT + timedelta(minutes=number)
        change = Change(
            agency=HANOI, what="connected", before=before, after=after, at=at, since=at, reason="", detail=""
        )
        note(lost, [change])
    return lost


@pytest.mark.parametrize(
    ("answers", "lost"),
    [
        (("yes", "no"), AT),
        (("yes", "unknown"), AT),
        (("yes", "unknown", "no"), AT),
        (("yes", "no", "unknown"), AT),
        (("yes", "no", "yes"), None),
        (("unknown", "no"), None),  # nobody knew that it was well
        (("unknown", "no", "unknown", "no"), None),
        (("no", "unknown"), None),
        (("no", "yes", "no"), AT + timedelta(minutes=1)),
    ],
)
def test_who_was_never_seen_to_be_well_was_not_lost(answers, lost):
    assert course(*answers).get(("H26", "connected")) == (lost and Loss(lost, lost))
