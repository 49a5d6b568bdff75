"""Is the agency's security server well, and does it pass messages on? Proves: connected.

By X-Road: its health check ("External Load Balancer Installation Guide", IG-XLB, 3.4) answers 200 when the server can
pass messages on, 500 when it cannot and 503 while it is in maintenance; it is off unless the operator gave it a port.
`listMethods` ("Service Metadata Protocol for REST", PR-MREST, 4) asks for what the provider offers and so goes all the
way, through both security servers. Errors of the exchange are told from errors of the provider in _exchange.py.

For use inside the government network. INFERRED: that the national exchange is X-Road, that its members are named in
X-Road's REST form as `dstcode` names them (VN:GOV:000.00.00.G22:…), and that an agency's own is 000.00.00.CODE.

The health check keeps a failure for 30 seconds before it looks again (IG-XLB, 3.4): to ask more often tells nothing new.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import ClassVar
from urllib.parse import quote

from yarl import URL

from probes import Fact, Observation, Reason, Target, Way
from probes._answer import Answer, blocked, plain, status_fault
from probes._exchange import at_an_address_of_ours, came_through, exchange_fault
from probes._families import over
from probes._terms import Outward
from probes._text import text_of

_LARGEST_MESSAGE = 120  # characters of what the health check says
_HEALTH: Mapping[int, str] = {200: "well", 500: "failing", 503: "maintenance"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Probe(Outward):
    """Either address is enough; without any there is nothing to look at."""

    asks_pages: ClassVar[bool] = False
    least_every: ClassVar[float] = 30.0

    health_url: URL | None = None  # of the health check, such as http://security-server.example:5588/
    url: URL | None = None  # of the security server, for listMethods
    provider: str = "VN/GOV/000.00.00.G22/vpcpdvcprovider"  # INSTANCE/CLASS/MEMBER[/SUBSYSTEM]
    client: str = ""  # likewise; none: VN/GOV/000.00.00. and the agency's code

    def __post_init__(self) -> None:
        Outward.__post_init__(self)
        for name in ("provider", "client"):
            member = getattr(self, name)
            if (member or name == "provider") and not _is_member(member):
                raise ValueError(f"{name}: must be INSTANCE/CLASS/MEMBER or INSTANCE/CLASS/MEMBER/SUBSYSTEM")

    def applies(self, target: Target) -> bool:  # noqa: ARG002 - the key `only` says for whom it is
        return self.health_url is not None or self.url is not None

    async def look(self, target: Target, way: Way) -> Observation:
        return await over(self, way, lambda outward: self._look(target, outward))

    async def _look(self, target: Target, way: Way) -> Observation:
        with at_an_address_of_ours():
            return await self._looked(target, way)

    async def _looked(self, target: Target, way: Way) -> Observation:
        """The health comes first: of a server that is not well no more is asked."""
        health = await self._health(self.health_url, way) if self.health_url else None
        if self.url is None or (health and health.reason is not Reason.OK):
            return health or Observation(reason=Reason.UNREADABLE, detail="no address to look at")
        found = await self._methods(self.url, target, way)
        return replace(found, facts={"health": "well", **found.facts}) if health else found

    async def _health(self, url: URL, way: Way) -> Observation:
        answer = Answer(page=await way.get(url, follow=lambda _: False), bare=True)
        health = _HEALTH.get(answer.page.status, "unclear")
        if answer.good and _is_html(answer):
            detail = (
                f"{answer.host} answered {answer.page.status} with a page; a health check, which has none, was expected"
            )
            return answer.found(Reason.UNREADABLE, detail, health="unclear")
        said = plain(text_of(answer.page))[:_LARGEST_MESSAGE] if health in ("failing", "maintenance") else ""
        message: dict[str, Fact] = {"health_message": said} if said else {}
        if answer.page.status == 200:
            return answer.found(Reason.OK, f"{answer.host} says that it is well, as expected", health=health)
        told = f"{answer.host} answered {answer.page.status}; 200 was expected"
        found = _refused(answer) or answer.found(Reason.HTTP_STATUS, told)
        return replace(found, facts={**found.facts, "health": health, **message})

    async def _methods(self, url: URL, target: Target, way: Way) -> Observation:
        headers = {
            "X-Road-Client": _quoted(self.client or f"VN/GOV/000.00.00.{target.code}"),
            "Accept": "application/json",
        }
        asked = url.join(URL(f"/r1/{_quoted(self.provider)}/listMethods", encoded=True))
        answer = Answer(page=await way.get(asked, headers=headers, follow=lambda _: False), bare=True)
        return exchange_fault(answer) or _listed(answer) or _not_listed(answer)


def _listed(answer: Answer) -> Observation | None:
    """A provider may offer nothing in REST: that its security server says so is proof enough of the exchange."""
    methods = _services(answer)
    if methods is None or not answer.good:
        return None
    detail = f"{answer.host} answered {answer.page.status} to listMethods with {methods} services, as expected"
    return answer.found(Reason.OK, detail, methods=methods)


def _not_listed(answer: Answer) -> Observation:
    """What came through the exchange is the provider's, also a 403; what did not may be a firewall's."""
    said = f"{answer.host} answered {answer.page.status} to listMethods"
    if answer.page.status >= 400 and (came_through(answer.page) or not blocked(answer)):
        detail = f"{said}, by no fault of the exchange: the provider's own error; a list of services was expected"
        return answer.found(Reason.PROVIDER_ERROR, detail)
    detail = f"{said} with something else; a list of services was expected"
    return _refused(answer) or answer.found(Reason.UNREADABLE, detail)


def _refused(answer: Answer) -> Observation | None:
    """A redirect is no health check's and no list's, wherever it leads."""
    return (None if answer.page.location else blocked(answer)) or status_fault(answer)


def _services(answer: Answer) -> int | None:
    try:
        document = json.loads(text_of(answer.page))
    except (ValueError, RecursionError):
        return None
    services = document.get("service") if isinstance(document, dict) else None
    return len(services) if isinstance(services, list) else None


def _is_html(answer: Answer) -> bool:
    return text_of(answer.page).lstrip("\ufeff \t\r\n").startswith("<")


def _is_member(text: str) -> bool:
    return text.count("/") in (2, 3) and all(text.split("/")) and text.isprintable()


def _quoted(member: str) -> str:
    """Each part by itself, as PR-REST, 4.2 wants it."""
    return "/".join(quote(part, safe="") for part in member.split("/"))
