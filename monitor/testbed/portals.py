"""What an agency's portal and its former doors answer when their servers are well."""

from collections.abc import Mapping
from dataclasses import dataclass
from random import Random

from aiohttp import hdrs, web
from yarl import URL

from monitor.model import Agency
from monitor.testbed import pages
from monitor.testbed.answers import NATIONAL_PORTAL, html, redirect
from monitor.testbed.faults import Fault

SIGN_ON = URL("https://xacthuc.dichvucong.gov.vn/oauth2/authorize")
CALLBACK = "/signin-oidc"
FOREIGN = "https://elsewhere.example/signin-oidc"

FRONTS = ("plain", "moved", "cookie")  # harmless ways to come to the front page
LOGINS = ("link", "page", "redirect")  # ways to come to the sign-on


@dataclass(frozen=True, slots=True, kw_only=True)
class Portal:
    """One agency's portal; `front` and `login` are its harmless ways."""

    agency: Agency
    leads_to_national: bool  # closed by order: the front door is the NPSP's
    front: str
    login: str

    def answer(self, request: web.BaseRequest, faults: frozenset[Fault]) -> web.StreamResponse:
        path = request.rel_url.path
        if path in ("/vi/nps/apply", "/nop-ho-so"):
            return self._hand_over(request.rel_url.query, faults)
        if self.closed(faults):
            return redirect(NATIONAL_PORTAL, status=301)
        if path == "/":
            return self._front(request, faults)
        if path in ("/vi/trangchu", "/trang-chu"):
            return html(pages.portal(self.agency.name, self._way_in(faults)))
        return self._login(faults) if path == "/dang-nhap" else html(pages.NOT_FOUND, 404)

    def closed(self, faults: frozenset[Fault]) -> bool:
        """Whether its own pages are."""
        return Fault.CLOSED in faults or (self.leads_to_national and Fault.OWN_PAGES not in faults)

    def _front(self, request: web.BaseRequest, faults: frozenset[Fault]) -> web.StreamResponse:
        if self.front == "moved":
            return redirect("/vi/trangchu")
        if self.front == "cookie" and "phien" not in request.cookies:
            answer = redirect("/")
            answer.headers[hdrs.SET_COOKIE] = "phien=synthetic; Path=/; HttpOnly"
            return answer
        return html(pages.portal(self.agency.name, self._way_in(faults)))

    def _way_in(self, faults: frozenset[Fault]) -> str:
        """The HTML of the login on the front page."""
        if Fault.SCRIPT_LOGIN in faults:
            return '<button id="dang-nhap" type="button">Đăng nhập</button><script src="/main.js"></script>'
        if Fault.NO_SIGN_ON_LINK in faults or self.login != "link":
            return pages.link("/dang-nhap")
        return pages.link(str(self.authorize(faults)), "Đăng nhập bằng tài khoản Cổng Dịch vụ công quốc gia")

    def _login(self, faults: frozenset[Fault]) -> web.StreamResponse:
        if Fault.NO_SIGN_ON_LINK in faults:
            return html(pages.login(self.agency.name, pages.own_login()))
        to = str(self.authorize(faults))
        if self.login == "redirect":
            return redirect(to)
        return html(pages.login(self.agency.name, pages.own_login() + pages.link(to, "Cổng Dịch vụ công quốc gia")))

    def authorize(self, faults: frozenset[Fault] = frozenset()) -> URL:
        """The request that the portal sends a citizen to the sign-on with."""
        fields = {
            "response_type": "code",
            "client_id": "unknown-client" if Fault.SIGN_ON_REFUSED in faults else client_id(self.agency),
            "redirect_uri": FOREIGN if Fault.FOREIGN_REDIRECT_URI in faults else redirect_uri(self.agency),
            "scope": "openid",
            "acr_values": "LoA1",
            "state": "synthetic",
        }
        if Fault.NO_CLIENT_ID in faults:
            del fields["client_id"]
        return SIGN_ON.with_query(fields)

    def _hand_over(self, query: Mapping[str, str], faults: frozenset[Fault]) -> web.StreamResponse:
        if Fault.HAND_OVER_404 in faults:
            return html(pages.NOT_FOUND, 404)
        if Fault.HAND_OVER_500 in faults:
            return html(pages.error(500, "Internal Server Error"), 500)
        if Fault.HAND_OVER_BLANK in faults:
            return html(pages.SHELL)
        return html(pages.application(self.agency.name, query.get("MaTTHC") or query.get("MaTTHCDP", "")))


def client_id(agency: Agency) -> str:
    """The name under which the sign-on knows an agency's portal."""
    return f"synthetic-{agency.code.lower()}"


def redirect_uri(agency: Agency) -> str:
    return str(URL(agency.portal or "").with_path(CALLBACK))


def portal_of(agency: Agency, *, seed: int, leads_to_national: bool) -> Portal:
    """The same ways for the same seed, so that a drill can be repeated."""
    random = Random(f"{seed} {agency.code}")  # noqa: S311 - as above
    return Portal(
        agency=agency,
        leads_to_national=leads_to_national,
        front=random.choice(FRONTS),
        login=random.choice(LOGINS),
    )


def door(agency: Agency, faults: frozenset[Fault], *, leads_to_national: bool) -> web.StreamResponse:
    """A former door: it leads to the one system, unless it was never shut."""
    if Fault.SECOND_DOOR_OPEN in faults:
        return html(pages.door(agency.name))
    if Fault.DOOR_500 in faults:
        return html(pages.error(500, "Internal Server Error"), 500)
    if Fault.DOOR_BLOCKED in faults:
        return html(pages.FIREWALL, 403)
    return redirect(NATIONAL_PORTAL if leads_to_national else agency.portal or "", status=301)
