"""Single dossiers and procedures of the estate: what look-ups and lists say of them. All of it is SYNTHETIC.

What the real look-ups and lists are like is unknown; these have forms of their own, plausible and no copy of any. The
dossiers and lists of an agency are drawn by the scenario's seed, so that their codes can stand in a configuration.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from html import escape
from itertools import islice
from random import Random
from typing import Final

from aiohttp import hdrs, web

from monitor.model import ZONE, Agency
from monitor.testbed import pages
from monitor.testbed.answers import html
from monitor.testbed.faults import Fault
from monitor.testbed.national import FaultsOf, asked_json
from monitor.testbed.portals import Portal
from probes._dossiers import STAGES, agency_of

LOOK_UP: Final = "/tra-cuu-ho-so"  # of an agency, with ?maHoSo=CODE
LIST: Final = "/danh-sach-thu-tuc"  # of an agency, with ?trang=N from 1
PORTAL_LOOK_UP: Final = "/synthetic/tra-cuu-ho-so"  # of the NPSP: POST {"maHoSo": CODE}; the real one is not known
NATIONAL_LIST: Final = "/synthetic/danh-sach-thu-tuc"  # of the procedures database: POST {q, currentPage, pageSize}

DOSSIERS: Final = 3  # of each agency
_PROCEDURES = 150  # of the national list
_WITHDRAWN = 30  # of these
_PAGE = 40  # procedures on a page of an agency
_LONG_AGO = timedelta(days=20)  # more than 8 working hours, also over Tết
_JUST_NOW = timedelta(hours=1)  # less than 8 working hours at any time
_WORDS = {stage.code: stage.vi for stage in STAGES}
_OPEN = (2, 4, 5)  # where dossiers that can move on are
_NEXT, _BEFORE, _END = 4, 2, 10
_FAULTS = frozenset({Fault.STATUS_LATE, Fault.STATUS_WRONG, Fault.STATUS_IN_TIME})


@dataclass(frozen=True, slots=True, kw_only=True)
class Dossier:
    """Where one is at its agency and at the NPSP; None: not known there."""

    code: str
    here: int | None
    there: int | None
    changed: datetime  # UTC, at the agency


class Records:
    """Answers for all agencies; `faults_of` tells what befalls one now, `now`, UTC, what time it is."""

    def __init__(
        self, agencies: Iterable[Agency], day: date, seed: int, now: Callable[[], datetime], faults_of: FaultsOf
    ) -> None:
        self._agencies = {agency.code: agency for agency in agencies}
        self._day = day
        self._seed = seed
        self._now = now
        self._faults_of = faults_of

    def codes(self, agency: str) -> tuple[str, ...]:
        """Of the dossiers of an agency; the same for the same seed and day."""
        random = self._random(agency)
        days = (self._day - timedelta(days=random.randint(1, 60)) for _ in range(DOSSIERS))
        return tuple(f"{agency}.{random.randint(10, 40)}-{on:%y%m%d}-{random.randint(10_000, 99_999)}" for on in days)

    def of_agency(
        self, portal: Portal, request: web.BaseRequest, faults: frozenset[Fault]
    ) -> web.StreamResponse | None:
        """What a portal says of records; None where it was asked for something else, or is closed."""
        answer = {LOOK_UP: self.look_up, LIST: self.procedures}.get(request.rel_url.path)
        return None if answer is None or portal.closed(faults) else answer(portal.agency.code, request, faults)

    async def of_nation(self, request: web.BaseRequest, faults: frozenset[Fault]) -> web.StreamResponse:
        """What a national system says of them."""
        answer = self.portal_look_up if request.rel_url.path == PORTAL_LOOK_UP else self.national_list
        return await answer(request, faults)

    # -- of agencies

    def look_up(self, agency: str, request: web.BaseRequest, faults: frozenset[Fault]) -> web.StreamResponse:
        """A page for people."""
        name, code = self._agencies[agency].name, request.rel_url.query.get("maHoSo", "")
        known = self._dossier(code, faults) if agency_of(code) == agency else None
        if known is None or known.here is None:
            return html(_page("Tra cứu hồ sơ", name, "<p>Không tìm thấy hồ sơ.</p>"))
        if Fault.LOOKUP_CHANGED in faults:
            steps = "".join(f"<li class='buoc-{number}'></li>" for number in range(known.here))
            return html(_page("Tra cứu hồ sơ", name, f"<ol class='tien-trinh'>{steps}</ol>"))
        at = known.changed.astimezone(ZONE)
        rows = (
            f"<tr><th>Mã hồ sơ</th><td>{escape(known.code)}</td></tr>"
            f"<tr><th>Trạng thái hồ sơ</th><td><b>{_WORDS[known.here]}</b></td></tr>"
            f"<tr><th>Cập nhật lúc</th><td>{at:%d/%m/%Y %H:%M}</td></tr>"
        )
        return html(_page("Tra cứu hồ sơ", name, f"<table>{rows}</table>"))

    def procedures(self, agency: str, request: web.BaseRequest, faults: frozenset[Fault]) -> web.StreamResponse:
        """A page of the list; one beyond the last shows none."""
        number = request.rel_url.query.get("trang", "1")
        first = (int(number) - 1) * _PAGE if number.isdecimal() and number.isascii() and len(number) < 5 else 0
        codes = self.listed(agency, faults)
        rows = "".join(
            f"<tr><td>{code}</td><td>Thủ tục mô phỏng</td></tr>" for code in islice(codes, max(first, 0), first + _PAGE)
        )
        return html(_page("Danh sách thủ tục hành chính", self._agencies[agency].name, f"<table>{rows}</table>"))

    def listed(self, agency: str, faults: frozenset[Fault]) -> list[str]:
        """The codes that an agency lists."""
        national = self._national()
        in_force = [number for number, withdrawn in national.items() if not withdrawn]
        numbers = in_force[: len(in_force) // 2] if Fault.CATALOGUE_SHORT in faults else in_force[2:]
        if Fault.CATALOGUE_WITHDRAWN in faults:
            numbers += [number for number, withdrawn in national.items() if withdrawn]
        ending = f".000.00.00.{agency}" if Fault.CATALOGUE_OLD_CODES in faults else f".{agency}"
        # Most agencies list the national code of what is the same everywhere, and a code of their own for the rest.
        own = numbers if Fault.CATALOGUE_OLD_CODES in faults else numbers[::4]
        return [f"{number}{ending}" if number in own else number for number in numbers]

    # -- of national systems

    async def portal_look_up(self, request: web.BaseRequest, faults: frozenset[Fault]) -> web.StreamResponse:
        """The NPSP's, with its envelope and HTTP 201; `faults` are those of the NPSP."""
        if found := _broken(request, faults):
            return found
        asked = await asked_json(request)
        code = str(asked.get("maHoSo", ""))
        known = self._dossier(code, self._faults_of(agency_of(code)))
        if known is None or known.there is None:
            return _envelope(None)
        at = self._told_at(known).astimezone(ZONE)
        return _envelope({"maHoSo": known.code, "trangThai": str(known.there), "thoiDiem": f"{at:%Y%m%d%H%M%S}"})

    def by_adapter(self, code: str) -> tuple[Mapping[str, str], ...]:
        """The results of TraCuuHoSo at the data-exchange adapter; what they are like is not known, these are made up."""
        known = self._dossier(code, self._faults_of(agency_of(code)))
        if known is None or known.there is None:
            return ()
        at = self._told_at(known).astimezone(ZONE)
        return ({"MAHOSO": known.code, "TRANGTHAIHOSO": str(known.there), "THOIDIEM": f"{at:%Y%m%d%H%M%S}"},)

    async def national_list(self, request: web.BaseRequest, faults: frozenset[Fault]) -> web.StreamResponse:
        """A page of the list of all procedures; `faults` are those of the database."""
        if found := _broken(request, faults):
            return found
        asked = await asked_json(request)
        page, size = (value if isinstance(value := asked.get(name), int) else 1 for name in ("currentPage", "pageSize"))
        first = max(page - 1, 0) * max(size, 1)
        rows = [
            {"MATTHC": number, "TENTTHC": "Thủ tục mô phỏng", "TRANGTHAI": "Hết hiệu lực" if withdrawn else "Công khai"}
            for number, withdrawn in islice(self._national().items(), first, first + max(size, 1))
        ]
        return _envelope({"items": rows, "total": _PROCEDURES, "synthetic": True})

    # -- within

    def _random(self, of: str) -> Random:
        return Random(f"{self._seed} {of} records")  # noqa: S311 - what can be repeated

    def _national(self) -> dict[str, bool]:
        """Numbers of procedures, and whether each was withdrawn."""
        random = self._random("national")
        drawn = random.sample(range(100, 13_000), _PROCEDURES)
        return {f"{random.choice('123')}.{number:06}": place < _WITHDRAWN for place, number in enumerate(sorted(drawn))}

    def _dossier(self, code: str, faults: frozenset[Fault]) -> Dossier | None:
        """None for a code that nobody ever gave."""
        agency = agency_of(code)
        if agency not in self._agencies or code not in self.codes(agency):
            return None
        here, there = self._stages(code, faults)
        age = _JUST_NOW if Fault.STATUS_IN_TIME in faults else _LONG_AGO
        return Dossier(code=code, here=here, there=there, changed=self._now().astimezone(UTC) - age)

    def _stages(self, code: str, faults: frozenset[Fault]) -> tuple[int | None, int | None]:
        here = _NEXT if faults & _FAULTS else self._random(code).choice(_OPEN)
        there = here
        if faults & {Fault.STATUS_LATE, Fault.STATUS_IN_TIME}:
            there = _BEFORE
        elif Fault.STATUS_WRONG in faults:
            there = _END
        return (
            None if Fault.DOSSIER_NOT_AT_AGENCY in faults else here,
            None if Fault.DOSSIER_NOT_AT_PORTAL in faults else there,
        )

    def _told_at(self, known: Dossier) -> datetime:
        """When the NPSP was told: of what it shows, which is the older where it is late."""
        late = known.here is not None and known.here != known.there
        return known.changed - timedelta(days=3) if late else known.changed + timedelta(minutes=20)


def _page(title: str, name: str, body: str) -> str:
    return pages.document(f"{title} | {name}", f"<h1>{title}</h1><p>{pages.SYNTHETIC}</p>{body}")


def _broken(request: web.BaseRequest, faults: frozenset[Fault]) -> web.StreamResponse | None:
    """What a national interface answers when it is not asked as it should be, or is not well."""
    if request.method != hdrs.METH_POST:
        return web.json_response({"code": "NOT_FOUND", "message": "synthetic"}, status=404)
    if Fault.API_ERROR in faults:
        return web.json_response({"code": "SYSTEM_ERROR", "data": None, "message": "synthetic"}, status=201)
    return html(pages.MAINTENANCE, 201) if Fault.API_NOT_JSON in faults else None


def _envelope(data: Mapping[str, object] | None) -> web.StreamResponse:
    return web.json_response({"code": "OK", "data": data, "message": "synthetic"}, status=201)
