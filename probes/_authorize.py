"""A request for the national sign-on's authorize address: what is wrong with it, and what the sign-on says to it.

OpenID Connect Core 1.0, 3.1.2.1 (client_id and redirect_uri are required) and 3.1.2.6 (error answers); RFC 6749,
4.1.2.1; WSO2 Identity Server sends a request it does not accept to
`/authenticationendpoint/oauth2_error.do?oauthErrorCode=…`, and one it stumbled over to `…/retry.do`.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from yarl import URL

from probes import Fact, Observation, Reason, Target
from probes._answer import Answer, blocked, plain
from probes._hosts import own, plain_host, within
from probes._html import resolved
from probes._maintenance import says_closed

_ERROR_FIELDS = ("error", "oauthErrorCode", "errorCode")
_ERROR_WORDS = (
    "invalid_client",
    "invalid_callback",
    "redirect_uri_mismatch",
    "invalid_redirect_uri",
    "unauthorized_client",
)
# Errors that say nothing against the pair: the sign-on's own, and those of a page that asks without showing a login.
_ERRORS_OF_ITS_OWN = frozenset({"server_error", "temporarily_unavailable"})
_ERRORS_BEFORE_LOGIN = frozenset(
    {"login_required", "interaction_required", "account_selection_required", "consent_required"}
)
_NO_LOGIN_PARTS = ("retry.do", "maintenance", "bao-tri", "baotri", "/error")  # where a sign-on in trouble sends people
_BY_REFERENCE = ("request", "request_uri")  # the fields stand in a signed object (OpenID Connect Core, 6)


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """Its state, nonce and tokens stay in here: they belong to a session."""

    url: URL
    found_on: Answer

    @property
    def client_id(self) -> str:
        return self.url.query.get("client_id", "").strip()

    @property
    def redirect_uri(self) -> URL | None:
        return resolved(URL(), self.url.query.get("redirect_uri"))

    @property
    def facts(self) -> dict[str, Fact]:
        facts: dict[str, Fact] = {"sign_on": plain_host(self.url)}
        if self.client_id:
            facts["client_id"] = plain(self.client_id)
        if self.redirect_uri:
            facts["redirect_uri_host"] = plain_host(self.redirect_uri)
        return facts

    def fault(self, target: Target) -> Observation | None:
        """What can be seen without asking."""
        by_reference = any(field in self.url.query for field in _BY_REFERENCE)
        leads = f"{self.found_on.host} answered {self.found_on.page.status} and leads to {plain_host(self.url)}"
        if not self.client_id:
            detail = f"{leads} without a client_id; one was expected"
            return self.found_on.found(Reason.NO_CLIENT_ID, detail, **self.facts)
        if self.redirect_uri is None and by_reference:
            return None
        if self.redirect_uri is None or not own(self.redirect_uri, target):
            back = plain_host(self.redirect_uri) if self.redirect_uri else "no address that can be read"
            detail = f"{leads} with a way back to {back}; a host of the agency was expected"
            return self.found_on.found(Reason.FOREIGN_REDIRECT_URI, detail, **self.facts)
        return None


def accepted(request: Request, answer: Answer, national: Iterable[str], maintenance: Iterable[str]) -> Observation:
    """What the sign-on's answer says of the pair of client and address."""
    said = f"{answer.host} answered {answer.page.status} to client {plain(request.client_id)}"
    if found := blocked(answer):
        return answer.found(Reason.BLOCKED, found.detail, **request.facts)
    if error := _error(answer):
        reason = _reason_of(error)
        expected = "as expected of who is not logged in" if reason is Reason.OK else "its login page was expected"
        detail = f"{said} with the error {error}; {expected}"
        return answer.found(reason, detail, sign_on_error=error, **request.facts)
    if not _leads_to_login(answer, tuple(national)) or says_closed(answer.html, maintenance):
        return answer.found(Reason.UPSTREAM, f"{said}; its login page was expected", **request.facts)
    return answer.found(Reason.OK, f"{said} and leads to its login, as expected", **request.facts)


def _reason_of(error: str) -> Reason:
    if error.lower() in _ERRORS_BEFORE_LOGIN:
        return Reason.OK
    return Reason.UPSTREAM if error.lower() in _ERRORS_OF_ITS_OWN else Reason.SIGN_ON_REFUSED


def _error(answer: Answer) -> str:
    if answer.page.status in (400, 401):
        return _named(answer)  # without a word of why, it may answer everyone so: that is its own trouble
    to = answer.leads_to
    if to is None:
        return _named(answer) if answer.good else ""
    named = next((to.query[field] for field in _ERROR_FIELDS if to.query.get(field)), "")
    return plain(named)[:60] or ("oauth2_error" if "oauth2_error" in to.path else "")


def _named(answer: Answer) -> str:
    return next((word for word in _ERROR_WORDS if word in answer.html.visible.lower()), "")


def _leads_to_login(answer: Answer, national: tuple[str, ...]) -> bool:
    to = answer.leads_to
    if to is None:
        return answer.good
    return within(to, national) and not any(part in to.path.lower() for part in _NO_LOGIN_PARTS)
