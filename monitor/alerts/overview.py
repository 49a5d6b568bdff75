"""What a digest holds: who is not integrated, who comes and goes, certificates that run out, documents against the looks.

Goes over the whole estate: for the first start, and once a day.
"""

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime

from monitor.alerts.compose import contradicted, named, restless_since, taken_on, unknown_of, verdicts_of, why
from monitor.alerts.now import Now, agency_of
from monitor.alerts.windows import open_for
from monitor.model import Answer, Condition, Level, Standing
from monitor.notice import MOST_ENTRIES, Entry
from monitor.stories import Kind, Story, Subject

_ORDER = tuple(Level)


def overview(now: Now, stories: Mapping[Subject, Story]) -> tuple[tuple[Entry, ...], int]:
    """At most MOST_ENTRIES agencies by level and code, each once; and how many there are beyond."""
    held = now.sight.standings
    open_now = {subject: story for subject, story in stories.items() if not story.over_since or story.unstable}
    codes = {*_missing(held), *(code for subject in open_now if (code := agency_of(subject)) in held)}
    ordered = sorted(codes, key=lambda code: (_ORDER.index(held[code].agency.level), code))
    spelt = tuple(_entry(now, held[code], open_now) for code in ordered[:MOST_ENTRIES])
    return spelt, max(0, len(ordered) - MOST_ENTRIES)


def _missing(held: Mapping[str, Standing]) -> Iterator[str]:
    return (
        code
        for code, standing in held.items()
        if standing.agency.counted and standing.integrated.answer is not Answer.YES
    )


def _entry(now: Now, standing: Standing, stories: Mapping[Subject, Story]) -> Entry:
    code = standing.agency.code
    loss = stories.get(Subject(kind=Kind.LOSS, value=code))
    of = tuple(_not_held(standing)) if standing.agency.counted else ()
    against = tuple(_against(standing, of))
    closed = open_for(now.sight.windows, code, now.at)
    entry = named(
        standing,
        conditions=of,
        unknown=unknown_of(standing, of),
        since=_told_since(loss) if loss else _since(standing, of),
        times=len(loss.turns) if loss and loss.unstable else 0,
        expires=_expires(now, code, stories),
        held=closed[1].reason if closed else None,
        **taken_on(now, code),
        **why(verdicts_of(standing, of), now.sight.kinds),
    )
    return contradicted(entry, verdicts_of(standing, (*of, *against)))


def _told_since(loss: Story) -> datetime:
    return restless_since(loss) if loss.unstable else loss.since


def _expires(now: Now, code: str, stories: Mapping[Subject, Story]) -> datetime | None:
    told = Subject(kind=Kind.CERTIFICATE, value=code) in stories
    return now.sight.certificates.get(code) if told else None


def _not_held(standing: Standing) -> Iterator[Condition]:
    return (each for each in Condition if getattr(standing, each).answer is not Answer.YES)


def _against(standing: Standing, of: Iterable[Condition]) -> Iterator[Condition]:
    """Conditions that hold, though a document says that they do not, or the other way round."""
    return (each for each in Condition if each not in set(of) and getattr(standing, each).conflict)


def _since(standing: Standing, of: Iterable[Condition]) -> datetime | None:
    return min((getattr(standing, each).since for each in of), default=None)
