"""Answers the portal as it should? Its status, its text, its language, and whose pages it shows.

The era rule is the setting `answers`: till the day an agency's portal is closed it shows `own_pages`; from that day on
it leads to the `national_portal`. Which holds when is dated data in the configuration, not knowledge of this file.

With `page: false` no page is read: the status is judged, then what the settings say of headers, body, version and TLS,
in the order of blackbox_exporter. With `page: true` the same is judged once the page has been found to be one.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import ClassVar, Literal

from yarl import URL

from probes import Observation, Reason, Target, Terms, Trouble, Way
from probes._answer import (
    GONE,
    GONE_STATUSES,
    REFUSALS,
    Answer,
    Request,
    blocked,
    closed,
    fault,
    send,
    status_fault,
    visit,
)
from probes._credentials import Credentials, revealed
from probes._families import over_terms
from probes._hosts import NATIONAL_PORTAL, is_path, national, own, plain_host
from probes._maintenance import WORDS
from probes._matches import TOKEN, HeaderMatch, OverTls, Version, body_fault, header_fault, protocol_fault
from probes._page import blank, differing, drawn, language, small, text
from probes._patterns import check
from probes._secret import Secret

_FRAMING = frozenset({"connection", "content-length", "transfer-encoding"})  # headers that are the engine's


@dataclass(frozen=True, slots=True, kw_only=True)
class Probe(Credentials):
    """`expect` may stand in the text or the source of the page, `forbid` only in the text a person sees."""

    asks_pages: ClassVar[bool] = True

    # What is sent.
    path: str = ""  # from the root of the portal's host; none: the portal's address as it is
    method: Literal["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"] = "GET"
    headers: Mapping[str, str | Secret] = field(default_factory=dict)
    body: str | Secret = ""
    redirects: bool = True  # are followed: with `page` on the agency's own hosts, else wherever the guard lets them
    max_body: int | None = None  # bytes after decompression; none: the network's

    # What is wanted of the answer.
    page: bool = True  # it is for people; false: only what the settings say is judged
    statuses: tuple[int, ...] = ()  # that are right; none: 200 to 299
    header_matches: tuple[HeaderMatch, ...] = ()
    header_matches_not: tuple[HeaderMatch, ...] = ()
    matches: tuple[str, ...] = ()  # patterns (_patterns.py) that are all in the body
    matches_not: tuple[str, ...] = ()
    smallest: int = 0  # bytes
    versions: tuple[Version, ...] = ()  # of HTTP; none: any
    over_tls: OverTls = "any"

    # What is wanted of a page.
    expect: tuple[str, ...] = ()  # compared without regard to case
    forbid: tuple[str, ...] = ()
    maintenance_words: tuple[str, ...] = (
        WORDS  # by which a notice of maintenance is known (_maintenance.py); none: never
    )
    language: str = ""  # of the page, such as vi; vi-VN is vi too
    answers: Literal["own_pages", "national_portal", "either"] = "own_pages"
    national_portal: tuple[str, ...] = NATIONAL_PORTAL  # hosts of its front door

    def __post_init__(self) -> None:
        Credentials.__post_init__(self)
        if self.path and not is_path(self.path):
            raise ValueError("path: must be a path from /, such as /health")
        if self.smallest < 0:
            raise ValueError("smallest: must not be negative")
        if self.max_body is not None and self.max_body < 1:
            raise ValueError("max_body: must be at least 1")
        if not all(100 <= status <= 599 for status in self.statuses):
            raise ValueError("statuses: must be between 100 and 599")
        check("matches", self.matches)
        check("matches_not", self.matches_not)
        self._check_headers()
        self._check_page()

    def _check_headers(self) -> None:
        for name, value in self.headers.items():
            if not TOKEN.fullmatch(name) or name.lower() in _FRAMING:
                raise ValueError(f"headers.{name}: is no header that can be set")
            if isinstance(value, str) and not value.isprintable():
                raise ValueError(f"headers.{name}: must be one line")
            if name.lower() == "authorization" and (self.user or self.bearer or self.oauth2):
                raise ValueError(f"headers.{name}: cannot be given beside user, bearer or oauth2")

    def _check_page(self) -> None:
        if self.page and self.method == "HEAD":
            raise ValueError("method: HEAD brings no page; it needs page: false")
        for name in ("expect", "forbid", "language"):
            if getattr(self, name) and not self.page:
                raise ValueError(f"{name}: is for pages; with page: false there are matches and header_matches")
        if self.answers != "own_pages" and not self.page:
            raise ValueError("answers: is for pages, and there is none with page: false")

    def applies(self, target: Target) -> bool:  # noqa: ARG002 - every agency of the roster has a portal
        return True

    async def look(self, target: Target, way: Way) -> Observation:
        return await over_terms(self, way, lambda outward, terms: self._look(target, outward, terms), self.max_body)

    async def _look(self, target: Target, way: Way, terms: Terms) -> Observation:
        request = await self._request(way)
        try:
            answer = await self._answer(target, way, request)
        except Trouble as trouble:
            if self.answers != "national_portal" or target.level == "national":
                raise
            return _closed(trouble, target)
        if self.page:
            found = await drawn(self._judge(answer, target), answer, target, way, terms)
        else:
            found = self._judge_bare(answer)
        return replace(
            found, facts={"failed_due_to_regex": 0, **answer.last_modified, **differing(found, target), **found.facts}
        )

    async def _request(self, way: Way) -> Request:
        headers = {name: revealed(value) for name, value in self.headers.items()}
        headers |= await self.authorization(way)
        return Request(method=self.method, headers=headers, body=revealed(self.body).encode())

    async def _answer(self, target: Target, way: Way, request: Request) -> Answer:
        url = target.portal.join(URL(self.path)) if self.path else target.portal
        follow = self._follow(url, target)
        if self.page:
            return await visit(way, url, follow=follow, request=request)
        return Answer(page=await send(way, url, request, follow), bare=True)

    def _follow(self, url: URL, target: Target) -> Callable[[URL], bool]:
        """A secret in a body goes to nobody but the origin it is for."""

        def follow(led: URL) -> bool:
            kept = not isinstance(self.body, Secret) or led.origin() == url.origin()
            return self.redirects and kept and (not self.page or own(led, target))

        return follow

    def _judge_bare(self, answer: Answer) -> Observation:
        wanted = answer.page.status in self.statuses if self.statuses else answer.good
        if not wanted:
            return self._expected(status_fault(answer) or answer.found(Reason.HTTP_STATUS, ""), answer)
        said = f"{answer.host} answered {answer.page.status}"
        return (
            self._matched(answer, said)
            or small(answer, said, self.smallest)
            or self._protocol(answer, said)
            or answer.found(Reason.OK, f"{said}, as expected")
        )

    def _judge(self, answer: Answer, target: Target) -> Observation:
        wanted = answer.page.status in self.statuses
        if not (wanted and answer.page.status in REFUSALS) and (found := blocked(answer)):
            return found
        if wanted:
            return self._on_the_page(answer)
        to = answer.leads_to
        if to is not None and not own(to, target):
            return self._elsewhere(answer, to, target)
        return self._era(answer, target) or self._status(answer) or self._on_the_page(answer)

    def _elsewhere(self, answer: Answer, to: URL, target: Target) -> Observation:
        leads = f"{answer.host} answered {answer.page.status} and leads to {plain_host(to)}"
        if not national(to, target):
            return answer.found(Reason.LEADS_ELSEWHERE, f"{leads}, which is neither the agency's nor national")
        if plain_host(to) not in self.national_portal and self.answers != "either":
            return answer.found(Reason.NOT_VISIBLE, f"{leads}, a national system, before it shows a page")
        if self.answers == "own_pages":
            return answer.found(Reason.MOVED_TO_NATIONAL, f"{leads}; its own pages were expected on {target.day}")
        return answer.found(Reason.OK, f"{leads}, as it should on {target.day}")

    def _status(self, answer: Answer) -> Observation | None:
        if self.statuses:
            return self._expected(fault(answer, ()) or answer.found(Reason.HTTP_STATUS, ""), answer)
        if answer.page.location is not None:  # its own, and by the settings not followed
            return status_fault(answer)
        return fault(answer, ())

    def _expected(self, found: Observation, answer: Answer) -> Observation:
        if not self.statuses:
            return found
        wanted = ", ".join(map(str, self.statuses))
        return replace(found, detail=f"{answer.host} answered {answer.page.status}; {wanted} was expected")

    def _era(self, answer: Answer, target: Target) -> Observation | None:
        if self.answers != "national_portal" or target.level == "national":
            return None
        said = f"{answer.host} answered {answer.page.status}"
        if answer.page.status in GONE_STATUSES:
            return answer.found(Reason.OK, f"{said}: nothing is there any more, as it should on {target.day}")
        if not answer.good or answer.html.blank:
            return answer.found(Reason.DOOR_UNCLEAR, f"{said} without a page; a closed portal was expected")
        if notice := closed(answer, self.maintenance_words):
            return replace(notice, reason=Reason.DOOR_UNCLEAR)
        detail = f"{said} with pages of its own; to lead to the national portal was expected on {target.day}"
        return answer.found(Reason.OWN_PAGES_OPEN, detail)

    def _on_the_page(self, answer: Answer) -> Observation:
        said = f"{answer.host} answered {answer.page.status}"
        return (
            closed(answer, self.maintenance_words)
            or blank(answer, said)
            or self._matched(answer, said)
            or small(answer, said, self.smallest)
            or text(answer, said, self.expect, self.forbid)
            or language(answer, said, self.language)
            or self._protocol(answer, said)
            or answer.found(Reason.OK, f"{said}, as expected")
        )

    def _matched(self, answer: Answer, said: str) -> Observation | None:
        page = answer.page
        wrong = header_fault(page, self.header_matches, self.header_matches_not) or body_fault(
            page, self.matches, self.matches_not
        )
        return wrong and answer.found(wrong[0], f"{said}; {wrong[1]}", failed_due_to_regex=1)

    def _protocol(self, answer: Answer, said: str) -> Observation | None:
        wrong = protocol_fault(answer.page, self.versions, self.over_tls)
        return wrong and answer.found(wrong[0], f"{said}; {wrong[1]}")


def _closed(trouble: Trouble, target: Target) -> Observation:
    """Where a portal has to be closed, one that is gone is; one in trouble shows neither its pages nor where it leads."""
    gone = trouble.reason in GONE and trouble.host not in target.guessed
    detail = f"{trouble.host}: {trouble.detail}; a closed portal was expected on {target.day}"
    return Observation(reason=Reason.OK if gone else Reason.DOOR_UNCLEAR, detail=detail, facts=trouble.facts)
