"""probes.tls against real handshakes with every fault of a certificate."""

import asyncio
import ssl
import warnings
from datetime import UTC, datetime, timedelta

import pytest

from monitor.testbed.authority import CertificateFault
from probes import Certificate, Reason, Status, TlsTerms, Trouble
from probes.tls import Probe

HANOI = "dichvucong.hanoi.gov.vn"
FAULTS = {
    CertificateFault.EXPIRED: Reason.TLS_EXPIRED,
    CertificateFault.NOT_YET_VALID: Reason.TLS_NOT_YET_VALID,
    CertificateFault.WRONG_NAME: Reason.TLS_NAME,
    CertificateFault.INCOMPLETE_CHAIN: Reason.TLS_CHAIN,
    CertificateFault.SELF_SIGNED: Reason.TLS_SELF_SIGNED,
    CertificateFault.UNTRUSTED_ROOT: Reason.TLS_UNTRUSTED,
    CertificateFault.WRONG_USAGE: Reason.TLS_INVALID,
    CertificateFault.OLD_PROTOCOL: Reason.TLS_PROTOCOL,
    CertificateFault.EXPIRING: Reason.TLS_EXPIRING,
    CertificateFault.HOUR_LEFT: Reason.TLS_EXPIRING,
}


async def test_a_certificate_in_order_is_right_and_its_days_are_counted(serve, shows, look, target):
    await serve(shows())
    observation, _ = await look(Probe(), target())

    assert observation.reason is Reason.OK
    assert observation.facts["certificate_days_left"] > 14
    assert observation.facts["certificate_names"] == HANOI
    assert observation.facts["certificates_presented"] == 2
    assert observation.facts["tls_version"] == "TLSv1.3"
    assert observation.detail.startswith(f"{HANOI}: the certificate is good till ")


def test_every_fault_of_the_testbeds_authority_is_looked_for():
    assert FAULTS.keys() == set(CertificateFault)


@pytest.mark.parametrize("fault", FAULTS)
async def test_a_fault_of_the_certificate_is_named_and_comes_with_evidence(serve, shows, look, target, fault):
    await serve(shows(), fault=fault)
    observation, _ = await look(Probe(), target())

    assert observation.reason is FAULTS[fault]
    assert observation.facts.keys() >= {
        "certificate_not_after",
        "certificate_names",
        "certificate_issuer",
        "tls_version",
    }
    assert HANOI in observation.detail
    assert "expected" in observation.detail


async def test_a_certificate_that_ends_soon_is_good_to_who_warns_later(serve, shows, look, target):
    await serve(shows(), fault=CertificateFault.EXPIRING)

    assert (await look(Probe(warn_days=3), target()))[0].reason is Reason.OK


async def test_a_server_that_speaks_no_tls_brings_no_evidence(serve, shows, look, target):
    await serve(shows(), tls=False, port=443)
    observation, _ = await look(Probe(), target())

    assert observation.reason is Reason.TLS_PROTOCOL
    assert observation.facts.get("second_handshake", "tls_protocol") == "tls_protocol"
    assert "certificate_not_after" not in observation.facts


async def test_a_server_that_is_not_there_is_no_fault_of_its_certificate(look, target, routes, free_port):
    routes.add(HANOI, 443, f"127.0.0.1:{free_port}")

    assert (await look(Probe(), target()))[0].reason is Reason.REFUSED


async def test_a_portal_on_a_port_of_its_own_is_looked_at_there(serve, shows, look, target):
    await serve(shows(), port=8443)
    here = target(portal=target().portal.with_port(8443))

    assert (await look(Probe(), here, ports=(8443,)))[0].reason is Reason.OK


async def test_a_portal_without_tls_has_no_certificate_to_look_at(target):
    assert Probe().applies(target())
    assert not Probe().applies(target(portal=target().portal.with_scheme("http")))


class Told:
    """A way whose handshakes are told beforehand: for evidence that the real way gathers by itself."""

    def __init__(self, *answers):
        self.answers = list(answers)
        self.now = datetime.now(UTC)

    def under(self, _):
        return self

    async def handshake(self, *_, **__):
        answer = self.answers.pop(0)
        if isinstance(answer, Trouble):
            raise answer
        return answer


END = datetime(2023, 6, 30, tzinfo=UTC)
CERTIFICATE = Certificate(
    not_before=END - timedelta(days=90),
    not_after=END,
    earliest_not_after=END,
    subject="CN=other.example",
    issuer="CN=issuer",
    serial="2a",
    fingerprint="00" * 32,
    names=("other.example", "*.other.example"),
    presented=1,
    version="TLSv1.2",
    cipher="ECDHE",
)


async def test_evidence_that_is_missing_is_asked_for(target):
    trouble = Trouble(Reason.TLS_NAME, HANOI, "is for other names", verify_code=62)
    observation = await Probe().look(target(), Told(trouble, CERTIFICATE))

    assert observation.reason is Reason.TLS_NAME
    assert observation.facts["certificate_names"] == "other.example, *.other.example"
    assert observation.facts["verify_code"] == 62


async def test_evidence_that_is_there_is_not_asked_for_again(target):
    trouble = Trouble(Reason.TLS_NAME, HANOI, "is for other names", certificate_names="other.example")
    observation = await Probe().look(target(), Told(trouble))

    assert observation.facts == {"certificate_names": "other.example"}


async def test_evidence_that_cannot_be_had_does_not_change_the_verdict(target):
    trouble = Trouble(Reason.TLS_EXPIRED, HANOI, "expired")
    observation = await Probe().look(target(), Told(trouble, Trouble(Reason.RESET, HANOI, "cut")))

    assert observation.reason is Reason.TLS_EXPIRED
    assert observation.facts == {"second_handshake": "reset"}


@pytest.mark.parametrize(
    ("days", "reason"), [(14.01, Reason.OK), (13.99, Reason.TLS_EXPIRING), (0.5, Reason.TLS_EXPIRING)]
)
def test_the_days_left_are_counted_from_now(days, reason):
    observation = Probe()._judge(HANOI, CERTIFICATE, END - timedelta(days=days), {})

    assert observation.reason is reason
    assert observation.facts["certificate_days_left"] == days


@pytest.fixture
async def speaks(authority, routes):
    """`await speaks(least, most)`: a server with a sound certificate that speaks these versions."""
    servers = []

    async def start(least, most=ssl.TLSVersion.TLSv1_3, **changes):
        context = authority.context(HANOI)
        context.set_ciphers("ALL:@SECLEVEL=0")
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)  # being old is what it is for
            context.minimum_version, context.maximum_version = least, most
        for name, value in changes.items():
            getattr(context, name)(value)
        server = await asyncio.start_server(lambda _, writer: writer.close(), "127.0.0.1", 0, ssl=context)
        servers.append(server)
        routes.add(HANOI, 443, f"127.0.0.1:{server.sockets[0].getsockname()[1]}")

    yield start
    for server in servers:
        server.close()
        await server.wait_closed()


@pytest.mark.parametrize(("least", "version"), [(ssl.TLSVersion.TLSv1, "TLSv1.1"), (ssl.TLSVersion.TLSv1_1, "TLSv1.1")])
async def test_an_old_protocol_beside_a_good_one_is_found_where_it_is_looked_for(speaks, look, target, least, version):
    await speaks(least)
    observation, _ = await look(Probe(refuse_old=True), target())

    assert observation.reason is Reason.TLS_WEAK
    assert observation.facts["tls_old"] == version
    assert observation.facts["tls_version"] == "TLSv1.3"
    assert observation.detail == f"{HANOI}: still speaks {version}; nothing older than TLSv1.2 was expected"
    assert (await look(Probe(), target()))[0].reason is Reason.OK


@pytest.mark.parametrize("least", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
async def test_a_server_that_refuses_what_is_old_is_right(speaks, look, target, least):
    await speaks(least)
    observation, trip = await look(Probe(refuse_old=True), target())

    assert observation.reason is Reason.OK
    assert observation.facts["tls_old"] == "refused"
    assert trip.facts["tls_version"] == "TLSv1.3"


async def test_who_speaks_no_more_than_is_allowed_here_is_refused_there(speaks, look, target):
    await speaks(ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_2)

    assert (await look(Probe(tls=TlsTerms(most="TLSv1.2")), target()))[0].facts["tls_version"] == "TLSv1.2"
    refused, _ = await look(Probe(tls=TlsTerms(least="TLSv1.3")), target())
    assert refused.status is Status.FAILED
    assert refused.facts["tls_version"] == "TLSv1.2"  # the evidence


async def test_a_certificate_may_be_read_without_being_judged(serve, shows, look, target):
    await serve(shows(), fault=CertificateFault.SELF_SIGNED)
    observation, _ = await look(Probe(tls=TlsTerms(verify=False)), target())

    assert observation.reason is Reason.OK
    assert "certificate_chain_not_after" not in observation.facts


async def test_the_chain_that_was_verified_has_an_end_of_its_own(serve, shows, look, target):
    await serve(shows())
    facts = (await look(Probe(), target()))[0].facts

    assert facts["certificate_chain_not_after"] == facts["certificate_earliest_not_after"]
    assert len(facts["certificate_fingerprint"]) == 64
    assert int(facts["certificate_serial"].replace(":", ""), 16) > 0


async def test_an_old_protocol_that_could_not_be_tried_is_unknown(target):
    way = Told(CERTIFICATE, Trouble(Reason.TIMEOUT_CONNECT, HANOI, "slow"))
    observation = await Probe(refuse_old=True, warn_days=0).look(target(), way)

    assert observation.facts["tls_old"] == "unknown"


@pytest.mark.parametrize("settings", [{"warn_days": -1}, {"port": 0}, {"port": 65536}, {"fallback": True}])
def test_settings_that_make_no_sense_are_refused(settings):
    with pytest.raises(ValueError, match=next(iter(settings))):
        Probe(**settings)
