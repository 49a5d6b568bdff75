"""Answers that are broken, oversized or odd, from a server that hangs up afterwards: each has its exact reason.

One list; the fuzzer (`make fuzz`) starts from it as well.
"""

import gzip
import zlib

import brotli
import pytest

from probes import Reason

OK = b"HTTP/1.1 200 OK\r\n"
CHUNKED = OK + b"Transfer-Encoding: chunked\r\n\r\n"
GZIP = OK + b"Content-Encoding: gzip\r\n\r\n"
DEFLATE = OK + b"Content-Encoding: deflate\r\n\r\n"
BROTLI = OK + b"Content-Encoding: br\r\n\r\n"
PAGE = b"Xin ch\xc3\xa0o" * 20
PACKED = gzip.compress(PAGE, mtime=0)


def bare(data):
    packer = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    return packer.compress(data) + packer.flush()


def turned(data, at):
    """With one byte turned."""
    return data[:at] + bytes([data[at] ^ 0xFF]) + data[at + 1 :] if at >= 0 else turned(data, len(data) + at)


# Read as it is meant, or as browsers read it: name -> (answer, status, body).
READ = {
    "HTTP/1.0 till the end": (b"HTTP/1.0 200 OK\r\n\r\nabc", 200, b"abc"),
    "HTTP/1.0 with a length": (b"HTTP/1.0 200 OK\r\nContent-Length: 3\r\n\r\nabc", 200, b"abc"),
    "HTTP/1.0 that would stay": (
        b"HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nContent-Length: 3\r\n\r\nabc",
        200,
        b"abc",
    ),
    "no reason phrase": (b"HTTP/1.1 200 \r\nContent-Length: 3\r\n\r\nabc", 200, b"abc"),
    "no reason phrase and no space": (b"HTTP/1.1 200\r\nContent-Length: 3\r\n\r\nabc", 200, b"abc"),
    "bare line feeds": (b"HTTP/1.1 200 OK\nContent-Length: 3\n\nabc", 200, b"abc"),
    "a length too short": (OK + b"Content-Length: 3\r\n\r\nabcdefgh", 200, b"abc"),
    "a length of nothing, and a body": (OK + b"Content-Length: 0\r\n\r\nabc", 200, b""),
    "two answers": (OK + b"Content-Length: 3\r\n\r\nabcHTTP/1.1 500 No\r\nContent-Length: 1\r\n\r\nx", 200, b"abc"),
    "two chunked answers": (CHUNKED + b"3\r\nabc\r\n0\r\n\r\n" + CHUNKED + b"0\r\n\r\n", 200, b"abc"),
    "204 with a body": (b"HTTP/1.1 204 No\r\nContent-Length: 3\r\n\r\nabc", 204, b""),
    "204 with chunks": (b"HTTP/1.1 204 No\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n", 204, b""),
    "304 with a body": (b"HTTP/1.1 304 Not\r\nContent-Length: 3\r\n\r\nabc", 304, b""),
    "interim answers": (
        b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 102 Wait\r\n\r\nHTTP/1.1 103 Hints\r\nLink: x\r\n\r\n"
        + OK
        + b"Content-Length: 3\r\n\r\nabc",
        200,
        b"abc",
    ),
    "chunks with extensions and trailers": (CHUNKED + b'3;a="b"\r\nabc\r\n0\r\nX: y\r\n\r\n', 200, b"abc"),
    "a NUL in the reason phrase, which nobody reads": (
        b"HTTP/1.1 200 O\0K\r\nContent-Length: 3\r\n\r\nabc",
        200,
        b"abc",
    ),
    "chunks of one byte": (CHUNKED + b"1\r\na\r\n1\r\nb\r\n1\r\nc\r\n0\r\n\r\n", 200, b"abc"),
    "a chunk size with zeros before it": (CHUNKED + b"0000000000000003\r\nabc\r\n0\r\n\r\n", 200, b"abc"),
    "NULs in the body": (OK + b"Content-Length: 3\r\n\r\n\0\0\0", 200, b"\0\0\0"),
    "gzip": (GZIP + PACKED, 200, PAGE),
    "gzip in members": (GZIP + PACKED + PACKED, 200, PAGE * 2),
    "gzip with something after it": (GZIP + PACKED + b"\0\0\0", 200, PAGE),
    "deflate": (DEFLATE + zlib.compress(PAGE), 200, PAGE),
    "deflate without its header": (DEFLATE + bare(PAGE), 200, PAGE),
    "br": (BROTLI + brotli.compress(PAGE), 200, PAGE),
    "a coding and no body": (OK + b"Content-Encoding: gzip\r\nContent-Length: 0\r\n\r\n", 200, b""),
    "a status nobody knows": (b"HTTP/1.1 599 Odd\r\nContent-Length: 3\r\n\r\nabc", 599, b"abc"),
}

# Not HTTP/1, or not whole.
BROKEN = {
    "nothing": b"",
    "one byte": b"H",
    "a line end": b"\r\n",
    "HTTP/0.9": b"<html>Xin ch\xc3\xa0o</html>",
    "HTTP/2's preface": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    "HTTP/2's settings": b"\0\0\x12\x04\0\0\0\0\0\0\x03\0\0\0\x80\0\x04\0\x01\0\0\0\x05\0\xff\xff\xff",
    "HTTP/2 in words": b"HTTP/2.0 200 OK\r\n\r\n",
    "HTTP/3 in words": b"HTTP/3 200 OK\r\n\r\n",
    "HTTP/1.2": b"HTTP/1.2 200 OK\r\n\r\n",
    "HTTP/0.9 in words": b"HTTP/0.9 200 OK\r\n\r\n",
    "HTTP/11": b"HTTP/11 200 OK\r\n\r\n",
    "http in small letters": b"http/1.1 200 OK\r\n\r\n",
    "RTSP": b"RTSP/1.0 200 OK\r\n\r\n",
    "ICY": b"ICY 200 OK\r\n\r\n",
    "SSH": b"SSH-2.0-OpenSSH_9.2\r\n",
    "SMTP": b"220 mail.example ESMTP\r\n",
    "a TLS alert": b"\x15\x03\x03\0\x02\x02\x28",
    "a request": b"GET / HTTP/1.1\r\nHost: you.example\r\n\r\n",
    "no status": b"HTTP/1.1 OK\r\n\r\n",
    "a status of two digits": b"HTTP/1.1 20 OK\r\n\r\n",
    "a status of four digits": b"HTTP/1.1 2000 OK\r\n\r\n",
    "a negative status": b"HTTP/1.1 -200 OK\r\n\r\n",
    "status 000": b"HTTP/1.1 000 OK\r\n\r\n",
    "status 600": b"HTTP/1.1 600 OK\r\n\r\n",
    "status 999": b"HTTP/1.1 999 OK\r\n\r\n",
    "another protocol": b"HTTP/1.1 101 Switching\r\nUpgrade: h2c\r\nConnection: upgrade\r\n\r\n",
    "only an interim answer": b"HTTP/1.1 100 Continue\r\n\r\n",
    "only half a status line": b"HTTP/1.1 20",
    "only half a header": OK + b"Content-Le",
    "headers without an end": OK + b"Content-Length: 3\r\n",
    "a NUL in a header's name": OK + b"X\0Y: z\r\n\r\n",
    "a NUL in a header's value": OK + b"X: y\0z\r\n\r\n",
    "a NUL in the status": b"HTTP/1.1 2\x0000 OK\r\n\r\n",
    "NULs": b"\0" * 1000,
    "a header without a colon": OK + b"Xin chao\r\n\r\n",
    "a header without a name": OK + b": y\r\n\r\n",
    "a space before the colon": OK + b"Content-Length : 3\r\n\r\nabc",
    "a bare return in a header": OK + b"X: y\rZ: 1\r\n\r\n",
    "two lengths that differ": OK + b"Content-Length: 3\r\nContent-Length: 4\r\n\r\nabcd",
    "lengths in a list": OK + b"Content-Length: 3, 4\r\n\r\nabcd",
    "a length and chunks": OK + b"Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n",
    "chunks and a length": OK + b"Transfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n3\r\nabc\r\n0\r\n\r\n",
    "a negative length": OK + b"Content-Length: -3\r\n\r\nabc",
    "a length with a sign": OK + b"Content-Length: +3\r\n\r\nabc",
    "a length in hexadecimal": OK + b"Content-Length: 0x3\r\n\r\nabc",
    "a length in words": OK + b"Content-Length: three\r\n\r\nabc",
    "a length beyond 64 bits": OK + b"Content-Length: 99999999999999999999\r\n\r\nabc",
    "a length too long": OK + b"Content-Length: 100\r\n\r\nabc",
    "a transfer coding that was not offered": OK + b"Transfer-Encoding: gzip, chunked\r\n\r\n",
    "chunked twice": OK + b"Transfer-Encoding: chunked, chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n",
    "a transfer coding nobody knows": OK + b"Transfer-Encoding: xchunked\r\n\r\nabc",
    "a chunk size that is none": CHUNKED + b"zz\r\nabc\r\n0\r\n\r\n",
    "a negative chunk size": CHUNKED + b"-3\r\nabc\r\n0\r\n\r\n",
    "a chunk size beyond 64 bits": CHUNKED + b"fffffffffffffffff\r\nabc\r\n0\r\n\r\n",
    "no chunk size": CHUNKED + b"\r\nabc\r\n0\r\n\r\n",
    "a chunk longer than its size": CHUNKED + b"3\r\nabcd\r\n0\r\n\r\n",
    "a chunk shorter than its size": CHUNKED + b"5\r\nabc\r\n0\r\n\r\n",
    "chunks without the last": CHUNKED + b"3\r\nabc\r\n",
    "chunks without the last line": CHUNKED + b"3\r\nabc\r\n0\r\n",
    "a trailer that names a length": CHUNKED + b"3\r\nabc\r\n0\r\nContent-Length: 9\r\n\r\n",
    "a coding that was not offered": OK + b"Content-Encoding: zstd\r\n\r\nabc",
    "codings one in another": OK + b"Content-Encoding: gzip, gzip\r\n\r\n" + gzip.compress(PACKED),
    "gzip that is none": GZIP + PAGE,
    "gzip cut short": GZIP + PACKED[:-9],
    "gzip without its checksum": GZIP + PACKED[:-8],
    "gzip with a wrong checksum": GZIP + turned(PACKED, -8),
    "gzip with a wrong length": GZIP + turned(PACKED, -1),
    "gzip with a wrong byte": GZIP + turned(PACKED, 12),
    "a thousand empty members of gzip": GZIP + gzip.compress(b"", mtime=0) * 1000,
    "deflate that is none": DEFLATE + b"\xff" * 50,
    "deflate cut short": DEFLATE + zlib.compress(PAGE)[:-5],
    "br that is none": BROTLI + b"\xff" * 50,
    "br cut short": BROTLI + brotli.compress(PAGE)[:-3],
}

MEGA = 1024 * 1024
# Beyond the caps of 64 KiB of headers and 2 MiB of body.
FLOODS = {
    "a header of 80 KiB": OK + b"X: " + b"y" * 80 * 1024 + b"\r\n\r\n",
    "a header's name of 80 KiB": OK + b"X" * 80 * 1024 + b": y\r\n\r\n",
    "a status line of 80 KiB": OK[:-2] + b"y" * 80 * 1024 + b"\r\n\r\n",
    "twenty thousand headers": OK + b"X: y\r\n" * 20_000 + b"\r\n",
    "headers that never end": OK + b"X: y\r\n" * 20_000,
    "interim answers without end": b"HTTP/1.1 100 Continue\r\n\r\n" * 20_000,
    "interim answers with headers": b"HTTP/1.1 103 Hints\r\nLink: x\r\n\r\n" * 9000 + OK + b"Content-Length: 0\r\n\r\n",
    "trailers without end": CHUNKED + b"0\r\n" + b"X: y\r\n" * 20_000,
    "a chunk extension without end": CHUNKED + b"1;" + b"x" * 80 * 1024,
    "a body without end": OK + b"\r\n" + b"x" * 3 * MEGA,
    "a body as long as it says": OK + b"Content-Length: %d\r\n\r\n" % (3 * MEGA) + b"x" * 3 * MEGA,
    "chunks without end": CHUNKED + (b"10000\r\n" + b"x" * 0x10000 + b"\r\n") * 48,
    "a gzip bomb": GZIP + gzip.compress(b"\0" * 30 * MEGA),
    "a gzip bomb in members": GZIP + gzip.compress(b"\0" * MEGA) * 4,
    "a deflate bomb": DEFLATE + zlib.compress(b"\0" * 30 * MEGA),
    "a bare deflate bomb": DEFLATE + bare(b"\0" * 30 * MEGA),
    "a br bomb": BROTLI + brotli.compress(b"\0" * 30 * MEGA, quality=5),
    "a bomb in chunks": CHUNKED.replace(b"\r\n\r\n", b"\r\nContent-Encoding: gzip\r\n\r\n")
    + b"%x\r\n%b\r\n0\r\n\r\n" % (len(gzip.compress(b"\0" * 30 * MEGA)), gzip.compress(b"\0" * 30 * MEGA)),
}


def wrong_at_once(name):
    """More bytes could make the others right."""
    unfinished = ("nothing", "only", "without", "cut short", "shorter", "too long", "one byte", "a line end")
    return not any(word in name for word in unfinished)


@pytest.mark.parametrize("name", READ)
async def test_what_can_be_read_is_read(serve_raw, says, ask, url, name):
    raw, status, body = READ[name]
    await serve_raw(says(raw), tls=url.scheme == "https")
    seen = await ask(url)
    assert (seen.reason, seen.facts["status"], seen.facts["body"]) == (Reason.OK, status, body.decode("latin-1"))
    assert seen.facts["http_version"] == float(raw[5:8])
    assert seen.facts["body_bytes"] == len(body)


@pytest.mark.parametrize("name", BROKEN)
async def test_what_is_not_http_1_or_not_whole_is_a_fault_of_protocol(serve_raw, says, ask, url, name):
    await serve_raw(says(BROKEN[name]), tls=url.scheme == "https")
    seen = await ask(url)
    assert (seen.reason, seen.facts["address"]) == (Reason.PROTOCOL, "127.0.0.1")


@pytest.mark.parametrize("name", FLOODS)
async def test_what_floods_is_too_large(serve_raw, says, ask, url, name):
    await serve_raw(says(FLOODS[name]), tls=url.scheme == "https")
    seen = await ask(url)
    assert (seen.reason, seen.facts["address"]) == (Reason.TOO_LARGE, "127.0.0.1")


@pytest.mark.parametrize("name", [name for name in BROKEN if wrong_at_once(name)])
async def test_what_is_wrong_at_once_is_not_waited_for(serve_raw, says, ask, hold, name):
    """The server stays silent after it, and the connection open."""
    await serve_raw(says(BROKEN[name], hold), tls=False)
    assert (await ask("http://dichvucong.hanoi.gov.vn/")).reason is Reason.PROTOCOL
