"""What a probe is: the contract between ways of looking and the monitor.

A probe looks at one agency once and says what it saw. It keeps no state, sets no time limit, catches no error it
cannot explain, and knows nothing of schedules, metrics or alerts: `monitor` sees to those. To add a kind of probe, add
one module here that defines a class `Probe`; its file name is the kind's name, its fields are its settings.
"""

from collections.abc import Awaitable, Callable, Mapping
from contextlib import AbstractAsyncContextManager, AbstractContextManager
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from pathlib import Path
from typing import ClassVar, Literal, Protocol, Self, TypeVar

from yarl import URL

Fact = str | int | float | bool
T = TypeVar("T")


class Status(StrEnum):
    """What one look came to."""

    OK = "ok"  # we looked, and it is right
    FAILED = "failed"  # we looked, and it is wrong
    UNKNOWN = "unknown"  # we could not look


class Reason(StrEnum):
    """The closed set of words for what a look found; each belongs to one status and fits a metric label."""

    status: Status

    def __new__(cls, word: str, status: Status) -> Self:
        member = str.__new__(cls, word)
        member._value_ = word
        member.status = status
        return member

    OK = "ok", Status.OK

    # The agency's name, network and server.
    DNS_NO_NAME = "dns_no_name", Status.FAILED  # NXDOMAIN: the name does not exist
    DNS_NO_ADDRESS = "dns_no_address", Status.FAILED  # the name exists and has no address
    DNS_TROUBLE = "dns_trouble", Status.FAILED  # its name servers fail or refuse
    FORBIDDEN_ADDRESS = "forbidden_address", Status.FAILED  # leads to a private, loopback or metadata address
    FORBIDDEN_URL = "forbidden_url", Status.FAILED  # leads to a scheme or port that is not the web's
    REFUSED = "refused", Status.FAILED
    RESET = "reset", Status.FAILED  # the connection was cut
    UNREACHABLE = "unreachable", Status.FAILED
    TIMEOUT_RESOLVE = "timeout_resolve", Status.FAILED
    TIMEOUT_CONNECT = "timeout_connect", Status.FAILED
    TIMEOUT_TLS = "timeout_tls", Status.FAILED
    TIMEOUT_RESPONSE = "timeout_response", Status.FAILED  # connected, and no first byte came
    TIMEOUT_BODY = "timeout_body", Status.FAILED  # the answer began and did not end

    # The agency's certificate and TLS.
    TLS_EXPIRED = "tls_expired", Status.FAILED
    TLS_NOT_YET_VALID = "tls_not_yet_valid", Status.FAILED
    TLS_NAME = "tls_name", Status.FAILED  # the certificate is for other names
    TLS_CHAIN = "tls_chain", Status.FAILED  # a link to the trusted root is missing
    TLS_SELF_SIGNED = "tls_self_signed", Status.FAILED
    TLS_UNTRUSTED = "tls_untrusted", Status.FAILED  # ends at a root that is not trusted
    TLS_INVALID = "tls_invalid", Status.FAILED  # any other fault of the certificate
    TLS_PROTOCOL = "tls_protocol", Status.FAILED  # no common version or cipher, or not TLS at all
    TLS_EXPIRING = "tls_expiring", Status.FAILED  # valid, for fewer days than wanted
    TLS_REVOKED = "tls_revoked", Status.FAILED
    TLS_WEAK = "tls_weak", Status.FAILED  # an old protocol is still spoken beside a good one
    TLS_UNEXPECTED = "tls_unexpected", Status.FAILED  # TLS where none was wanted, or none where it was

    # The agency's answer.
    PROTOCOL = "protocol", Status.FAILED  # not HTTP/1, or ended too early
    TOO_LARGE = "too_large", Status.FAILED  # headers or body beyond the cap
    REDIRECT_LOOP = "redirect_loop", Status.FAILED
    TOO_MANY_REDIRECTS = "too_many_redirects", Status.FAILED
    BAD_REDIRECT = "bad_redirect", Status.FAILED  # a redirect that leads nowhere
    HTTP_4XX = "http_4xx", Status.FAILED
    HTTP_5XX = "http_5xx", Status.FAILED
    HTTP_STATUS = "http_status", Status.FAILED  # any other status that is not wanted
    HTTP_VERSION = "http_version", Status.FAILED  # not one of the wanted
    HEADER_WRONG = "header_wrong", Status.FAILED  # missing, or not as wanted
    BLANK_PAGE = "blank_page", Status.FAILED  # 200 and nothing on it
    TOO_SMALL = "too_small", Status.FAILED
    TEXT_MISSING = "text_missing", Status.FAILED
    TEXT_FORBIDDEN = "text_forbidden", Status.FAILED
    WRONG_LANGUAGE = "wrong_language", Status.FAILED
    MAINTENANCE_PAGE = "maintenance_page", Status.FAILED  # 200, and a page that says it is closed for the moment
    LEADS_ELSEWHERE = "leads_elsewhere", Status.FAILED  # to a host that is neither the agency's nor national
    MOVED_TO_NATIONAL = "moved_to_national", Status.FAILED  # leads to the NPSP in an era when it should not yet
    OWN_PAGES_OPEN = "own_pages_open", Status.FAILED  # serves its own pages in an era when it should lead to the NPSP

    DNS_CODE = "dns_code", Status.FAILED  # a name server answered, with another code than wanted
    DNS_RECORDS = "dns_records", Status.FAILED  # its records are not as wanted
    DNS_SERVER = "dns_server", Status.FAILED  # one of its name servers is silent or does not know the zone
    DIALOGUE = "dialogue", Status.FAILED  # a server said something else than wanted
    SECOND_DOOR_OPEN = "second_door_open", Status.FAILED
    NO_SIGN_ON_LINK = "no_sign_on_link", Status.FAILED
    NO_CLIENT_ID = "no_client_id", Status.FAILED
    FOREIGN_REDIRECT_URI = "foreign_redirect_uri", Status.FAILED
    SIGN_ON_REFUSED = "sign_on_refused", Status.FAILED  # the sign-on does not know the client or its address
    HAND_OVER_MISSING = "hand_over_missing", Status.FAILED
    SYNC_LOW = "sync_low", Status.FAILED
    SYNC_COLLAPSED = "sync_collapsed", Status.FAILED
    FIGURE_LOW = "figure_low", Status.FAILED  # another figure of the NPSP's report than that of synchronisation
    STATUS_DIFFERS = "status_differs", Status.FAILED  # a dossier's status here and at the NPSP
    MISSING_AT_PORTAL = "missing_at_portal", Status.FAILED  # the agency knows the dossier, the NPSP does not
    MISSING_AT_AGENCY = "missing_at_agency", Status.FAILED  # the NPSP knows the dossier, the agency does not
    STALE = "stale", Status.FAILED  # the statuses differ for longer than the law allows
    CATALOGUE_DIFFERS = "catalogue_differs", Status.FAILED  # from the national database on procedures
    LOGIN_REFUSED = "login_refused", Status.FAILED  # the adapter does not take the agency's credentials
    SESSION_LOST = "session_lost", Status.FAILED  # a session that was just renewed is not accepted either
    RESULT_CODE = "result_code", Status.FAILED  # the adapter answered with the code of an error
    EMPTY_RESULT = "empty_result", Status.FAILED  # success is said, and nothing comes with it
    EXCHANGE_FAILED = "exchange_failed", Status.FAILED  # a security server could not pass the message on
    HEARTBEAT_MISSING = "heartbeat_missing", Status.FAILED  # a system that pushes was silent for too long
    HEARTBEAT_FAILED = "heartbeat_failed", Status.FAILED  # it pushed that it has failed

    # We could not look; none of these counts against the agency.
    BLOCKED = "blocked", Status.UNKNOWN  # a firewall of theirs turns the monitor away
    HOST_UNSURE = "host_unsure", Status.UNKNOWN  # does not resolve, and was only ever guessed from a pattern
    NOT_VISIBLE = "not_visible", Status.UNKNOWN  # only a browser that runs scripts could see it
    DOOR_UNCLEAR = "door_unclear", Status.UNKNOWN  # a former door answers, but neither opens nor leads on
    NO_DATA = "no_data", Status.UNKNOWN  # the portal has no figure: no data is not zero
    PROVIDER_ERROR = "provider_error", Status.UNKNOWN  # the exchange works, and what is behind it answers with an error
    NOT_ALLOWED = "not_allowed", Status.UNKNOWN  # the monitor's own settings forbid an address that the operator wrote
    UNREADABLE = "unreadable", Status.UNKNOWN  # answered in a form that the monitor does not know
    HEARTBEAT_AWAITED = "heartbeat_awaited", Status.UNKNOWN  # none came yet, and it is not late
    UPSTREAM = "upstream", Status.UNKNOWN  # a national system that the look needs is down
    OFFLINE = "offline", Status.UNKNOWN  # our own way out is down
    BUG = "bug", Status.UNKNOWN  # ours


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """One agency as a probe sees it on one day. `hosts` are the names its own pages may live on."""

    code: str  # identifier code, e.g. H26 (QĐ 20/2020/QĐ-TTg)
    name: str
    level: str  # ministry, province or national
    portal: URL
    hosts: frozenset[str]
    former_doors: tuple[URL, ...] = ()  # of the old portal and the old one-stop system
    guessed: frozenset[str] = frozenset()  # hosts never seen, only inferred: that one does not resolve proves nothing
    platform: str | None = None  # family of the software, where known
    national_hosts: frozenset[str] = frozenset()  # of the NPSP and its systems, e.g. dichvucong.gov.vn
    day: date  # whose rules hold (the era), Asia/Ho_Chi_Minh


@dataclass(frozen=True, slots=True, kw_only=True)
class Observation:
    """What one look at one target found."""

    reason: Reason
    detail: str = ""  # a sentence for a person, never a label
    facts: Mapping[str, Fact] = field(default_factory=dict)  # enough to argue with the agency

    @property
    def status(self) -> Status:
        return self.reason.status


class Trouble(Exception):  # noqa: N818 - the word of the house
    """A look that ended on the way: the network, the server or its certificate, at `host`.
    A probe lets it pass unless it is what it looks for. The runner turns it into an observation, and into `upstream`
    when the host is a national system and not the agency's.
    """

    def __init__(self, reason: Reason, host: str, detail: str, **facts: Fact) -> None:
        super().__init__(f"{host}: {detail}")
        self.reason = reason
        self.host = host
        self.detail = detail
        self.facts = facts


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """One answer, after the redirects that were followed."""

    url: URL  # of this answer
    status: int
    headers: Mapping[str, str]  # names in lower case; of a repeated header the last, set-cookie left out
    body: bytes  # decompressed, capped
    asked: tuple[URL, ...]  # every URL asked in this fetch, in order; the last is `url`
    location: URL | None = None  # where it leads, when it is a redirect that was not followed
    version: str = "1.1"  # of HTTP
    fields: tuple[tuple[str, str], ...] = field(default=(), repr=False)  # every header as it came, repeated ones too


@dataclass(frozen=True, slots=True, kw_only=True)
class Certificate:
    """The leaf a server presented, and the TLS it spoke."""

    not_before: datetime  # UTC
    not_after: datetime  # UTC
    earliest_not_after: datetime  # UTC; of all certificates presented, needed or not
    chain_not_after: datetime | None = None  # UTC; the earliest of the chain that was verified; None when none was
    subject: str
    issuer: str
    serial: str  # hexadecimal
    fingerprint: str  # SHA-256 of its DER, hexadecimal
    names: tuple[str, ...]  # DNS names of subjectAltName
    presented: int  # certificates in the chain that was sent
    version: str  # TLSv1.3
    cipher: str
    group: str = ""  # of the key exchange; empty where it cannot be told
    chain: tuple[bytes, ...] = field(default=(), repr=False)  # DER: verified, leaf to root; else as presented
    stapled: bytes = field(default=b"", repr=False)  # OCSP answer in DER, as the server sent it; where it was asked for


TlsVersion = Literal["TLSv1", "TLSv1.1", "TLSv1.2", "TLSv1.3"]


@dataclass(frozen=True, slots=True, kw_only=True)
class TlsTerms:
    """How TLS is spoken where it is not the network's usual way."""

    verify: bool = True  # False: whatever is presented is read, and nothing is refused
    server_name: str = ""  # asked for and checked instead of the host's own
    ca_file: Path | None = None  # PEM; its roots are trusted instead of all others
    certificate: Path | None = None  # PEM, of the client
    key: Path | None = None  # PEM, of the client; none: it stands beside its certificate
    least: TlsVersion = "TLSv1.2"
    most: TlsVersion = "TLSv1.3"


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """How a look goes out where it is not the network's usual way."""

    family: Literal["any", "4", "6"] = "any"  # of addresses; `any` tries them in the resolver's order
    fallback: bool = False  # to the other family, where the wanted one has no address
    tls: TlsTerms = field(default_factory=TlsTerms)
    proxy: URL | None = None  # http://HOST:PORT; none: the network's
    max_body: int | None = None  # bytes after decompression; none: the network's
    staple: bool = False  # the server is asked for the OCSP answer to its certificate (RFC 6066, 8)


class Talk(Protocol):
    """A dialogue in bytes with one server. Every method raises `Trouble`."""

    async def send(self, data: bytes) -> None: ...

    async def receive(self) -> bytes:
        """The next bytes, or the next datagram; empty when the other side has ended."""

    async def start_tls(self) -> Certificate:
        """Go on in TLS, after the server has agreed to."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Heard:
    """What a system has pushed to the monitor; silence before `since`, UTC, says nothing: nobody listened."""

    since: datetime
    at: datetime | None = None  # UTC, of the latest push
    failure: str | None = None  # where it said that it has failed: in its own words, plain, capped, untrusted
    count: int = 0


class Way(Protocol):
    """The one way out to the network, for one look. Every method raises `Trouble`.

    It resolves, guards, connects, times its phases, caps sizes, keeps cookies within the look, identifies the monitor
    and asks a host at most as often as is polite. No time limit is set here: the runner sets one for the whole look.
    """

    def under(self, terms: Terms) -> "Way":
        """The same way under these terms: the look's cookies, phases and facts are shared."""

    async def ask(
        self,
        url: URL,
        *,
        method: str = "GET",
        headers: Mapping[str, str] | None = None,
        body: bytes = b"",
        follow: Callable[[URL], bool] | None = None,
    ) -> Page:
        """One request; redirects are followed while `follow(next URL)` says so (default: always, up to the cap).
        As in browsers, what is not GET or HEAD becomes GET at a 303, POST also at a 301 or 302 (RFC 9110, 15.4).
        """

    async def get(
        self, url: URL, *, headers: Mapping[str, str] | None = None, follow: Callable[[URL], bool] | None = None
    ) -> Page:
        """GET; see `ask`."""

    def talk(
        self, host: str, port: int, *, transport: Literal["tcp", "udp"] = "tcp", ours: bool = False
    ) -> AbstractAsyncContextManager[Talk]:
        """A connection for a dialogue; guarded like every other, but at any port: the operator names it.

        A server that is `ours`, such as the resolver, may stand at any address; its failure or silence is `offline`.
        """

    def meaning(self, trouble: Callable[[], Trouble]) -> AbstractContextManager[None]:
        """In here, that the look's limit runs out is this trouble: only who looks knows what it was waiting for."""

    @property
    def now(self) -> datetime:
        """UTC; a drill's clock is faster than life."""

    @property
    def heard(self) -> Heard:
        """What was pushed for this look's check."""

    @property
    def name_servers(self) -> tuple[str, ...]:
        """Those the monitor itself asks, as ADDRESS or ADDRESS:PORT: the configured ones, else the system's."""

    async def handshake(self, host: str, port: int = 443, *, verify: bool = True) -> Certificate:
        """TLS only. With `verify=False` whatever is presented is read and nothing is refused."""

    async def shared(self, key: str, seconds: float, work: "Callable[[Way], Awaitable[T]]") -> T:
        """What `work` gives, asked once for all looks that want `key` within `seconds`; an error is shared too."""


class Probe(Protocol):
    """One way of looking; its fields are its settings. One that must not look more often than every 30 s says so by
    `least_every: ClassVar[float] = 30.0`.
    """

    asks_pages: ClassVar[bool]  # of the agency: then each look has HTTP phases and a status to show

    def applies(self, target: Target) -> bool:
        """Whether there is anything to look at; pure."""

    async def look(self, target: Target, way: Way) -> Observation: ...
