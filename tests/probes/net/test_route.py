"""connect_to."""

import pytest

from probes._net.route import Routes, endpoint, patterns
from probes._net.settings import ConnectTo


def routes(**entries):
    return Routes(ConnectTo(host=host, port=443, to=to) for host, to in entries.items())


def test_the_most_specific_name_wins():
    found = routes(
        **{
            "*": "127.0.0.1:1",
            "*.gov.vn": "127.0.0.1:2",
            "*.hanoi.gov.vn": "127.0.0.1:3",
            "x.hanoi.gov.vn": "127.0.0.1:4",
        }
    )
    hosts = ("a.example", "dichvucong.gov.vn", "dvc.hanoi.gov.vn", "x.hanoi.gov.vn")
    assert [found.find(host, 443) for host in hosts] == [("127.0.0.1", port) for port in (1, 2, 3, 4)]


def test_a_suffix_does_not_match_its_own_name_nor_half_a_label():
    found = routes(**{"*.gov.vn": "127.0.0.1:2"})
    assert found.find("gov.vn", 443) is None
    assert found.find("notgov.vn", 443) is None


def test_the_port_has_to_match():
    assert routes(**{"a.example": "127.0.0.1:2"}).find("a.example", 80) is None


def test_capitals_and_a_final_dot_do_not_matter():
    assert routes(**{"A.Example.": "127.0.0.1:2"}).find("a.EXAMPLE.", 443) == ("127.0.0.1", 2)


def test_an_address_of_version_6_stands_in_brackets():
    assert endpoint("[::1]:443") == ("::1", 443)


@pytest.mark.parametrize(
    "text", ["", "127.0.0.1", ":443", "127.0.0.1:", "127.0.0.1:x", "127.0.0.1:0", "127.0.0.1:65536", "a:²"]
)
def test_what_is_not_address_and_port_is_an_error(text):
    with pytest.raises(ValueError, match="is not ADDRESS:PORT"):
        endpoint(text)


def test_patterns_go_from_the_name_to_any_name():
    assert list(patterns("a.b.vn")) == ["a.b.vn", "*.b.vn", "*.vn", "*"]
