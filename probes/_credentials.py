"""Who a look says it is: by name and password, by a token, or by a token that a token endpoint gives for a secret.

What is sent goes to the first origin alone; `Way` sees to that at redirects. No secret stands in a fact, a sentence or
the key under which a token is shared. That a token endpoint gives none is our trouble, never the agency's.
"""

import json
import re
from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass, field
from time import monotonic
from typing import Any
from urllib.parse import quote_plus, urlencode

from yarl import URL

from probes import Page, Reason, Terms, Trouble, Way
from probes._hosts import plain_host
from probes._secret import Secret
from probes._terms import Outward

_KEPT = 300.0  # seconds that a token is kept at most, so that one which was taken back is soon replaced
_MARGIN = 10.0  # seconds before its end at which a token counts as ended, or a tenth of its life
_RETRY = 30.0  # seconds after which an endpoint that gave none is asked again
_LARGEST = 64 * 1024  # bytes of an answer
_TOKEN = re.compile(r"[!-~]{1,16384}")
# RFC 6749, 5.2; another word is a stranger's.
_ERRORS = frozenset(
    {"invalid_request", "invalid_client", "invalid_grant", "unauthorized_client", "unsupported_grant_type"}
    | {"invalid_scope"}
)


@dataclass(frozen=True, slots=True, kw_only=True)
class OAuth2:
    """The client credentials grant of RFC 6749, 4.4."""

    token_url: URL
    client_id: str
    client_secret: Secret
    scopes: tuple[str, ...] = ()
    parameters: Mapping[str, str | Secret] = field(default_factory=dict)  # beside those of the RFC, such as audience

    def __post_init__(self) -> None:
        if self.token_url.scheme != "https":
            raise ValueError("token_url: must be https: a secret is sent there")

    @property
    def key(self) -> str:
        """The same for the same settings. A hash stands for what is secret."""
        settings = (self.client_id, self.client_secret, self.scopes, tuple(sorted(self.parameters.items(), key=str)))
        return f"token of {plain_host(self.token_url)} {hash((str(self.token_url), settings)):x}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Credentials(Outward):
    """Settings to be inherited; at most one way of saying who one is. `__post_init__` is to be called as Outward's is."""

    user: str = ""
    password: Secret | None = None
    bearer: Secret | None = None
    oauth2: OAuth2 | None = None

    def __post_init__(self) -> None:
        Outward.__post_init__(self)
        if bool(self.user) != (self.password is not None):
            raise ValueError("user: needs a password, and a password a user")
        if ":" in self.user:
            raise ValueError("user: must hold no colon")
        ways = {"user": self.user, "bearer": self.bearer, "oauth2": self.oauth2}
        given = [name for name, value in ways.items() if value]
        if len(given) > 1:
            raise ValueError(f"{given[1]}: cannot be given beside {given[0]}")

    async def authorization(self, way: Way) -> dict[str, str]:
        """The header to send; `Trouble` where no token can be had."""
        if self.oauth2:
            return {"Authorization": f"Bearer {await _token(self.oauth2, way, self.proxy)}"}
        if self.bearer:
            return {"Authorization": f"Bearer {self.bearer.reveal()}"}
        if self.password is not None:
            return {"Authorization": _basic(self.user, self.password.reveal())}
        return {}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Grant:
    """What a token endpoint gave, for how long: a token, or why there is none."""

    token: Secret | None = None
    trouble: str = ""
    seconds: float = _RETRY
    until: float  # monotonic


async def _token(settings: OAuth2, way: Way, proxy: URL | None) -> str:
    async def work(fresh: Way) -> _Grant:
        return await _granted(settings, fresh.under(Terms(proxy=proxy, max_body=_LARGEST)))

    try:
        grant = await way.shared(settings.key, _KEPT, work)
        if grant.until <= monotonic():
            # Shorter than a shared answer is kept: from then on each is kept for as long as the last one lived.
            grant = await way.shared(f"{settings.key} again", grant.seconds, work)
    except Trouble as trouble:
        raise _ours(settings, f"{trouble.host}: {trouble.detail}") from None
    if grant.token is None:
        raise _ours(settings, grant.trouble)
    return grant.token.reveal()


async def _granted(settings: OAuth2, way: Way) -> _Grant:
    """Trouble is a result too, kept for a shorter time than a token."""
    try:
        page = await _asked(settings, way, in_header=True)
        if page.status in (400, 401):  # some endpoints read the secret from the body only
            page = await _asked(settings, way, in_header=False)
    except Trouble as trouble:
        return _Grant(trouble=f"{trouble.host}: {trouble.detail}", until=monotonic() + _RETRY)
    return _read(page)


async def _asked(settings: OAuth2, way: Way, *, in_header: bool) -> Page:
    form = {"grant_type": "client_credentials", **{name: revealed(v) for name, v in settings.parameters.items()}}
    if settings.scopes:
        form["scope"] = " ".join(settings.scopes)
    headers = {"Content-Type": "application/x-www-form-urlencoded", "Accept": "application/json"}
    secret = settings.client_secret.reveal()
    if in_header:
        headers["Authorization"] = _basic(quote_plus(settings.client_id), quote_plus(secret))  # RFC 6749, 2.3.1
    else:
        form |= {"client_id": settings.client_id, "client_secret": secret}
    body = urlencode(form).encode()
    return await way.ask(settings.token_url, method="POST", headers=headers, body=body, follow=_never)


def _read(page: Page) -> _Grant:
    said = f"{plain_host(page.url)} answered {page.status}"
    document = _json(page)
    token = document.get("access_token")
    if page.status != 200 or not isinstance(token, str) or not _TOKEN.fullmatch(token):
        error = document.get("error")
        known = f" ({error})" if isinstance(error, str) and error in _ERRORS else ""
        return _Grant(trouble=f"{said}{known}; a token was expected", until=monotonic() + _RETRY)
    life = _seconds(document.get("expires_in"))
    life -= min(_MARGIN, life / 10)
    return _Grant(token=Secret(token), seconds=life, until=monotonic() + life)


def _json(page: Page) -> Mapping[str, Any]:
    try:
        document = json.loads(page.body)
    except (ValueError, RecursionError):
        return {}
    return document if isinstance(document, dict) else {}


def _seconds(told: object) -> float:
    """The life of a token; what is not told, or makes no sense, is a short one."""
    if isinstance(told, int | float) and not isinstance(told, bool) and 0 < told < 1e9:
        return float(told)
    return _RETRY


def _ours(settings: OAuth2, why: str) -> Trouble:
    return Trouble(Reason.UPSTREAM, plain_host(settings.token_url), f"the token endpoint gave no token: {why}")


def revealed(value: str | Secret) -> str:
    return value.reveal() if isinstance(value, Secret) else value


def _basic(user: str, password: str) -> str:
    return "Basic " + b64encode(f"{user}:{password}".encode()).decode("ascii")


def _never(_: URL) -> bool:
    return False
