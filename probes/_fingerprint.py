"""By what software a page was made, and whether the EMC's tracker is in it: plain marks in its source, no guess.

The families are those of `platform` in config/agencies; their marks are of the public pages and code of portals
(CERTAIN), and one of SharePoint's that is general knowledge (KNOWN: /_layouts/); that each tells a family from all
others is INFERRED, and .aspx alone is any page of ASP.NET. A mark within an address of another host says nothing of the
page: portals link to each other. Where two families fit equally well there is none.
"""

import re
from collections.abc import Iterator, Mapping
from types import MappingProxyType

from probes import Fact, Page
from probes._hosts import plain_host, under
from probes._patterns import which

_MARKS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "igate": ("/vi/trangchu", "/padsvc/", "/vi/nps/apply", "/dossier-iframe-report"),
        "eform": ("/nop-ho-so/", "/thong-tin-cong-dan"),
        "liferay": ("p_p_id=", "/web/guest/"),
        "sharepoint": (".aspx", "_vti_bin", "/_layouts/"),
        "tandan": ("KetQuaThanhToanDVCQG",),
        "opencps": ("opencps-ux-theme",),
        "own": ("/dich-vu-cong/tiep-nhan-online/",),
    }
)
_TRACKER = ("f-emc.ngsp.gov.vn", "gov-tracking.min.js", "_govaq")
_ALL = (*_TRACKER, *(mark for marks in _MARKS.values() for mark in marks))
_BUILT_ON = MappingProxyType({"opencps": "liferay"})  # OpenCPS is a set of Liferay's portlets and themes (KNOWN)

_MOST_READ = 512 * 1024  # bytes
_MOST_PLACES = 50  # of one mark that are looked at
_LONGEST_ADDRESS = 500  # bytes before a mark in which its address begins
_NUMBERED = frozenset({"/nop-ho-so/"})  # a digit follows
_BEFORE_ADDRESS = (b'"', b"'", b" ", b"\n", b"<", b">", b"(")
_HOST = re.compile(rb"(?:[a-z-]{1,20}=)?(?:https?:)?//([a-zA-Z0-9.-]{1,253})")

_SITE_ID = re.compile(
    rb"_govaq\s{0,9}\.\s{0,9}push\(\s{0,9}\[\s{0,9}[\"']setSiteId[\"']\s{0,9},\s{0,9}[\"']?([0-9]{1,6})[\"']?\s{0,9}\]"
)


def fingerprint(page: Page) -> dict[str, Fact]:
    """`platform_family` where one fits best; `emc_tracker`, and `emc_site_id` where the page names it.

    The tracker is of the EMC, which measures visits (CERTAIN); that it is there corroborates, and proves nothing.
    """
    body = page.body[:_MOST_READ]
    seen = which(_ALL, body)
    facts: dict[str, Fact] = {"emc_tracker": not seen.isdisjoint(_TRACKER)}
    if family := _family(body, seen, plain_host(page.url)):
        facts["platform_family"] = family
    if "_govaq" in seen and (found := _SITE_ID.search(body)):
        facts["emc_site_id"] = int(found[1])
    return facts


def _family(body: bytes, seen: frozenset[str], host: str) -> str:
    if not seen:
        return ""
    counted = {
        family: sum(mark in seen and _own(body, mark, host) for mark in marks) for family, marks in _MARKS.items()
    }
    for family, base in _BUILT_ON.items():
        if counted[family]:
            counted[base] = 0
    best = max(counted.values())
    fitting = [family for family, count in counted.items() if count == best]
    return fitting[0] if best and len(fitting) == 1 else ""


def _own(body: bytes, mark: str, host: str) -> bool:
    """Whether the mark stands anywhere but in addresses of other hosts."""
    places = _places(body, mark.encode())
    return any(_is_mark(body, place, mark) and not _abroad(body, place, host) for place in places)


def _places(body: bytes, mark: bytes) -> Iterator[int]:
    place = -1
    for _ in range(_MOST_PLACES):
        place = body.find(mark, place + 1)
        if place < 0:
            return
        yield place


def _is_mark(body: bytes, place: int, mark: str) -> bool:
    end = place + len(mark)
    return mark not in _NUMBERED or body[end : end + 1].isdigit()


def _abroad(body: bytes, place: int, host: str) -> bool:
    """Within an address that names a host which is neither the page's nor below it."""
    before = body[max(0, place - _LONGEST_ADDRESS) : place]
    begins = max(before.rfind(each) for each in _BEFORE_ADDRESS) + 1
    named = _HOST.match(before, begins)
    return named is not None and not under(named[1].decode().lower(), (host,))
