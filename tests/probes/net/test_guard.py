"""Where the monitor may go."""

import ipaddress

import pytest
from hypothesis import given
from hypothesis import strategies as st
from yarl import URL

from probes._net.guard import address_fault, url_fault


@pytest.mark.parametrize(
    "text", ["8.8.8.8", "103.1.208.1", "2001:dc8::1", "2400:cb00::1", "::ffff:8.8.8.8", "64:ff9b::808:808"]
)
def test_a_public_address_may_be_asked(text):
    assert address_fault(text) == ""


@pytest.mark.parametrize(
    "text",
    [
        "127.0.0.1",
        "10.0.0.1",
        "172.16.0.1",
        "192.168.1.1",
        "100.64.0.1",  # carrier-grade NAT
        "0.0.0.0",
        "255.255.255.255",
        "240.0.0.1",
        "192.0.2.1",
        "198.18.0.1",
        "169.254.169.254",
        "168.63.129.16",
        "100.100.100.200",
        "224.0.0.1",
        "::",
        "::1",
        "::7f00:1",
        "::ffff:127.0.0.1",
        "::ffff:169.254.169.254",
        "64:ff9b::7f00:1",
        "64:ff9b:1::808:808",
        "2002:7f00:1::",
        "2001::1",  # Teredo
        "2001:db8::1",
        "fc00::1",
        "fd00:ec2::254",
        "fe80::1",
        "fe80::1%eth0",
        "ff02::1",
        "4000::1",  # not handed out
    ],
)
def test_any_other_address_is_refused(text):
    assert address_fault(text)


@pytest.mark.parametrize("text", ["10.0.0.1", "192.168.1.1", "127.0.0.1", "fd12::1", "8.8.8.8"])
def test_an_internal_host_may_have_a_private_address(text):
    assert address_fault(text, internal=True) == ""


@pytest.mark.parametrize(
    "text",
    ["169.254.169.254", "::ffff:169.254.169.254", "fd00:ec2::254", "168.63.129.16", "fe80::1", "ff02::1", "0.0.0.0"],
)
def test_not_even_an_internal_host_leads_to_metadata_or_to_many(text):
    assert address_fault(text, internal=True)


def test_what_is_not_an_address_is_refused():
    assert address_fault("dichvucong.gov.vn") == "not an address"


@given(st.ip_addresses())
def test_whatever_is_let_through_is_global(address):
    if not address_fault(str(address)):
        inner = getattr(address, "ipv4_mapped", None) or getattr(address, "sixtofour", None) or address
        if inner in ipaddress.ip_network("64:ff9b::/96"):
            inner = ipaddress.IPv4Address(int(inner) & 0xFFFFFFFF)
        assert inner.is_global
        assert not inner.is_multicast


@given(st.ip_addresses(v=4), st.sampled_from(["::ffff:0:0", "64:ff9b::", "2002::"]))
def test_a_wrapping_changes_nothing(address, prefix):
    shift = 80 if prefix == "2002::" else 0
    wrapped = ipaddress.IPv6Address(int(ipaddress.IPv6Address(prefix)) | int(address) << shift)
    assert bool(address_fault(str(wrapped))) == bool(address_fault(str(address)))


@pytest.mark.parametrize(
    "url", ["http://a.example/", "https://a.example", "https://a.example:443/x?y", "http://[2400::1]/"]
)
def test_a_url_of_the_web_may_be_asked(url):
    assert url_fault(URL(url), (80, 443)) == ""


@pytest.mark.parametrize(
    ("url", "why"),
    [
        ("ftp://a.example/", "scheme ftp is not the web's"),
        ("javascript:alert(1)", "scheme javascript is not the web's"),
        ("file:///etc/passwd", "scheme file is not the web's"),
        ("/relative", "scheme (none) is not the web's"),
        ("http:///path", "the URL names no host"),
        ("http://a.example:22/", "port 22 is not the web's"),
        ("http://a.example:0/", "port 0 is not the web's"),
    ],
)
def test_any_other_url_is_refused_with_the_reason(url, why):
    assert url_fault(URL(url), (80, 443)) == why
