"""A request to the sign-on and its answer, whatever they hold: always a finding, never an exception or a secret."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st
from yarl import URL

from probes import Observation, Page, Reason, Target
from probes._answer import Answer
from probes._authorize import Request, accepted
from probes._html import resolved

HANOI, SIGN_ON = "dichvucong.hanoi.gov.vn", "xacthuc.dichvucong.gov.vn"
TARGET = Target(
    code="H26",
    name="Hà Nội",
    level="province",
    portal=URL(f"https://{HANOI}/"),
    hosts=frozenset({HANOI}),
    day=date(2023, 6, 21),
)


def answer(url=f"https://{SIGN_ON}/oauth2/authorize", status=200, body=b"", location=None):
    page = Page(url=URL(url), status=status, headers={}, body=body, asked=(URL(url),), location=location)
    return Answer(page=page)


def request(**fields):
    return Request(url=URL(f"https://{SIGN_ON}/oauth2/authorize").with_query(fields), found_on=answer())


@given(
    fields=st.dictionaries(
        st.sampled_from(["client_id", "redirect_uri", "request", "state"]),
        st.text(max_size=30) | st.sampled_from([f"https://{HANOI}/", "https://[::1", "//", "https://evil.example"]),
    )
)
def test_any_request_has_a_fault_or_an_own_way_back(fields):
    asked = request(**fields)
    found = asked.fault(TARGET)

    if found is None:
        assert asked.client_id
        assert "request" in fields or plain_way_back(asked) == HANOI
    else:
        assert found.reason in (Reason.NO_CLIENT_ID, Reason.FOREIGN_REDIRECT_URI)
        assert found.detail.isprintable()


def plain_way_back(asked):
    return asked.redirect_uri.raw_host if asked.redirect_uri else None


@given(
    status=st.integers(200, 599),
    body=st.binary(max_size=100) | st.sampled_from([b"<p>invalid_client", b"<title>Error", b"<p>captcha"]),
    location=st.none() | st.text(max_size=40) | st.sampled_from([f"https://{HANOI}/?error=server_error", "/retry.do"]),
)
def test_any_answer_of_the_sign_on_gives_a_finding(status, body, location):
    to = resolved(URL(f"https://{SIGN_ON}/"), location) if location is not None else None
    asked = request(client_id="a", redirect_uri=f"https://{HANOI}/", state="st4te")
    found = accepted(asked, answer(status=status, body=body, location=to), [SIGN_ON], ["bảo trì"])

    assert isinstance(found, Observation)
    assert found.reason in (Reason.OK, Reason.SIGN_ON_REFUSED, Reason.UPSTREAM, Reason.BLOCKED)
    assert found.detail.isprintable()
    assert "st4te" not in repr(found)


@pytest.mark.parametrize("status", range(500, 600))
def test_no_error_of_the_server_is_ever_the_agencys_fault(status):
    asked = request(client_id="a", redirect_uri=f"https://{HANOI}/")
    found = accepted(asked, answer(status=status, body=b"invalid_client"), [SIGN_ON], [])

    assert found.reason is Reason.UPSTREAM
