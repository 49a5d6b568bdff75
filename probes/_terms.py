"""The settings of every kind that goes out by itself: which addresses, which TLS, which proxy."""

import re
from dataclasses import dataclass, field
from typing import Literal

from yarl import URL

from probes import Terms, TlsTerms, Way

Family = Literal["any", "4", "6", "both"]
OneFamily = Literal["any", "4", "6"]

_SERVER_NAME = re.compile(r"[a-zA-Z0-9_.-]{1,253}")
_USUAL = Terms()
_VERSIONS = ("TLSv1", "TLSv1.1", "TLSv1.2", "TLSv1.3")


@dataclass(frozen=True, slots=True, kw_only=True)
class Outward:
    """To be inherited by a kind; its own `__post_init__` calls `Outward.__post_init__(self)`."""

    family: Family = "any"  # of addresses; both: a look over each (see _families.py)
    fallback: bool = False  # to the other family, where the wanted one has no address
    tls: TlsTerms = field(default_factory=TlsTerms)
    proxy: URL | None = None  # http://HOST:PORT

    def __post_init__(self) -> None:
        check_tls(self.tls)
        check_proxy(self.proxy)
        if self.fallback and self.family not in ("4", "6"):
            raise ValueError("fallback: needs the family, 4 or 6, that is tried first")

    def outward(self, way: Way, *, max_body: int | None = None) -> Way:
        return outward(way, self.terms(max_body=max_body))

    def terms(self, *, family: OneFamily | None = None, max_body: int | None = None) -> Terms:
        """Under one family; without a choice that of the settings, where they name one."""
        chosen = family or ("any" if self.family == "both" else self.family)
        return Terms(family=chosen, fallback=self.fallback, tls=self.tls, proxy=self.proxy, max_body=max_body)


def outward(way: Way, terms: Terms) -> Way:
    """The way under these terms; the same way where they ask for nothing unusual, so that it costs nothing."""
    return way if terms == _USUAL else way.under(terms)


def check_tls(tls: TlsTerms) -> None:
    if _VERSIONS.index(tls.least) > _VERSIONS.index(tls.most):
        raise ValueError(f"tls.least: must not be newer than most, {tls.most}")
    if tls.key and not tls.certificate:
        raise ValueError("tls.key: needs the certificate it belongs to")
    if tls.server_name and not _SERVER_NAME.fullmatch(tls.server_name):
        raise ValueError("tls.server_name: must be a host name")


def check_proxy(proxy: URL | None) -> None:
    if proxy is None:
        return
    if proxy.scheme != "http" or not proxy.host or proxy.path not in ("", "/") or proxy.query:
        raise ValueError("proxy: must be http://HOST:PORT")
    if proxy.user or proxy.password:
        raise ValueError("proxy: must hold no user and no password")
