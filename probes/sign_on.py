"""Does the portal's login lead to the national sign-on, and does the sign-on know it? Proves: connected.

The sign-on is an OpenID provider (WSO2 Identity Server, /oauth2/authorize). The probe reads the portal's page and at
most a few login pages for the authorize address, then asks that address once, as a browser that nobody is logged in
with. It never follows into a login, submits no form and sends no credentials.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import ClassVar

from yarl import URL

from probes import Observation, Reason, Target, Trouble, Way
from probes._answer import Answer, fault, visit
from probes._authorize import Request, accepted
from probes._hosts import is_path, national, own, plain_host, within
from probes._html import Link
from probes._maintenance import WORDS

_MOST_LOGINS = 2  # links of the page that look like a login
_GONE = (404, 410)
_BUTTON = 40  # characters that fit on one
_LOGIN_PARTS = ("login", "log-in", "signin", "sign-in", "dang-nhap", "dangnhap", "oidc", "openid", "/sso")
_LOGOUT_PARTS = ("logout", "log-out", "signout", "sign-out", "dang-xuat", "dangxuat", "register", "dang-ky", "dangky")


@dataclass(frozen=True, slots=True, kw_only=True)
class Probe:
    """Words are compared with the text of links without regard to case; paths with the end of an address's path."""

    asks_pages: ClassVar[bool] = True

    hosts: tuple[str, ...] = ("xacthuc.dichvucong.gov.vn", "sso.dancuquocgia.gov.vn")  # of the national sign-on
    authorize_paths: tuple[str, ...] = ("/oauth2/authorize", "/oauth2/auth", "/authorize", "/openid-connect/auth")
    login_words: tuple[str, ...] = ("đăng nhập", "login", "log in", "sign in")
    sign_on_words: tuple[str, ...] = ("quốc gia", "vneid", "national")  # on a login page: the way to the sign-on
    login_paths: tuple[str, ...] = ()  # tried beside the links that are found
    maintenance_words: tuple[str, ...] = WORDS  # by which a notice of maintenance is known (_maintenance.py)

    def __post_init__(self) -> None:
        if not self.hosts:
            raise ValueError("hosts: must name the sign-on")
        if not all(map(is_path, self.login_paths)):
            raise ValueError("login_paths: must be paths from /, such as /dang-nhap")

    def applies(self, target: Target) -> bool:
        return not within(target.portal, self.hosts)

    async def look(self, target: Target, way: Way) -> Observation:
        front = await self._visit(target.portal, target, way)
        answers = [front]
        found = self._requests(front) or fault(front, self.maintenance_words) or _astray(front, target)
        if not found:
            found = await self._behind_logins(answers, target, way)
        if isinstance(found, Observation):
            return found
        return await self._ask(found, target, way) if found else self._not_found(answers)

    async def _visit(self, url: URL, target: Target, way: Way) -> Answer:
        return await visit(way, url, follow=lambda to: own(to, target) and not within(to, self.hosts))

    async def _behind_logins(self, answers: list[Answer], target: Target, way: Way) -> list[Request] | Observation:
        """Looks behind the logins one by one; adds each answer. What is wrong counts only when none leads on."""
        faults: list[Observation] = []
        troubles: list[Trouble] = []
        linked = self._linked(answers[0], target)
        for url in dict.fromkeys([*self._extra(target), *linked]):
            try:
                answer = await self._visit(url, target, way)
            except Trouble as trouble:
                troubles.append(trouble)
                continue
            if requests := self._requests(answer):
                return requests
            if answer.page.status in _GONE and url not in linked:
                continue  # a path of the configuration need not exist at every agency
            answers.append(answer)
            if found := fault(answer, self.maintenance_words):
                faults.append(found)
        return _weightiest(faults, troubles) or []

    def _extra(self, target: Target) -> list[URL]:
        return [target.portal.join(URL(path)) for path in self.login_paths]

    def _linked(self, front: Answer, target: Target) -> list[URL]:
        links = (link for link in front.html.links if link.url and own(link.url, target) and self._is_login(link))
        by_address = dict.fromkeys(link.url.with_fragment(None) for link in _national_first(links, self) if link.url)
        return [url for url in by_address if url not in front.page.asked][:_MOST_LOGINS]

    def _is_login(self, link: Link) -> bool:
        address = f"{link.url.raw_path}?{link.url.raw_query_string}".lower() if link.url else ""
        if any(part in address for part in _LOGOUT_PARTS):
            return False
        return _says(link, self.login_words) or any(part in address for part in _LOGIN_PARTS)

    def _requests(self, answer: Answer) -> list[Request]:
        """Every authorize address of the sign-on that the page leads to."""
        html = answer.html
        urls = [answer.leads_to, *(link.url for link in html.links), *html.forms]
        good = (url for url in urls if url and within(url, self.hosts) and self._authorizes(url))
        return [Request(url=url, found_on=answer) for url in dict.fromkeys(good)]

    def _authorizes(self, url: URL) -> bool:
        return url.path.rstrip("/").lower().endswith(self.authorize_paths) or "redirect_uri" in url.query

    async def _ask(self, requests: list[Request], target: Target, way: Way) -> Observation:
        """A page may offer several, for citizens and for companies: one in order is enough."""
        faults = [request.fault(target) for request in requests]
        if None not in faults:
            return next(filter(None, faults))
        request = requests[faults.index(None)]
        answer = await visit(way, request.url, follow=lambda _: False)
        return accepted(request, answer, self._national(target), self.maintenance_words)

    def _national(self, target: Target) -> tuple[str, ...]:
        return (*self.hosts, *target.national_hosts)

    def _not_found(self, answers: list[Answer]) -> Observation:
        scripted = next((answer for answer in reversed(answers) if self._scripted(answer)), None)
        if scripted:
            detail = f"{scripted.host} answered {scripted.page.status} with a page that only scripts complete"
            return scripted.found(Reason.NOT_VISIBLE, f"{detail}; a link to {self.hosts[0]} was expected")
        seen = ", ".join(f"{answer.host} ({answer.page.status})" for answer in answers)
        detail = f"no link from {seen} leads to the authorize address of {self.hosts[0]}; one was expected"
        return answers[-1].found(Reason.NO_SIGN_ON_LINK, detail, pages_read=len(answers))

    def _scripted(self, answer: Answer) -> bool:
        """Whether a browser that runs scripts might see more: then nobody is accused."""
        html = answer.html
        if html.blank or any(host in html.source for host in self.hosts):
            return True
        login = any(map(self._is_login, (link for link in html.links if link.url))) or html.password
        words = self.sign_on_words if login else (*self.login_words, *self.sign_on_words)
        clickable = any(link.url is None and _says(link, words) for link in html.links)
        return clickable or (html.scripts and not login)


def _weightiest(faults: list[Observation], troubles: list[Trouble]) -> Observation | None:
    """What we could not see comes first; a trouble is raised, since only the runner knows whose it is."""
    if blocked := next((found for found in faults if found.reason is Reason.BLOCKED), None):
        return blocked
    if troubles:
        raise troubles[0]
    return faults[0] if faults else None


def _astray(front: Answer, target: Target) -> Observation | None:
    """The portal leads away from the agency, and not to the sign-on."""
    to = front.leads_to
    if to is None or own(to, target):
        return None
    reason = Reason.MOVED_TO_NATIONAL if national(to, target) else Reason.LEADS_ELSEWHERE
    detail = (
        f"{front.host} answered {front.page.status} and leads to {plain_host(to)}; a page with a login was expected"
    )
    return front.found(reason, detail)


def _says(link: Link, words: Iterable[str]) -> bool:
    text = link.text.casefold()
    return len(text) < 200 and any(word.casefold() in text for word in words)


def _national_first(links: Iterable[Link], probe: Probe) -> list[Link]:
    """A short text is a button's, a long one that of a guide or of news."""
    return sorted(links, key=lambda link: (not _says(link, probe.sign_on_words), len(link.text) > _BUTTON))
