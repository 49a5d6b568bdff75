"""Has the authority taken a certificate back? By its CRL, its OCSP responder, or the responder's answer that the server
brings itself; verified each time.

An answer counts only with the issuer's signature and within its dates; all else is `unknown`, a fact and no verdict:
who keeps a list that cannot be had is not the agency. No nonce is sent, as answers are shared by looks; their dates
bound a replay.
"""

from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from typing import Literal

from cryptography import x509
from cryptography.hazmat.primitives.hashes import SHA256
from yarl import URL

from probes import Certificate, Fact, Page, Terms, Trouble, Way, _crl, _ocsp
from probes._answer import plain
from probes._hosts import plain_host
from probes._links import Links, Said, Unknown, links

Method = Literal["none", "crl", "ocsp", "stapled"]

_KEPT = 900.0  # seconds that an answer, or that there is none, is shared by all looks
_LARGEST = 8 * 1024 * 1024  # bytes of a list; the larger ones of the web are one or two


async def revocation(method: Method, certificate: Certificate, way: Way) -> dict[str, Fact]:
    """The fact `revocation` (good, revoked, unknown), with why where it is unknown; nothing where none is wanted."""
    if method == "none":
        return {}
    try:
        linked = links(certificate.chain)
        said = await _said(method, linked, certificate.stapled, way)
    except Unknown as unknown:
        return {"revocation": "unknown", "revocation_detail": plain(str(unknown))}
    except Trouble as trouble:
        return {"revocation": "unknown", "revocation_detail": plain(f"{trouble.host}: {trouble.detail}")}
    return {"revocation": "revoked" if said.revoked else "good"}


async def _said(method: Method, linked: Links, stapled: bytes, way: Way) -> Said:
    if method == "crl":
        return await _by_list(linked, way)
    if method == "ocsp":
        return await _by_responder(linked, way)
    if not stapled:
        raise Unknown("the server staples no answer to its handshake")
    return _ocsp.said(stapled, linked, way.now)


async def _by_list(linked: Links, way: Way) -> Said:
    url = _first(_crl.places(linked.leaf), "names no list of revoked certificates")

    async def work(fresh: Way) -> x509.CertificateRevocationList:
        page = await fresh.under(Terms(max_body=_LARGEST)).get(url)
        return _crl.read(_body(page), linked.issuer, fresh.now)

    async def said(key: str) -> Said:
        return _crl.said(await way.shared(key, _KEPT, work), linked)

    return await _current(f"list {_print(linked.issuer)} {url}", said, way)


async def _by_responder(linked: Links, way: Way) -> Said:
    url = _first(_ocsp.places(linked.leaf), "names no responder")
    headers = {"Content-Type": "application/ocsp-request", "Accept": "application/ocsp-response"}

    async def work(fresh: Way) -> Said:
        body = _ocsp.question(linked)
        page = await fresh.ask(url, method="POST", headers=headers, body=body, follow=lambda _: False)
        return _ocsp.said(_body(page), linked, fresh.now)

    return await _current(f"responder {_print(linked.leaf)}", lambda key: way.shared(key, _KEPT, work), way)


async def _current(key: str, said: Callable[[str], Awaitable[Said]], way: Way) -> Said:
    """What is shared may have ended meanwhile; what takes its place has a key of its own, the same for all looks."""
    first = await said(key)
    return first if way.now < first.until else await said(f"{key} after {first.until:%Y%m%d%H%M%S}")


def _first(places: Sequence[str], otherwise: str) -> URL:
    """The first address of the web; the guard sees to where it leads."""
    for place in places:
        with suppress(ValueError, IndexError):  # yarl has both, and some only when the host is asked for
            url = URL(place)
            if url.scheme in ("http", "https") and url.host:
                return url
    raise Unknown(f"the certificate {otherwise} on the web")


def _body(page: Page) -> bytes:
    if page.status != 200:
        raise Unknown(f"{plain_host(page.url)} answered {page.status}")
    return page.body


def _print(certificate: x509.Certificate) -> str:
    return certificate.fingerprint(SHA256()).hex()
