"""Kinds of value that configuration fields hold: text, durations, days, URLs, host names, choices. For pydantic."""

import re
import ssl
from datetime import date, datetime, time, timedelta
from ipaddress import ip_address
from pathlib import Path
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, PlainValidator, ValidationInfo, WithJsonSchema
from pydantic_core import PydanticCustomError
from yarl import URL

from monitor.document import BAD, shown
from probes._secret import Secret

_DURATION = re.compile(
    r"(?=[0-9])(?:([0-9]{1,4})d)?(?:([0-9]{1,5})h)?(?:([0-9]{1,6})m)?(?:([0-9]{1,7})s)?(?:([0-9]{1,9})ms)?"
)
_HOST = re.compile(r"(?=.{1,253}\Z)(?:[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9])?\.)*[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?")
_SECRET = re.compile(r"\$\{(env|file):([^{}\n]{1,1000})\}")
_REFERENCE = re.compile(r"\$\{(env|file):")
_LONGEST = timedelta(days=366)
_LONGEST_LINE = 200
_LOCAL = "%Y-%m-%d %H:%M"
_EARLIEST, _LATEST = date(1900, 1, 1), date(2199, 12, 31)


class Shape(BaseModel):
    """What a mapping in a file may hold: nothing but its fields, of their exact types."""

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True, arbitrary_types_allowed=True)


def wrong(message: str) -> PydanticCustomError:
    """The error a validator raises; the braces of a format are none here."""
    return PydanticCustomError("wrong", "{message}", {"message": message})


def _text(value: str) -> str:
    if not value.strip():
        raise wrong("must not be empty")
    return no_reference(value)


def _line(value: str) -> str:
    """Text that stands in a table, a header or a metric label."""
    _text(value)
    if value != value.strip() or re.search(r"[\n\t]", value) or len(value) > _LONGEST_LINE:
        raise wrong(f"must be one line of at most {_LONGEST_LINE} characters, without space at its ends")
    if not any(map(str.isalnum, value)):
        raise wrong("must hold a letter or a digit")
    return value


def no_reference(value: str) -> str:
    if _REFERENCE.search(value):
        raise wrong("secrets are not read here: ${env:…} and ${file:…} are for fields that hold a secret")
    return value


def _secret(value: Any, info: ValidationInfo) -> Secret:
    """What `${env:NAME}` or `${file:PATH}` stands for. No message may show a value, nor any part of one."""
    match = _SECRET.fullmatch(value) if isinstance(value, str) else None
    if match is None:
        raise wrong("must be a secret, given as ${env:NAME} or ${file:PATH} and never in the file itself")
    kind, name = match.groups()
    text = _from_environment(name, info) if kind == "env" else _from_file(name, info)
    if BAD.search(text) or "\n" in text:
        raise wrong(f"the secret of {name} must be one line without control characters")
    return Secret(text)


def _from_environment(name: str, info: ValidationInfo) -> str:
    text = (info.context or {}).get("environ", {}).get(name, "")
    if not text:
        raise wrong(f"the secret cannot be read: the environment has no {name}, or it is empty")
    return str(text)


def _from_file(name: str, info: ValidationInfo) -> str:
    path = Path((info.context or {}).get("folder", ".")) / name  # an absolute path stays what it is
    try:
        text = path.read_text("utf-8").rstrip("\r\n")
    except (OSError, ValueError) as error:
        why = error.strerror if isinstance(error, OSError) else "it is not UTF-8 text"
        raise wrong(f"the secret cannot be read from {name}: {why}") from None
    if not text:
        raise wrong(f"the secret cannot be read from {name}: the file is empty")
    return text


def secret_or(value: Any, info: ValidationInfo) -> str | Secret:
    if isinstance(value, str) and _SECRET.fullmatch(value):
        return _secret(value, info)
    if isinstance(value, str):
        return _text(value)
    raise wrong("must be text, or a secret as ${env:NAME} or ${file:PATH}")


def _certificates(value: Any, info: ValidationInfo) -> Path:
    """A PEM file, from the configuration's folder unless its path is absolute; read here to find out that it can be."""
    if not isinstance(value, str) or not value.strip() or "\0" in value:
        raise wrong("must be the path of a file with certificates in PEM")
    path = Path((info.context or {}).get("folder", ".")) / no_reference(value)
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_verify_locations(path)
    except ssl.SSLError:
        raise wrong(f"{shown(value)} holds no certificates in PEM") from None
    except OSError as error:
        raise wrong(f"{shown(value)} cannot be read: {error.strerror}") from None
    return path


def _target(value: Any, info: ValidationInfo) -> Path:
    """What is written to, from the configuration's folder unless the path is absolute; it need not be there yet."""
    if not isinstance(value, str) or not value.strip() or "\0" in value:
        raise wrong("must be the path of a file or folder")
    return Path((info.context or {}).get("folder", ".")) / no_reference(value)


def _duration(value: Any) -> timedelta:
    match = _DURATION.fullmatch(value) if isinstance(value, str) and value else None
    if match is None:
        raise wrong("must be a duration such as 30s, 5m, 1h30m or 1d")
    days, hours, minutes, seconds, milliseconds = (int(part or 0) for part in match.groups())
    length = timedelta(days=days, hours=hours, minutes=minutes, seconds=seconds, milliseconds=milliseconds)
    if not timedelta(0) < length <= _LONGEST:
        raise wrong("must be longer than nothing and at most 366 days")
    return length


def _day(value: date) -> date:
    if not _EARLIEST <= value <= _LATEST:
        raise wrong(f"must be between {_EARLIEST} and {_LATEST}")
    return value


def _local(value: Any) -> datetime:
    """A clock's time in a zone that is named beside it; YAML's own time stamps are refused, since they mean UTC."""
    try:
        return datetime.strptime(value if isinstance(value, str) else "", _LOCAL)  # noqa: DTZ007 - the zone is named beside it
    except ValueError:
        raise wrong('must be a day and a time in quotes, such as "2026-12-01 22:00"') from None


def _url(value: Any) -> URL:
    if not isinstance(value, str):
        raise wrong("must be a URL such as https://example.org/")
    no_reference(value)
    try:
        url = URL(value)
        good = url.scheme in ("http", "https") and _HOST.fullmatch(url.raw_host or "") and url.port
    except ValueError:
        good = None
    if not good or re.search(r"\s", value):
        raise wrong("must be a URL with http or https and a host name")  # not shown: it may hold a password
    if url.user is not None or url.password is not None or url.fragment:
        raise wrong("must hold neither a user, nor a password, nor a #fragment")
    return url


def _host(value: Any) -> str:
    if not isinstance(value, str) or not _HOST.fullmatch(value.lower()):
        raise wrong("must be a host name such as dichvucong.example, without scheme, port or path")
    return value.lower()


def _host_pattern(value: Any) -> str:
    if isinstance(value, str) and value.startswith("*."):
        return "*." + _host(value[2:])
    return _host(value)


def _ip(value: str) -> bool:
    try:
        return bool(ip_address(value))
    except ValueError:
        return False


def _split(value: Any) -> tuple[str, int | None]:
    """Host and port of `HOST:PORT` or `[ADDRESS]:PORT`; no port where the text does not end in one."""
    if not isinstance(value, str):
        return "", None
    host, _, port = value.rpartition(":")
    good = host and re.fullmatch("[0-9]{1,5}", port) and int(port) <= 65535
    bare = host[1:-1] if host.startswith("[") and host.endswith("]") and ":" in host else host
    return bare, int(port) if good and (":" not in bare or bare != host) else None


def _address(value: Any) -> str:
    host, port = _split(value)
    if isinstance(value, str) and (_ip(value) or (port and _ip(host))):
        return value
    raise wrong("must be ADDRESS or ADDRESS:PORT with an IP address, such as 192.0.2.53 or [2001:db8::53]:53")


def _address_port(value: Any) -> str:
    host, port = _split(value)
    if port and _ip(host):
        return str(value)
    raise wrong("must be ADDRESS:PORT with an IP address, such as 127.0.0.1:8443 or [::1]:8443")


def _listen_at(value: Any) -> str:
    host, port = _split(value)
    if port is not None and (_ip(host) or host == "localhost"):  # port 0: any that is free
        return str(value)
    raise wrong("must be ADDRESS:PORT with an IP address or localhost, such as 127.0.0.1:9884")


def _host_port(value: Any) -> str:
    host, port = _split(value)
    if port and (_ip(host) or _HOST.fullmatch(host.lower())):
        return str(value)
    raise wrong("must be HOST:PORT, such as control.example:443")


def _proxy(value: Any) -> URL:
    url = _url(value)
    if url.scheme != "http" or not url.explicit_port or url.user or url.password or url.raw_path_qs != "/":
        raise wrong("must be http://HOST:PORT, such as http://proxy.example:3128")
    return url


def at_least_one(values: tuple[Any, ...]) -> tuple[Any, ...]:
    if not values:
        raise wrong("must name at least one")
    return values


def once_each(values: tuple[Any, ...]) -> tuple[Any, ...]:
    twice = next((value for at, value in enumerate(values) if value in values[:at]), None)
    if twice is not None:
        raise wrong(f"names {shown(str(twice))} twice")
    return values


_CLOCK = re.compile(r"([01]?[0-9]|2[0-3]):([0-5][0-9])")
_WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


def _clock(value: Any) -> time:
    match = _CLOCK.fullmatch(value) if isinstance(value, str) else None
    if match is None:
        raise wrong('must be a time of day in quotes, such as "08:00"')
    return time(int(match[1]), int(match[2]))


def _weekly(value: Any) -> tuple[int, time]:
    day, _, clock = value.partition(" ") if isinstance(value, str) else ("", "", "")
    if day not in _WEEKDAYS or not _CLOCK.fullmatch(clock):
        raise wrong(f'must be a day and a time, such as "mon 08:00"; days: {", ".join(_WEEKDAYS)}')
    return _WEEKDAYS.index(day), _clock(clock)


def _json(**schema: Any) -> WithJsonSchema:
    return WithJsonSchema(schema)


Text = Annotated[str, AfterValidator(_text)]
Line = Annotated[str, AfterValidator(_line)]
Day = Annotated[date, AfterValidator(_day)]
Duration = Annotated[timedelta, PlainValidator(_duration), _json(type="string", pattern=f"^{_DURATION.pattern}$")]
Local = Annotated[
    datetime, PlainValidator(_local), _json(type="string", pattern="^[0-9]{4}-[0-9]{2}-[0-9]{2} [0-9]{2}:[0-9]{2}$")
]
Url = Annotated[URL, PlainValidator(_url), _json(type="string", format="uri", pattern="^https?://")]
ClockTime = Annotated[time, PlainValidator(_clock), _json(type="string", pattern=f"^{_CLOCK.pattern}$")]
Weekly = Annotated[
    tuple[int, time],
    PlainValidator(_weekly),
    _json(type="string", pattern=f"^({'|'.join(_WEEKDAYS)}) {_CLOCK.pattern}$"),
]
Proxy = Annotated[URL, PlainValidator(_proxy), _json(type="string", format="uri", pattern="^http://")]
Host = Annotated[str, PlainValidator(_host), _json(type="string", format="hostname")]
HostPattern = Annotated[str, PlainValidator(_host_pattern), _json(type="string")]
Address = Annotated[str, PlainValidator(_address), _json(type="string")]
AddressPort = Annotated[str, PlainValidator(_address_port), _json(type="string")]
ListenAt = Annotated[str, PlainValidator(_listen_at), _json(type="string")]
HostPort = Annotated[str, PlainValidator(_host_port), _json(type="string")]
Port = Annotated[int, Field(ge=1, le=65535)]
SecretText = Annotated[Secret, PlainValidator(_secret), _json(type="string", pattern=_SECRET.pattern)]
TextOrSecret = Annotated[str | Secret, PlainValidator(secret_or), _json(type="string")]
Target = Annotated[Path, PlainValidator(_target), _json(type="string")]
CertificateFile = Annotated[Path, PlainValidator(_certificates), _json(type="string")]
