"""Answers of a server that sends whatever it likes, in whatever pieces: read, or a fault; never more than the caps."""

from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from probes import Reason
from probes._net.coding import Body
from probes._net.faults import Fault
from probes._net.http1 import Parser

CAP = 500
CODINGS = ("", "identity", "gzip", "x-gzip", "deflate", "br")
LINES = st.sampled_from(
    [
        b"HTTP/1.1 200 OK\r\n",
        b"HTTP/1.0 200 OK\r\n",
        b"HTTP/1.1 100 Continue\r\n\r\n",
        b"HTTP/1.1 101 Switching\r\n",
        b"HTTP/1.1 204 No\r\n",
        b"HTTP/1.1 304 Not\r\n",
        b"Content-Length: 3\r\n",
        b"Content-Length: 0\r\n",
        b"Content-Length: 99999999999999999999\r\n",
        b"Transfer-Encoding: chunked\r\n",
        b"Connection: close\r\n",
        b"Connection: upgrade\r\nUpgrade: h2c\r\n",
        b"Content-Encoding: gzip\r\n",
        b"Content-Encoding: br\r\n",
        b"Set-Cookie: a=b\r\n",
        b"X: " + b"y" * 200 + b"\r\n",
        b"X: y\r\n z\r\n",
        b"\r\n",
        b"\n",
        b"\0",
        b"3\r\nabc\r\n",
        b"3;x=y\r\nabc\r\n",
        b"0\r\n",
        b"ffffffff\r\n",
        b"-1\r\n",
        b"abc",
        b"x" * 300,
    ]
)
STREAMS = st.lists(st.one_of(LINES, st.binary(max_size=40)), max_size=25).map(b"".join)


def parse(data, cuts, *, end=True):
    """What comes of these bytes, cut into pieces at these places: an answer, or the reason of a fault."""
    parser = Parser(max_headers=CAP, max_body=CAP)
    edges = [0, *sorted(cut for cut in set(cuts) if cut < len(data)), len(data)]
    try:
        for start, stop in pairwise(edges):
            parser.feed(data[start:stop])
            if parser.done:
                break
        if end:
            parser.end()
        return parser.answer() if parser.done else None
    except Fault as fault:
        return fault.reason


def headed(data):
    return b"HTTP/1.1 200 OK\r\n" + data


@settings(max_examples=400, deadline=None)
@given(st.one_of(STREAMS, STREAMS.map(headed)), st.lists(st.integers(1, 400), max_size=10), st.booleans())
def test_any_bytes_are_read_or_are_a_fault(data, cuts, end):
    found = parse(data, cuts, end=end)
    if isinstance(found, Reason):
        assert found in (Reason.PROTOCOL, Reason.TOO_LARGE)
    elif found is not None:
        assert 200 <= found.status < 600
        assert len(found.body) <= CAP
        # One piece may go beyond the cap before it is seen.
        assert sum(len(name) + len(value) for name, value in found.headers.items()) <= CAP + len(data)
        assert all(text.isprintable() or text == "\t" for name in found.headers for text in name)


@settings(max_examples=200, deadline=None)
@given(STREAMS.map(headed), st.lists(st.integers(1, 400), max_size=10))
def test_pieces_play_no_part_in_what_is_read(data, cuts):
    """Only where a cap is passed may it matter, for it is looked at after each piece."""
    whole, pieces = parse(data, []), parse(data, cuts)
    if Reason.TOO_LARGE not in (whole, pieces):
        assert whole == pieces


@settings(max_examples=300, deadline=None)
@given(st.sampled_from(CODINGS), st.lists(st.binary(max_size=100), max_size=10), st.integers(0, CAP))
def test_any_coded_bytes_are_read_or_are_a_fault(coding, pieces, cap):
    body = Body(coding, cap)
    try:
        for piece in pieces:
            body.feed(piece)
        assert len(body.end()) <= cap
    except Fault as fault:
        assert fault.reason in (Reason.PROTOCOL, Reason.TOO_LARGE)  # noqa: PT017 - both ends are right


@settings(deadline=None)
@given(st.text(max_size=40))
def test_any_name_of_a_coding_is_known_or_is_a_fault(coding):
    try:
        Body(coding, CAP)
    except Fault as fault:
        assert fault.reason is Reason.PROTOCOL  # noqa: PT017 - both ends are right
