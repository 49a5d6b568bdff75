"""One request's bytes and one answer's."""

import gzip
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from yarl import URL

from probes import Reason
from probes._net import http1
from probes._net.faults import Fault

OK = b"HTTP/1.1 200 OK\r\n"


def parse(*pieces, end=True, **caps):
    parser = http1.Parser(**{"max_headers": 2000, "max_body": 2000, **caps})
    for piece in pieces:
        parser.feed(piece)
    if end:
        parser.end()
    return parser.answer() if parser.done else None


def fault(*pieces, **caps):
    with pytest.raises(Fault) as caught:
        parse(*pieces, **caps)
    return caught.value


def written(method, url, headers=(), body=b"", cookies="", through=""):
    asked = http1.Request(method=method, url=URL(url), headers=dict(headers), body=body)
    return asked.written([("Accept", "*/*")], cookies, through)


def test_a_request_is_asked_for_by_path_and_query_under_its_host():
    asked = written("GET", "https://a.example/đ?x=1#y")
    assert asked == b"GET /%C4%91?x=1 HTTP/1.1\r\nHost: a.example\r\nAccept: */*\r\n\r\n"


@pytest.mark.parametrize(
    ("url", "host"),
    [
        ("http://a.example", "a.example"),
        ("http://a.example:8080", "a.example:8080"),
        ("http://[2400::1]:443", "[2400::1]:443"),
    ],
)
def test_the_host_header_holds_the_port_where_it_is_not_the_usual_one(url, host):
    assert f"Host: {host}\r\n".encode() in written("GET", url)


def test_a_request_with_a_body_tells_its_length():
    assert written("PROPFIND", "http://a.example", body=b"{}").endswith(b"Content-Length: 2\r\n\r\n{}")


@pytest.mark.parametrize(("method", "told"), [("POST", True), ("PUT", True), ("GET", False), ("DELETE", False)])
def test_a_request_that_could_have_a_body_and_has_none_says_so(method, told):
    assert (b"Content-Length: 0\r\n" in written(method, "http://a.example")) is told


def test_headers_of_the_probe_win_over_the_usual_ones():
    asked = written("GET", "http://a.example/", [("accept", "text/plain"), ("HOST", "b.example")])
    assert asked == b"GET / HTTP/1.1\r\naccept: text/plain\r\nHOST: b.example\r\n\r\n"


def test_a_proxy_is_told_the_whole_address():
    asked = written("GET", "http://a.example/b", through="http://a.example")
    assert asked.startswith(b"GET http://a.example/b HTTP/1.1\r\nHost: a.example\r\n")


@pytest.mark.parametrize("value", ["a\r\nY: b", "a\rb", "a\nb", "a\0b"])
def test_a_header_cannot_become_two(value):
    with pytest.raises(ValueError, match="'X' has a line break in it"):
        written("GET", "http://a.example", [("X", value)])


def test_what_is_asked_with_head_has_no_body_whatever_its_headers_say():
    answer = parse(OK + b"Content-Length: 5\r\nContent-Encoding: gzip\r\n\r\n", head=True, end=False)
    assert (answer.body, answer.told_length) == (b"", 5)


def test_an_answer_ends_where_its_length_says():
    answer = parse(
        OK + b"Content-Length: 3\r\nX-A: 1\r\nx-a: 2\r\nSet-Cookie: a=1\r\nSet-Cookie: b=2\r\n\r\nabc", end=False
    )
    assert answer == http1.Answer(
        status=200,
        version="1.1",
        headers={"content-length": "3", "x-a": "2"},
        fields=(
            ("content-length", "3"),
            ("x-a", "1"),
            ("x-a", "2"),
            ("set-cookie", "a=1"),
            ("set-cookie", "b=2"),
        ),
        body=b"abc",
    )
    assert (answer.cookies, answer.told_length) == (("a=1", "b=2"), 3)


def test_an_answer_in_chunks_ends_with_the_last_and_its_trailers_are_dropped():
    answer = parse(
        OK + b"Transfer-Encoding: chunked\r\n\r\n3;x=y\r\nabc\r\n1\r\nd\r\n0\r\nX-Trailer: 1\r\n\r\n", end=False
    )
    assert answer.body == b"abcd"
    assert "x-trailer" not in answer.headers


def test_an_answer_without_a_length_ends_with_the_connection():
    assert parse(OK + b"\r\nab", b"c").body == b"abc"


@pytest.mark.parametrize("status", [204, 304])
def test_an_answer_that_has_no_body_is_whole_at_once(status):
    assert parse(b"HTTP/1.1 %d X\r\nContent-Length: 5\r\n\r\n" % status, end=False).body == b""


def test_interim_answers_are_passed_over():
    answer = parse(
        b"HTTP/1.1 100 Continue\r\nX: 1\r\n\r\nHTTP/1.1 103 Hints\r\nLink: x\r\n\r\n"
        + OK
        + b"Content-Length: 0\r\n\r\n",
        end=False,
    )
    assert (answer.status, answer.headers) == (200, {"content-length": "0"})


@pytest.mark.parametrize("more", [b"EXTRA", b"HTTP/1.1 500 X\r\nContent-Length: 1\r\nX: " + b"y" * 5000 + b"\r\n\r\nz"])
@pytest.mark.parametrize("close", [b"", b"Connection: close\r\n"])
def test_what_comes_after_the_answer_is_ignored(more, close):
    answer = parse(OK + close + b"Content-Length: 2\r\n\r\nab" + more, end=False)
    assert (answer.status, answer.body) == (200, b"ab")


def test_lines_that_end_in_a_bare_line_feed_are_read():
    assert parse(b"HTTP/1.0 200 OK\nX: 1\n\nabc").headers == {"x": "1"}


@pytest.mark.parametrize(("raw", "text"), [("Cổng".encode(), "Cổng"), ("é".encode("latin-1"), "é")])
def test_headers_may_be_utf_8_or_latin_1(raw, text):
    assert parse(OK + b"X: " + raw + b"\r\n\r\n").headers["x"] == text


@pytest.mark.parametrize(
    "raw",
    [
        b"<html>not http</html>",
        b"SSH-2.0-OpenSSH_9.2\r\n",
        b"RTSP/1.0 200 OK\r\n\r\n",
        b"HTTP/2.0 200 OK\r\n\r\n",
        b"HTTP/1.1 99999 OK\r\n\r\n",
        b"HTTP/1.1 000 OK\r\n\r\n",
        b"HTTP/1.1 700 OK\r\n\r\n",
        b"HTTP/1.1 101 Switching\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n",
        OK + b"X: a\x01b\r\n\r\n",
        OK + b"Content-Length: 1\r\nContent-Length: 2\r\n\r\n",
        OK + b"Content-Length: -1\r\n\r\n",
        OK + b"Content-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n",
        OK + b"Transfer-Encoding: gzip, chunked\r\n\r\n",
        OK + b"Transfer-Encoding: chunked\r\n\r\nzz\r\n",
        OK + b"Content-Encoding: zstd\r\n\r\n",
    ],
)
def test_what_is_not_http_1_is_a_fault_of_protocol(raw):
    assert fault(raw).reason is Reason.PROTOCOL


@pytest.mark.parametrize(
    ("raw", "detail"),
    [
        (b"", "hung up before the headers were whole"),
        (OK + b"X:", "hung up before the headers were whole"),
        (b"HTTP/1.1 100 Continue\r\n\r\n", "hung up before the headers were whole"),
        (OK + b"Content-Length: 5\r\n\r\nabc", "hung up before the body was whole"),
        (OK + b"Transfer-Encoding: chunked\r\n\r\n5\r\nabc", "hung up before the body was whole"),
        (
            OK + b"Content-Encoding: gzip\r\n\r\n" + gzip.compress(b"abc", mtime=0)[:-9],
            "the compressed body ended too early",
        ),
    ],
)
def test_an_answer_that_is_cut_off_is_a_fault_of_protocol(raw, detail):
    found = fault(raw)
    assert (found.reason, found.detail) == (Reason.PROTOCOL, detail)


@pytest.mark.parametrize(
    "raw",
    [
        OK + b"X: " + b"y" * 3000 + b"\r\n\r\n",
        OK + b"".join(b"X%d: y\r\n" % n for n in range(1000)) + b"\r\n",
        OK + b"X: " + b"y" * 3000,  # no end in sight
        OK[:-2] + b"y" * 3000,
        b"HTTP/1.1 103 Hints\r\nLink: x\r\n\r\n" * 300,
        OK + b"Transfer-Encoding: chunked\r\n\r\n0\r\n" + b"X: y\r\n" * 2000,
        OK + b"Transfer-Encoding: chunked\r\n\r\n1;" + b"x" * 3000,
    ],
)
@pytest.mark.parametrize("step", [100, 100_000])
def test_headers_beyond_the_cap_are_a_fault_wherever_they_hide(raw, step):
    assert fault(*[raw[at : at + step] for at in range(0, len(raw), step)]).reason is Reason.TOO_LARGE


def test_a_body_beyond_the_cap_is_a_fault_at_once():
    parser = http1.Parser(max_headers=2000, max_body=10)
    with pytest.raises(Fault) as caught:
        parser.feed(OK + b"Content-Length: 1000000\r\n\r\n" + b"x" * 11)
    assert caught.value.reason is Reason.TOO_LARGE


def test_no_fault_tells_what_the_page_or_its_headers_hold():
    for raw in (
        OK + b"X: a\x01secret\r\n\r\n",
        OK + b"Content-Length: secret\r\n\r\n",
        OK + b"Content-Encoding: secret\r\n\r\n",
        b"secret",
    ):
        assert "secret" not in str(fault(raw))


WHOLE = (
    b"HTTP/1.1 103 Hints\r\nLink: x\r\n\r\n"
    + OK
    + b"Content-Encoding: gzip\r\nTransfer-Encoding: chunked\r\nX: y\r\n\r\n"
    + b"".join(
        b"%x\r\n%b\r\n" % (len(part), part)
        for part in (gzip.compress(b"abc" * 100, mtime=0)[:20], gzip.compress(b"abc" * 100, mtime=0)[20:])
    )
    + b"0\r\n\r\n"
)


@given(st.lists(st.integers(min_value=1, max_value=len(WHOLE) - 1)))
def test_an_answer_is_the_same_in_whatever_pieces_it_comes(cuts):
    edges = [0, *sorted(set(cuts)), len(WHOLE)]
    pieces = [WHOLE[start:stop] for start, stop in pairwise(edges)]
    assert parse(*pieces, end=False) == parse(WHOLE, end=False)


@given(
    st.lists(
        st.one_of(
            st.binary(),
            st.sampled_from(
                [
                    OK,
                    b"\r\n",
                    b"Content-Length: 3\r\n",
                    b"Transfer-Encoding: chunked\r\n",
                    b"0\r\n",
                    b"Content-Encoding: gzip\r\n",
                ]
            ),
        )
    )
)
def test_no_bytes_do_anything_else_than_be_read_or_be_a_fault(pieces):
    try:
        parse(*pieces)
    except Fault as found:
        assert found.reason in (Reason.PROTOCOL, Reason.TOO_LARGE)  # noqa: PT017 - both ends are right
