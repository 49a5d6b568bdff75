"""Asks a running monitor for its report."""

import json

from aiohttp import ClientError, ClientSession, ClientTimeout
from yarl import URL

from monitor.report import Report

TIMEOUT = ClientTimeout(total=10)
LARGEST = 16 * 1024 * 1024  # bytes of a report; the real estate's is under one


class ServerError(Exception):
    """No monitor answers there, or not as one does."""


async def fetch(server: str) -> Report:
    """The report of the monitor at this URL; raises ServerError."""
    try:
        url = URL(server) / "api/v1/status"
        async with ClientSession(timeout=TIMEOUT) as session, session.get(url) as response:
            body = await response.content.read(LARGEST)
            if response.status != 200:
                raise ServerError(f"{url} answers {response.status}")
            found: Report = json.loads(body)
    except (TimeoutError, ClientError, OSError) as error:
        raise ServerError(f"no monitor answers at {server}: {error or type(error).__name__}") from None
    except ValueError as error:
        raise ServerError(f"{server} is not a monitor: {error}") from None
    return found
