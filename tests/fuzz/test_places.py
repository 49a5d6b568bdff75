"""Places that strangers name: redirects, addresses and cookies. Never an error, and never a way inside."""

import ipaddress

from hypothesis import given, settings
from hypothesis import strategies as st
from yarl import URL

from probes import Reason
from probes._net import redirect
from probes._net.cookies import Jar
from probes._net.faults import Fault, printable
from probes._net.guard import address_fault, url_fault

PORTS = (80, 443)
ASKED = URL("https://dichvucong.hanoi.gov.vn/a/b?c")
WORDS = "http https file javascript : / // \\ @ ? # [ ] % %00 %2e .. 127.0.0.1 ::1 ::ffff:127.0.0.1 localhost a.example"
PIECES = st.sampled_from([*WORDS.split(), " ", "\t", "đ", "\ud800", ":80", ":22", ":99999", ":-1"])
LOCATIONS = st.one_of(st.text(max_size=60), st.lists(PIECES, max_size=12).map("".join))
NETWORKS = "0.0.0.0/8 10.0.0.0/8 100.64.0.0/10 127.0.0.0/8 169.254.0.0/16 172.16.0.0/12 192.168.0.0/16 224.0.0.0/3"
INSIDE = [ipaddress.ip_network(text) for text in NETWORKS.split()]


@settings(max_examples=500, deadline=None)
@given(LOCATIONS, st.sampled_from([200, 204, 300, 301, 302, 303, 304, 307, 308, 399]))
def test_any_location_leads_to_a_url_or_is_a_bad_redirect(location, status):
    try:
        led = redirect.target(ASKED, status, {"location": location})
    except Fault as fault:
        assert fault.reason is Reason.BAD_REDIRECT  # noqa: PT017 - both ends are right
        return
    if led is None:
        assert status in (200, 204, 300, 304, 399)
        return
    assert (led.raw_user, led.raw_password, led.raw_fragment) == (None, None, "")
    url_fault(led, PORTS)
    redirect.shown(led)


@settings(max_examples=500, deadline=None)
@given(LOCATIONS)
def test_a_url_that_may_be_asked_is_of_the_web(location):
    try:
        url = redirect.target(ASKED, 302, {"location": location})
    except Fault:
        return
    if url is not None and not url_fault(url, PORTS):
        assert url.scheme in ("http", "https")
        assert url.raw_host
        assert url.port in PORTS


@st.composite
def wrapped(draw):
    """An IPv4 address, bare or in one of the wrappings of IPv6."""
    inner = int(draw(st.ip_addresses(v=4)))
    form = draw(st.sampled_from(["bare", "::ffff:0:0", "64:ff9b::", "::", "2002::"]))
    if form == "bare":
        return ipaddress.IPv4Address(inner), str(ipaddress.IPv4Address(inner))
    outer = int(ipaddress.IPv6Address(form)) | (inner << 80 if form == "2002::" else inner)
    return ipaddress.IPv4Address(inner), str(ipaddress.IPv6Address(outer))


@settings(max_examples=500, deadline=None)
@given(wrapped())
def test_no_wrapping_of_an_address_inside_is_let_through(pair):
    inner, text = pair
    if any(inner in network for network in INSIDE):
        assert address_fault(text)


@settings(max_examples=300, deadline=None)
@given(st.ip_addresses(v=6))
def test_no_address_of_ipv6_that_is_not_global_is_let_through(address):
    if not address_fault(str(address)):
        assert address.is_global
        assert not address.is_multicast
        assert not address.is_private


@settings(max_examples=300, deadline=None)
@given(st.one_of(st.text(max_size=50), st.lists(PIECES, max_size=8).map("".join)), st.booleans())
def test_any_other_text_is_no_address(text, internal):
    found = address_fault(text, internal=internal)
    try:
        ipaddress.ip_address(text)
    except ValueError:
        assert found  # whatever the words


@settings(max_examples=300, deadline=None)
@given(st.lists(st.text(max_size=60), max_size=100))
def test_any_cookies_make_one_header_of_bounded_length(lines):
    jar = Jar()
    take(jar, lines)
    header = told(jar)
    assert len(header) <= 50 * 4100
    assert "other" not in header or any("other" in line for line in lines)


def take(jar, lines):
    jar.take(URL("https://a.example/"), lines)


def told(jar):
    return jar.header(URL("https://a.example/"))


@settings(deadline=None)
@given(st.lists(st.text(max_size=20), max_size=5))
def test_no_cookie_is_told_to_another_host(lines):
    jar = Jar()
    take(jar, lines)
    assert jar.header(URL("https://b.example/")) == ""


@settings(deadline=None)
@given(st.text(max_size=400), st.integers(1, 300))
def test_any_words_of_a_stranger_are_fit_for_a_log(text, longest):
    said = printable(text, longest)
    assert said.isprintable()
    assert len(said) <= longest + 1
