"""What the errors of sockets and of TLS mean."""

import errno

import pytest

from probes import Reason
from probes._net.faults import OURS, of_certificate, of_os_error, of_protocol, printable


@pytest.mark.parametrize(
    ("number", "reason"),
    [
        (errno.ECONNREFUSED, Reason.REFUSED),
        (errno.ECONNRESET, Reason.RESET),
        (errno.EPIPE, Reason.RESET),
        (errno.ETIMEDOUT, Reason.TIMEOUT_CONNECT),
        (errno.ENETUNREACH, Reason.UNREACHABLE),
        (errno.EHOSTUNREACH, Reason.UNREACHABLE),
        (errno.ENETDOWN, Reason.OFFLINE),
        (errno.EACCES, Reason.BLOCKED),
        (errno.EPERM, Reason.OFFLINE),
    ],
)
def test_each_error_of_a_socket_has_its_reason(number, reason):
    found = of_os_error(OSError(number, "said by the system"))
    assert found.reason is reason
    assert errno.errorcode[number] in found.detail


def test_patience_that_ran_out_is_a_timeout():
    assert of_os_error(TimeoutError()).reason is Reason.TIMEOUT_CONNECT


@pytest.mark.parametrize("number", sorted(OURS))
def test_what_this_machine_lacks_is_no_fault_of_the_agency(number):
    with pytest.raises(OSError, match="ours"):
        of_os_error(OSError(number, "ours"))


@pytest.mark.parametrize(
    ("code", "reason"),
    [
        (10, Reason.TLS_EXPIRED),
        (9, Reason.TLS_NOT_YET_VALID),
        (62, Reason.TLS_NAME),
        (64, Reason.TLS_NAME),
        (18, Reason.TLS_SELF_SIGNED),
        (19, Reason.TLS_UNTRUSTED),
        (20, Reason.TLS_CHAIN),
        (21, Reason.TLS_CHAIN),
        (2, Reason.TLS_CHAIN),
        (26, Reason.TLS_INVALID),
        (7, Reason.TLS_INVALID),
    ],
)
def test_a_certificate_is_judged_by_its_code(code, reason):
    found = of_certificate(code)
    assert (found.reason, found.facts["verify_code"]) == (reason, code)


def test_a_code_has_openssls_name():
    assert of_certificate(10).detail == "the certificate has expired (cert has expired)"
    assert of_certificate(9999).facts["verify_message"] == "error 9999"


def test_any_other_error_of_tls_is_the_protocols():
    found = of_protocol("WRONG_VERSION_NUMBER\n")
    assert found.reason is Reason.TLS_PROTOCOL
    assert found.facts["tls_error"] == "WRONG_VERSION_NUMBER\N{REPLACEMENT CHARACTER}"


def test_words_of_a_stranger_are_cut_and_cleaned():
    assert (
        printable("a\nb\x1b[31m\u202e")
        == "a\N{REPLACEMENT CHARACTER}b\N{REPLACEMENT CHARACTER}[31m\N{REPLACEMENT CHARACTER}"
    )
    assert printable("x" * 201) == "x" * 200 + "…"
    assert printable("x" * 200) == "x" * 200
