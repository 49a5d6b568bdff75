"""Does the agency take what the NPSP hands over? Its hand-over address knows a procedure. Proves: connected.

The NPSP sends a citizen to the agency's own form with the codes of the procedure and the agency. Two contracts are
seen: `MaTTHCDP…&vnconnect=1`, the older, and `/vi/nps/apply?…&vneid=1`, the newer; which one holds at which family of
software is a setting. An answer that first asks who one is (a login) is right: the address is there and takes the code.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from string import Formatter
from typing import ClassVar
from urllib.parse import quote

from yarl import URL

from probes import Fact, Observation, Reason, Target, Way
from probes._answer import Answer, fault, visit
from probes._hosts import NATIONAL_PORTAL, is_path, national, own, plain_host
from probes._maintenance import WORDS
from probes._page import drawn

_NEWER = "/vi/nps/apply?MaTTHC={procedure}&MaCoQuanThucHien={agency}&MaDVC=&MaTTHCDP={procedure}.{agency}&vneid=1"
_OLDER = (
    "/nop-ho-so?MaTTHCDP={procedure}.000.00.00.{agency}&MaCoQuanThucHien={agency}"
    "&vnconnect=1&MaDVC={procedure}.000.00.00.{agency}"
)
_PLACES = frozenset({"procedure", "agency"})
_LOGIN_PARTS = ("login", "signin", "sign-in", "dang-nhap", "dangnhap", "/sso", "oidc", "openid")
_WHO_ARE_YOU = 401


@dataclass(frozen=True, slots=True, kw_only=True)
class Probe:
    """`forms` gives the address by family of software, with {procedure} and {agency} in it."""

    asks_pages: ClassVar[bool] = True

    forms: Mapping[str, str] = field(default_factory=lambda: {"igate": _NEWER, "eform": _OLDER})
    procedure: str = "2.000815"  # national code of a procedure that every agency of the check's levels has
    missing_words: tuple[str, ...] = ("không tìm thấy trang", "trang không tồn tại", "page not found")
    maintenance_words: tuple[str, ...] = WORDS  # by which a notice of maintenance is known (_maintenance.py)

    def __post_init__(self) -> None:
        for family, form in self.forms.items():
            if not is_path(form) or not _fillable(form):
                raise ValueError(
                    f"forms.{family}: must be a path from / and hold no {{}} but {{procedure}} and {{agency}}"
                )

    def applies(self, target: Target) -> bool:
        return target.platform in self.forms

    async def look(self, target: Target, way: Way) -> Observation:
        form = self.forms[target.platform or ""]
        filled = form.format(procedure=quote(self.procedure, safe=""), agency=quote(target.code, safe=""))
        url = target.portal.join(URL(filled, encoded=True))
        answer = await visit(way, url, follow=lambda to: own(to, target) and not _is_login(to))
        return await drawn(self._judge(answer, target), answer, target, way)

    def _judge(self, answer: Answer, target: Target) -> Observation:
        host, status = answer.host, answer.page.status
        facts: dict[str, Fact] = {"procedure": self.procedure, "procedure_echoed": self.procedure in answer.html.source}
        if status in (404, 410) or self._says_missing(answer):
            detail = f"{host} answered {status} at its hand-over address; a form for {self.procedure} was expected"
            return answer.found(Reason.HAND_OVER_MISSING, detail, **facts)
        if status == _WHO_ARE_YOU:
            return answer.found(Reason.OK, f"{host} answered {status}: it asks who one is, as it may", **facts)
        if found := fault(answer, self.maintenance_words):
            return answer.found(found.reason, found.detail, **{**found.facts, **facts})
        return _onward(answer, target, facts) or _shown(answer, facts)

    def _says_missing(self, answer: Answer) -> bool:
        """A page that is not there, answered with 200; long pages may use the words for something else."""
        html = answer.html
        text = f"{html.title} {html.visible if len(html.visible) < 1000 else ''}".casefold()
        return answer.good and any(words.casefold() in text for words in self.missing_words)


def _onward(answer: Answer, target: Target, facts: Mapping[str, Fact]) -> Observation | None:
    to = answer.leads_to
    if to is None:
        return None
    leads = f"{answer.host} answered {answer.page.status} and leads to {plain_host(to)}"
    if plain_host(to) in NATIONAL_PORTAL:
        # A closed portal leads there from whatever address: that says nothing of the hand-over.
        return answer.found(Reason.NOT_VISIBLE, f"{leads}, as a closed portal does; a form was expected", **facts)
    if own(to, target) or national(to, target):
        return answer.found(Reason.OK, f"{leads}, where it may ask who one is", **facts)
    detail = f"{leads}, which is neither the agency's nor national; a form or a login was expected"
    return answer.found(Reason.LEADS_ELSEWHERE, detail, **facts)


def _shown(answer: Answer, facts: Mapping[str, Fact]) -> Observation:
    said = f"{answer.host} answered {answer.page.status} at its hand-over address"
    if answer.html.blank:
        return answer.found(Reason.BLANK_PAGE, f"{said} and shows nothing; a form was expected", **facts)
    return answer.found(Reason.OK, f"{said} with a page, as expected", **facts)


def _is_login(url: URL) -> bool:
    return any(part in url.raw_path.lower() for part in _LOGIN_PARTS)


def _fillable(form: str) -> bool:
    parts = Formatter().parse(form)
    return all(name is None or (name in _PLACES and not spec and not turn) for _, name, spec, turn in parts)
