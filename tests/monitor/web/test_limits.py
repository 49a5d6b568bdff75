import pytest

from monitor.web import limits
from monitor.web.limits import Limit, client


@pytest.fixture
def clock():
    return [0.0]


@pytest.fixture
def limit(clock):
    """Three at once, and one more each ten seconds."""
    return Limit(3, 10.0, lambda: clock[0])


def test_an_allowance_is_used_up_at_once_and_grows_back_one_by_one(limit, clock):
    assert [limit.wait("a") for _ in range(5)] == [0, 0, 0, 10, 10]
    clock[0] = 9.5
    assert limit.wait("a") == pytest.approx(0.5)
    clock[0] = 10
    assert [limit.wait("a") for _ in range(2)] == [0, 10]
    clock[0] = 1000
    assert [limit.wait("a") for _ in range(4)] == [0, 0, 0, 10]


def test_each_has_an_allowance_of_its_own(limit):
    assert [limit.wait(who) for who in "aaaabbbb"] == [0, 0, 0, 10, 0, 0, 0, 10]


def test_a_flood_of_names_is_not_remembered_and_shares_one_allowance(limit, clock, monkeypatch):
    monkeypatch.setattr(limits, "_MANY", 100)
    waits = [limit.wait(str(number)) for number in range(200)]

    assert waits[:103] == [0] * 103
    assert all(waits[103:])
    assert len(limit._used) <= 101
    clock[0] = 1000
    assert limit.wait("new") == 0
    assert len(limit._used) == 1


@pytest.mark.parametrize(
    ("remote", "who"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::"),
        ("2001:db8:1:2::9", "2001:db8:1:2::"),
        ("fe80::1%eth0", "fe80::"),
        ("::ffff:192.0.2.7", "::ffff:c000:207"),
        ("", ""),
        (None, ""),
        ("/run/socket", ""),
    ],
)
def test_a_client_is_its_address_or_its_network_of_64_bits(remote, who):
    assert client(remote) in (who, "::ffff:192.0.2.7" if who.startswith("::ffff") else who)
