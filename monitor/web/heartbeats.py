"""`POST /api/v1/heartbeats/AGENCY/CHECK`: a system that nobody can look at from outside says how it is.

A right token is always heard, whoever else tried wrong ones from the same address: behind a proxy all of them come from
one, and a stranger's noise must make nobody seem silent. Who has a wrong one learns nothing by asking often: tokens are
too long to be guessed, and it is only spared the log.
"""

import math
from collections.abc import Callable
from time import monotonic
from typing import Final, Literal

import structlog
from aiohttp import web
from pydantic import ValidationError

from monitor.fields import Shape
from monitor.inbox import Inbox
from monitor.web.bodies import Refused, body_of
from monitor.web.guard import Handler, from_a_browser
from monitor.web.limits import Limit, client
from monitor.web.shown import Shown
from probes._answer import plain

PUSHES: Final = (30, 2.0)  # of an agency: at once, and seconds for one more
MISTAKES: Final = (10, 10.0)  # of a client, likewise
_WANTED: Final = 'the body must be empty, or JSON such as {"status": "ok", "detail": "any text"}; status: ok or failed'

log = structlog.get_logger()


class Said(Shape):
    """What a system says of itself."""

    status: Literal["ok", "failed"] = "ok"
    detail: str = ""


def heartbeats(shown: Shown, clock: Callable[[], float] = monotonic) -> Handler:
    """The handler. Whose token it is is settled before anything of the body is read."""
    pushes, mistakes = Limit(*PUSHES, clock), Limit(*MISTAKES, clock)

    async def answer(request: web.Request) -> web.Response:
        if from_a_browser(request):
            raise web.HTTPForbidden
        agency, check = request.match_info["agency"], request.match_info["check"]
        try:
            _let_in(request, shown.inbox, mistakes)
            _not_too_often(pushes.wait(agency))
            said = said_of(await body_of(request))
        except Refused as refused:
            return refused.answer()
        if not shown.inbox.knows(agency, check):  # closed by a reload while the body came
            return web.Response(status=404, text="no such check of this agency\n")
        shown.inbox.push((agency, check), plain(said.detail) if said.status == "failed" else None)
        return web.Response(status=204)

    return answer


def _let_in(request: web.Request, inbox: Inbox, mistakes: Limit) -> None:
    """Raises Refused. One answer for an agency that there is not, and for a token that is not its own."""
    agency, check = request.match_info["agency"], request.match_info["check"]
    knock = inbox.knock(agency, check, _token(request))
    if knock.check:
        return
    if knock.agency and not inbox.knows(agency, check):
        raise Refused(404, "no such check of this agency")
    _not_too_often(mistakes.wait(client(request.remote)))
    # Of what came, nothing is logged that the monitor did not know before: a token may stand anywhere in it.
    known = {"agency": agency, "check": check} if inbox.knows(agency, check) else {}
    log.warning("heartbeat_refused", client=request.remote, **known)
    raise Refused(401, "the token is missing, or not that of this agency and check", WWW_Authenticate="Bearer")


def _token(request: web.Request) -> str:
    """Of exactly one header `Authorization: Bearer TOKEN` (RFC 6750, 2.1); empty otherwise."""
    given = request.headers.getall("Authorization", [])
    scheme, _, token = given[0].partition(" ") if len(given) == 1 else ("", "", "")
    return token.strip() if scheme.lower() == "bearer" else ""


def _not_too_often(seconds: float) -> None:
    if seconds:
        raise Refused(429, "too often", Retry_After=str(math.ceil(seconds)))


def said_of(body: bytes) -> Said:
    """An empty body says that all is well. Raises Refused, which shows nothing of it."""
    if not body.strip():
        return Said()
    try:
        return Said.model_validate_json(body)
    except ValidationError:
        raise Refused(400, _WANTED) from None
