"""What is shown of each agency."""

from collections.abc import Iterable

from monitor.model import Agency, Answer, Condition, Standing, Verdict
from monitor.report import parts_of
from monitor.show.family import Each, Family, Rows
from monitor.standing import DOCUMENT, NO_EVIDENCE

_AGENCY = ("agency", "level")


def _yes_no(truth: bool) -> str:  # noqa: FBT001 - the thing itself
    return "yes" if truth else "no"


def _info(a: Agency) -> Rows:
    return [((a.code, a.level, a.name, a.name_en, a.into or "", _yes_no(a.counted), a.platform or ""), 1)]


OF_AGENCIES = (
    Each(
        family=Family(
            kind="info",
            name="npsp_agency_info",
            text="An agency of the day's roster, what took its place, whether it counts in the score, and the family of its software.",
            labels=(*_AGENCY, "name", "name_en", "into", "counted", "platform"),
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


def _reasons(s: Standing) -> Rows:
    at = (s.agency.code, s.agency.level)
    parts = [part for part in parts_of(s.agency) if part in list(Condition)]
    return [((*at, part, *why), 1) for part in parts for why in _why(getattr(s, part))]


def _why(verdict: Verdict) -> Iterable[tuple[str, str]]:
    """Check and reason of what keeps an answer from being yes. Which document it was is no label."""
    if verdict.answer is Answer.YES:
        return ()
    pairs = zip(verdict.because, verdict.reasons, strict=True)
    return [("" if reason == DOCUMENT else name, reason) for name, reason in pairs] or [("", NO_EVIDENCE)]


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
            name="npsp_agency_reason",
            text="1 for each check that keeps a condition from being met, and why: a reason, document or no_evidence. "
            "There is none while it is met.",
            labels=(*_AGENCY, "condition", "check", "reason"),
        ),
        rows=_reasons,
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
