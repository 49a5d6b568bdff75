"""The national systems of the estate: front door, sign-on, reporting interface, procedures database."""

from collections.abc import Callable, Iterable, Mapping
from datetime import date
from random import Random
from typing import Any

from aiohttp import hdrs, web

from monitor.model import Agency, Level
from monitor.testbed import pages
from monitor.testbed.answers import html, redirect
from monitor.testbed.faults import Fault
from monitor.testbed.portals import client_id, redirect_uri

REPORT_PATH = "/api/v1/reporting"
LOGIN = "/authenticationendpoint/login.do"
REFUSAL = "/authenticationendpoint/oauth2_error.do"
DEPARTMENT_TYPES = {"ADMINISTRATIVE_UNIT": Level.PROVINCE}  # what ministries are called is not known

FaultsOf = Callable[[str], frozenset[Fault]]


class SignOn:
    """An OpenID provider up to its login page, in the manner of WSO2 Identity Server; nobody can log in."""

    def __init__(self, agencies: Iterable[Agency]) -> None:
        self._clients = {client_id(agency): redirect_uri(agency) for agency in agencies if agency.portal}

    def answer(self, request: web.BaseRequest) -> web.StreamResponse:
        path, base = request.rel_url.path, f"https://{request.host}"
        if path == "/oauth2/authorize":
            return self._authorize(request.rel_url.query)
        if path == "/.well-known/openid-configuration":
            return web.json_response(_discovery(base))
        if path == "/oauth2/jwks":
            return web.json_response({"keys": []})
        if path == REFUSAL:
            return html(pages.error(400, "The sign-on refuses the request"), 400)
        return html(pages.login("Cổng Dịch vụ công quốc gia", "<p>VNeID</p>"))

    def _authorize(self, query: Mapping[str, str]) -> web.StreamResponse:
        """OpenID Connect Core 3.1.2.6: where client or address are wrong, nobody is sent back to that address."""
        known = self._clients.get(query.get("client_id", ""))
        if known is None:
            return redirect(f"{REFUSAL}?oauthErrorCode=invalid_client&oauthErrorMsg=synthetic")
        if query.get("redirect_uri") != known:
            return redirect(f"{REFUSAL}?oauthErrorCode=invalid_callback&oauthErrorMsg=synthetic")
        if query.get("response_type") != "code" or "openid" not in query.get("scope", "").split():
            return redirect(f"{known}?error=invalid_request&state={query.get('state', '')}")
        return redirect(f"{LOGIN}?sessionDataKey=synthetic&relyingParty={query['client_id']}")


def _discovery(base: str) -> dict[str, object]:
    return {
        "issuer": f"{base}/oauth2/token",
        "authorization_endpoint": f"{base}/oauth2/authorize",
        "token_endpoint": f"{base}/oauth2/token",
        "jwks_uri": f"{base}/oauth2/jwks",
        "response_types_supported": ["code"],
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": ["RS256"],
    }


class Reporting:
    """The report on agencies by month; `faults_of` tells what befalls an agency now."""

    def __init__(self, agencies: Iterable[Agency], day: date, seed: int, faults_of: FaultsOf) -> None:
        self._agencies = tuple(agencies)
        self._month = (day.year, day.month)
        self._seed = seed
        self._faults_of = faults_of

    async def answer(self, request: web.BaseRequest, faults: frozenset[Fault]) -> web.StreamResponse:
        if request.method != hdrs.METH_POST:
            return web.json_response({"code": "NOT_FOUND", "message": "synthetic"}, status=404)
        if Fault.API_ERROR in faults:
            return web.json_response({"code": "SYSTEM_ERROR", "data": None, "message": "synthetic"}, status=201)
        if Fault.API_NOT_JSON in faults:
            return html(pages.MAINTENANCE, 201)
        asked = await asked_json(request)
        level = DEPARTMENT_TYPES.get(str(asked.get("departmentType")))
        month = (asked.get("year"), asked.get("month"))
        row = self._digitised if request.rel_url.path.endswith("/dossier-digitized") else self._row
        rows = [row(agency, month) for agency in self._agencies if agency.level is level]
        data = {"evaluation": rows, "synthetic": True}
        return web.json_response({"code": "OK", "data": data, "message": "synthetic"}, status=201)

    def _row(self, agency: Agency, month: tuple[Any, Any]) -> dict[str, object]:
        # Both forms of the code are seen in the wild.
        code = agency.code if int(agency.code[1:]) % 2 else f"000.00.00.{agency.code}"
        return {"departmentCode": code, "departmentName": agency.name, "metrics": [self._metric(agency, month)]}

    def _digitised(self, agency: Agency, _: tuple[Any, Any]) -> dict[str, object]:
        part = 8 if Fault.NOT_DIGITISED in self._faults_of(agency.code) else 92
        metric = {"code": "ORIGINAL_RESULT_AVAILABLE", "numerator": part, "denominator": 100}
        return {"departmentCode": agency.code, "departmentName": agency.name, "metrics": [metric]}

    def _metric(self, agency: Agency, month: tuple[Any, Any]) -> dict[str, object]:
        faults, named = self._faults_of(agency.code), {"code": "DOSSIER_SYNC", "name": "Tỷ lệ hồ sơ đồng bộ"}
        if Fault.SYNC_NO_DATA in faults:
            nothing = dict.fromkeys(("numerator", "denominator", "ratio", "score"))
            return {**named, **nothing, "dataQualityStatus": "NO_NATIONAL_REPORT_DATA"}
        random = Random(f"{self._seed} {agency.code} {month}")  # noqa: S311 - a figure that can be repeated
        received = random.randint(4_000, 90_000)
        synchronised = round(received * self._ratio(faults, month, random))
        ratio = round(100 * synchronised / received, 2)
        # Numbers come as text from some of the portal's interfaces.
        shown: object = str(synchronised) if received % 2 else synchronised
        return {**named, "numerator": shown, "denominator": received, "ratio": ratio, "dataQualityStatus": "OK"}

    def _ratio(self, faults: frozenset[Fault], month: tuple[Any, Any], random: Random) -> float:
        if Fault.SYNC_COLLAPSED in faults and month == self._month:
            return 0.03
        return random.uniform(0.55, 0.7) if Fault.SYNC_LOW in faults else random.uniform(0.95, 0.995)


async def asked_json(request: web.BaseRequest) -> dict[str, Any]:
    """What cannot be read asks for nothing."""
    try:
        asked = await request.json()
    except ValueError:
        return {}
    return asked if isinstance(asked, dict) else {}


def page(system: Agency) -> web.StreamResponse:
    """The front page of a national system."""
    return html(pages.national(system.name))
