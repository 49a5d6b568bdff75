"""Whose host an address is on, by names alone."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from yarl import URL

from probes._hosts import is_path, national, own, plain_host, within

HANOI = "dichvucong.hanoi.gov.vn"
LABELS = st.from_regex(r"[a-z][a-z0-9]{0,8}", fullmatch=True)


@pytest.mark.parametrize(
    ("address", "answer"),
    [
        (f"https://{HANOI}/", True),
        (f"http://{HANOI}:8080/a", True),
        (f"https://{HANOI.upper()}./", True),
        (f"https://id.{HANOI}/", True),
        (f"https://x{HANOI}/", False),
        (f"https://{HANOI}.evil.example/", False),
        (f"https://{HANOI}@evil.example/", False),
        ("https://hanoi.gov.vn/", False),
        ("/relative", False),
        ("", False),
    ],
)
def test_a_host_holds_itself_and_what_is_below_it(address, answer):
    assert within(URL(address), [HANOI]) is answer


@pytest.mark.parametrize("host", [f"www.{HANOI}", f"WWW.{HANOI}."])
def test_www_in_front_of_a_name_says_nothing(host):
    assert within(URL(f"https://{HANOI}/"), [host])
    assert within(URL(f"https://{host}/"), [HANOI])


@given(label=LABELS, host=st.lists(LABELS, min_size=2, max_size=4).map(".".join))
def test_only_a_dot_makes_a_name_lie_below_another(label, host):
    assert within(URL(f"https://{label}.{host}/"), [host])
    assert not within(URL(f"https://{label}-{host}/"), [host])
    assert not within(URL(f"https://{host}.{label}/"), [f"{host}.x{label}"])


def test_a_host_with_other_letters_is_asked_for_in_ascii():
    assert plain_host(URL("https://Tiếng.example./")) == "xn--ting-hv5a.example"


def test_the_agencys_own_come_before_the_national(target):
    npsp = URL("https://dichvucong.gov.vn/")
    assert national(npsp, target())
    assert not own(npsp, target())

    itself = target(portal=npsp, hosts=frozenset({"dichvucong.gov.vn"}))
    assert own(npsp, itself)
    assert not national(npsp, itself)


def test_the_portal_is_the_agencys_own_whatever_its_hosts_are(target):
    assert own(URL(f"https://{HANOI}/"), target(hosts=frozenset()))


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ("/", True),
        ("/a?b=c", True),
        ("", False),
        ("a", False),
        ("//evil.example/", False),
        ("/a b", False),
        ("/\\evil.example", False),
        ("/đăng-nhập", False),
        ("/a\n", False),
    ],
)
def test_a_path_stays_on_the_host(text, answer):
    assert is_path(text) is answer
