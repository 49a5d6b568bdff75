"""What people do about losses: taking one on, and announcing maintenance. One set of rules for command line and API.

Pure: what is done is returned as it is to be written down; who does it, and when, is passed in.
"""

import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

from monitor.alerts.windows import next_begin, open_since
from monitor.model import ZONE, Agency, Answer, Verdict
from monitor.roster import Roster
from monitor.store.ledger import Ack, Act, Verdicts, Window
from monitor.stories import Kind, Memory, Subject, national_down
from monitor.words import Language, moment

SILENT: Final = timedelta(minutes=1)  # several signs of life of a monitor that runs
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


def trouble_of(ack: Ack, held: Mapping[str, Verdicts], memory: Memory, roster: Iterable[Agency]) -> None:
    """That there is something to take on: what would be cleared at once is not taken. Raises NothingLost.

    `held` are the standings as the monitor wrote them last; of whom nothing is known, nobody can say that all is well.
    """
    known = {agency.code: agency for agency in roster}
    agency = known[ack.agency]
    deciding = _deciding(agency, held)
    if deciding is None or not _is_well(agency, held, memory):
        return
    well = "merged and connected" if agency.counted else "connected"
    since = moment(deciding.since, Language.EN)
    raise NothingLost(
        f"{_named(agency)} is {well} since {since} (time of Viet Nam): there is nothing to take on. "
        f"{_to_take_on(known.values(), held, memory)}"
    )


def _deciding(agency: Agency, held: Mapping[str, Verdicts]) -> Verdict | None:
    if agency.code not in held:
        return None
    return held[agency.code].integrated if agency.counted else held[agency.code].connected


def _is_well(agency: Agency, held: Mapping[str, Verdicts], memory: Memory) -> bool:
    deciding = _deciding(agency, held)
    return bool(deciding and deciding.answer is Answer.YES) and not _is_open(agency.code, memory)


def _is_open(code: str, memory: Memory) -> bool:
    """Whether it was told to be lost and not yet to be back, or comes and goes, or is what many are in trouble by."""
    story = memory.stories.get(Subject(kind=Kind.LOSS, value=code))
    return bool(story and story.told) or code in national_down(memory)


def _to_take_on(known: Iterable[Agency], held: Mapping[str, Verdicts], memory: Memory) -> str:
    """Of whom it would be done; of whom it is not known whether they are well, only how many."""
    there = [agency for agency in sorted(known, key=lambda each: each.code) if not _is_well(agency, held, memory)]
    lost = [agency for agency in there if _is_lost(agency, held, memory)]
    unknown = sum(agency.code in held for agency in there) - sum(agency.code in held for agency in lost)
    told = f"Lost now: {_listed(lost)}." if lost else "Nobody is lost now."
    return f"{told} Of {unknown} more it is unknown; they can be taken on too." if unknown else told


def _is_lost(agency: Agency, held: Mapping[str, Verdicts], memory: Memory) -> bool:
    """Seen to be, whether or not it was ever seen well: what is wrong at the first start can be taken on too."""
    deciding = _deciding(agency, held)
    seen = bool(deciding and deciding.answer is Answer.NO) or _is_open(agency.code, memory)
    return seen or agency.code in {code for code, _ in memory.lost}


def _listed(agencies: Sequence[Agency]) -> str:
    more = f" and {len(agencies) - MOST_NAMED} more" if len(agencies) > MOST_NAMED else ""
    return ", ".join(map(_named, agencies[:MOST_NAMED])) + more


def unserved(alive: datetime | None, at: datetime, where: str) -> str:
    """That no monitor reads what is written at `at`, whose latest sign of life was `alive`; empty where one does."""
    if alive is None:
        return (
            f"no monitor has ever served this store ({where}), so none would heed it. Another store is named by"
            " `store` in monitor.yaml or by STATE_DIRECTORY, a monitor elsewhere by --server; `demo` keeps its own,"
            " where nobody can act"
        )
    if at - alive < SILENT:
        return ""
    return (
        f"no monitor serves this store ({where}) now, the last did until {moment(alive, Language.EN)}"
        " (time of Viet Nam): what is done here is heeded once one serves it again"
    )


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
    if fault := fault_of(window) or over_of(window, doer.at):
        raise NotDone(fault)
    return window


def over_of(window: Window, at: datetime) -> str:
    """That a window is over for good at `at`; empty where it is open, or will be."""
    if open_since(window, at) or next_begin(window, at):
        return ""
    zone = _zone(window.zone)
    begin, now = window.begin.replace(tzinfo=zone), at.astimezone(zone)
    end = window.until or (begin.astimezone(UTC) + window.lasts).astimezone(zone)
    told = "its last repetition began no later than" if window.every else "it ended at"
    return (
        f"the window is over, and nothing would be held: {told} {end:%Y-%m-%d %H:%M}, now it is {now:%Y-%m-%d %H:%M}"
        f" in {window.zone}"
    )


def about_window(window: Window) -> str:
    """As the audit log names it: its id, and for whom it is."""
    return f"{window.id}: {', '.join(sorted(window.agencies)) or 'all agencies'}"


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
