"""Redirects that lead in circles, nowhere, or where the monitor must not go."""

import pytest
from aiohttp import web
from yarl import URL

from probes import Reason

TLS = False  # it plays no part here
HOST = "dichvucong.hanoi.gov.vn"
HTTP, HTTPS = f"http://{HOST}/", f"https://{HOST}/"
FORBIDDEN_ADDRESSES = [
    "http://127.0.0.1/",
    "http://127.8.8.8/",
    "http://10.0.0.1/",
    "http://172.31.0.1/",
    "http://192.168.0.1/",
    "http://100.64.0.1/",
    "http://0.0.0.0/",
    "http://255.255.255.255/",
    "http://224.0.0.1/",
    "http://169.254.169.254/latest/meta-data/",
    "http://168.63.129.16/",
    "http://100.100.100.200/",
    "https://[::1]/",
    "http://[::]/",
    "http://[::ffff:127.0.0.1]/",
    "http://[::ffff:7f00:1]/",
    "http://[::ffff:169.254.169.254]/",
    "http://[::7f00:1]/",
    "http://[64:ff9b::7f00:1]/",
    "http://[2002:7f00:1::]/",
    "http://[fd00:ec2::254]/",
    "http://[fe80::1]/",
    "http://[ff02::1]/",
    "http://2130706433/",  # a resolver of the system takes all of these for 127.0.0.1
    "http://0x7f000001/",
    "http://0177.0.0.1/",
    "http://127.1/",
    "http://localhost/",
]
FORBIDDEN_URLS = [
    "file:///etc/passwd",
    "ftp://dichvucong.hanoi.gov.vn/",
    "gopher://dichvucong.hanoi.gov.vn:70/_x",
    "javascript:alert(1)",
    "data:text/html,x",
    "ws://dichvucong.hanoi.gov.vn/",
    "HTTPX://dichvucong.hanoi.gov.vn/",
    "http://dichvucong.hanoi.gov.vn:22/",
    "http://dichvucong.hanoi.gov.vn:8080/",
    "https://dichvucong.hanoi.gov.vn:9443/",
    "http://127.0.0.1:6379/",
]
NOWHERE = {
    "no Location": b"",
    "an empty Location": b"Location:\r\n",
    "spaces": b"Location:   \r\n",
    "no host": b"Location: http://\r\n",
    "no host, but a path": b"Location: https:///path\r\n",
    "a port that is none": b"Location: http://a.example:port/\r\n",
    "a port beyond all ports": b"Location: http://a.example:99999/\r\n",
    "half an address": b"Location: http://[::1/\r\n",
}
FOLLOWED = {  # Location -> the next URL asked, from https://dichvucong.hanoi.gov.vn/a/b?c
    "/x": HTTPS + "x",
    "x": HTTPS + "a/x",
    "../x": HTTPS + "x",
    "../../../x": HTTPS + "x",
    "?x": HTTPS + "a/b?x",
    f"//{HOST}/x": HTTPS + "x",
    HTTPS + "x#fragment": HTTPS + "x",
    HTTPS.upper() + "x": HTTPS + "x",
    f"https://user:password@{HOST}/x": HTTPS + "x",
    f"https://{HOST}:443/x": HTTPS + "x",
    f"http://{HOST}:80/x": HTTP + "x",
    HTTP + "x": HTTP + "x",
}


def leads(to, status=302):
    """Every URL leads to `to`, also a function of the request."""

    async def handler(request):
        where = to(request) if callable(to) else to
        return web.Response(status=status, headers={"Location": where})

    return handler


@pytest.mark.parametrize("to", FORBIDDEN_ADDRESSES)
async def test_a_redirect_to_a_forbidden_address_is_not_followed(serve, ask, to):
    await serve(leads(to))
    seen = await ask(HTTPS)
    assert seen.reason is Reason.FORBIDDEN_ADDRESS
    assert seen.facts["redirects"] == 1


@pytest.mark.parametrize("to", FORBIDDEN_URLS)
async def test_a_redirect_to_what_is_not_the_webs_is_not_followed(serve, ask, to):
    await serve(leads(to))
    seen = await ask(HTTPS)
    assert seen.reason is Reason.FORBIDDEN_URL
    assert seen.facts["http_status"] == 302


@pytest.mark.parametrize("what", NOWHERE)
@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_a_redirect_that_names_no_place_is_bad(serve_raw, says, ask, what, status):
    await serve_raw(says(b"HTTP/1.1 %d X\r\n" % status + NOWHERE[what] + b"Content-Length: 0\r\n\r\n"), tls=False)
    seen = await ask(HTTP)
    assert (seen.reason, seen.facts["http_status"]) == (Reason.BAD_REDIRECT, status)


@pytest.mark.parametrize("status", [300, 304, 305, 306, 399])
async def test_other_statuses_of_the_three_hundreds_lead_nowhere(serve_raw, says, ask, status):
    await serve_raw(says(b"HTTP/1.1 %d X\r\nLocation: http://127.0.0.1/\r\n\r\n" % status), tls=False)
    seen = await ask(HTTP)
    assert (seen.reason, seen.facts["status"], seen.facts["redirects"]) == (Reason.OK, status, 0)


@pytest.mark.parametrize("to", FOLLOWED)
async def test_a_redirect_is_followed_as_browsers_do(serve, ask, to):
    async def handler(request):
        there = request.path.endswith("/x") or request.query_string == "x"
        return web.Response() if there else await leads(to)(request)

    await serve(handler)
    await serve(handler, tls=False)
    seen = await ask(HTTPS + "a/b?c")
    assert (seen.reason, seen.facts["asked"], seen.facts["redirects"]) == (
        Reason.OK,
        f"{HTTPS}a/b?c {FOLLOWED[to]}",
        1,
    )


async def test_a_page_that_leads_to_itself_is_a_loop(serve, ask):
    await serve(leads("/"))
    seen = await ask(HTTPS)
    assert (seen.reason, seen.facts["redirects"]) == (Reason.REDIRECT_LOOP, 0)


async def test_two_pages_that_lead_to_each_other_are_a_loop(serve, ask):
    await serve(leads(lambda request: "/b" if request.path == "/a" else "/a"))
    assert (await ask(HTTPS + "a")).reason is Reason.REDIRECT_LOOP


async def test_the_plain_and_the_secure_page_may_lead_to_each_other_in_a_loop(serve, ask):
    await serve(leads(HTTP))
    await serve(leads(HTTPS), tls=False)
    assert (await ask(HTTP)).reason is Reason.REDIRECT_LOOP


async def test_a_loop_that_sets_a_cookie_each_time_ends_too(serve, ask):
    async def handler(request):
        seen = int(request.cookies.get("n", 0)) + 1
        return web.Response(status=302, headers={"Location": "/", "Set-Cookie": f"n={seen}"})

    await serve(handler)
    assert (await ask(HTTPS)).reason is Reason.TOO_MANY_REDIRECTS


async def test_a_chain_without_an_end_is_cut(serve, ask):
    await serve(leads(lambda request: f"/{int(request.path[1:] or 0) + 1}"))
    seen = await ask(HTTPS)
    assert (seen.reason, seen.facts["redirects"]) == (Reason.TOO_MANY_REDIRECTS, 5)


async def test_a_redirect_to_a_host_in_trouble_is_that_hosts_trouble(serve, ask, routes, free_port):
    routes.add("gone.example", 443, f"127.0.0.1:{free_port}")
    await serve(leads("https://gone.example/"))
    assert (await ask(HTTPS)).reason is Reason.REFUSED


async def test_a_redirect_to_a_name_that_cannot_be_is_no_name(serve_raw, says, ask):
    long = b"a" * 300
    await serve_raw(says(b"HTTP/1.1 302 X\r\nLocation: http://%b.example/\r\n\r\n" % long), tls=False)
    assert (await ask(HTTP)).reason is Reason.DNS_NO_NAME


async def test_a_place_in_vietnamese_is_asked_for_in_its_encoded_form(serve, ask):
    asked = []

    async def handler(request):
        asked.append(request.raw_path)
        return web.Response() if len(asked) > 1 else await leads("/đăng-nhập?tên=Hà Nội")(request)

    await serve(handler)
    assert (await ask(HTTPS)).reason is Reason.OK
    assert URL(asked[1], encoded=True) == URL("/đăng-nhập?tên=Hà Nội")
