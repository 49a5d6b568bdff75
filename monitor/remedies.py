"""What whoever reads a notice can do: one class for each reason, and the page that says more."""

from collections.abc import Mapping
from enum import StrEnum, auto
from types import MappingProxyType
from typing import Final

from monitor.incidents import Sharing
from monitor.notice import Event
from probes import Reason


class Remedy(StrEnum):
    """The first ones by the reason of an agency's trouble, then those by what the notice is about."""

    SERVER = auto()
    DOMAIN = auto()
    CERTIFICATE = auto()
    ENCRYPTION = auto()
    PAGE = auto()
    WORKS = auto()
    STRANGE_ADDRESS = auto()
    SIGN_ON = auto()
    OLD_DOOR = auto()
    MOVE = auto()
    HAND_OVER = auto()
    DOSSIERS = auto()
    FIGURES = auto()
    CATALOGUE = auto()
    EXCHANGE = auto()
    SIGN_OF_LIFE = auto()
    LET_US_IN = auto()
    BY_HAND = auto()
    SETTINGS = auto()
    WAIT = auto()
    OUR_FAULT = auto()
    PAPER = auto()
    EVIDENCE = auto()

    NATIONAL = auto()
    OUR_LINK = auto()
    SHARED = auto()
    CONFLICT = auto()
    UNSTABLE = auto()
    BLIND = auto()
    SILENT = auto()
    CHANNEL = auto()
    OVERVIEW = auto()
    MISSING = auto()
    NOTHING = auto()


_BY_REMEDY: Final = {
    Remedy.SERVER: (
        *(Reason.REFUSED, Reason.RESET, Reason.UNREACHABLE, Reason.TIMEOUT_CONNECT, Reason.TIMEOUT_RESPONSE),
        *(Reason.TIMEOUT_BODY, Reason.HTTP_5XX, Reason.PROTOCOL, Reason.TOO_LARGE, Reason.DIALOGUE),
    ),
    Remedy.DOMAIN: (
        *(Reason.DNS_NO_NAME, Reason.DNS_NO_ADDRESS, Reason.DNS_TROUBLE, Reason.TIMEOUT_RESOLVE, Reason.DNS_CODE),
        *(Reason.DNS_RECORDS, Reason.DNS_SERVER),
    ),
    Remedy.CERTIFICATE: (
        *(Reason.TLS_EXPIRED, Reason.TLS_NOT_YET_VALID, Reason.TLS_NAME, Reason.TLS_CHAIN, Reason.TLS_SELF_SIGNED),
        *(Reason.TLS_UNTRUSTED, Reason.TLS_INVALID, Reason.TLS_EXPIRING, Reason.TLS_REVOKED),
    ),
    Remedy.ENCRYPTION: (Reason.TIMEOUT_TLS, Reason.TLS_PROTOCOL, Reason.TLS_WEAK, Reason.TLS_UNEXPECTED),
    Remedy.PAGE: (
        *(Reason.REDIRECT_LOOP, Reason.TOO_MANY_REDIRECTS, Reason.BAD_REDIRECT, Reason.HTTP_4XX, Reason.HTTP_STATUS),
        *(Reason.HTTP_VERSION, Reason.HEADER_WRONG, Reason.BLANK_PAGE, Reason.TOO_SMALL, Reason.TEXT_MISSING),
        *(Reason.TEXT_FORBIDDEN, Reason.WRONG_LANGUAGE),
    ),
    Remedy.WORKS: (Reason.MAINTENANCE_PAGE,),
    Remedy.STRANGE_ADDRESS: (Reason.FORBIDDEN_ADDRESS, Reason.FORBIDDEN_URL, Reason.LEADS_ELSEWHERE),
    Remedy.SIGN_ON: (
        *(Reason.NO_SIGN_ON_LINK, Reason.NO_CLIENT_ID, Reason.FOREIGN_REDIRECT_URI, Reason.SIGN_ON_REFUSED),
    ),
    Remedy.OLD_DOOR: (Reason.SECOND_DOOR_OPEN,),
    Remedy.MOVE: (Reason.MOVED_TO_NATIONAL, Reason.OWN_PAGES_OPEN),
    Remedy.HAND_OVER: (Reason.HAND_OVER_MISSING,),
    Remedy.DOSSIERS: (
        *(Reason.SYNC_LOW, Reason.SYNC_COLLAPSED, Reason.STATUS_DIFFERS, Reason.MISSING_AT_PORTAL),
        *(Reason.MISSING_AT_AGENCY, Reason.STALE),
    ),
    Remedy.FIGURES: (Reason.FIGURE_LOW,),
    Remedy.CATALOGUE: (Reason.CATALOGUE_DIFFERS,),
    Remedy.EXCHANGE: (
        *(Reason.LOGIN_REFUSED, Reason.SESSION_LOST, Reason.RESULT_CODE, Reason.EMPTY_RESULT),
        *(Reason.EXCHANGE_FAILED, Reason.PROVIDER_ERROR),
    ),
    Remedy.SIGN_OF_LIFE: (Reason.HEARTBEAT_MISSING, Reason.HEARTBEAT_FAILED),
    Remedy.LET_US_IN: (Reason.BLOCKED,),
    Remedy.BY_HAND: (Reason.NOT_VISIBLE, Reason.DOOR_UNCLEAR, Reason.NO_DATA),
    Remedy.SETTINGS: (Reason.HOST_UNSURE, Reason.NOT_ALLOWED, Reason.UNREADABLE),
    Remedy.WAIT: (Reason.OK, Reason.HEARTBEAT_AWAITED, Reason.UPSTREAM, Reason.OFFLINE),
    Remedy.OUR_FAULT: (Reason.BUG,),
}
BY_REASON: Final[Mapping[str, Remedy]] = MappingProxyType(
    {
        **{reason.value: remedy for remedy, reasons in _BY_REMEDY.items() for reason in reasons},
        "document": Remedy.PAPER,
        "no_evidence": Remedy.EVIDENCE,
    }
)
BY_EVENT: Final[Mapping[Event, Remedy]] = MappingProxyType(  # of whatever is not said by the reasons
    {
        Event.UNSTABLE: Remedy.UNSTABLE,
        Event.CONFLICT: Remedy.CONFLICT,
        Event.CERTIFICATE: Remedy.CERTIFICATE,
        Event.BLIND: Remedy.BLIND,
        Event.SILENT: Remedy.SILENT,
        Event.INITIAL: Remedy.MISSING,
        Event.DAILY: Remedy.MISSING,
        Event.WEEKLY: Remedy.MISSING,
        Event.CAUGHT_UP: Remedy.OVERVIEW,
        Event.UNDELIVERED: Remedy.CHANNEL,
    }
)
BY_SHARING: Final[Mapping[Sharing, Remedy]] = MappingProxyType(
    {
        Sharing.MONITOR: Remedy.OUR_LINK,
        Sharing.NATIONAL: Remedy.NATIONAL,
        Sharing.ISSUER: Remedy.SHARED,
        Sharing.NETWORK: Remedy.SHARED,
        Sharing.PLATFORM: Remedy.SHARED,
        Sharing.LEVEL: Remedy.SHARED,
    }
)
_PAGES: Final[Mapping[Remedy, str]] = MappingProxyType(
    {
        Remedy.CERTIFICATE: "NpspCertificateEnds",
        Remedy.HAND_OVER: "NpspSyncCollapsed",
        Remedy.DOSSIERS: "NpspSyncCollapsed",
        Remedy.LET_US_IN: "NpspMonitorBlind",
        Remedy.BY_HAND: "NpspMonitorBlind",
        Remedy.SETTINGS: "NpspMonitorBlind",
        Remedy.OUR_FAULT: "NpspMonitorBlind",
        Remedy.BLIND: "NpspMonitorBlind",
        Remedy.PAPER: "NpspConflict",
        Remedy.CONFLICT: "NpspConflict",
        Remedy.NATIONAL: "NpspNationalSystemDown",
        Remedy.OUR_LINK: "NpspMonitorOffline",
        Remedy.SHARED: "NpspIncident",
        Remedy.SILENT: "NpspMonitorStuck",
        Remedy.CHANNEL: "NpspNoticesStuck",
        Remedy.OVERVIEW: "NpspScoreFell",
    }
)


def page_of(remedy: Remedy) -> str:
    """The name of its runbook, /runbooks/NAME."""
    return _PAGES.get(remedy, "NpspAgencyLost")
