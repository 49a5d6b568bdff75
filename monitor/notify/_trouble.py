"""What went wrong on the way, in words: without addresses' other parts, headers or anything else that may be secret."""

import os
import ssl

_MOST_SHOWN = 160  # characters


def plain(text: str) -> str:
    """On one line, short, and without what a terminal would obey: it comes from a stranger."""
    clean = "".join(char if char.isprintable() else " " for char in text)
    return " ".join(clean.split())[:_MOST_SHOWN]


def of_system(error: OSError) -> str:
    if isinstance(error, ssl.SSLError):
        return of_tls(error)
    return plain(os.strerror(error.errno) if error.errno else str(error)) or "cannot be reached"


def of_tls(error: Exception) -> str:
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"the certificate is not trusted: {plain(error.verify_message)}"
    return f"TLS fails: {plain(getattr(error, 'reason', '') or type(error).__name__)}"
