"""Asks a running monitor for its report."""

import base64
import contextlib
import json
import re
import ssl
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from aiohttp import ClientError, ClientSession, ClientTimeout, StreamReader
from yarl import URL

from monitor.acting import NotDone, NothingLost
from monitor.report import Report

TIMEOUT = ClientTimeout(total=10)
LARGEST = 16 * 1024 * 1024  # bytes of a report; the real estate's is under one
USER, PASSWORD = "NPSP_MONITOR_USER", "NPSP_MONITOR_PASSWORD"
HINT = "Is a monitor running there? --server names another address, --ca-file the roots to trust."


_REFUSALS = (400, 403, 404)


class ServerError(Exception):
    """No monitor answers there, or not as one does."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """How one is let in: the roots to trust beside the system's, and where user and password stand."""

    ca_file: Path | None = None
    environ: Mapping[str, str] = field(default_factory=dict)

    def headers(self, url: URL) -> dict[str, str]:
        """By what the address says, else the environment."""
        user, password = (url.user, url.password) if url.user else (self.environ.get(USER), self.environ.get(PASSWORD))
        if not user:
            return {}
        return {"Authorization": "Basic " + base64.b64encode(f"{user}:{password or ''}".encode()).decode()}

    def context(self) -> ssl.SSLContext:
        """Raises OSError."""
        context = ssl.create_default_context()
        if self.ca_file:
            context.load_verify_locations(self.ca_file)
        return context


async def fetch(server: str, entry: Entry | None = None) -> Report:
    """The report of the monitor at this URL; raises ServerError, which shows no user and no password."""
    found: Report = await ask(server, "api/v1/status", entry)
    return found


async def ask(
    server: str,
    path: str,
    entry: Entry | None = None,
    *,
    method: str = "GET",
    body: Mapping[str, Any] | None = None,
    query: Mapping[str, str] | None = None,
) -> Any:
    """What the monitor answers in JSON, None where it has nothing to say.

    Raises ServerError, and NotDone (NothingLost, where it is that) with the monitor's own words where it does not do what it is asked for.
    """
    entry, named = entry or Entry(), re.sub(r"^([a-z]+://)?.*@", r"\1", server)
    url = _url(server)
    if url is None:
        raise ServerError(f"{named} is not an address")
    try:
        answer = await _answer(url, URL.build(path=path, query=dict(query or {})), entry, method, body)
        return json.loads(answer) if answer else None
    except (TimeoutError, ClientError, OSError) as error:
        raise ServerError(f"no monitor answers at {named}: {_cause(error)}\n{HINT}") from None
    except NotDone:
        raise
    except ValueError as error:
        raise ServerError(f"{named} is not a monitor: {error}") from None


def _cause(error: Exception) -> str:
    """What went wrong, without the objects of the program that aiohttp's own words show."""
    cause = getattr(error, "certificate_error", None) or getattr(error, "os_error", None) or error
    return str(cause) or type(cause).__name__


def _url(server: str) -> URL | None:
    """None, too, where a password stands in a place where it would be shown."""
    with contextlib.suppress(ValueError):
        url = URL(server)
        if "@" not in str(url.with_user(None) if url.user else url):
            return url
    return None


async def _answer(url: URL, path: URL, entry: Entry, method: str, body: Mapping[str, Any] | None) -> bytes:
    root = url.with_user(None) if url.user else url
    named = (root / path.path).with_query(path.query)
    session = ClientSession(timeout=TIMEOUT)
    asked = session.request(method, named, headers=entry.headers(url), ssl=entry.context(), json=body)
    async with session, asked as response:
        if response.status == 401:
            raise ServerError(f"{named} lets nobody in without the right user and password ({USER}, {PASSWORD})")
        if response.status == 409:
            raise NothingLost((await _whole(response.content)).decode(errors="replace").strip())
        if response.status in _REFUSALS and method != "GET":
            raise NotDone((await _whole(response.content)).decode(errors="replace").strip())
        if response.status >= 300:
            raise ServerError(f"{named} answers {response.status}")
        return await _whole(response.content)


async def _whole(content: StreamReader) -> bytes:
    """A body comes in pieces of any size. Raises ServerError."""
    body = bytearray()
    async for piece in content.iter_any():
        body += piece
        if len(body) > LARGEST:
            raise ServerError(f"the answer is larger than {LARGEST} bytes")
    return bytes(body)
