"""What kinds of probe judge alike in an answer: whether a firewall sent it, its status, and where it leads."""

import re
from collections.abc import Callable, Coroutine, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC
from email.utils import parsedate_to_datetime
from functools import lru_cache
from typing import Any

from yarl import URL

from probes import Fact, Observation, Page, Reason, Way
from probes._fingerprint import fingerprint
from probes._hosts import plain_host
from probes._html import Html, read
from probes._maintenance import WORDS, says_closed

REFUSALS = (403, 429)  # how a firewall says no, and a server where that is what is wanted of it
# A name that is gone, or a server that is: nobody comes in.
GONE = frozenset({Reason.DNS_NO_NAME, Reason.DNS_NO_ADDRESS, Reason.REFUSED, Reason.UNREACHABLE})
GONE_STATUSES = frozenset({404, 410})
_REFRESHES = 3  # that are followed one after the other
_LONGEST_FACT = 200
_LONGEST_LANGUAGE = 35  # characters, as RFC 5646, 4.4.1 has it
_UNPRINTABLE = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff]")

# Words in the source of a page that only a firewall sends; all of a row have to be there, in lower case.
_CHALLENGES = (
    ("cloudflare", ("just a moment", "challenge-platform")),
    ("cloudflare", ("just a moment", "_cf_chl_opt")),
    ("cloudflare", ("attention required!", "cloudflare")),
    ("f5", ("request rejected", "support id")),
    ("f5", ("the requested url was rejected", "support id")),
    ("f5", ("bobcmn",)),
    ("f5", ("/tspd/", "please enable javascript")),
    ("f5", ("/tspd/", "support id")),
    ("imperva", ("_incapsula_resource", "incident id")),
    ("imperva", ("_incapsula_resource", "noindex")),
    ("akamai", ("access denied", "reference #", "edgesuite")),
    ("fortiweb", ("web page blocked!", "attack id")),
)
_CAPTCHAS = ("g-recaptcha", "h-captcha", "cf-turnstile", "hcaptcha.com", "recaptcha/api", "captcha")
_COOKIE_AND_AGAIN = re.compile(r"location\s*(?:\.\s*(?:reload|replace|href|assign)|=)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """A page and what is on it, which is read when it is first asked for: most of a look's work is there."""

    page: Page
    bare: bool = False  # true: what is on the page is nobody's concern, and no fact
    _html: Html | None = field(default=None, init=False, repr=False, compare=False)
    _marks: Mapping[str, Fact] | None = field(default=None, init=False, repr=False, compare=False)

    @property
    def html(self) -> Html:
        html = self._html
        if html is None:
            html = read(self.page)
            object.__setattr__(self, "_html", html)
        return html

    @property
    def host(self) -> str:
        return plain_host(self.page.url)

    @property
    def good(self) -> bool:
        return 200 <= self.page.status < 300

    @property
    def leads_to(self) -> URL | None:
        """Where it sends on, by a redirect that was not followed, a refresh or a script."""
        return self.page.location or (self.html.leads_to if self.good else None)

    @property
    def facts(self) -> dict[str, Fact]:
        page = self.page
        facts: dict[str, Fact] = {"http_status": page.status, "url": without_query(page.url)}
        if not self.bare:
            facts |= self._on_it
        if to := page.location if self.bare else self.leads_to:
            facts["leads_to"] = plain_host(to)
        if wait := page.headers.get("retry-after"):
            facts["retry_after"] = int(wait) if re.fullmatch(r"[0-9]{1,9}", wait) else plain(wait)
        return facts

    @property
    def _on_it(self) -> Mapping[str, Fact]:
        """What the page says of itself, and by what software it was made; found out once."""
        marks = self._marks
        if marks is None:
            marks = _of_html(self.html) | (fingerprint(self.page) if self.good and self.html.is_html else {})
            object.__setattr__(self, "_marks", marks)
        return marks

    @property
    def last_modified(self) -> dict[str, Fact]:
        """When the page says that it changed last, as a fact; none where it does not say."""
        moment = _moment(self.page.headers.get("last-modified"))
        return {} if moment is None else {"last_modified": moment}

    def found(self, reason: Reason, detail: str, **facts: Fact) -> Observation:
        return Observation(reason=reason, detail=detail, facts={**self.facts, **facts})


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What is sent to the first address."""

    method: str = "GET"
    headers: Mapping[str, str] | None = None
    body: bytes = field(default=b"", repr=False)


async def visit(
    way: Way,
    url: URL,
    *,
    follow: Callable[[URL], bool],
    request: Request | None = None,
) -> Answer:
    """The page a person comes to: redirects and refreshes are followed while `follow` says so."""
    asked: set[URL] = {url}
    first = request or Request()
    answer = Answer(page=await send(way, url, first, follow))
    for _ in range(_REFRESHES):
        asked.update(answer.page.asked)
        to = answer.leads_to
        if to is None or answer.page.location is not None or to in asked or not follow(to):
            break
        # What a page says, and not the operator, chooses this address: credentials stay with the first origin.
        headers = first.headers if to.origin() == url.origin() else None
        answer = Answer(page=await way.get(to, headers=headers, follow=follow))
    return answer


def send(way: Way, url: URL, request: Request, follow: Callable[[URL], bool]) -> Coroutine[Any, Any, Page]:
    if request.method == "GET" and not request.body:
        return way.get(url, headers=request.headers, follow=follow)
    return way.ask(url, method=request.method, headers=request.headers, body=request.body, follow=follow)


def fault(answer: Answer, words: Iterable[str] = WORDS) -> Observation | None:
    """What is wrong with an answer that should be a page; None when it is one, or leads on.

    By its `words` a notice of maintenance is known (_maintenance.py).
    """
    unfit = blocked(answer) or (None if answer.leads_to is not None else status_fault(answer))
    return unfit or closed(answer, words)


def closed(answer: Answer, words: Iterable[str] = WORDS) -> Observation | None:
    """200, and a notice of maintenance where a page should be; one that leads on to another host is none."""
    to = answer.leads_to
    stays = answer.good and (to is None or plain_host(to) == answer.host)
    said = says_closed(answer.html, words) if stays else ""
    if not said:
        return None
    detail = f"{answer.host} answered {answer.page.status} with a notice of maintenance (“{said}”); a page was expected"
    return answer.found(Reason.MAINTENANCE_PAGE, detail, maintenance=said)


def blocked(answer: Answer) -> Observation | None:
    """A firewall's answer: it says nothing of the agency."""
    sign = _sign_of_a_firewall(answer)
    if not sign:
        return None
    detail = f"{answer.host} answered {answer.page.status} and turns the monitor away ({sign}); a page was expected"
    return answer.found(Reason.BLOCKED, detail, firewall=sign)


def status_fault(answer: Answer) -> Observation | None:
    if answer.good:
        return None
    family = answer.page.status // 100
    reason = {4: Reason.HTTP_4XX, 5: Reason.HTTP_5XX}.get(family, Reason.HTTP_STATUS)
    detail = f"{answer.host} answered {answer.page.status}; a page with status 2xx was expected"
    said = "" if answer.bare else says_closed(answer.html)
    return answer.found(reason, detail, maintenance=said) if said else answer.found(reason, detail)


def _of_html(html: Html) -> dict[str, Fact]:
    facts: dict[str, Fact] = {}
    if html.title:
        facts["page_title"] = plain(html.title)
    if html.language:
        facts["page_language"] = plain(html.language)[:_LONGEST_LANGUAGE]
    return facts


def _sign_of_a_firewall(answer: Answer) -> str:
    page = answer.page
    if page.headers.get("cf-mitigated"):
        return "cloudflare"
    if page.status in REFUSALS:
        return f"status {page.status}"
    if page.status not in (200, 202, 503):
        return ""
    source = answer.html.source.lower()
    by = next((name for name, words in _CHALLENGES if all(word in source for word in words)), "")
    return by or _captcha(answer.html, source) or _cookie_and_again(answer.html, source)


def _captcha(html: Html, source: str) -> str:
    """A page that asks for nothing but a captcha. A portal's own form with a captcha has more on it."""
    alone = len(html.visible) < 500 and len(html.links) <= 3 and not html.password
    return "captcha" if alone and any(word in source for word in _CAPTCHAS) else ""


def _cookie_and_again(html: Html, source: str) -> str:
    """Shows nothing, has a script set a cookie and ask again: how several firewalls tell a browser from a program."""
    again = html.blank and "document.cookie" in source and _COOKIE_AND_AGAIN.search(source)
    return "script sets a cookie" if again else ""


@lru_cache(maxsize=4096)  # a page is changed more seldom than it is looked at
def _moment(told: str | None) -> float | None:
    """A header's date (RFC 9110, 5.6.7), in seconds since 1970; none where it is no date."""
    try:
        moment = parsedate_to_datetime(told) if told and len(told) < 50 else None
        return moment.replace(tzinfo=moment.tzinfo or UTC).timestamp() if moment else None
    except (ValueError, TypeError, IndexError, OverflowError):
        return None


def plain(text: str) -> str:
    """Fit for a fact or a detail: short, on one line, without control characters."""
    return " ".join(_UNPRINTABLE.sub(" ", text[: 2 * _LONGEST_FACT]).split())[:_LONGEST_FACT]


def without_query(url: URL) -> str:
    """A query may hold what identifies a session or a person."""
    return plain(f"{url.scheme}://{url.raw_authority.rpartition('@')[2]}{url.raw_path}")
