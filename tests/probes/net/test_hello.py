"""Which group a key exchange ran over, read from what real servers send."""

import contextlib
import ssl

import pytest
from hypothesis import given
from hypothesis import strategies as st

from probes._net import hello, openssl
from probes._net.openssl import READING, OpenSsl

HOST = "dichvucong.hanoi.gov.vn"
CURVES = {"prime256v1": "secp256r1", "secp384r1": "secp384r1", "secp521r1": "secp521r1", "X25519": "x25519"}
VERSIONS = [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3]
HANDSHAKE = 22


class Server:
    """A server's TLS in memory; `sent` is all that it said."""

    def __init__(self, context):
        self.sent = b""
        self._incoming, self._outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        self._tls = context.wrap_bio(self._incoming, self._outgoing, server_side=True)

    def answer(self, data):
        self._incoming.write(data)
        with contextlib.suppress(ssl.SSLWantReadError):
            self._tls.do_handshake()
        said = self._outgoing.read()
        self.sent += said
        return said


def agreed(context, session):
    """The server, once both have agreed."""
    server, said = Server(context), b""
    while not session.agree(said):
        said = server.answer(session.leaving())
        assert said
    return server


def serving(authority, version, curve):
    context = authority.context(HOST)
    context.minimum_version = context.maximum_version = version
    context.set_ecdh_curve(curve)
    return context


def session(curve=None):
    """Of a client that begins with this curve."""
    engine = OpenSsl(None)
    if curve:
        openssl._set_groups(engine.setting(READING).context, curve.encode())
    return engine.session(HOST, READING)


def records(messages, size):
    """Handshake messages in records that hold at most so many bytes."""
    pieces = (messages[start : start + size] for start in range(0, len(messages), size))
    return b"".join(bytes([HANDSHAKE, 3, 3]) + len(piece).to_bytes(2) + piece for piece in pieces)


def clear(sent):
    """What the first records, those that are not encrypted, hold."""
    return b"".join(hello._records(sent))


# -- real handshakes


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize(("curve", "name"), CURVES.items())
def test_the_group_is_told_for_every_curve(authority, version, curve, name):
    one = session()
    sent = agreed(serving(authority, version, curve), one).sent
    assert (hello.group(sent), one.group, one.version) == (name, name, version.name.replace("_", "."))


@pytest.mark.parametrize(("curve", "name"), CURVES.items())
def test_a_group_that_both_begin_with_needs_one_hello(authority, curve, name):
    one = session(curve)
    server = agreed(serving(authority, ssl.TLSVersion.TLSv1_3, curve), one)
    assert (hellos(server.sent), hello.group(server.sent), one.group) == (1, name, name)


def test_a_group_that_the_server_asks_for_needs_two_hellos(authority):
    """HelloRetryRequest: the first key share was for another group (RFC 8446, 4.1.4)."""
    one = session()
    server = agreed(serving(authority, ssl.TLSVersion.TLSv1_3, "secp521r1"), one)
    assert (hellos(server.sent), hello.group(server.sent), one.group) == (2, "secp521r1", "secp521r1")


def hellos(sent):
    """How many a server has sent."""
    count = 0
    while sent:
        size = 5 + int.from_bytes(sent[3:5])
        count += sent[0] == HANDSHAKE and sent[5] == 2
        sent = sent[size:]
    return count


def test_a_key_exchange_over_a_finite_field_has_no_group_in_tls_1_2(authority):
    """Its server tells a prime and no name."""
    context = serving(authority, ssl.TLSVersion.TLSv1_2, "prime256v1")
    one = session()
    sent = agreed(context, one).sent
    at = clear(sent)
    named = at.index(bytes([12, 0]))  # ServerKeyExchange
    anonymous = at[: named + 4] + b"\x01" + at[named + 5 :]  # explicit_prime where the curve had its name
    assert (hello.group(records(at, 1000)), hello.group(records(anonymous, 1000))) == ("secp256r1", "")


def test_a_group_without_a_name_is_told_by_its_number(authority):
    one = session()
    sent = agreed(serving(authority, ssl.TLSVersion.TLSv1_3, "X25519"), one).sent
    share = b"\x00\x33\x00\x24\x00\x1d"
    assert hello.group(sent) == "x25519"
    assert hello.group(sent.replace(share, share[:4] + b"\x6a\x6a")) == "27242"


async def test_the_group_is_among_the_facts_of_a_look(serve, network):
    async def nothing(_request):
        raise AssertionError

    await serve(nothing, HOST)
    trip = network().trip()
    found = await trip.handshake(HOST)
    assert found.group == trip.facts["tls_group"] == "x25519"


# -- bytes of any kind


@pytest.fixture(scope="module")
def spoken(authority):
    """What servers of both versions send, one of them with two hellos."""
    ways = [(version, curve) for version in VERSIONS for curve in ("X25519", "secp384r1")]
    return {way: agreed(serving(authority, *way), session()).sent for way in ways}


def test_the_same_messages_in_records_of_another_size_say_the_same(spoken):
    for (_, curve), sent in spoken.items():
        said = clear(sent)
        assert {hello.group(records(said, size)) for size in (1, 3, 16, 500, 16384)} == {CURVES[curve]}


def test_the_beginning_of_a_handshake_says_the_group_or_nothing(spoken):
    for (_, curve), sent in spoken.items():
        said = [hello.group(sent[:size]) for size in range(len(sent))]
        assert set(said) <= {"", CURVES[curve]} | set(map(str, range(256)))  # half a number is a number
        assert said[-1] == CURVES[curve]


@pytest.mark.parametrize(
    "data", [b"", b"HTTP/1.1 400 Bad\r\n", b"\x15\x03\x03\x00\x02\x02\x28", b"\x16\x03\x03\x00\x01\x02"]
)
def test_what_is_no_hello_says_nothing(data):
    assert hello.group(data) == ""


@given(st.binary(max_size=400))
def test_bytes_of_any_kind_say_nothing_that_could_not_be_said(data):
    assert fit(hello.group(data))


@given(st.binary(max_size=200), st.sampled_from([2, 12]), st.integers(1, 50))
def test_messages_of_any_kind_say_nothing_that_could_not_be_said(body, kind, size):
    assert fit(hello.group(records(bytes([kind]) + len(body).to_bytes(3) + body, size)))


@given(st.data())
def test_a_handshake_that_was_spoilt_says_nothing_that_could_not_be_said(spoken, data):
    said = bytearray(data.draw(st.sampled_from(list(spoken.values()))))
    for _ in range(data.draw(st.integers(1, 8))):
        said[data.draw(st.integers(0, min(len(said), 200) - 1))] = data.draw(st.integers(0, 255))
    assert fit(hello.group(bytes(said)))


def fit(name):
    """A name of the list, or a number of two bytes."""
    return name in ("", *hello._GROUPS.values()) or 0 < int(name) < 65536
