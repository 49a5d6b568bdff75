"""What was meant for one origin is told to no other: headers, passwords, cookies."""

import pytest
from aiohttp import web

from probes import Reason

TLS = False  # it plays no part here
HOST, OTHER, BELOW = "dichvucong.hanoi.gov.vn", "elsewhere.example", "a.dichvucong.hanoi.gov.vn"
HTTP, HTTPS = f"http://{HOST}/", f"https://{HOST}/"
HEADERS = {"Authorization": "Bearer s3cret", "X-Api-Key": "s3cret", "Cookie": "session=s3cret"}


@pytest.fixture
def heard(serve):
    """`await heard({(host, tls): Location or None}, cookies=())`: a list that gets the headers of every request."""

    async def start(places, cookies=()):
        requests = []

        for (host, tls), to in places.items():

            async def handler(request, to=to):
                requests.append(dict(request.headers))
                first = to is not None and request.path == "/"
                answer = web.Response(status=302 if first else 200, headers={"Location": to} if first else {})
                for cookie in cookies:
                    answer.headers.add("Set-Cookie", cookie)
                return answer

            await serve(handler, host, tls=tls)
        return requests

    return start


@pytest.mark.parametrize(
    ("to", "tls"),
    [(f"https://{OTHER}/", True), (f"http://{OTHER}/", False), (f"https://{BELOW}/", True), (HTTP, False)],
)
async def test_credentials_are_not_told_to_another_origin(heard, ask, to, tls):
    host = to.split("/")[2]
    requests = await heard({(HOST, True): to, (host, tls): None})
    assert (await ask(HTTPS, headers=HEADERS)).reason is Reason.OK
    first, second = requests
    assert "s3cret" in str(first)
    assert "s3cret" not in str(second)
    assert second["User-Agent"] == first["User-Agent"]  # who asks is told to everyone


async def test_credentials_are_told_to_the_same_origin_again(heard, ask):
    requests = await heard({(HOST, True): f"https://{HOST}:443/next"})
    await ask(HTTPS, headers={"Authorization": "Bearer s3cret"})
    assert [request["Authorization"] for request in requests] == ["Bearer s3cret"] * 2


async def test_credentials_in_a_location_are_told_to_nobody(heard, ask):
    requests = await heard({(HOST, True): f"https://user:s3cret@{OTHER}/", (OTHER, True): None})
    seen = await ask(HTTPS)
    assert "Authorization" not in requests[1]
    assert "s3cret" not in str(seen)


@pytest.mark.parametrize(
    "cookie",
    [
        "session=s3cret",
        "session=s3cret; Domain=elsewhere.example",
        "session=s3cret; Domain=example; SameSite=None; Secure",
        "session=s3cret; Domain=.",
    ],
)
async def test_a_cookie_is_not_told_to_another_host(heard, ask, cookie):
    requests = await heard({(HOST, True): f"https://{OTHER}/", (OTHER, True): None}, [cookie])
    assert (await ask(HTTPS)).reason is Reason.OK
    assert "Cookie" not in requests[1]


async def test_a_cookie_is_told_to_its_own_host_again(heard, ask):
    requests = await heard({(HOST, True): "/next"}, ["session=s3cret; Secure; HttpOnly"])
    await ask(HTTPS)
    assert requests[1]["Cookie"] == "session=s3cret"


async def test_a_secure_cookie_is_not_told_without_tls(heard, ask):
    """RFC 6265, 5.4: of a cookie with Secure only TLS may know."""
    requests = await heard({(HOST, True): HTTP, (HOST, False): None}, ["session=s3cret; Path=/; Secure"])
    await ask(HTTPS)
    assert "Cookie" not in requests[1]


async def test_no_cookie_outlives_its_look(heard, ask):
    requests = await heard({(HOST, True): None}, ["session=s3cret"])
    await ask(HTTPS)
    await ask(HTTPS)
    assert "Cookie" not in requests[1]


@pytest.mark.parametrize(
    "cookie", ["a=b\x80c", "=x", "x", ";", "a=" + "b" * 8000, "a=b\tc", '"=";;', "a=b=c", "__Host-a=b; Domain=x"]
)
async def test_no_cookie_does_harm_to_the_next_request(serve_raw, ask, cookie):
    requests = []

    async def talk(reader, writer):
        requests.append(await reader.readuntil(b"\r\n\r\n"))
        status = b"302 X\r\nLocation: /next" if len(requests) == 1 else b"200 OK"
        head = b"HTTP/1.1 " + status + b"\r\nContent-Length: 0\r\nSet-Cookie: " + cookie.encode("latin-1")
        writer.write(head + b"\r\n\r\n")
        await writer.drain()

    await serve_raw(talk)
    assert (await ask(HTTPS)).reason is Reason.OK
    assert requests[1].count(b"\r\n") - requests[0].count(b"\r\n") in (0, 1)  # one line more, or none
    assert len(requests[1]) < 6000


async def test_a_thousand_cookies_are_not_all_told(serve_raw, ask):
    requests = []

    async def talk(reader, writer):
        requests.append(await reader.readuntil(b"\r\n\r\n"))
        cookies = b"".join(b"Set-Cookie: c%d=x\r\n" % number for number in range(1000))
        writer.write(b"HTTP/1.1 302 X\r\nLocation: /next\r\nContent-Length: 0\r\n" + cookies + b"\r\n")
        await writer.drain()

    await serve_raw(talk)
    await ask(HTTPS)
    assert all(len(request) < 2000 for request in requests)
