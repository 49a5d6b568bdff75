"""What an answer holds, by the operator's patterns: headers, body, version and TLS, judged as blackbox_exporter does.

Patterns are for the bytes as they came after decompression; whoever writes Vietnamese into one should know how the page
is encoded. For texts of a page there are `expect` and `forbid`.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Literal

from probes import Page, Reason
from probes._patterns import compiled, found

Version = Literal["1.0", "1.1"]
OverTls = Literal["any", "required", "forbidden"]
Fault = tuple[Reason, str]  # and what was expected

TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]{1,200}")  # a header's name, RFC 9110, 5.6.2


@dataclass(frozen=True, slots=True, kw_only=True)
class HeaderMatch:
    """A header and a pattern for its value; of a repeated header any value may match."""

    header: str
    pattern: str
    missing: bool = False  # true: an answer without the header is fine

    def __post_init__(self) -> None:
        if not TOKEN.fullmatch(self.header):
            raise ValueError("header: must be the name of a header, such as Content-Type")
        try:
            compiled(self.pattern)
        except ValueError as error:
            raise ValueError(f"pattern: {error}") from None


def header_fault(page: Page, wanted: Iterable[HeaderMatch], unwanted: Iterable[HeaderMatch]) -> Fault | None:
    """Unwanted ones first. No value is shown: it may be a cookie."""
    for each in unwanted:
        values = list(_values(page, each.header))
        if not values and not each.missing:
            return Reason.HEADER_WRONG, f"the header {each.header} was expected"
        if any(found(each.pattern, value) for value in values):
            return Reason.HEADER_WRONG, f"a header {each.header} that does not match “{each.pattern}” was expected"
    for each in wanted:
        values = list(_values(page, each.header))
        if not (each.missing and not values) and not any(found(each.pattern, value) for value in values):
            return Reason.HEADER_WRONG, f"a header {each.header} that matches “{each.pattern}” was expected"
    return None


def body_fault(page: Page, wanted: Iterable[str], unwanted: Iterable[str]) -> Fault | None:
    for pattern in unwanted:
        if found(pattern, page.body):
            return Reason.TEXT_FORBIDDEN, f"a body that does not match “{pattern}” was expected"
    for pattern in wanted:
        if not found(pattern, page.body):
            return Reason.TEXT_MISSING, f"a body that matches “{pattern}” was expected"
    return None


def protocol_fault(page: Page, versions: tuple[Version, ...], over_tls: OverTls) -> Fault | None:
    if versions and page.version not in versions:
        return Reason.HTTP_VERSION, f"HTTP/{' or '.join(versions)} was expected, not {page.version}"
    secure = page.url.scheme == "https"
    if over_tls == "required" and not secure:
        return Reason.TLS_UNEXPECTED, "an answer over TLS was expected"
    if over_tls == "forbidden" and secure:
        return Reason.TLS_UNEXPECTED, "an answer without TLS was expected"
    return None


def _values(page: Page, name: str) -> Iterator[bytes]:
    lower = name.lower()
    return (value.encode("utf-8", "replace") for each, value in page.fields if each.lower() == lower)
