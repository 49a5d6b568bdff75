"""A public look-up of dossiers: how it is asked for one code, and how its answer is read. For agencies and the NPSP.

UNKNOWN is what the look-ups of the families of software are like, and that of the NPSP for who has no credentials. So
nothing here knows one of them: the operator says where the status stands, by a pattern or by a path in JSON. What
cannot be read for certain is not read, and accuses nobody.
"""

import html
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Final, Literal

from yarl import URL

from probes import Fact, Target, Way
from probes._answer import Answer, Request, visit
from probes._documents import SUCCESS, at, check_path, document_of, empty, word
from probes._dossiers import folded, stage_of
from probes._hosts import is_path, own, plain_host, within
from probes._patterns import compiled, told
from probes._working_hours import ZONE

# A GUESS OF OURS, for where the operator gives neither pattern nor path: the label, tags perhaps, and then the words.
_LABELLED: Final = r"(?i)trạng thái(?: hồ sơ)?\s*:?\s*(?:<[^>]*>\s*)*([^<\s][^<]*)"
_WHOLE: Final = re.compile(r"https?://[!-~]+")
_MOST = 50  # matches of a pattern
_LONGEST = 60  # characters of a moment
_EARLIEST = datetime(2015, 1, 1, tzinfo=UTC)  # before there was anything to look up
_SKEW = timedelta(minutes=10)  # a clock of theirs may be ahead of ours
_EXAMPLE = datetime(2023, 6, 21, 14, 5)  # noqa: DTZ001 - only written and read again, to try a format


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What a look-up says of one dossier; `trouble` where it says nothing that can be read."""

    stage: int | None = None  # 1 to 10; None: it does not know the dossier
    changed: datetime | None = None  # when its status was set, where that can be read
    trouble: str = ""
    failed: bool = False  # with trouble: it says itself that it failed, or sends something that is no document at all


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """Who told it, and with what."""

    told: Told
    host: str
    facts: Mapping[str, Fact]


@dataclass(frozen=True, slots=True, kw_only=True)
class LookUp:
    """Where to ask, with {code} in it, and how to read. A path of JSON, else a pattern on the source of the page."""

    url: str = "/tra-cuu-ho-so?maHoSo={code}"  # from the root of the portal's host, or a whole address
    method: Literal["GET", "POST"] = "GET"
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)  # nothing secret belongs here
    body: str = ""  # JSON where it begins with {, else a form

    status_path: str = ""
    status_pattern: str = ""  # with a group around the status; all that it finds must say the same
    words: Mapping[str, int] = field(default_factory=dict)  # of its own for the statuses 1 to 10

    changed_path: str = ""
    changed_pattern: str = ""  # with a group around the moment; the first that it finds
    changed_format: str = "%d/%m/%Y %H:%M"  # of Python's strptime; without an hour, the end of that day is meant

    code_path: str = ""  # of JSON: where an envelope says whether all is well
    missing_codes: tuple[str, ...] = ()  # of an envelope, for: there is no such dossier
    missing_statuses: tuple[int, ...] = ()  # of HTTP, likewise
    missing_words: tuple[str, ...] = ("không tìm thấy hồ sơ", "không tìm thấy kết quả", "không có hồ sơ")

    def __post_init__(self) -> None:
        self._check_address()
        for name in ("status_path", "changed_path", "code_path"):
            check_path(name, getattr(self, name))
        for name in ("status_pattern", "changed_pattern"):
            _check_pattern(name, getattr(self, name))
        if self.status_path and self.status_pattern:
            raise ValueError("status_pattern: cannot be given beside status_path")
        check_words(self.words)
        check_format(self.changed_format)

    def _check_address(self) -> None:
        if not is_path(self.url) and not self.whole:
            raise ValueError("url: must be a path from / or begin with https:// or http:// and name a host")
        if "{" in self.url.replace("{code}", "") or "{code}" not in self.url + self.body:
            raise ValueError("url: must hold {code} and no other {}, unless the body holds it")

    @property
    def whole(self) -> bool:
        """Whether it is a whole address."""
        return bool(_WHOLE.fullmatch(self.url)) and bool(URL(self.url.replace("{code}", "0")).host)

    def address(self, code: str, portal: URL) -> URL:
        return portal.join(URL(self.url.replace("{code}", code), encoded=True))

    async def ask(self, code: str, target: Target, way: Way) -> Answer:
        """What the look-up answers, on whatever of its own hosts; where it leads away from them is in the answer."""
        url = self.address(code, target.portal)
        request = Request(method=self.method, headers=self._headers(), body=self.body.replace("{code}", code).encode())
        return await visit(way, url, follow=self._follow(url, target), request=request)

    def _follow(self, url: URL, target: Target) -> Callable[[URL], bool]:
        return lambda to: within(to, (plain_host(url),)) or (own(url, target) and own(to, target))

    def _headers(self) -> Mapping[str, str]:
        if not self.body:
            return self.headers
        kind = "application/json" if self.body.lstrip().startswith("{") else "application/x-www-form-urlencoded"
        return {"Content-Type": kind, **self.headers}

    def read(self, answer: Answer, now: datetime) -> Told:
        """What it says; `now`, UTC, is what its moments are held against."""
        if answer.page.status in self.missing_statuses:
            return Told()
        if not (self.status_path or self.code_path):
            return self._of_page(answer, None, now)
        try:
            document = document_of(answer.page)
        except ValueError:
            return Told(trouble="something that is not JSON", failed=True)
        return self._within_envelope(answer, document, now)

    def _within_envelope(self, answer: Answer, document: Any, now: datetime) -> Told:
        code = word(at(document, self.code_path)) if self.code_path else ""
        if code and code in self.missing_codes:
            return Told()
        if self.code_path and code.upper() not in SUCCESS:
            return Told(trouble="an envelope that names no success", failed=True)
        if self.status_path and self.code_path and empty(document, self.status_path):
            return Told()
        return self._of_page(answer, document, now)

    def _of_page(self, answer: Answer, document: Any, now: datetime) -> Told:
        stages = {stage_of(text, self.words) for text in self._statuses(answer, document)} - {None}
        if len(stages) == 1:
            return Told(stage=stages.pop(), changed=self._changed(answer, document, now))
        if stages:
            return Told(trouble=f"{len(stages)} statuses of which one must be it")
        seen = folded(answer.html.visible)
        if any(folded(words) in seen for words in self.missing_words):
            return Told()
        return Told(trouble="no status that can be read")

    def _statuses(self, answer: Answer, document: Any) -> list[str]:
        if self.status_path:
            return [word(at(document, self.status_path))]
        found = told(self.status_pattern or _LABELLED, answer.html.source, _MOST)
        return [html.unescape(text) for text in found]

    def _changed(self, answer: Answer, document: Any, now: datetime) -> datetime | None:
        text = word(at(document, self.changed_path)) if self.changed_path else ""
        if self.changed_pattern:
            text = next(told(self.changed_pattern, answer.html.source, 1), "")
        return moment_of(html.unescape(text), self.changed_format, now)


def moment_of(text: str, form: str, now: datetime) -> datetime | None:
    """The moment in UTC, at the latest now; None where the text is none, or none that can be true."""
    try:
        moment = datetime.strptime(" ".join(text[:_LONGEST].split()), form)  # noqa: DTZ007 - the zone comes next
        moment = moment.replace(tzinfo=moment.tzinfo or ZONE).astimezone(UTC)
    except (ValueError, OverflowError):
        return None
    if not _EARLIEST <= moment <= now + _SKEW:
        return None
    return min(now, moment if _tells_the_hour(form) else moment + timedelta(days=1))


def _tells_the_hour(form: str) -> bool:
    return any(part in form for part in ("%H", "%I", "%c", "%X"))


def _check_pattern(setting: str, pattern: str) -> None:
    try:
        grouped = not pattern or compiled(pattern).groups > 0
    except ValueError as error:
        raise ValueError(f"{setting}: {error}") from None
    if not grouped:
        raise ValueError(f"{setting}: must have a group ( ) around what is to be read")


def check_words(words: Mapping[str, int]) -> None:
    for name, stage in words.items():
        if not 1 <= stage <= 10:
            raise ValueError(f"words.{name}: must be a status from 1 to 10")


def check_format(form: str) -> None:
    try:
        good = datetime.strptime(_EXAMPLE.strftime(form), form).date() == _EXAMPLE.date()  # noqa: DTZ007 - as above
    except ValueError:
        good = False
    if not good:
        raise ValueError(
            "changed_format: must be a format of strptime with day, month and year, such as %d/%m/%Y %H:%M"
        )
