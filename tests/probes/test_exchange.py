"""probes._exchange: the errors of X-Road, in the spelling of each of its versions."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from yarl import URL

from probes import Page, Reason
from probes._answer import Answer
from probes._exchange import came_through, error_of, exchange_fault


def answer_with(**headers: str) -> Page:
    url = URL("http://security.example/r1/x")
    headers = {name.replace("_", "-"): value for name, value in headers.items()}
    return Page(url=url, status=500, headers=headers, body=b"{}", asked=(url,))


@pytest.mark.parametrize(
    ("told", "hop"),
    [
        ("Client.BadRequest", "request"),
        ("client.bad_request", "request"),
        ("Server.ClientProxy.OutdatedGlobalConf", "client_proxy"),
        ("server.clientproxy.unknown_member", "client_proxy"),
        ("Server.ClientProxy", "client_proxy"),
        ("Server.ServerProxy.DatabaseError", "server_proxy"),
        ("server.serverproxy.access_denied", "access"),
        ("Server.ServerProxy.ServiceFailed.HttpError", "service"),
        ("server.serverproxy.service_failed", "service"),
        ("Server.ServerProxy.NetworkError", "service"),
        ("server.serverproxy.network_error", "service"),
        ("Clientele", "unclear"),
        ("Signer.TokenNotActive", "unclear"),
        ("Kết nối thất bại", "unclear"),
        ("", "unclear"),
    ],
)
def test_the_type_of_the_error_tells_the_hop(told, hop):
    found = exchange_fault(Answer(page=answer_with(x_road_error=told), bare=True))

    assert found.facts["hop"] == hop
    blamed = {"server_proxy": Reason.UPSTREAM, "service": Reason.UPSTREAM}
    accused = {"client_proxy": Reason.EXCHANGE_FAILED, "access": Reason.EXCHANGE_FAILED}
    assert found.reason is {**blamed, **accused}.get(hop, Reason.UNREADABLE)


def test_without_the_header_an_error_is_not_the_exchanges():
    assert error_of(answer_with()) is None
    assert exchange_fault(Answer(page=answer_with(), bare=True)) is None


@given(st.text(max_size=300))
def test_whatever_the_header_holds_the_type_is_bounded(told):
    error = error_of(answer_with(x_road_error=told))

    assert len(error.type) <= 250
    assert error.type.isascii()
    assert error.type.replace("_", "").replace(".", "").isalpha()


def test_an_answer_that_came_through_bears_the_marks_of_it():
    assert came_through(answer_with(x_road_id="1"))
    assert not came_through(answer_with(server="Jetty"))


def test_a_word_that_is_not_to_be_told_is_not():
    page = answer_with(x_road_error="Server.ClientProxy.Hunter")
    found = exchange_fault(Answer(page=page, bare=True), lambda _: "hidden")

    assert found.facts["error_type"] == "hidden"
    assert "unter" not in found.detail
