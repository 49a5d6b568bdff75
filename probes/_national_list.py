"""The national list of administrative procedures: how it is asked for, and read. Asked once for all agencies.

Two ways are seen. LayDanhSachTTHC gives rows with MATTHC and TENTTHC (through an adapter, for who has credentials), and
the procedure itself a TRANGTHAI; that the rows have one too is INFERRED, its values are UNKNOWN. The public page of the
NPSP asks `formalities` with {q, currentPage, pageSize} and gets the envelope {code, data, message} with HTTP 201; what
its rows are like is UNKNOWN. So each name is a setting.
"""

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from yarl import URL

from probes import Page, Reason, Terms, Trouble, Way
from probes._answer import Answer, blocked
from probes._documents import SUCCESS, at, check_path, document_of, post_json, word
from probes._dossiers import folded
from probes._hosts import plain_host
from probes._procedures import National, joined, procedure

_MOST_PAGES = 60
_MOST_PROCEDURES = 50_000
_LARGEST = 16 * 1024 * 1024  # bytes of an answer


@dataclass(frozen=True, slots=True, kw_only=True)
class NationalList:
    """Where it is, and the names in it. The defaults are those of LayDanhSachTTHC."""

    url: str = ""
    paged: bool = False  # asked with POST and {q, currentPage, pageSize}; else once, with GET
    first_page: int = 1
    page_size: int = 500
    code_path: str = "error_code"  # where the envelope says whether all is well; "code" of the public interfaces
    rows: str = "result"  # the path to them; "data" or deeper of the public interfaces
    procedure: str = "MATTHC"  # of a row; names may be paths
    status: str = "TRANGTHAI"
    withdrawn: tuple[str, ...] = ("Bãi bỏ", "Đã bãi bỏ", "Hết hiệu lực", "Hủy bỏ")  # values of it; a guess of ours
    agencies: str = ""  # of a row: the codes of those who carry it out; none: everybody does

    def __post_init__(self) -> None:
        if not self.url.startswith(("https://", "http://")) or not URL(self.url).host:
            raise ValueError("url: must begin with https:// or http:// and name a host")
        for name in ("code_path", "rows", "procedure", "status", "agencies"):
            check_path(name, getattr(self, name))
        if not 1 <= self.page_size <= 5000:
            raise ValueError("page_size: must be from 1 to 5000")
        if self.first_page not in (0, 1):
            raise ValueError("first_page: must be 0 or 1")

    @property
    def host(self) -> str:
        return plain_host(URL(self.url))

    async def fetch(self, way: Way) -> dict[str, National]:
        """By number. `Trouble` where there is none: the national system's, and never an agency's."""
        way = way.under(Terms(max_body=_LARGEST))
        found: dict[str, National] = {}
        for number in range(self.first_page, self.first_page + _MOST_PAGES):
            # In a thread: the list is a matter of megabytes.
            rows, read = await asyncio.to_thread(self._read, await self._page(way, number))
            before = len(found)
            for each in read:
                found[each.number] = joined(found[each.number], each) if each.number in found else each
            if len(found) > _MOST_PROCEDURES:
                raise self._no(Reason.UNREADABLE, f"answered with more than {_MOST_PROCEDURES} procedures")
            if not self.paged or rows < self.page_size or len(found) == before:
                break
        if not found:
            raise self._no(Reason.UNREADABLE, "answered without the code of any procedure")
        return found

    async def _page(self, way: Way, number: int) -> Page:
        url = URL(self.url)
        if not self.paged:
            return await way.get(url, follow=lambda _: False)
        return await post_json(way, url, {"q": "", "currentPage": number, "pageSize": self.page_size})

    def _read(self, page: Page) -> tuple[int, list[National]]:
        """How many rows there are, and what those say that can be read."""
        said = f"answered {page.status}"
        if blocked(Answer(page=page)):
            raise self._no(Reason.BLOCKED, f"{said} and turns the monitor away")
        if not 200 <= page.status < 300:
            raise self._no(Reason.UPSTREAM, said)
        try:
            document = document_of(page)
        except ValueError:
            raise self._no(Reason.UPSTREAM, f"{said} with something that is not JSON") from None
        if self.code_path and word(at(document, self.code_path)).upper() not in SUCCESS:
            raise self._no(Reason.UPSTREAM, f"{said} with an envelope that names no success")
        rows = at(document, self.rows)
        rows = rows if isinstance(rows, list) else []
        return len(rows), [each for row in rows if (each := self._row(row))]

    def _row(self, row: Any) -> National | None:
        known = procedure(word(at(row, self.procedure)))
        if known is None:
            return None
        words = {folded(each) for each in self.withdrawn}
        withdrawn = folded(word(at(row, self.status))) in words
        agencies = frozenset(_codes(at(row, self.agencies))) if self.agencies else frozenset()
        own = frozenset({known.agency}) if known.agency else frozenset()
        return National(number=known.number, withdrawn=withdrawn, agencies=agencies or own)

    def _no(self, reason: Reason, what: str) -> Trouble:
        return Trouble(reason, self.host, f"{what}; the national list of procedures was expected")


def _codes(value: Any) -> Iterator[str]:
    """H26 of a word, of words with commas between them, and of lists of words or of objects that hold words."""
    if isinstance(value, list):
        for each in value:
            yield from _codes(each)
    elif isinstance(value, dict):
        for each in value.values():
            yield from _codes(each) if not isinstance(each, list | dict) else ()
    else:
        for part in word(value).replace(";", ",").split(","):
            if code := part.strip().upper().removeprefix("000.00.00."):
                yield code
