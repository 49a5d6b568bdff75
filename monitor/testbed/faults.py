"""What can go wrong in the emulated estate: one closed vocabulary for scenarios, the control port and the tests."""

from enum import StrEnum
from typing import Self


class Layer(StrEnum):
    """Where a fault lives, which is also which part of the estate acts it out."""

    SOCKET = "socket"  # below TLS: whoever listens at the host's port
    TLS = "tls"  # the certificate or the protocol version; the pages behind it are healthy
    ANSWER = "answer"  # every request to the host gets this answer
    PAGE = "page"  # the host answers, and one of its functions is wrong
    DOOR = "door"  # at the agency's former doors; its portal is healthy
    FIGURE = "figure"  # in what the reporting API says about the agency
    MONITOR = "monitor"  # at the monitor itself, and at no agency
    EXCHANGE = "exchange"  # at the agency's security server, or behind it; nothing of it is to be seen from outside
    RECORD = "record"  # in what look-ups and lists say of single dossiers and procedures
    PAPER = "paper"  # in the documents about the agency; nothing of it is to be seen on the network


class Fault(StrEnum):
    """One fault; `layer` says where it lives, `about` what a visitor would find."""

    layer: Layer
    about: str

    def __new__(cls, word: str, layer: Layer, about: str) -> Self:
        member = str.__new__(cls, word)
        member._value_ = word
        member.layer = layer
        member.about = about
        return member

    REFUSED = "refused", Layer.SOCKET, "the server is dead: its port is closed"
    RESET = "reset", Layer.SOCKET, "the connection is cut at the first byte"
    SILENT_TLS = "silent_tls", Layer.SOCKET, "the connection opens and the TLS handshake gets no answer"
    NOT_TLS = "not_tls", Layer.SOCKET, "plain HTTP is spoken on the port of HTTPS"

    TLS_EXPIRED = "tls_expired", Layer.TLS, "the certificate has expired"
    TLS_NOT_YET_VALID = "tls_not_yet_valid", Layer.TLS, "the certificate is valid from a later day on"
    TLS_WRONG_NAME = "tls_wrong_name", Layer.TLS, "the certificate is for another name"
    TLS_INCOMPLETE_CHAIN = "tls_incomplete_chain", Layer.TLS, "the intermediate certificate is not sent"
    TLS_SELF_SIGNED = "tls_self_signed", Layer.TLS, "the certificate is signed by itself"
    TLS_UNTRUSTED_ROOT = "tls_untrusted_root", Layer.TLS, "the chain ends at a root that nobody trusts"
    TLS_WRONG_USAGE = "tls_wrong_usage", Layer.TLS, "the certificate is not one for servers"
    TLS_OLD_PROTOCOL = "tls_old_protocol", Layer.TLS, "only a TLS version of the past is spoken"
    TLS_EXPIRING = "tls_expiring", Layer.TLS, "the certificate is valid for a few days more only"
    TLS_HOUR_LEFT = "tls_hour_left", Layer.TLS, "the certificate is valid for one hour more only"

    SILENT = "silent", Layer.ANSWER, "the request is taken and never answered"
    TRICKLE = "trickle", Layer.ANSWER, "the body begins, comes byte by byte and never ends"
    NOT_HTTP = "not_http", Layer.ANSWER, "the answer is not HTTP"
    CUT_SHORT = "cut_short", Layer.ANSWER, "the connection ends in the middle of the body"
    TOO_LARGE = "too_large", Layer.ANSWER, "the body goes on without an end"
    ZIP_BOMB = "zip_bomb", Layer.ANSWER, "a few bytes unpack to very many"
    TOO_MANY_HEADERS = "too_many_headers", Layer.ANSWER, "the header is larger than any sane one"
    HTTP_204 = "http_204", Layer.ANSWER, "success, and nothing in it"
    HTTP_404 = "http_404", Layer.ANSWER, "no page is found"
    HTTP_418 = "http_418", Layer.ANSWER, "a status that no portal should ever give"
    HTTP_500 = "http_500", Layer.ANSWER, "every page ends in a server error"
    HTTP_503 = "http_503", Layer.ANSWER, "the service is not available"
    BLOCKED_403 = "blocked_403", Layer.ANSWER, "a firewall forbids the visitor"
    BLOCKED_429 = "blocked_429", Layer.ANSWER, "a firewall finds the visitor too frequent"
    CHALLENGE_PAGE = "challenge_page", Layer.ANSWER, "200, and a firewall's puzzle for browsers instead of the page"
    BLANK_PAGE = "blank_page", Layer.ANSWER, "200, and the empty shell of a single-page application"
    TINY_PAGE = "tiny_page", Layer.ANSWER, "200, and a few bytes that are no page"
    ENGLISH_PAGE = "english_page", Layer.ANSWER, "200, and a server's default page in English"
    MAINTENANCE_TEXT = "maintenance_text", Layer.ANSWER, "200, and a notice of maintenance instead of the page"
    OTHER_TEXT = "other_text", Layer.ANSWER, "200, and a page about something else"
    REDIRECT_LOOP = "redirect_loop", Layer.ANSWER, "two pages that lead to each other"
    ENDLESS_REDIRECTS = "endless_redirects", Layer.ANSWER, "each page leads to the next one"
    BAD_REDIRECT = "bad_redirect", Layer.ANSWER, "a redirect that names no place"
    LEADS_ELSEWHERE = "leads_elsewhere", Layer.ANSWER, "a redirect to a host that belongs to somebody else"
    REDIRECT_TO_METADATA = "redirect_to_metadata", Layer.ANSWER, "a redirect to a cloud's metadata address"
    REDIRECT_TO_FTP = "redirect_to_ftp", Layer.ANSWER, "a redirect to a scheme that is not the web's"
    MOVED_TO_NATIONAL = "moved_to_national", Layer.ANSWER, "every page leads to the national portal"

    CLOSED = "closed", Layer.PAGE, "the portal's own pages are closed by order and lead to the national one"
    OWN_PAGES = "own_pages", Layer.PAGE, "own pages are shown although the portal should lead to the national one"
    NO_SIGN_ON_LINK = "no_sign_on_link", Layer.PAGE, "only a login of its own, none through the national sign-on"
    SCRIPT_LOGIN = "script_login", Layer.PAGE, "the login is a button that only a script brings to life"
    NO_CLIENT_ID = "no_client_id", Layer.PAGE, "the link to the sign-on does not say who asks"
    FOREIGN_REDIRECT_URI = "foreign_redirect_uri", Layer.PAGE, "the sign-on is told to return to somebody else's host"
    SIGN_ON_REFUSED = "sign_on_refused", Layer.PAGE, "the sign-on does not know the client that the portal names"
    HAND_OVER_404 = "hand_over_404", Layer.PAGE, "the address at which the NPSP hands over a citizen is not there"
    HAND_OVER_500 = "hand_over_500", Layer.PAGE, "the address at which the NPSP hands over a citizen is broken"
    HAND_OVER_BLANK = "hand_over_blank", Layer.PAGE, "the address at which the NPSP hands over a citizen is blank"

    API_ERROR = "api_error", Layer.PAGE, "the reporting API answers 201, and its envelope names an error"
    API_NOT_JSON = "api_not_json", Layer.PAGE, "the reporting API answers 201 with a page instead of JSON"

    SECOND_DOOR_OPEN = "second_door_open", Layer.DOOR, "a former door still serves its own pages"
    DOOR_500 = "door_500", Layer.DOOR, "a former door answers with a server error"
    DOOR_BLOCKED = "door_blocked", Layer.DOOR, "a firewall stands before a former door"

    SYNC_LOW = "sync_low", Layer.FIGURE, "fewer dossiers reach the national portal than should"
    SYNC_COLLAPSED = "sync_collapsed", Layer.FIGURE, "dossiers reached the national portal, and now none do"
    NOT_DIGITISED = "not_digitised", Layer.FIGURE, "results are not there in digital form"
    SYNC_NO_DATA = "sync_no_data", Layer.FIGURE, "the national portal has no figure for the agency"

    LINK_DOWN = "link_down", Layer.MONITOR, "the monitor's own way out is down"
    STOPPED = "stopped", Layer.MONITOR, "the monitor makes no looks: its machine sleeps"
    LOGIN_REFUSED = "login_refused", Layer.EXCHANGE, "the adapter does not take the agency's password"
    RESULT_CODE_3 = "result_code_3", Layer.EXCHANGE, "the adapter answers a call with the code 3"
    CODES_AS_TEXT = "codes_as_text", Layer.EXCHANGE, "the adapter says success with the text 00, as it may"
    SESSION_EXPIRES = "session_expires", Layer.EXCHANGE, "a session ends after one use, and a new one is to be had"
    SESSION_NEVER_GOOD = "session_never_good", Layer.EXCHANGE, "sessions are given and never accepted"
    SAYS_CONNECTED = "says_connected", Layer.EXCHANGE, "200 and a page that says connected, to whatever is asked"
    EMPTY_RESULT = "empty_result", Layer.EXCHANGE, "the adapter says success, and nothing comes with it"
    CLIENT_PROXY_ERROR = "client_proxy_error", Layer.EXCHANGE, "the agency's own security server fails"
    SERVER_PROXY_ERROR = "server_proxy_error", Layer.EXCHANGE, "the provider's security server fails"
    PROVIDER_ERROR = "provider_error", Layer.EXCHANGE, "the exchange works, and the service behind it fails"
    UNHEALTHY = "unhealthy", Layer.EXCHANGE, "the security server's health check says that it cannot work"
    ENVELOPE_CHANGED = "envelope_changed", Layer.EXCHANGE, "the adapter answers JSON whose fields have other names"
    STATUS_LATE = "status_late", Layer.RECORD, "a dossier moved on days ago, and the national portal shows where it was"
    STATUS_WRONG = (
        "status_wrong",
        Layer.RECORD,
        "the national portal shows a status that the dossier cannot have had yet",
    )
    STATUS_IN_TIME = "status_in_time", Layer.RECORD, "harmless: a dossier moved on within the legal time for telling it"
    DOSSIER_NOT_AT_PORTAL = "dossier_not_at_portal", Layer.RECORD, "the national portal does not know a dossier"
    DOSSIER_NOT_AT_AGENCY = "dossier_not_at_agency", Layer.RECORD, "the agency does not know a dossier of its own"
    LOOKUP_CHANGED = "lookup_changed", Layer.RECORD, "the look-up of dossiers has a new form"
    CATALOGUE_SHORT = "catalogue_short", Layer.RECORD, "many procedures that are in force are not listed"
    CATALOGUE_WITHDRAWN = "catalogue_withdrawn", Layer.RECORD, "many procedures that were withdrawn are still listed"
    CATALOGUE_OLD_CODES = (
        "catalogue_old_codes",
        Layer.RECORD,
        "harmless: procedures are listed with codes of the old form",
    )

    NOT_MERGED = "not_merged", Layer.PAPER, "a document says that the two systems are not merged"
    NO_PAPER = "no_paper", Layer.PAPER, "no document says whether the two systems are merged"
