"""probes.tls against real handshakes with every fault of a certificate."""

from datetime import UTC, datetime, timedelta

import pytest

from monitor.testbed.authority import CertificateFault
from probes import Certificate, Reason, Trouble
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
    observation = Probe()._judge(HANOI, CERTIFICATE, END - timedelta(days=days))

    assert observation.reason is reason
    assert observation.facts["certificate_days_left"] == days


@pytest.mark.parametrize("settings", [{"warn_days": -1}, {"port": 0}, {"port": 65536}])
def test_settings_that_make_no_sense_are_refused(settings):
    with pytest.raises(ValueError, match=next(iter(settings))):
        Probe(**settings)
