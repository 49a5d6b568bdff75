"""Modules of the prober http."""

import re

from yarl import URL

from monitor.importing.common import Notes, Settings, family, tls
from monitor.importing.shapes import HeaderMatchShape, HttpShape, OAuth2Shape, ProxyShape

# Names of headers whose values are not copied; whatever else is one, its owner knows.
_SECRET_HEADER = re.compile(r"auth|cookie|token|secret|key|password|credential|session", re.IGNORECASE)
_SIZE = re.compile(r"([0-9]+(?:\.[0-9]+)?)\s*([KMGTPE]?)(?:i?B)?")
_SCALE = {"": 0, "K": 1, "M": 2, "G": 3, "T": 4, "P": 5, "E": 6}


def settings_of(shape: HttpShape, notes: Notes) -> Settings:
    """A page is judged by these settings alone: it need not be one for people."""
    _say_what_is_lost(shape, notes)
    return {
        "page": False,
        "redirects": _redirects(shape),
        **family(shape, notes),
        **_question(shape),
        **_headers(shape, notes),
        **_credentials(shape, notes),
        **_proxy(shape, notes),
        **tls(shape.tls_config, notes),
        **_wanted(shape, notes),
    }


def _say_what_is_lost(shape: HttpShape, notes: Notes) -> None:
    notes.lost("enable_http3", "HTTP/1.1 is spoken, over TCP", given=shape.enable_http3)
    for name in ("fail_if_body_json_matches_cel", "fail_if_body_json_not_matches_cel"):
        notes.lost(name, "CEL is not spoken; a pattern in matches may do", given=getattr(shape, name))
    if shape.skip_resolve_phase_with_proxy:
        notes.say("skip_resolve_phase_with_proxy is always so here: through a proxy no name is resolved")
    if shape.body_file:
        notes.say(f"the body is read from {shape.body_file}, where it has to be one line")
    if shape.compression and shape.compression != "identity":
        notes.say(
            "compression: gzip, deflate and br are offered always, and what comes is unpacked as its Content-Encoding says"
        )


def _redirects(shape: HttpShape) -> bool:
    """`no_follow_redirects` is the older word."""
    if shape.follow_redirects is not None:
        return shape.follow_redirects
    return not shape.no_follow_redirects


def _question(shape: HttpShape) -> Settings:
    settings = {"method": shape.method.upper(), "body": shape.body}
    if shape.body_file:
        settings["body"] = f"${{file:{shape.body_file}}}"
    return {name: value for name, value in settings.items() if value}


def _headers(shape: HttpShape, notes: Notes) -> Settings:
    headers = {name: _header(name, value, notes) for name, value in shape.headers.items()}
    if shape.compression == "identity":
        headers.setdefault("Accept-Encoding", "identity")
    for name, given in shape.http_headers.items():
        if len((*given.values, *given.secrets, *given.files)) > 1:
            notes.say(f"http_headers.{name}: only the first of several values is sent")
        kept = notes.either(f"header {name}", *_first(given.secrets), *_first(given.files))
        headers[name] = given.values[0] if given.values else kept or ""
    said = shape.authorization
    if said and said.type.lower() != "bearer":
        notes.say(f"authorization: its secret has to begin with the word {said.type} here")
        headers["Authorization"] = notes.either("credentials", said.credentials or "-", said.credentials_file) or ""
    return {"headers": headers} if headers else {}


def _first(texts: tuple[str, ...]) -> tuple[str]:
    return (texts[0] if texts else "",)


def _header(name: str, value: str, notes: Notes) -> str:
    return notes.secret(f"header {name}") if _SECRET_HEADER.search(name) else value


def _credentials(shape: HttpShape, notes: Notes) -> Settings:
    settings: Settings = {}
    if basic := shape.basic_auth:
        notes.lost("basic_auth.username_file", "write the name itself at user", given=basic.username_file)
        settings = {
            "user": basic.username or "NAME",
            "password": notes.either("password", basic.password or "-", basic.password_file),
        }
    said = shape.authorization
    if said and said.type.lower() == "bearer":
        settings["bearer"] = notes.either("credentials", said.credentials or "-", said.credentials_file)
    if token := notes.either("token", shape.bearer_token, shape.bearer_token_file):
        settings["bearer"] = token
    return settings | ({"oauth2": _oauth2(shape.oauth2, notes)} if shape.oauth2 else {})


def _oauth2(shape: OAuth2Shape, notes: Notes) -> Settings:
    for name in ("tls_config", "proxy_url"):
        given = getattr(shape, name) != getattr(OAuth2Shape(), name)
        notes.lost(f"oauth2.{name}", "the token endpoint is asked by the network's usual way", given=given)
    if shape.token_url.startswith("http:"):
        notes.say("oauth2.token_url: must be https here, a secret is sent there")
    settings: Settings = {
        "token_url": shape.token_url,
        "client_id": shape.client_id,
        "client_secret": notes.either("client secret", shape.client_secret or "-", shape.client_secret_file),
    }
    settings |= {"scopes": shape.scopes} if shape.scopes else {}
    return settings | ({"parameters": shape.endpoint_params} if shape.endpoint_params else {})


def _proxy(shape: ProxyShape, notes: Notes) -> Settings:
    notes.lost("no_proxy", "name the proxy only in checks that need it", given=shape.no_proxy)
    notes.lost("proxy_from_environment", "the environment is not asked", given=shape.proxy_from_environment)
    notes.lost("proxy_connect_header", "none is sent", given=shape.proxy_connect_header)
    if not shape.proxy_url:
        return {}
    url = URL(shape.proxy_url)
    notes.lost("a password in proxy_url", "none is sent to a proxy", given=url.user or url.password)
    return {"proxy": str(url.with_user(None))}


def _wanted(shape: HttpShape, notes: Notes) -> Settings:
    rules = {
        "statuses": shape.valid_status_codes,
        "versions": _versions(shape.valid_http_versions, notes),
        "over_tls": _over_tls(shape),
        "matches": shape.fail_if_body_not_matches_regexp,
        "matches_not": shape.fail_if_body_matches_regexp,
        "header_matches": tuple(map(_match, shape.fail_if_header_not_matches)),
        "header_matches_not": tuple(map(_match, shape.fail_if_header_matches)),
        "max_body": _size(str(shape.body_size_limit), notes),
    }
    return {name: rule for name, rule in rules.items() if rule}


def _over_tls(shape: HttpShape) -> str:
    if shape.fail_if_ssl:
        return "forbidden"
    return "required" if shape.fail_if_not_ssl else ""


def _versions(given: tuple[str, ...], notes: Notes) -> tuple[str, ...]:
    """`HTTP/1.1` as `1.1`."""
    spoken = tuple(version.removeprefix("HTTP/") for version in given if version.startswith("HTTP/1"))
    if len(spoken) < len(given):
        notes.say("valid_http_versions: only HTTP/1.0 and 1.1 are spoken, newer ones are left out")
    return spoken or (("1.1",) if given else ())


def _match(shape: HeaderMatchShape) -> Settings:
    return {"header": shape.header, "pattern": shape.regexp, "missing": shape.allow_missing}


def _size(text: str, notes: Notes) -> int:
    """Bytes; 0 for no limit but the network's. Its units are powers of 1024, whether they are written KB or KiB."""
    found = _SIZE.fullmatch(text.strip())
    if not found:
        notes.say(f"body_size_limit: {text!r} is no size")
        return 0
    return int(float(found[1]) * 1024 ** _SCALE[found[2]])
