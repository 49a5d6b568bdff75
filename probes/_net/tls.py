"""TLS settings: the two ways in which the monitor speaks it."""

import ssl
from pathlib import Path


class Contexts:
    """Making a context costs some 20 ms, so each is made once and shared. OSError when the CA file cannot be read."""

    def __init__(self, ca_file: Path | None) -> None:
        self.verifying = _verifying(ca_file)
        self.reading = _reading()


def _verifying(ca_file: Path | None) -> ssl.SSLContext:
    """Trusts the system's roots and those of the CA file."""
    # Not create_default_context: its flags differ between Python's versions, and the verdict must not.
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.hostname_checks_common_name = False
    context.set_alpn_protocols(["http/1.1"])
    context.load_default_certs()
    if ca_file:
        context.load_verify_locations(ca_file)
    return context


def _reading() -> ssl.SSLContext:
    """Takes whatever is presented, down to TLS 1.0, so that it can be read."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    context.minimum_version = ssl.TLSVersion.MINIMUM_SUPPORTED
    context.set_ciphers("ALL:@SECLEVEL=0")  # signatures of TLS 1.0 and 1.1 use SHA-1
    context.set_alpn_protocols(["http/1.1"])
    return context
