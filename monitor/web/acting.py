"""`/api/v1/acks`, `/maintenance`, `/notices` and `/audit`: taking losses on, announcing maintenance, and what was told.

Everybody who is let in may read. To act, one has to be known by name, since what was done is held against a name: where
`web.config_file` has no users, nobody acts this way.
"""

import asyncio
import json
from collections.abc import Callable
from typing import Any, Literal, TypeVar

from aiohttp import web
from pydantic import ValidationError

from monitor.acting import Doer, NotDone, NothingLost
from monitor.desk import Desk, OwnDesk, Wanted
from monitor.fields import Duration, Local, Shape
from monitor.store.ledger import LedgerError
from monitor.web.bodies import Refused, body_of
from monitor.web.gate import KNOWN_AS
from monitor.web.guard import Handler, from_a_browser
from monitor.web.shown import SHOWN, Shown

S = TypeVar("S", bound=Shape)

NOBODY = "nobody"  # who only reads
Act = Callable[[Desk, web.Request, bytes], Any]  # in a thread; what it gives is answered


class Reason(Shape):
    reason: str


class Maintenance(Shape):
    """As in maintenance.yaml, but that names are taken for agencies too, and without `begin` it begins now."""

    agencies: tuple[str, ...] = ()
    begin: Local | None = None
    lasts: Duration
    zone: str = "Asia/Ho_Chi_Minh"
    every: Literal["daily", "weekly", "monthly"] | None = None
    until: Local | None = None
    reason: str


def acting() -> list[web.RouteDef]:
    return [
        web.get("/api/v1/acks", _reading(lambda desk, *_: desk.acks())),
        web.put("/api/v1/acks/{agency}", _acting(_ack)),
        web.delete("/api/v1/acks/{agency}", _acting(_unack)),
        web.get("/api/v1/maintenance", _reading(lambda desk, *_: desk.windows())),
        web.post("/api/v1/maintenance", _acting(_open, status=201)),
        web.delete("/api/v1/maintenance/{id}", _acting(_close)),
        web.get("/api/v1/notices", _reading(_notices)),
        web.get("/api/v1/audit", _reading(lambda desk, *_: desk.audit())),
    ]


def _reading(read: Act) -> Handler:
    async def answer(request: web.Request) -> web.Response:
        return await _answered(request, read, NOBODY, b"")

    return answer


def _acting(act: Act, status: int = 200) -> Handler:
    async def answer(request: web.Request) -> web.Response:
        if from_a_browser(request):
            raise web.HTTPForbidden
        try:
            return await _answered(request, act, _known(request), await body_of(request), status)
        except Refused as refused:
            return refused.answer()

    return answer


async def _answered(request: web.Request, act: Act, who: str, body: bytes, status: int = 200) -> web.Response:
    shown = request.app[SHOWN]
    try:
        # Once begun it is brought to its end, also when nobody waits for the answer any more.
        found = await asyncio.shield(asyncio.to_thread(act, _desk(shown, who), request, body))
    except Refused as refused:
        return refused.answer()
    except NothingLost as error:
        return Refused(409, str(error)).answer()
    except NotDone as error:
        return Refused(400, str(error)).answer()
    except LedgerError as error:
        return Refused(503, str(error)).answer()
    return web.Response(status=204) if found is None else _json(found, status)


def _known(request: web.Request) -> str:
    """The name by which the gate has let somebody in. Raises Refused."""
    if KNOWN_AS not in request:
        raise Refused(403, "whoever acts must be known by name: web.config_file of monitor.yaml has to hold users")
    return request[KNOWN_AS]


def _desk(shown: Shown, who: str) -> Desk:
    if shown.ledger is None:
        raise Refused(404, "this monitor keeps nothing beyond its end: it has no store")
    return OwnDesk(shown.ledger, shown.config(), Doer(who=who, at=shown.now()), shown.day())


def _json(found: Any, status: int) -> web.Response:
    return web.json_response(text=json.dumps(found, ensure_ascii=False, allow_nan=False), status=status)


def _said(shape: type[S], body: bytes) -> S:
    """The body in this shape. Raises Refused, which says what is wrong and repeats nothing of what was sent."""
    try:
        return shape.model_validate_json(body)
    except ValidationError as error:
        wrong = (f"{'.'.join(map(str, each['loc'])) or 'the body'}: {each['msg']}" for each in error.errors())
        raise Refused(400, "; ".join(wrong)) from None


def _ack(desk: Desk, request: web.Request, body: bytes) -> Any:
    return desk.ack(request.match_info["agency"], _said(Reason, body).reason)


def _unack(desk: Desk, request: web.Request, body: bytes) -> None:
    desk.unack(request.match_info["agency"], _said(Reason, body).reason)


def _open(desk: Desk, _: web.Request, body: bytes) -> Any:
    said = _said(Maintenance, body)
    return desk.open_window(Wanted(**{**dict(said), "every": said.every or ""}))


def _close(desk: Desk, request: web.Request, body: bytes) -> None:
    desk.close_window(request.match_info["id"], _said(Reason, body).reason)


def _notices(desk: Desk, request: web.Request, _: bytes) -> Any:
    return desk.notices(request.query.get("channel"), pending=request.query.get("pending") == "true")
