"""Feeds the parsers what no one thinks of, led by coverage: `make fuzz`, or `make fuzz SECONDS=3600`.

Each target runs in a process of its own for its share of the time, from a corpus that the hostile suite gives. A target
may raise `Fault` (that is its answer to a stranger) and nothing else; it may hold no more than its caps. What it cannot
take is kept as a file under build/fuzz, and shown.
"""

import argparse
import contextlib
import functools
import gzip
import os
import runpy
import ssl
import subprocess
import sys
import tempfile
import zlib
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import atheris
import brotli
import rtls

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

with atheris.instrument_imports(include=["probes"]):
    from yarl import URL

    from probes import Page, _html, _patterns, _records
    from probes._net import certificate, cookies, dns_message, guard, hello, http1, redirect, tunnel
    from probes._net.coding import Body
    from probes._net.course import Course
    from probes._net.faults import Fault, printable
    from probes._net.openssl import READING, USUAL, OpenSsl
    from probes._net.rustls import Rustls, RustlsSession

from monitor.testbed.authority import Authority  # noqa: E402 - after the path

CAP = 4096
HOST = "dichvucong.hanoi.gov.vn"
PAGE = "<html lang=vi><title>Cổng</title><body><a href=/x>Đăng nhập</a><form action='/y'><input name=z></body></html>"


def answer(data: bytes) -> None:
    """The first byte says how long the pieces are."""
    step = data[0] % 64 + 1 if data else 1
    parser = http1.Parser(max_headers=CAP, max_body=CAP)
    for start in range(1, len(data), step):
        parser.feed(data[start : start + step])
        if parser.done:
            break
    parser.end()
    assert len(parser.answer().body) <= CAP


def body(data: bytes) -> None:
    """The first byte chooses the coding, the second the size of the pieces."""
    names = ("gzip", "deflate", "br", "identity", "x-gzip")
    coding, step = (names[data[0] % len(names)], data[1] + 1) if len(data) > 1 else ("gzip", 1)
    held = Body(coding, CAP)
    for start in range(2, len(data), step):
        held.feed(data[start : start + step])
    assert len(held.end()) <= CAP


def place(data: bytes) -> None:
    location = data.decode("utf-8", "surrogateescape")
    led = redirect.target(URL("https://dichvucong.hanoi.gov.vn/a/b?c"), 302, {"location": location})
    if led is not None and not guard.url_fault(led, (80, 443)):
        assert led.scheme in ("http", "https")
        assert led.raw_host
        redirect.shown(led)
        http1.Request(method="GET", url=led, headers={}).written((), "")


def address(data: bytes) -> None:
    text = data.decode("latin-1")
    guard.address_fault(text)
    guard.address_fault(text, internal=True)
    printable(text)


def cookie(data: bytes) -> None:
    jar = cookies.Jar()
    jar.take(URL("https://a.example/"), data.decode("latin-1").split("\n"))
    assert len(jar.header(URL("https://a.example/"))) <= 50 * 4100


def der(data: bytes) -> None:
    class Session:
        version, cipher, group, refused = "TLSv1.3", "TLS_AES_128_GCM_SHA256", "x25519", 0

        def presented(self) -> tuple[bytes, ...]:
            return (data,)

    certificate.Reader(verified=False).read(Session())


@functools.cache
def engines() -> tuple[OpenSsl, Any]:
    """OpenSSL, and what makes connections of rustls."""
    openssl = OpenSsl(None)
    root = ssl.PEM_cert_to_DER_cert(Authority(datetime.now(UTC)).root_pem.decode())
    return openssl, Rustls(openssl)._builder(root)  # noqa: SLF001 - of a root that it has not met yet


def handshake(data: bytes) -> None:
    """The first byte chooses the engine and the size of the pieces; the rest is what a server says to its hello."""
    openssl, builder = engines()
    if not data or data[0] % 2:
        session = openssl.session(HOST, READING if data[:1] > b"\x80" else USUAL)
    else:
        session = RustlsSession(builder.build_client_connection(HOST), rtls.SSLError)
    session.agree(b"")
    session.leaving()
    step = 1 + 100 * (data[0] // 4) if data else 1
    for start in range(1, len(data), step):
        if session.agree(data[start : start + step]):
            session.read()
    session.leaving()
    session.farewell()


def proxy(data: bytes) -> None:
    """What a proxy says to CONNECT."""

    class Silent:
        def send(self, _: bytes) -> None: ...
        def close(self) -> None: ...
        def connected(self) -> None: ...
        def received(self, _: bytes) -> None: ...
        def ended(self) -> None: ...
        def failed(self, error: Exception) -> None:
            assert isinstance(error, Fault)

    way = tunnel.Tunnel(Silent(), URL(f"https://{HOST}/"), (), Course(None)).belong(Silent())
    way.connected()
    for start in range(0, len(data), 100):
        way.received(data[start : start + 100])
    way.ended()


def html(data: bytes) -> None:
    url = URL("https://dichvucong.hanoi.gov.vn/")
    page = _html.Html(Page(url=url, status=200, headers={"content-type": "text/html"}, body=data, asked=(url,)))
    for name in ("title", "visible", "source", "language", "blank", "leads_to", "links"):
        getattr(page, name)


def pattern(data: bytes) -> None:
    """What is before the first NUL is the pattern, what comes after it the text."""
    wanted, _, text = data.partition(b"\0")
    try:
        _patterns.compiled(wanted.decode("utf-8", "replace")).search(text)
    except ValueError:
        return


def reply(data: bytes) -> None:
    question = _records.Question(name="dichvucong.hanoi.gov.vn", type="A", record_class="IN", recursion=True)
    query = _records.Query(question)
    try:
        query.reply(query.wire[:2] + b"\x81\x80" + data)
    except _records.UnreadableError:
        return


def hello_of(data: bytes) -> None:
    hello.group(data)


def names(data: bytes) -> None:
    """The host's own question, and whatever follows it."""
    name = dns_message.wire_name("dichvucong.hanoi.gov.vn")
    head = b"\0\7\x81\x80\0\1" + data[:2] + bytes(4) + dns_message.question(name, dns_message.A)
    try:
        dns_message.reply(head + data[2:], 7, name, dns_message.A)
    except dns_message.NotAnAnswer:
        return


def answers() -> Iterator[bytes]:
    suite = runpy.run_path(str(ROOT / "tests" / "hostile" / "test_answers.py"))
    yield from (raw for raw, _, _ in suite["READ"].values())
    yield from suite["BROKEN"].values()
    yield from (raw[:CAP] for raw in suite["FLOODS"].values())


def places() -> Iterator[bytes]:
    suite = runpy.run_path(str(ROOT / "tests" / "hostile" / "test_redirects.py"))
    yield from (text.encode() for text in (*suite["FORBIDDEN_ADDRESSES"], *suite["FORBIDDEN_URLS"], *suite["FOLLOWED"]))


def flights() -> Iterator[bytes]:
    """What a real server says to the hello of a client of another day."""
    context = Authority(datetime.now(UTC)).context(HOST)
    for version in (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3):
        context.minimum_version = context.maximum_version = version
        said, heard = ssl.MemoryBIO(), ssl.MemoryBIO()
        server, client = context.wrap_bio(heard, said, server_side=True), engines()[0].session(HOST, READING)
        client.agree(b"")
        heard.write(client.leaving())
        with contextlib.suppress(ssl.SSLWantReadError):
            server.do_handshake()
        flight = said.read()
        yield from (bytes([first]) + flight for first in (0x80, 0x81, 0xFC, 0xFD, 0x05))


def packed() -> Iterator[bytes]:
    for number, pack in enumerate((gzip.compress, zlib.compress, brotli.compress)):
        yield bytes([number, 10]) + pack(PAGE.encode())
        yield bytes([number, 255]) + pack(b"\0" * 100_000)


TARGETS: dict[str, tuple[Callable[[bytes], None], Callable[[], Iterator[bytes]]]] = {
    "answer": (answer, lambda: (bytes([63]) + raw for raw in answers())),
    "body": (body, packed),
    "place": (place, places),
    "address": (address, lambda: iter((b"127.0.0.1", b"::ffff:127.0.0.1", b"64:ff9b::7f00:1", b"2002:7f00:1::"))),
    "cookie": (cookie, lambda: iter((b"a=b; Path=/; Secure\nc=d", b"a=b; Max-Age=0", b"__Host-a=b; Domain=x"))),
    "der": (der, lambda: iter(certificates())),
    "handshake": (handshake, flights),
    "proxy": (proxy, lambda: iter((b"HTTP/1.1 200 OK\r\n\r\nxyz", b"HTTP/1.0 407 No\r\nA: b\r\n\r\n"))),
    "hello": (hello_of, lambda: iter((b"\x16\x03\x03\x00\x2a\x02\x00\x00\x26\x03\x03" + bytes(40),))),
    "names": (
        names,
        lambda: iter((b"\0\1\xc0\x0c\0\1\0\1\0\0\0\0\0\4\1\2\3\4", b"\0\1\xc0\x0c\0\5\0\1\0\0\0\0\0\2\xc0\x0c")),
    ),
    "html": (html, lambda: iter((PAGE.encode(), b"<meta http-equiv=refresh content='0; url=/x'>"))),
    "pattern": (pattern, lambda: iter((b"(a|b)*c\0aaab", b"\\d{2,5}\0" + b"1" * 50, b"(?i)x+\0XXX"))),
    "reply": (reply, lambda: iter((b"\0\1\0\1\0\0\0\0\1a\7example\0\0\1\0\1\xc0\x0c\0\1\0\1\0\0\0\0\0\4\1\2\3\4",))),
}


def certificates() -> list[bytes]:
    return [ssl.PEM_cert_to_DER_cert(Authority(datetime.now(UTC)).root_pem.decode())]


def run_one(name: str, corpus: str, kept: str, seconds: int) -> None:
    """Never comes back: the fuzzer ends its process by itself."""
    target, _ = TARGETS[name]

    def once(data: bytes) -> None:
        try:
            target(data)
        except Fault:
            return

    options = [
        f"-max_total_time={seconds}",
        "-max_len=8192",
        "-timeout=10",
        "-rss_limit_mb=1024",
        "-print_final_stats=1",
    ]
    atheris.Setup([sys.argv[0], *options, f"-artifact_prefix={kept}/{name}-", corpus], once)
    atheris.Fuzz()


def run_all(names: list[str], seconds: int) -> int:
    kept = ROOT / "build" / "fuzz"
    kept.mkdir(parents=True, exist_ok=True)
    failed = 0
    for name in names:
        with tempfile.TemporaryDirectory() as corpus:
            for number, data in enumerate(TARGETS[name][1]()):
                (Path(corpus) / str(number)).write_bytes(data)
            command = [sys.executable, __file__, "--run", name, "--corpus", corpus, "--kept", str(kept)]
            ended = subprocess.run(
                [*command, "--seconds", str(max(1, seconds // len(names)))],
                capture_output=True,
                check=False,
                text=True,
                errors="replace",
                env={**os.environ, "PYTHONHASHSEED": "0"},
            )
        failed += ended.returncode != 0
        print(summary(name, ended), flush=True)
    return failed


def summary(name: str, ended: "subprocess.CompletedProcess[str]") -> str:
    figures = dict(line.split(": ", 1) for line in ended.stderr.splitlines() if line.startswith("stat::"))
    runs = figures.get("stat::number_of_executed_units", "?").strip()
    if ended.returncode == 0:
        return f"{name:10} {runs:>10} inputs, nothing found"
    told = [line for line in ended.stderr.splitlines() if not line.startswith(("#", "stat::", "INFO"))]
    return f"{name:10} FOUND SOMETHING after {runs} inputs\n" + "\n".join(f"    {line}" for line in told[-40:])


def main() -> None:
    reader = argparse.ArgumentParser(description=__doc__)
    reader.add_argument("targets", nargs="*", help=f"of {', '.join(TARGETS)}; none: all")
    reader.add_argument("--seconds", type=int, default=60, help="for all of them together")
    for hidden in ("--run", "--corpus", "--kept"):
        reader.add_argument(hidden, help=argparse.SUPPRESS)
    given = reader.parse_args()
    if given.run:
        run_one(given.run, given.corpus, given.kept, given.seconds)
    sys.exit(bool(run_all(given.targets or list(TARGETS), given.seconds)))


if __name__ == "__main__":
    main()
