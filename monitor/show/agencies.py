"""What is shown of each agency."""

from monitor.model import Agency, Answer, Condition, Standing
from monitor.report import parts_of
from monitor.show.family import Each, Family, Rows

_AGENCY = ("agency", "level")


def _yes_no(truth: bool) -> str:  # noqa: FBT001 - the thing itself
    return "yes" if truth else "no"


def _info(a: Agency) -> Rows:
    return [((a.code, a.level, a.name, a.name_en, a.into or "", _yes_no(a.counted)), 1)]


OF_AGENCIES = (
    Each(
        family=Family(
            kind="info",
            name="npsp_agency_info",
            text="An agency of the day's roster, what took its place, and whether it counts in the score.",
            labels=(*_AGENCY, "name", "name_en", "into", "counted"),
        ),
        rows=_info,
    ),
)


def _answers(s: Standing) -> Rows:
    at = (s.agency.code, s.agency.level)
    return [((*at, part, each), getattr(s, part).answer is each) for part in parts_of(s.agency) for each in Answer]


def _since(s: Standing) -> Rows:
    at = (s.agency.code, s.agency.level)
    return [((*at, part), getattr(s, part).since.timestamp()) for part in parts_of(s.agency)]


def _conflicts(s: Standing) -> Rows:
    at = (s.agency.code, s.agency.level)
    return [((*at, part), bool(getattr(s, part).conflict)) for part in parts_of(s.agency) if part in list(Condition)]


OF_STANDINGS = (
    Each(
        family=Family(
            name="npsp_agency_standing",
            text="State set: 1 for the answer held to whether a condition is met, 0 for the others.",
            labels=(*_AGENCY, "condition", "answer"),
        ),
        rows=_answers,
    ),
    Each(
        family=Family(
            name="npsp_agency_standing_since_timestamp_seconds",
            text="Since when the answer has been held, in seconds since 1970.",
            labels=(*_AGENCY, "condition"),
        ),
        rows=_since,
    ),
    Each(
        family=Family(
            name="npsp_agency_conflict",
            text="1 where a document and the looks contradict each other, else 0.",
            labels=(*_AGENCY, "condition"),
        ),
        rows=_conflicts,
    ),
)
