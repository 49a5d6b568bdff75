"""What goes wrong on the way, before it is known whose fault it is: `Fault` becomes `probes.Trouble` at a host."""

import errno
from types import MappingProxyType

from OpenSSL.SSL import X509VerificationCodes

from probes import Fact, Reason

# This machine has run out of something: no verdict on the agency.
OURS = frozenset({errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM, errno.EADDRNOTAVAIL})

_BY_ERRNO = {
    errno.ECONNREFUSED: (Reason.REFUSED, "connection refused"),
    errno.ECONNRESET: (Reason.RESET, "connection reset"),
    errno.ECONNABORTED: (Reason.RESET, "connection aborted"),
    errno.EPIPE: (Reason.RESET, "connection cut while sending"),
    errno.ETIMEDOUT: (Reason.TIMEOUT_CONNECT, "connecting timed out"),
    errno.ENETDOWN: (Reason.OFFLINE, "this machine's own network is down"),
    errno.EPERM: (Reason.OFFLINE, "a firewall of this machine's own forbids it"),
    # Linux makes it of "administratively prohibited" in ICMPv6 (icmpv6_err_convert); local policy gives it too.
    errno.EACCES: (Reason.BLOCKED, "a firewall on the way forbids it"),
}
# X509_V_ERR_*: https://docs.openssl.org/3.0/man3/X509_STORE_CTX_get_error/
_BY_VERIFY_CODE = {
    10: (Reason.TLS_EXPIRED, "the certificate has expired"),
    9: (Reason.TLS_NOT_YET_VALID, "the certificate is not valid yet"),
    62: (Reason.TLS_NAME, "the certificate is for other names"),
    64: (Reason.TLS_NAME, "the certificate is for other addresses"),
    18: (Reason.TLS_SELF_SIGNED, "the certificate is signed by itself"),
    19: (Reason.TLS_UNTRUSTED, "the chain ends at a root that is not trusted"),
    2: (Reason.TLS_CHAIN, "a link to the trusted root is missing"),
    20: (Reason.TLS_CHAIN, "a link to the trusted root is missing"),
    21: (Reason.TLS_CHAIN, "a link to the trusted root is missing"),
}
_VERIFY_NAMES = MappingProxyType(
    {
        code: name.removeprefix("ERR_").lower().replace("_", " ")
        for name, code in vars(X509VerificationCodes).items()
        if name.startswith("ERR_")
    }
)


class Fault(Exception):  # noqa: N818 - like Trouble, which it becomes
    """A reason and a sentence; never holds page content, header values or queries."""

    def __init__(self, reason: Reason, detail: str, **facts: Fact) -> None:
        super().__init__(detail)
        self.reason = reason
        self.detail = detail
        self.facts = facts


def of_os_error(error: OSError) -> Fault:
    """A socket's errors. One that is ours and not the agency's is raised again as it is."""
    if error.errno in OURS:
        raise error
    number = error.errno or (errno.ETIMEDOUT if isinstance(error, TimeoutError) else 0)
    reason, detail = _BY_ERRNO.get(number, (Reason.UNREACHABLE, "no way to it"))
    return Fault(reason, f"{detail} ({errno.errorcode.get(number, 'unknown error')})")


def of_certificate(code: int) -> Fault:
    """The certificate's fault by its X509_V_ERR code, never by text."""
    reason, detail = _BY_VERIFY_CODE.get(code, (Reason.TLS_INVALID, "the certificate is not valid"))
    said = _VERIFY_NAMES.get(code, f"error {code}")
    return Fault(reason, f"{detail} ({said})", verify_code=code, verify_message=said)


def of_protocol(said: str) -> Fault:
    """Everything else of TLS; `said` in an engine's words."""
    name = printable(said, 80)
    return Fault(Reason.TLS_PROTOCOL, f"no TLS could be agreed on ({name})", tls_error=name)


def printable(text: str, longest: int = 200) -> str:
    """Words of a stranger, fit for a log: no control characters, not too long."""
    clean = "".join(char if char.isprintable() else "\N{REPLACEMENT CHARACTER}" for char in text[: longest + 1])
    return clean if len(clean) <= longest else clean[:longest] + "…"
