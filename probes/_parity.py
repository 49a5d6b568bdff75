"""Does the NPSP show what the agency says of a dossier? The table of cases; pure.

CERTAIN is that statuses are to be synchronised and come late or wrong in practice. The 8 working hours are those of the
receipt rule (see _working_hours.py); that a synchronisation has as long is INFERRED: within them nobody is accused.
"""

from dataclasses import dataclass
from datetime import timedelta

from probes import Reason
from probes._dossiers import may_be_older
from probes._working_hours import LEGAL


@dataclass(frozen=True, slots=True, kw_only=True)
class Side:
    """What one side says of a dossier."""

    stage: int | None = None  # 1 to 10; None: it does not know the dossier
    age: timedelta | None = None  # working time since its status was set; None: not told


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    reason: Reason
    pending: bool = False  # they differ, and have until the end of the legal time to agree


def parity(agency: Side, portal: Side) -> Verdict:
    """Who was told last decides by whose clock it is late."""
    if agency.stage is None and portal.stage is None:
        return Verdict(reason=Reason.NO_DATA)  # a code that nobody knows says nothing of anybody
    if agency.stage == portal.stage:
        return Verdict(reason=Reason.OK)
    first = portal if agency.stage is None else agency
    if first.age is not None and first.age <= LEGAL:
        return Verdict(reason=Reason.OK, pending=True)
    return Verdict(reason=_fault(agency, portal))


def _fault(agency: Side, portal: Side) -> Reason:
    if agency.stage is None:
        return Reason.MISSING_AT_AGENCY
    if portal.stage is None:
        return Reason.MISSING_AT_PORTAL
    if agency.age is None or not may_be_older(portal.stage, agency.stage):
        return Reason.STATUS_DIFFERS
    # Set at the portal after the agency's last change, and still another: that is not the one of before.
    return Reason.STATUS_DIFFERS if portal.age is not None and portal.age < agency.age else Reason.STALE
