"""What people do about losses: taking one on, and announcing maintenance. One set of rules for command line and API.

Pure: what is done is returned as it is to be written down; who does it, and when, is passed in.
"""

import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

from monitor.model import ZONE, Agency, Answer
from monitor.roster import Roster
from monitor.store.ledger import Ack, Act, Verdicts, Window
from monitor.stories import Kind, Memory, Subject, national_down
from monitor.words import Language, moment

LONGEST_REASON: Final = 500  # characters
MOST_NAMED: Final = 10  # of those who are lost, where that is said
LONGEST: Final = timedelta(days=90)  # of one window: what lasts longer is no maintenance
_FIRST: Final = datetime(2000, 1, 1)  # noqa: DTZ001 - local time, in whatever zone
_LAST: Final = datetime(2999, 12, 31)  # noqa: DTZ001 - as above; beyond the ends of time no zone can be reckoned with
EVERY: Final = {"": None, "daily": timedelta(days=1), "weekly": timedelta(days=7), "monthly": timedelta(days=28)}


class NotDone(ValueError):  # noqa: N818 - it is an answer and no fault of ours
    """Why it is not done, and what is allowed."""


class NothingLost(NotDone):
    """There is nothing to take on: what holds instead, and who is lost."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Doer:
    """Who does it, and when."""

    who: str  # a user of the API, or of the machine
    at: datetime  # UTC

    def act(self, what: str, about: str, reason: str) -> Act:
        return Act(at=self.at, who=self.who, what=what, about=about, reason=reason)

    @property
    def day(self) -> date:
        """In Viet Nam."""
        return self.at.astimezone(ZONE).date()


def ack_of(roster: Roster, words: str, reason: str, doer: Doer, day: date | None = None) -> Ack:
    """Somebody takes the loss of the agency that `words` mean on. Raises NotDone."""
    code = _codes(roster, [words], day or doer.day)[0]
    return Ack(agency=code, by=doer.who, reason=_reason(reason), at=doer.at)


def trouble_of(ack: Ack, held: Verdicts | None, memory: Memory, roster: Roster, day: date) -> None:
    """That there is something to take on: what would be cleared at once is not taken. Raises NothingLost.

    `held` is the agency's standing as the monitor wrote it last; of whom nothing is known, nobody can say that all is well.
    """
    known = {agency.code: agency for agency in roster.on(day)}
    agency = known[ack.agency]
    if held is None:
        return
    deciding = held.integrated if agency.counted else held.connected
    if deciding.answer is not Answer.YES or _is_open(ack.agency, memory):
        return
    well = "merged and connected" if agency.counted else "connected"
    since = moment(deciding.since, Language.EN)
    raise NothingLost(
        f"{_named(agency)} is {well} since {since} (time of Viet Nam): there is nothing to take on. "
        f"{_lost_now(memory, known)}"
    )


def _is_open(code: str, memory: Memory) -> bool:
    """Whether it was told to be lost and not yet to be back, or comes and goes, or is what many are in trouble by."""
    story = memory.stories.get(Subject(kind=Kind.LOSS, value=code))
    return bool(story and story.told) or code in national_down(memory)


def _lost_now(memory: Memory, known: Mapping[str, Agency]) -> str:
    codes = sorted({*(code for code, _ in memory.lost), *national_down(memory)} & known.keys())
    if not codes:
        return "Nobody is lost now."
    named = ", ".join(_named(known[code]) for code in codes[:MOST_NAMED])
    more = f" and {len(codes) - MOST_NAMED} more" if len(codes) > MOST_NAMED else ""
    return f"Lost now: {named}{more}."


def _named(agency: Agency) -> str:
    return f"{agency.name} ({agency.code})"


def window_of(  # noqa: PLR0913 - what a window consists of
    roster: Roster,
    agencies: Sequence[str],
    doer: Doer,
    *,
    id_: str,
    lasts: timedelta,
    reason: str,
    begin: datetime | None = None,
    zone: str = "Asia/Ho_Chi_Minh",
    every: str = "",
    until: datetime | None = None,
    day: date | None = None,
) -> Window:
    """A window for the agencies that are meant, all of them where none is named. `begin`: naive, in `zone`; none: now.

    Raises NotDone.
    """
    window = Window(
        id=id_,
        begin=begin or doer.at.astimezone(_zone(zone)).replace(tzinfo=None, microsecond=0),
        lasts=lasts,
        zone=zone,
        every=every,
        until=until,
        agencies=frozenset(_codes(roster, agencies, day or doer.day)),
        reason=_reason(reason),
        by=doer.who,
    )
    if fault := fault_of(window):
        raise NotDone(fault)
    return window


def fault_of(window: Window) -> str:
    """What is wrong with a window; empty where nothing is."""
    _zone(window.zone)
    if window.every not in EVERY:
        return f"every {window.every!r}: allowed are {', '.join(filter(None, EVERY))}"
    if not timedelta() < window.lasts <= LONGEST:
        return f"a window lasts more than nothing and at most {LONGEST.days} days"
    between = EVERY[window.every]
    if between and window.lasts >= between:
        return f"a {window.every} window of {between.days} days or more never ends: lasts must be shorter"
    if not all(_FIRST <= each <= _LAST for each in (window.begin, window.until or window.begin)):
        return f"begin and until: allowed are the years {_FIRST.year} to {_LAST.year}"
    if window.until and (window.until <= window.begin or not window.every):
        return "until: says when a window is repeated for the last time, which is after it first begins"
    return ""


def one_of(windows: Iterable[Window], id_: str) -> Window:
    """The window with this id. Raises NotDone, which says which there are."""
    known = {window.id: window for window in windows}
    if id_ not in known:
        there = f"there are {', '.join(sorted(known))}" if known else "there is none"
        raise NotDone(f"no maintenance window {id_}; {there}")
    return known[id_]


def _codes(roster: Roster, words: Iterable[str], day: date) -> list[str]:
    try:
        found = [roster.find(each, day) for each in words]
    except LookupError as error:
        raise NotDone(str(error.args[0])) from None
    return [agency.code for agency in found]


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        near = [each for each in sorted(available_timezones()) if name.lower().replace(" ", "_") in each.lower()][:5]
        raise NotDone(
            f"no time zone {name!r}{'; did you mean ' + ', '.join(near) + '?' if near and name else ''}"
        ) from None


def _reason(text: str) -> str:
    told = " ".join(unicodedata.normalize("NFC", text).split())
    if not told.isprintable() or not told:
        raise NotDone("a reason is needed: a sentence that whoever reads it later understands")
    if len(told) > LONGEST_REASON:
        raise NotDone(f"the reason is longer than {LONGEST_REASON} characters")
    return told
