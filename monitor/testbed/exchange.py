"""An agency's security server, and behind it the national data-exchange adapter. Synthetic: nobody's data is in it.

The health check is X-Road's (IG-XLB, 3.4), listMethods is X-Road's (PR-MREST, 4), login and call are the adapter's as
seen in public source. Which code a refused login or an ended session has is not known: those here are made up. So is
what TraCuuHoSo answers: that it has a result where the NPSP knows the dossier, and none where it does not, was seen.
"""

import json
from collections.abc import Callable, Iterable, Mapping
from itertools import count
from typing import Any

from aiohttp import hdrs, web

from monitor.model import Agency
from monitor.testbed.answers import html
from monitor.testbed.faults import Fault

HEALTH = "/"
LOGIN = "/XrdAdapter/RestService/forward/mapi/login"
CALL = "/XrdAdapter/RestService/forward/mapi/g"
LIST_METHODS = "/r1/VN/GOV/000.00.00.G22/vpcpdvcprovider/listMethods"
PASSWORD = "synthetic-password"  # noqa: S105 - of every agency of the estate, and of nobody else
USES = 20  # of a session, until it ends

_REFUSED, _ENDED = -1, -2  # made up
_CONNECTED = "<!doctype html><html lang='vi'><title>Adapter</title><p>Kết nối thành công"
_PROVINCES = ({"MA": "01", "TEN": "Hà Nội"}, {"MA": "79", "TEN": "Hồ Chí Minh"})  # the names of the fields are made up
_SERVICES = [{"member_class": "GOV", "object_type": "SERVICE", "service_code": "mapi", "service_type": "REST"}]
_ERRORS = {
    Fault.CLIENT_PROXY_ERROR: "Server.ClientProxy.OutdatedGlobalConf",
    Fault.SERVER_PROXY_ERROR: "server.serverproxy.database_error",  # as version 8 writes it
}
_BAD_REQUEST = "Client.BadRequest"

Results = tuple[Mapping[str, str], ...]


def _no_dossier(_: str) -> Results:
    return ()


class Exchange:
    """Lets in the agencies by their identifiers, and remembers the sessions it gave; `dossiers` answers TraCuuHoSo."""

    def __init__(
        self,
        agencies: Iterable[Agency],
        dossiers: Callable[[str], Results] = _no_dossier,
        password: str = PASSWORD,
        uses: int = USES,
    ) -> None:
        self._dossiers = dossiers
        self._users = frozenset(f"000.00.00.{agency.code}" for agency in agencies)
        self._password = password
        self._uses = uses
        self._numbers = count(1)
        self._sessions: dict[str, int] = {}  # session -> how often it may still be used

    async def answer(self, request: web.BaseRequest, faults: frozenset[Fault]) -> web.StreamResponse:
        if Fault.SAYS_CONNECTED in faults:
            return html(_CONNECTED)
        if request.rel_url.path == HEALTH:
            return _health(faults)
        if error := next((_ERRORS[fault] for fault in faults if fault in _ERRORS), ""):
            return _exchange_error(error, 500)
        if Fault.PROVIDER_ERROR in faults:
            return web.json_response({"status": 500, "error": "synthetic"}, status=500, headers=_passed_on(request))
        return await self._passed_on(request, faults)

    async def _passed_on(self, request: web.BaseRequest, faults: frozenset[Fault]) -> web.StreamResponse:
        path = request.rel_url.path
        if path == LIST_METHODS and request.method == hdrs.METH_GET:
            return _methods(request, faults)
        if path not in (LOGIN, CALL) or request.method != hdrs.METH_POST:
            return web.json_response({"status": 404, "error": "synthetic"}, status=404)
        if not request.rel_url.query.get("dstcode"):
            return _exchange_error(_BAD_REQUEST, 400)
        asked = await _json(request)
        told = self._login(asked, faults) if path == LOGIN else self._call(asked, faults)
        return web.json_response(_written(told, faults))

    def _login(self, asked: dict[str, Any], faults: frozenset[Fault]) -> dict[str, Any]:
        known = asked.get("username") in self._users and asked.get("password") == self._password
        if not known or Fault.LOGIN_REFUSED in faults:
            return {"session": None, "error_code": _REFUSED, "message": "Sai tên đăng nhập hoặc mật khẩu (synthetic)"}
        session = f"synthetic-session-{next(self._numbers)}"
        self._sessions[session] = 1 if Fault.SESSION_EXPIRES in faults else self._uses
        return {"session": session, "error_code": 0}

    def _call(self, asked: dict[str, Any], faults: frozenset[Fault]) -> dict[str, Any]:
        if not self._used(asked.get("session")) or Fault.SESSION_NEVER_GOOD in faults:
            return {"error_code": _ENDED, "message": "Phiên làm việc đã hết hạn (synthetic)", "result": None}
        if asked.get("madonvi") not in self._users or not asked.get("service"):
            return {"error_code": 1, "message": "synthetic", "result": None}
        if Fault.RESULT_CODE_3 in faults:
            return {"error_code": 3, "message": "Bản ghi đã tồn tại (synthetic)", "result": []}
        results = () if Fault.EMPTY_RESULT in faults else self._results(asked)
        return {"error_code": 0, "message": "thành công", "result": results}

    def _results(self, asked: dict[str, Any]) -> Results:
        """Of every service but one the same."""
        return self._dossiers(str(asked.get("mahoso"))) if asked["service"] == "TraCuuHoSo" else _PROVINCES

    def _used(self, session: object) -> bool:
        """One use of the session less, where it has one left."""
        left = self._sessions.get(session, 0) if isinstance(session, str) else 0
        if left:
            self._sessions[str(session)] = left - 1
        return left > 0


def _health(faults: frozenset[Fault]) -> web.StreamResponse:
    """Success has no body; a failure says in a sentence what has failed."""
    if Fault.UNHEALTHY in faults:
        return web.Response(
            status=500, text="Fetching health check response timed out for: Authentication key OCSP status"
        )
    return web.Response(status=200)


def _methods(request: web.BaseRequest, faults: frozenset[Fault]) -> web.StreamResponse:
    if not request.headers.get("X-Road-Client"):
        return _exchange_error(_BAD_REQUEST, 400)
    name = "services" if Fault.ENVELOPE_CHANGED in faults else "service"
    return web.json_response({name: _SERVICES}, headers=_passed_on(request))


def _exchange_error(kind: str, status: int) -> web.StreamResponse:
    """PR-REST, 4.6: the header is only there where X-Road itself has failed."""
    body = {"type": kind, "message": "synthetic", "detail": "synthetic"}
    return web.json_response(body, status=status, headers={"X-Road-Error": kind})


def _passed_on(request: web.BaseRequest) -> dict[str, str]:
    """Marks of an answer that came through the exchange (PR-REST, 4.3)."""
    return {"x-road-id": "synthetic", "x-road-client": request.headers.get("X-Road-Client", "synthetic")}


def _written(told: dict[str, Any], faults: frozenset[Fault]) -> dict[str, Any]:
    if Fault.CODES_AS_TEXT in faults and told["error_code"] == 0:
        return {**told, "error_code": "00"}
    if Fault.ENVELOPE_CHANGED in faults:
        names = {"error_code": "errorCode", "session": "token", "result": "data"}
        return {names.get(name, name): value for name, value in told.items()}
    return told


async def _json(request: web.BaseRequest) -> dict[str, Any]:
    """What cannot be read asks for nothing."""
    try:
        asked = json.loads(await request.read())
    except ValueError:
        return {}
    return asked if isinstance(asked, dict) else {}
