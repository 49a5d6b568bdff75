"""Whose host a URL is on: the agency's, a national system's, or somebody else's."""

import re
from collections.abc import Iterable

from yarl import URL

from probes import Target

NATIONAL_PORTAL = ("dichvucong.gov.vn", "vpcp.dichvucong.gov.vn")  # hosts of the NPSP's front door, new and old


def within(url: URL, hosts: Iterable[str]) -> bool:
    """Whether the URL is on one of the hosts or below it; `www.` in front of a host says nothing."""
    return under(plain_host(url), hosts)


def under(name: str, hosts: Iterable[str]) -> bool:
    """The same of a host's name."""
    return bool(name) and any(name == host or name.endswith(f".{host}") for host in map(_without_www, hosts))


def own(url: URL, target: Target) -> bool:
    """On the agency's own hosts. They come first: a national system's own host is national, and its own."""
    return within(url, (*target.hosts, plain_host(target.portal)))


def national(url: URL, target: Target) -> bool:
    return not own(url, target) and within(url, target.national_hosts)


def plain_host(url: URL) -> str:
    """The host as it is asked for (punycode), lower case, without a final dot."""
    return (url.raw_host or "").lower().rstrip(".")


def is_path(text: str) -> bool:
    """Whether a setting is a path on the agency's own host, with or without a query, and leads nowhere else."""
    return bool(re.fullmatch(r"/(?!/)[!-~]*", text)) and "\\" not in text


def _without_www(host: str) -> str:
    return host.lower().rstrip(".").removeprefix("www.")
