"""Files with certificates and keys that a check names: whether they are there, and belong together."""

import re
import ssl
from pathlib import Path
from typing import Annotated, Any

from pydantic import PlainValidator, ValidationInfo, WithJsonSchema

from monitor.document import shown
from monitor.fields import no_reference, wrong
from probes import TlsTerms

_LARGEST = 4 * 1024 * 1024  # bytes; all the web's roots together are a quarter of a megabyte
_INLINE = re.compile(r"\n|-----BEGIN")  # the content in the place of the path: a key, which no message may show
_BLOCK = re.compile(rb"^-----BEGIN (?:[A-Z0-9]+ )*(?:CERTIFICATE|PRIVATE KEY)-----", re.MULTILINE)


def files(tls: TlsTerms) -> None:
    """ValueError, with the setting that is at fault, where OpenSSL would not take the files."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    if tls.ca_file:
        try:
            context.load_verify_locations(tls.ca_file)
        except ssl.SSLError:
            raise ValueError("ca_file: holds no certificates in PEM") from None
    if tls.certificate:
        try:
            context.load_cert_chain(tls.certificate, tls.key, password=_no_password)
        except ssl.SSLError:
            raise ValueError("certificate: does not make a pair with its key, which must have no password") from None


def _no_password() -> str:
    """Without this OpenSSL would ask for it at the terminal."""
    return ""


def _pem(value: Any, info: ValidationInfo) -> Path:
    """From the configuration's folder, unless the path is absolute; read here to find out that it can be."""
    if not isinstance(value, str) or not value.strip() or "\0" in value or _INLINE.search(value):
        raise wrong("must be the path of a file in PEM")
    path = Path((info.context or {}).get("folder", ".")) / no_reference(value)
    try:
        with path.open("rb") as opened:
            content = opened.read(_LARGEST)
    except OSError as error:
        raise wrong(f"{shown(value)} cannot be read: {error.strerror}") from None
    if not _BLOCK.search(content):
        raise wrong(f"{shown(value)} holds neither certificates nor a key in PEM")
    return path


PemFile = Annotated[Path, PlainValidator(_pem), WithJsonSchema({"type": "string"})]
