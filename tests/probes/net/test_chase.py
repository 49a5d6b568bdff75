"""Redirects, followed between real servers on loopback."""

import pytest
from aiohttp import web
from yarl import URL

from probes import Reason, Trouble
from probes._text import text_of

HANOI = "dichvucong.hanoi.gov.vn"
NATIONAL = "dichvucong.gov.vn"
START = URL(f"https://{HANOI}/")


def leads(**ways):
    """A server whose paths lead on as given; any other path is a page that tells its path."""

    async def handler(request):
        seen.append(request)
        location = ways.get(request.path.strip("/") or "home")
        if location is None:
            return web.Response(text=request.path)
        return web.Response(status=302, headers={"Location": location})

    seen = []
    handler.seen = seen
    return handler


async def trouble_of(asking):
    with pytest.raises(Trouble) as caught:
        await asking
    return caught.value


async def test_redirects_are_followed_and_counted(serve, network):
    await serve(leads(home="/vi", vi="home.html"), HANOI)
    trip = network().trip()
    page = await trip.get(START)
    assert page.asked == (START, START / "vi", START / "home.html")
    assert (page.url, page.location, text_of(page), trip.facts["redirects"]) == (
        START / "home.html",
        None,
        "/home.html",
        2,
    )


async def test_a_redirect_that_the_probe_does_not_want_is_told_and_not_followed(serve, network):
    await serve(leads(home=f"https://{NATIONAL}/p/home"), HANOI)
    page = await network().trip().get(START, follow=lambda url: url.host == HANOI)
    assert (page.status, page.url, page.location) == (302, START, URL(f"https://{NATIONAL}/p/home"))


async def test_a_redirect_into_an_app_is_told_to_a_probe_that_asks_and_forbidden_to_follow(serve, network):
    await serve(leads(home="vneid://login"), HANOI)
    assert (await network().trip().get(START, follow=lambda _: False)).location == URL("vneid://login")
    found = await trouble_of(network().trip().get(START))
    assert (found.reason, found.host) == (Reason.FORBIDDEN_URL, HANOI)


async def test_a_redirect_to_a_port_that_is_not_the_webs_is_the_trouble_of_who_leads_there(serve, network):
    await serve(leads(home="https://elsewhere.example:8443/"), HANOI)
    found = await trouble_of(network().trip().get(START))
    assert (found.reason, found.host) == (Reason.FORBIDDEN_URL, HANOI)


@pytest.mark.parametrize("address", ["127.0.0.1", "169.254.169.254", "[::1]", "10.0.0.1", "0x7f.1"])
async def test_a_redirect_to_an_address_inside_is_refused(serve, network, address):
    await serve(leads(home=f"https://{address}/"), HANOI)
    assert (await trouble_of(network().trip().get(START))).reason in (Reason.FORBIDDEN_ADDRESS, Reason.DNS_NO_NAME)


async def test_a_circle_is_a_loop(serve, network):
    await serve(leads(home="/a", a="/b", b="/a"), HANOI)
    trip = network().trip()
    found = await trouble_of(trip.get(START))
    assert (found.reason, found.host, trip.facts["redirects"]) == (Reason.REDIRECT_LOOP, HANOI, 2)
    assert found.detail == f"leads back to https://{HANOI}/a"


async def test_a_page_that_wants_its_cookie_back_is_no_loop(serve, network):
    async def handler(request):
        if request.cookies.get("seen") == "1":
            return web.Response(text="welcome")
        response = web.Response(status=302, headers={"Location": "/"})
        response.set_cookie("seen", "1")
        return response

    await serve(handler, HANOI)
    assert text_of(await network().trip().get(START)) == "welcome"


async def test_cookies_last_for_the_look_and_no_longer(serve, network):
    async def handler(request):
        response = web.Response(text=request.headers.get("Cookie", "none"))
        response.set_cookie("a", "1")
        return response

    await serve(handler, HANOI)
    way = network()
    first, second = way.trip(), way.trip()
    assert [text_of(await trip.get(START)) for trip in (first, first, second)] == ["none", "a=1", "none"]


@pytest.mark.parametrize(("most", "reached"), [(3, True), (2, False)])
async def test_redirects_are_followed_up_to_the_cap(serve, network, most, reached):
    await serve(leads(home="/1", **{"1": "/2", "2": "/3"}), HANOI)
    asking = network(max_redirects=most).trip().get(START)
    if reached:
        assert text_of(await asking) == "/3"
    else:
        assert (await trouble_of(asking)).reason is Reason.TOO_MANY_REDIRECTS


@pytest.mark.parametrize("location", ["", "http://[::1", "https:///nowhere"])
async def test_a_redirect_that_leads_nowhere_is_bad(serve, network, location):
    await serve(leads(home=location), HANOI)
    found = await trouble_of(network().trip().get(START))
    assert (found.reason, found.host) == (Reason.BAD_REDIRECT, HANOI)


async def test_headers_for_one_host_are_not_shown_to_another(serve, network):
    here, there = leads(home=f"https://{NATIONAL}/on", back=None), leads(on=f"https://{HANOI}/back")
    await serve(here, HANOI)
    await serve(there, NATIONAL)
    await network().trip().get(START, headers={"Authorization": "Bearer x", "X-Key": "k"})
    assert [request.headers.get("Authorization") for request in here.seen] == ["Bearer x", "Bearer x"]
    (other,) = there.seen
    assert not {"Authorization", "X-Key"} & set(other.headers)


async def test_headers_for_a_secure_page_are_not_shown_in_the_clear(serve, network):
    secure, clear = leads(home=f"http://{HANOI}/clear"), leads()
    await serve(secure, HANOI)
    await serve(clear, HANOI, tls=False)
    await network().trip().get(START, headers={"Authorization": "Bearer x"})
    assert "Authorization" not in clear.seen[0].headers


async def test_trouble_at_the_next_host_is_that_hosts(serve, network, routes, free_port):
    await serve(leads(home=f"https://{NATIONAL}/"), HANOI)
    routes.add(NATIONAL, 443, f"127.0.0.1:{free_port}")
    found = await trouble_of(network().trip().get(START))
    assert (found.reason, found.host) == (Reason.REFUSED, NATIONAL)


# -- methods, as browsers follow them (RFC 9110, 15.4)


def asked_with(way):
    """A server whose first page leads on with `way` = (status, location); the methods and bodies that came."""

    async def handler(request):
        met.append((request.method, request.path, await request.read(), request.headers.get("X-Key")))
        if request.path != "/":
            return web.Response(text="there")
        status, location = way
        return web.Response(status=status, headers={"Location": location})

    met = []
    return handler, met


async def posted(network, **changes):
    return await network().trip().ask(START, **{"method": "POST", "body": b"b", "headers": {"X-Key": "k"}, **changes})


@pytest.mark.parametrize("status", [301, 302, 303])
async def test_a_post_that_is_led_on_becomes_a_get_without_its_body(serve, network, status):
    handler, met = asked_with((status, "/next"))
    await serve(handler, HANOI)
    assert text_of(await posted(network)) == "there"
    assert met == [("POST", "/", b"b", "k"), ("GET", "/next", b"", "k")]


@pytest.mark.parametrize("status", [307, 308])
async def test_a_post_that_is_only_moved_stays_a_post_with_its_body(serve, network, status):
    handler, met = asked_with((status, "/next"))
    await serve(handler, HANOI)
    assert text_of(await posted(network)) == "there"
    assert met == [("POST", "/", b"b", "k"), ("POST", "/next", b"b", "k")]


@pytest.mark.parametrize("status", [301, 302, 307, 308])
async def test_other_methods_stay_what_they_are(serve, network, status):
    handler, met = asked_with((status, "/next"))
    await serve(handler, HANOI)
    await posted(network, method="PUT")
    assert met == [("PUT", "/", b"b", "k"), ("PUT", "/next", b"b", "k")]


async def test_see_other_turns_every_method_into_a_get(serve, network):
    handler, met = asked_with((303, "/next"))
    await serve(handler, HANOI)
    await posted(network, method="PUT")
    assert met == [("PUT", "/", b"b", "k"), ("GET", "/next", b"", "k")]


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_a_head_stays_a_head(serve, network, status):
    handler, met = asked_with((status, "/next"))
    await serve(handler, HANOI)
    page = await posted(network, method="HEAD", body=b"")
    assert (page.status, page.body) == (200, b"")
    assert met == [("HEAD", "/", b"", "k"), ("HEAD", "/next", b"", "k")]


@pytest.mark.parametrize("status", [307, 308])
async def test_a_body_and_headers_are_not_shown_to_another_origin(serve, network, status):
    handler, met = asked_with((status, f"https://{NATIONAL}/next"))
    await serve(handler, HANOI)
    await serve(handler, NATIONAL)
    assert text_of(await posted(network)) == "there"
    assert met == [("POST", "/", b"b", "k"), ("POST", "/next", b"", None)]


async def test_a_body_is_not_shown_in_the_clear(serve, network):
    handler, met = asked_with((307, f"http://{HANOI}/next"))
    await serve(handler, HANOI)
    await serve(handler, HANOI, tls=False)
    await posted(network)
    assert met[1] == ("POST", "/next", b"", None)


async def test_a_post_to_where_it_came_from_is_a_loop_and_a_get_there_is_none(serve, network):
    """POST, 303 to the same URL, GET: as after every form."""

    async def form(request):
        if request.method == "GET":
            return web.Response(text="thanks")
        return web.Response(status=status, headers={"Location": "/"})

    await serve(form, HANOI)
    status = 303
    assert text_of(await posted(network)) == "thanks"
    status = 307
    assert (await trouble_of(posted(network))).reason is Reason.REDIRECT_LOOP


async def test_a_redirect_of_a_post_that_is_not_wanted_is_not_followed(serve, network):
    handler, met = asked_with((307, "/next"))
    await serve(handler, HANOI)
    page = await posted(network, follow=lambda _: False)
    assert (page.status, page.location) == (307, START / "next")
    assert len(met) == 1
