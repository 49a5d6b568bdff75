"""The zoo: what can be right and wrong with a certificate or its TLS, shown by a real nginx and seen by `tls` and `http`."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.x509.oid import ExtendedKeyUsageOID
from yarl import URL

from probes import Reason, TlsTerms, http, tls

DAY = timedelta(days=1)
ADDRESS = "203.0.113.5"
OLD_CIPHERS = "ssl_ciphers ALL:@SECLEVEL=0;"
CRL_URL = "http://crl.zoo.example/zoo.crl"


@dataclass(frozen=True, slots=True, kw_only=True)
class Animal:
    """One server. `chain` is what it presents, the leaf first; it is given the keeper and the animal's host."""

    chain: Callable[[Any, str], Sequence[Any]]
    tls: Reason = Reason.OK
    http: Reason | None = None  # none: as `tls`
    directives: str = ""  # of nginx
    second: Callable[[Any, str], Sequence[Any]] | None = None
    host: str = ""  # none: NAME.zoo.example
    facts: Mapping[str, Any] = field(default_factory=dict)


def sound(keeper, host, **more):
    return keeper.leaf(host, **more), keeper.between


def by_rsa(keeper, host):
    return sound(keeper, host, key=keeper.rsa_key)


def crossed(keeper, host):
    """What it once took to please those who knew the old root only; everyone else needs it no more."""
    old = keeper.authority("old root")
    bridge = keeper.issue("trusted root", old, ca=True, key=keeper.root.key, start=-90 * DAY, end=-DAY)
    return *sound(keeper, host), bridge


def long(keeper, host):
    links = [keeper.root]
    for number in range(5):
        links.append(keeper.authority(f"link {number}", links[-1], key=keeper.rsa_key if number == 2 else None))
    return keeper.leaf(host, signer=links[-1]), *reversed(links[1:])


def below(keeper, host, **authority):
    """By an authority of its own under the trusted root."""
    own = keeper.authority("own authority", keeper.root, **authority)
    return keeper.leaf(host, signer=own), own


def constrained(keeper, host, *, permitted=None, excluded=None):
    limits = x509.NameConstraints(permitted and [x509.DNSName(permitted)], excluded and [x509.DNSName(excluded)])
    return below(keeper, host, extensions=[(limits, True)])


def too_deep(keeper, host):
    shallow = keeper.authority("shallow authority", keeper.root, depth=0)
    deep = keeper.authority("deep authority", shallow)
    return keeper.leaf(host, signer=deep), deep, shallow


def forged(keeper, host):
    """Says that it is by the intermediate, and is signed with another key."""
    return keeper.leaf(host, signing=keeper.stranger.key), keeper.between


def by_a_leaf(keeper, host):
    own = keeper.leaf("somebody.zoo.example")
    return keeper.leaf(host, signer=own), own, keeper.between


def strange(keeper, host):
    unknown = x509.UnrecognizedExtension(x509.ObjectIdentifier("1.3.6.1.4.1.55555.1"), b"\x05\x00")
    return sound(keeper, host, extensions=[(unknown, True)])


def with_crl(keeper, host):
    place = x509.DistributionPoint([x509.UniformResourceIdentifier(CRL_URL)], None, None, None)
    return sound(keeper, host, extensions=[(x509.CRLDistributionPoints([place]), False)])


def by_expired(keeper, host):
    own = keeper.issue("expired authority", keeper.root, ca=True, start=-90 * DAY, end=-DAY)
    return keeper.leaf(host, signer=own), own


def sound_without_names(keeper, host):
    return keeper.leaf(common=host), keeper.between


ZOO = {
    "good": Animal(chain=sound, facts={"tls_version": "TLSv1.3"}),
    "expired": Animal(chain=lambda k, host: sound(k, host, start=-90 * DAY, end=-DAY), tls=Reason.TLS_EXPIRED),
    "expired-intermediate": Animal(chain=by_expired, tls=Reason.TLS_EXPIRED),
    "not-yet-valid": Animal(chain=lambda k, host: sound(k, host, start=DAY), tls=Reason.TLS_NOT_YET_VALID),
    "wrong-host": Animal(chain=lambda k, _: sound(k, "other.example"), tls=Reason.TLS_NAME),
    "incomplete-chain": Animal(chain=lambda k, host: (k.leaf(host),), tls=Reason.TLS_CHAIN),
    "self-signed": Animal(chain=lambda k, host: (k.self_signed(host),), tls=Reason.TLS_SELF_SIGNED),
    "other-root": Animal(chain=lambda k, host: (k.leaf(host, signer=k.stranger), k.stranger), tls=Reason.TLS_UNTRUSTED),
    "other-root-not-sent": Animal(chain=lambda k, host: (k.leaf(host, signer=k.stranger),), tls=Reason.TLS_CHAIN),
    "wrong-usage": Animal(
        chain=lambda k, host: sound(k, host, usage=ExtendedKeyUsageOID.CLIENT_AUTH), tls=Reason.TLS_INVALID
    ),
    "expiring": Animal(chain=lambda k, host: sound(k, host, end=5 * DAY), tls=Reason.TLS_EXPIRING, http=Reason.OK),
    "tls-1-0": Animal(
        chain=sound,
        directives=f"ssl_protocols TLSv1; {OLD_CIPHERS}",
        tls=Reason.TLS_PROTOCOL,
        facts={"tls_version": "TLSv1"},
    ),
    "tls-1-1": Animal(
        chain=sound,
        directives=f"ssl_protocols TLSv1.1; {OLD_CIPHERS}",
        tls=Reason.TLS_PROTOCOL,
        facts={"tls_version": "TLSv1.1"},
    ),
    "tls-1-2": Animal(chain=sound, directives="ssl_protocols TLSv1.2;", facts={"tls_version": "TLSv1.2"}),
    "tls-1-3": Animal(chain=sound, directives="ssl_protocols TLSv1.3;", facts={"tls_version": "TLSv1.3"}),
    "old-tls-too": Animal(
        chain=sound,
        directives=f"ssl_protocols TLSv1 TLSv1.1 TLSv1.2; {OLD_CIPHERS}",
        facts={"tls_version": "TLSv1.2"},
    ),
    "rsa": Animal(
        chain=by_rsa,
        directives="ssl_protocols TLSv1.2; ssl_ciphers ECDHE-RSA-AES128-GCM-SHA256;",
        facts={"tls_cipher": "ECDHE-RSA-AES128-GCM-SHA256"},
    ),
    "ecdsa": Animal(
        chain=sound,
        directives="ssl_protocols TLSv1.2; ssl_ciphers ECDHE-ECDSA-AES128-GCM-SHA256;",
        facts={"tls_cipher": "ECDHE-ECDSA-AES128-GCM-SHA256"},
    ),
    "dual": Animal(chain=sound, second=by_rsa),
    "weak-cipher": Animal(
        chain=by_rsa,
        directives="ssl_protocols TLSv1.2; ssl_ciphers AES128-SHA;",
        tls=Reason.TLS_PROTOCOL,
    ),
    "wildcard": Animal(chain=lambda k, _: sound(k, "*.zoo.example")),
    "wildcard-too-deep": Animal(
        chain=lambda k, _: sound(k, "*.zoo.example"), host="a.b.zoo.example", tls=Reason.TLS_NAME
    ),
    "wildcard-in-a-label": Animal(chain=lambda k, _: sound(k, "wildcard-*.zoo.example"), tls=Reason.TLS_NAME),
    "common-name-only": Animal(chain=sound_without_names, tls=Reason.TLS_NAME),
    "many-names": Animal(chain=lambda k, host: (k.leaf(*[f"{n}.example" for n in range(300)], host), k.between)),
    "address": Animal(chain=lambda k, _: sound(k, ADDRESS), host=ADDRESS),
    "other-address": Animal(chain=lambda k, _: sound(k, "203.0.113.7"), host="203.0.113.6", tls=Reason.TLS_NAME),
    "wants-a-certificate": Animal(
        chain=sound, directives="ssl_verify_client on; ssl_client_certificate root.pem;", http=Reason.HTTP_4XX
    ),
    "revoked": Animal(chain=with_crl),
    "cross-signed": Animal(chain=crossed),
    "root-sent-too": Animal(chain=lambda k, host: (*sound(k, host), k.root)),
    "wrong-order": Animal(chain=lambda k, host: (k.leaf(host), k.root, k.between)),
    "long-chain": Animal(chain=long),
    "outside-permitted-names": Animal(
        chain=lambda k, host: constrained(k, host, permitted="gov.vn"), tls=Reason.TLS_INVALID
    ),
    "inside-permitted-names": Animal(chain=lambda k, host: constrained(k, host, permitted="zoo.example")),
    "inside-excluded-names": Animal(
        chain=lambda k, host: constrained(k, host, excluded="zoo.example"), tls=Reason.TLS_INVALID
    ),
    "deeper-than-allowed": Animal(chain=too_deep, tls=Reason.TLS_INVALID),
    "signed-by-a-leaf": Animal(chain=by_a_leaf, tls=Reason.TLS_INVALID),
    "forged-signature": Animal(chain=forged, tls=Reason.TLS_INVALID),
    "unknown-critical-extension": Animal(chain=strange, tls=Reason.TLS_INVALID),
}


def host_of(name):
    return ZOO[name].host or f"{name}.zoo.example"


@dataclass(frozen=True, slots=True, kw_only=True)
class Open:
    """The zoo while it is open."""

    ports: Mapping[str, int]
    chains: Mapping[str, Sequence[Any]]
    root: Path
    client: Path


@pytest.fixture(scope="module")
def zoo(keeper, nginx, tmp_path_factory) -> Open:
    folder = tmp_path_factory.mktemp("roots")
    chains = {name: tuple(animal.chain(keeper, host_of(name))) for name, animal in ZOO.items()}
    blocks = {}
    for name, animal in ZOO.items():
        second = [animal.second(keeper, host_of(name))] if animal.second else []
        blocks[name] = ([chains[name], *second], animal.directives)
    files = {"root.pem": keeper.root.pem, "zoo.crl": keeper.crl(chains["revoked"][0])}
    visitor = keeper.leaf("visitor.example", usage=ExtendedKeyUsageOID.CLIENT_AUTH)
    (folder / "client.pem").write_bytes(visitor.key_pem + visitor.pem + keeper.between.pem)
    (folder / "root.pem").write_bytes(keeper.root.pem)
    return Open(ports=nginx(blocks, files), chains=chains, root=folder / "root.pem", client=folder / "client.pem")


@pytest.fixture
def visit(zoo, look, target, routes):
    """`await visit(name, probe, **network changes)`: what one look at this animal finds, the way's facts included."""

    async def once(name, probe, **changes):
        host = host_of(name)
        routes.add(host, 443, f"127.0.0.1:{zoo.ports[name]}")
        routes.add("crl.zoo.example", 80, f"127.0.0.1:{zoo.ports['plain']}")
        seen, trip = await look(
            probe,
            target(portal=URL(f"https://{host}/"), hosts=frozenset({host})),
            20.0,
            ca_file=zoo.root,
            **changes,
        )
        return seen.reason, {**trip.facts, **seen.facts}

    return once


@pytest.mark.parametrize("kind", [tls.Probe, http.Probe])
@pytest.mark.parametrize("name", ZOO)
async def test_each_animal_is_known_for_what_it_is(visit, zoo, name, kind):
    animal = ZOO[name]
    reason, facts = await visit(name, kind())
    assert reason is (animal.tls if kind is tls.Probe else animal.http or animal.tls)
    if saw_it(animal, kind):
        assert facts.items() >= animal.facts.items()


def saw_it(animal, kind):
    """A handshake without a common version or cipher ends before a certificate is shown; only `tls` looks again."""
    return kind is tls.Probe or animal.tls is not Reason.TLS_PROTOCOL


@pytest.mark.parametrize("kind", [tls.Probe, http.Probe])
@pytest.mark.parametrize("name", ZOO)
async def test_what_each_animal_presents_is_told_also_where_it_is_refused(visit, zoo, name, kind):
    _, facts = await visit(name, kind())
    if not saw_it(ZOO[name], kind):
        assert "tls_error" in facts
        return
    chain = [one.certificate for one in zoo.chains[name]]
    assert facts["certificate_not_before"] == chain[0].not_valid_before_utc.timestamp()
    assert facts["certificate_not_after"] == chain[0].not_valid_after_utc.timestamp()
    assert facts["certificate_earliest_not_after"] == min(one.not_valid_after_utc.timestamp() for one in chain)
    assert facts["certificate_subject"] == chain[0].subject.rfc4514_string()
    assert facts["certificate_issuer"] == chain[0].issuer.rfc4514_string()
    assert facts["certificates_presented"] == len(chain)


@pytest.mark.parametrize("kind", [tls.Probe, http.Probe])
@pytest.mark.parametrize("name", [name for name in ZOO if ZOO[name].tls in (Reason.OK, Reason.TLS_EXPIRING)])
async def test_the_end_of_the_verified_chain_is_told_apart_from_what_was_presented(visit, keeper, zoo, name, kind):
    """An old cross-signed certificate that nobody needs any more may have expired long ago."""
    _, facts = await visit(name, kind())
    ends = [one.certificate.not_valid_after_utc.timestamp() for one in zoo.chains[name]]
    needed = min(end for end in ends if end > keeper.now.timestamp())
    assert facts["certificate_chain_not_after"] == needed


@pytest.mark.parametrize("name", [name for name in ZOO if ZOO[name].tls not in (Reason.OK, Reason.TLS_EXPIRING)])
async def test_of_a_chain_that_was_refused_no_end_is_told(visit, name):
    _, facts = await visit(name, tls.Probe())
    assert "certificate_chain_not_after" not in facts


@pytest.mark.parametrize("name", ZOO)
async def test_every_engine_says_the_same(visit, name):
    """Whichever it is, reason and facts are those of the reference."""
    for probe in (tls.Probe(), http.Probe()):
        await visit(name, probe)  # the second look may be another engine's
        reason, facts = await visit(name, probe)
        wanted, reference = await visit(name, probe, engine="openssl")
        assert (reason, without(facts)) == (wanted, without(reference))


async def test_the_engine_in_hand_is_the_one_that_looks_again(visit, engine):
    for name in ("good", "long-chain", "cross-signed", "rsa"):
        await visit(name, tls.Probe())
        _, facts = await visit(name, tls.Probe())
        assert facts.get("tls_engine", "openssl") == engine


def without(facts):
    """Which engine it was, and a rounded time, may differ."""
    return {name: fact for name, fact in facts.items() if name not in ("tls_engine", "certificate_days_left")}


async def test_old_tls_beside_a_good_one_is_found_where_it_is_looked_for(visit):
    assert (await visit("old-tls-too", tls.Probe(refuse_old=True)))[0] is Reason.TLS_WEAK
    assert (await visit("tls-1-2", tls.Probe(refuse_old=True)))[0] is Reason.OK


async def test_a_revoked_certificate_is_found_where_it_is_looked_for(visit):
    assert (await visit("revoked", tls.Probe(revocation="crl")))[0] is Reason.TLS_REVOKED


@pytest.mark.parametrize("kind", [tls.Probe, http.Probe])
async def test_a_server_that_wants_a_certificate_gets_the_one_of_the_settings(visit, zoo, kind):
    reason, _ = await visit("wants-a-certificate", kind(tls=TlsTerms(certificate=zoo.client)))
    assert reason is Reason.OK


@pytest.mark.parametrize("name", ["expired", "self-signed", "wrong-host", "incomplete-chain", "other-root"])
async def test_what_is_not_to_be_verified_is_not(visit, name):
    assert (await visit(name, http.Probe(tls=TlsTerms(verify=False))))[0] is Reason.OK
