"""Where an answer leads."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from yarl import URL

from probes import Reason
from probes._net import redirect
from probes._net.faults import Fault

HERE = URL("https://a.example/one/two?three")


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
@pytest.mark.parametrize(
    ("location", "led"),
    [
        ("https://b.example/x", "https://b.example/x"),
        ("//b.example/x", "https://b.example/x"),
        ("/x", "https://a.example/x"),
        ("x", "https://a.example/one/x"),
        ("?x=1", "https://a.example/one/two?x=1"),
        ("http://a.example/#part", "http://a.example/"),
        ("https://user:secret@b.example/", "https://b.example/"),
        ("https://b.example/đăng nhập", "https://b.example/%C4%91%C4%83ng%20nh%E1%BA%ADp"),
        ("https://BỘ.example/", "https://xn--b-8xm.example/"),
        ("vneid://login", "vneid://login"),
        ("mailto:a@b.example", "mailto:a@b.example"),
    ],
)
def test_a_location_is_read_against_the_url_that_was_asked(status, location, led):
    assert str(redirect.target(HERE, status, {"location": location})) == led


@pytest.mark.parametrize("status", [200, 201, 204, 300, 304, 404, 500])
def test_other_answers_do_not_redirect(status):
    assert redirect.target(HERE, status, {"location": "/x"}) is None


@pytest.mark.parametrize(
    "headers",
    [{}, {"location": ""}, {"location": "http://[::1"}, {"location": "http://a:99999/"}, {"location": "https:///x"}],
)
def test_a_redirect_that_leads_nowhere_is_a_bad_one(headers):
    with pytest.raises(Fault) as caught:
        redirect.target(HERE, 302, headers)
    assert caught.value.reason is Reason.BAD_REDIRECT


@given(st.text())
def test_no_location_does_anything_else_than_lead_somewhere_or_be_bad(location):
    try:
        led = redirect.target(HERE, 302, {"location": location})
    except Fault as fault:
        assert fault.reason is Reason.BAD_REDIRECT  # noqa: PT017 - both ends are right
    else:
        assert isinstance(led, URL)
        assert redirect.shown(led).isprintable()


def test_what_is_shown_holds_no_query():
    assert redirect.shown(URL("https://a.example/x?token=secret#part")) == "https://a.example/x"


@pytest.mark.parametrize(
    "location",
    [
        "https://a\x01b.gov.vn/",
        "https://a\0b.gov.vn/x",
        "//a\x7f.gov.vn/",
        "http://[:z]/",
        "http://[:']#//",
        "http://[::]@",
    ],
)
def test_a_host_that_no_host_can_have_is_a_bad_redirect(location):
    with pytest.raises(Fault) as caught:
        redirect.target(URL("https://a.example/"), 302, {"location": location})
    assert caught.value.reason is Reason.BAD_REDIRECT
