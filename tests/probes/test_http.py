"""probes.http against real servers: status, text, language, blank shells, firewalls and the era rule."""

import asyncio
import unicodedata

import pytest
from aiohttp import web

from monitor.testbed.authority import CertificateFault
from probes import Reason, Status, TlsTerms
from probes._matches import HeaderMatch
from probes._secret import Secret
from probes.http import Probe

HANOI = "dichvucong.hanoi.gov.vn"
NATIONAL = "https://dichvucong.gov.vn/p/home/dvc-trang-chu.html"
LOGIN = "<form><input name=u><input type=password><div class=g-recaptcha></div></form><p>Đăng nhập"


async def test_a_portal_that_shows_its_page_is_right(serve, shows, look, target):
    await serve(shows())
    observation, _ = await look(Probe(), target())

    assert observation.reason is Reason.OK
    assert observation.detail == f"{HANOI} answered 200, as expected"
    assert observation.facts == {
        "http_status": 200,
        "url": f"https://{HANOI}/",
        "page_title": "Cổng dịch vụ công",
        "page_language": "vi",
        "emc_tracker": False,
        "failed_due_to_regex": 0,
    }


@pytest.mark.parametrize(
    ("status", "reason"),
    [
        (404, Reason.HTTP_4XX),
        (401, Reason.HTTP_4XX),
        (500, Reason.HTTP_5XX),
        (503, Reason.HTTP_5XX),
        (304, Reason.HTTP_STATUS),
    ],
)
async def test_a_portal_that_answers_with_another_status_is_at_fault(serve, shows, look, target, status, reason):
    await serve(shows("<p>Lỗi" if status != 304 else "", status=status))
    observation, _ = await look(Probe(), target())

    assert observation.reason is reason
    assert f"{HANOI} answered {status}; a page with status 2xx was expected" in observation.detail


@pytest.mark.parametrize("status", [401, 403, 404, 500])
async def test_a_status_that_is_wanted_is_right(serve, shows, look, target, status):
    await serve(shows("<p>Mời đăng nhập", status=status))

    assert (await look(Probe(statuses=(status,)), target()))[0].reason is Reason.OK


async def test_a_challenge_is_no_page_even_where_its_status_is_wanted(serve, shows, look, target):
    await serve(shows("<title>Request Rejected</title><p>Your support ID is: 1"))

    assert (await look(Probe(statuses=(200, 404)), target()))[0].reason is Reason.BLOCKED


@pytest.mark.parametrize(
    ("status", "reason"), [(200, Reason.HTTP_STATUS), (404, Reason.HTTP_4XX), (502, Reason.HTTP_5XX)]
)
async def test_a_status_that_is_not_wanted_is_a_fault(serve, shows, look, target, status, reason):
    await serve(shows(status=status))
    observation, _ = await look(Probe(statuses=(204, 401)), target())

    assert observation.reason is reason
    assert "204, 401 was expected" in observation.detail


@pytest.mark.parametrize(
    "body",
    [
        "",
        "<div id=root></div><script src=/app.js></script>",
        "<app-root></app-root><noscript>Bật JavaScript</noscript>",
    ],
)
async def test_a_shell_that_shows_nothing_is_blank(serve, shows, look, target, body):
    await serve(shows(body))
    observation, _ = await look(Probe(), target())

    assert observation.reason is Reason.BLANK_PAGE
    assert observation.status is Status.FAILED


SHELL = "<app-root></app-root><script src=/runtime.js></script><script src=/main.js?v=2 type=module></script>"


@pytest.mark.parametrize(
    ("status", "kind", "reason", "said"),
    [
        (200, "text/javascript", Reason.NOT_VISIBLE, "a page that its script /main.js fills; a browser would have to"),
        (200, "application/octet-stream", Reason.NOT_VISIBLE, "fills"),
        (200, "text/html; charset=utf-8", Reason.BLANK_PAGE, "which is not there (200)"),  # the shell in its place
        (404, "text/html", Reason.BLANK_PAGE, "/main.js fills, and which is not there (404)"),
        (410, "text/plain", Reason.BLANK_PAGE, "which is not there (410)"),
        (403, "text/html", Reason.NOT_VISIBLE, "which answers 403"),
        (405, "text/html", Reason.NOT_VISIBLE, "which answers 405"),
        (503, "text/html", Reason.NOT_VISIBLE, "which answers 503"),
    ],
)
async def test_a_shell_is_blank_when_its_script_is_missing_and_else_for_a_browser(
    serve, site, look, target, status, kind, reason, said
):
    async def script(_):
        return web.Response(status=status, headers={"Content-Type": kind})

    asked = []
    await serve(site({"/": SHELL, "/main.js": script}, asked))
    observation, _ = await look(Probe(), target())

    assert observation.reason is reason
    assert said in observation.detail
    assert observation.facts["script"] == f"https://{HANOI}/main.js"
    assert observation.facts["script_status"] == status
    assert asked == [f"GET {HANOI}/", f"GET {HANOI}/main.js?v=2"]


@pytest.fixture
def shell_whose_script(serve_raw):
    """`wanted = await shell_whose_script(answers)`: shows the shell; what becomes of its script is up to `answers(writer)`.

    `wanted` holds what was asked for the script.
    """

    async def start(answers):
        wanted = []

        async def talk(reader, writer):
            asked = await reader.readuntil(b"\r\n\r\n")
            if asked.startswith(b"GET / "):
                writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n" + SHELL.encode())
            else:
                wanted.append(asked)
                await answers(writer)

        await serve_raw(talk)
        return wanted

    return start


async def hangs_up(_):
    """At once."""


async def stays_silent(_):
    await asyncio.Event().wait()


async def stops_in_the_middle(writer):
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nvar")
    await asyncio.Event().wait()


async def has_a_bundle(writer):
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: text/javascript\r\n\r\n" + b"x" * 70_000)


@pytest.mark.parametrize("answers", [hangs_up, stays_silent, stops_in_the_middle, has_a_bundle])
async def test_who_showed_a_page_is_not_accused_for_what_becomes_of_the_question_for_its_script(
    shell_whose_script, look, target, answers
):
    wanted = await shell_whose_script(answers)
    hangs = answers in (stays_silent, stops_in_the_middle)
    observation, _ = await look(Probe(), target(), at=(lambda _: wanted) if hangs else None)

    assert observation.reason is Reason.NOT_VISIBLE
    assert observation.facts["script"] == f"https://{HANOI}/main.js"


async def test_a_script_is_asked_for_on_the_terms_of_the_page(serve, site, look, target):
    asked = []
    await serve(site({"/": SHELL, "/main.js": "<p>the shell in its place"}, asked), fault=CertificateFault.SELF_SIGNED)
    observation, _ = await look(Probe(tls=TlsTerms(verify=False)), target())

    assert observation.reason is Reason.BLANK_PAGE
    assert len(asked) == 2


NOTICE = "<title>Thông báo</title><h1>Hệ thống đang bảo trì</h1>"


@pytest.mark.parametrize(
    "settings", [{}, {"expect": ("Nộp hồ sơ",)}, {"statuses": (200,)}, {"forbid": ("đang bảo trì",)}]
)
async def test_a_notice_of_maintenance_in_place_of_the_page_is_called_so(serve, shows, look, target, settings):
    await serve(shows(NOTICE))
    observation, _ = await look(Probe(**settings), target())

    assert observation.reason is Reason.MAINTENANCE_PAGE
    assert observation.facts["maintenance"] == "đang bảo trì"
    assert (
        observation.detail == f"{HANOI} answered 200 with a notice of maintenance (“đang bảo trì”); a page was expected"
    )


async def test_the_words_of_a_notice_are_a_setting(serve, shows, look, target):
    await serve(shows(NOTICE))

    assert (await look(Probe(maintenance_words=("đang sửa chữa",)), target()))[0].reason is Reason.OK
    assert (await look(Probe(maintenance_words=()), target()))[0].reason is Reason.OK


async def test_a_status_that_is_at_fault_stays_so_and_the_notice_is_a_fact(serve, shows, look, target):
    await serve(shows(NOTICE, status=503))
    observation, _ = await look(Probe(), target())

    assert (observation.reason, observation.facts["maintenance"]) == (Reason.HTTP_5XX, "đang bảo trì")


async def test_a_notice_that_leads_on_to_another_host_is_none(serve, shows, look, target):
    await serve(shows(f"<meta http-equiv=refresh content='5; url={NATIONAL}'>{NOTICE}"))

    assert (await look(Probe(), target()))[0].reason is Reason.MOVED_TO_NATIONAL


async def test_a_portal_that_has_to_be_closed_and_shows_a_notice_is_unclear(serve, shows, look, target):
    await serve(shows(NOTICE))

    assert (await look(Probe(answers="national_portal"), target()))[0].reason is Reason.DOOR_UNCLEAR


async def test_by_what_software_a_page_was_made_is_a_fact_and_no_fault(serve, shows, look, target):
    await serve(shows("<p>Cổng<a href=/vi/trangchu>Trang chủ</a>"))
    for platform, differs in (("igate", False), ("eform", True), (None, None)):
        observation, _ = await look(Probe(), target(platform=platform))

        assert observation.reason is Reason.OK
        assert observation.facts["platform_family"] == "igate"
        assert observation.facts.get("platform_differs") is differs


async def test_what_an_error_page_is_made_by_is_no_fact(serve, shows, look, target):
    await serve(shows("<p>Lỗi<a href=/vi/trangchu>Trang chủ</a>", status=500))
    facts = (await look(Probe(), target()))[0].facts

    assert not facts.keys() & {"platform_family", "emc_tracker"}


async def test_the_scripts_of_others_are_not_asked(serve, site, look, target):
    asked = []
    await serve(site({"/": "<div id=app></div><script src=https://cdn.example/app.js></script>"}, asked))
    observation, _ = await look(Probe(), target())

    assert observation.reason is Reason.NOT_VISIBLE
    assert len(asked) == 1


async def test_a_script_that_is_written_into_the_page_may_fill_it(serve, shows, look, target):
    """Some firewalls ask a browser to prove itself so, too."""
    await serve(shows("<div id=root></div><script>render()</script>"))

    assert (await look(Probe(), target()))[0].reason is Reason.NOT_VISIBLE


async def test_a_page_that_shows_something_needs_no_script(serve, site, look, target):
    asked = []
    await serve(site({"/": "<p>Cổng dịch vụ công</p><script src=/main.js></script>"}, asked))

    assert (await look(Probe(), target()))[0].reason is Reason.OK
    assert len(asked) == 1


async def test_an_answer_that_has_no_body_by_its_status_is_not_blank(serve, shows, look, target):
    await serve(shows("", status=204))

    assert (await look(Probe(), target()))[0].reason is Reason.OK


@pytest.mark.parametrize("told", ["Nộp hồ sơ", "NỘP  HỒ SƠ", unicodedata.normalize("NFD", "nộp hồ sơ"), "<h1>"])
async def test_text_that_is_expected_is_found_however_it_is_written(serve, shows, look, target, told):
    await serve(shows())

    assert (await look(Probe(expect=(told,)), target()))[0].reason is Reason.OK


async def test_text_that_is_expected_is_found_behind_entities_and_decomposed(serve, shows, look, target):
    await serve(shows(unicodedata.normalize("NFD", "<p>N&#7897;p hồ sơ")))

    assert (await look(Probe(expect=("nộp hồ sơ",)), target()))[0].reason is Reason.OK


async def test_text_that_is_missing_is_named(serve, shows, look, target):
    await serve(shows())
    observation, _ = await look(Probe(expect=("Nộp hồ sơ", "Tra cứu")), target())

    assert observation.reason is Reason.TEXT_MISSING
    assert observation.facts["text"] == "Tra cứu"


async def test_forbidden_text_is_a_fault_where_a_person_sees_it(serve, shows, look, target):
    await serve(shows("<p>Máy chủ web hoạt động"))
    observation, _ = await look(Probe(forbid=("MÁY CHỦ web",)), target())

    assert observation.reason is Reason.TEXT_FORBIDDEN


async def test_forbidden_text_in_a_script_is_no_fault(serve, shows, look, target):
    await serve(shows("<p>Cổng</p><script>var words = 'đang bảo trì'</script>"))

    assert (await look(Probe(forbid=("đang bảo trì",)), target()))[0].reason is Reason.OK


async def test_a_page_that_is_smaller_than_wanted_is_too_small(serve, shows, look, target):
    await serve(shows("<p>ok"))
    observation, _ = await look(Probe(smallest=6), target())

    assert observation.reason is Reason.TOO_SMALL
    assert "with 5 bytes; at least 6 were expected" in observation.detail
    assert (await look(Probe(smallest=5), target()))[0].reason is Reason.OK


@pytest.mark.parametrize(("told", "header"), [("vi", None), ("vi-VN", None), ("VI_vn", None), ("", "vi-VN, en")])
async def test_a_page_in_the_language_wanted_is_right(serve, shows, look, target, told, header):
    await serve(shows(f"<html lang='{told}'><p>Cổng", headers={"Content-Language": header} if header else {}))

    assert (await look(Probe(language="vi"), target()))[0].reason is Reason.OK


@pytest.mark.parametrize(("told", "shown"), [("en", "en"), ("vix", "vix"), ("", "none"), ("<script>", "none")])
async def test_a_page_in_another_language_is_at_fault(serve, shows, look, target, told, shown):
    await serve(shows(f"<html lang='{told}'><p>Cổng"))
    observation, _ = await look(Probe(language="vi"), target())

    assert observation.reason is Reason.WRONG_LANGUAGE
    assert observation.facts["language"] == shown


FIREWALLS = {
    "status 403": ({"status": 403}, "<p>Forbidden"),
    "status 429": ({"status": 429, "headers": {"Retry-After": "120"}}, "<p>Too many"),
    "cloudflare header": ({"status": 503, "headers": {"cf-mitigated": "challenge"}}, "<p>…"),
    "cloudflare": (
        {"status": 503},
        "<title>Just a moment...</title><script src=/cdn-cgi/challenge-platform/x></script>",
    ),
    "cloudflare 200": ({}, "<title>Just a moment...</title><script>window._cf_chl_opt={}</script>"),
    "f5": ({}, "<title>Request Rejected</title>The requested URL was rejected. Your support ID is: 1234"),
    "f5 script": ({}, "<html><head><script>window['bobcmn']='111'</script><script src=/TSPD/08></script></head><body>"),
    "f5 noscript": (
        {},
        "<script src=/TSPD/1></script><noscript>Please enable JavaScript to view the page content.</noscript>",
    ),
    "imperva": ({}, "<iframe src=/_Incapsula_Resource?x></iframe>Request unsuccessful. Incapsula incident ID: 1"),
    "captcha": ({}, "<form><p>Xác nhận bạn không phải robot<div class=g-recaptcha></div></form>"),
    "cookie": ({}, "<script>document.cookie='D1N=abc';window.location.reload(true);</script>"),
}


@pytest.mark.parametrize("name", FIREWALLS)
async def test_a_firewall_that_turns_us_away_says_nothing_of_the_agency(serve, shows, look, target, name):
    settings, body = FIREWALLS[name]
    await serve(shows(body, **settings))
    observation, _ = await look(Probe(), target())

    assert observation.reason is Reason.BLOCKED
    assert observation.status is Status.UNKNOWN
    assert observation.facts["firewall"]


async def test_when_to_come_back_is_a_fact(serve, shows, look, target):
    await serve(shows("", status=429, headers={"Retry-After": "120"}))
    assert (await look(Probe(), target()))[0].facts["retry_after"] == 120

    await serve(shows("", status=429, headers={"Retry-After": "Wed, 21 Jun 2023 07:28:00 GMT"}))
    assert (await look(Probe(), target()))[0].facts["retry_after"] == "Wed, 21 Jun 2023 07:28:00 GMT"


async def test_a_portals_own_login_with_a_captcha_is_no_firewall(serve, shows, look, target):
    await serve(shows(LOGIN))

    assert (await look(Probe(), target()))[0].reason is Reason.OK


async def test_redirects_within_the_agency_are_followed(serve, shows, leads, look, target):
    await serve(leads(f"https://{HANOI}/"), HANOI, tls=False)
    await serve(leads(f"https://www.{HANOI}/vi"), HANOI)
    await serve(leads("https://motcua.hanoi.gov.vn/"), f"www.{HANOI}")
    await serve(shows(), "motcua.hanoi.gov.vn")
    observation, trip = await look(
        Probe(), target(portal=target().portal.with_scheme("http"), hosts=frozenset({HANOI, "motcua.hanoi.gov.vn"}))
    )

    assert observation.reason is Reason.OK
    assert observation.facts["url"] == "https://motcua.hanoi.gov.vn/"
    assert trip.facts["redirects"] == 3


async def test_a_host_without_www_is_the_agencys_too(serve, shows, leads, look, target):
    await serve(leads(f"https://{HANOI}/"), f"www.{HANOI}")
    await serve(shows(), HANOI)
    www = frozenset({f"www.{HANOI}"})

    assert (await look(Probe(), target(hosts=www)))[0].reason is Reason.OK


async def test_a_refresh_within_the_agency_is_followed(serve, site, look, target):
    pages = {"/": "<meta http-equiv=refresh content='0;url=/web/guest'>", "/web/guest": "<p>Cổng"}
    await serve(site(pages))
    observation, _ = await look(Probe(), target())

    assert observation.reason is Reason.OK
    assert observation.facts["url"] == f"https://{HANOI}/web/guest"


async def test_a_refresh_that_goes_in_a_circle_ends(serve, site, look, target):
    pages = {
        path: f"<meta http-equiv=refresh content='0;url={to}'>" for path, to in (("/", "/a"), ("/a", "/b"), ("/b", "/"))
    }
    await serve(site(pages))

    assert (await look(Probe(), target()))[0].reason is Reason.BLANK_PAGE


@pytest.mark.parametrize("how", ["redirect", "refresh", "script"])
@pytest.mark.parametrize(
    ("answers", "reason"),
    [("own_pages", Reason.MOVED_TO_NATIONAL), ("national_portal", Reason.OK), ("either", Reason.OK)],
)
async def test_leading_to_the_national_portal_is_right_in_one_era_only(
    serve, shows, leads, look, target, *, how, answers, reason
):
    """Nothing serves the national host here: who asked it would fail."""
    served = {
        "redirect": leads(NATIONAL),
        "refresh": shows(
            f"<meta http-equiv=refresh content='0;url={NATIONAL}'><p><a href='{NATIONAL}'>Cổng quốc gia</a>"
        ),
        "script": shows(f"<script>window.location.href = '{NATIONAL}'</script>"),
    }
    await serve(served[how])
    observation, _ = await look(Probe(answers=answers), target())

    assert observation.reason is reason
    assert observation.facts["leads_to"] == "dichvucong.gov.vn"


@pytest.mark.parametrize(
    ("answers", "reason"),
    [("own_pages", Reason.OK), ("national_portal", Reason.OWN_PAGES_OPEN), ("either", Reason.OK)],
)
async def test_pages_of_its_own_are_right_in_one_era_only(serve, shows, look, target, answers, reason):
    await serve(shows(f"<p>Mời bà con sang <a href='{NATIONAL}'>Cổng Dịch vụ công quốc gia</a>"))

    assert (await look(Probe(answers=answers), target()))[0].reason is reason


@pytest.mark.parametrize(
    ("body", "status", "reason"),
    [
        ("<div id=root></div>", 200, Reason.DOOR_UNCLEAR),
        ("<p>Lỗi", 503, Reason.DOOR_UNCLEAR),
        ("<p>Không có", 404, Reason.OK),
        ("<p>Không có", 410, Reason.OK),
    ],
)
async def test_a_portal_that_has_to_be_closed_is_when_nothing_is_there(
    serve, shows, look, target, body, status, reason
):
    await serve(shows(body, status=status))

    assert (await look(Probe(answers="national_portal"), target()))[0].reason is reason


@pytest.mark.parametrize("guessed", [True, False])
async def test_a_portal_that_has_to_be_closed_is_when_its_server_is_gone(look, target, routes, free_port, guessed):
    """Unless its name was only ever guessed: then it may never have been there."""
    at = target()
    routes.add(at.portal.host, 443, f"127.0.0.1:{free_port}")
    closed = target(guessed=frozenset({at.portal.host}) if guessed else frozenset())
    observation, _ = await look(Probe(answers="national_portal"), closed)

    assert observation.reason is (Reason.DOOR_UNCLEAR if guessed else Reason.OK)


async def test_credentials_stay_with_the_origin_they_are_for(serve, look, target):
    """Not even a host below the agency's own gets them, when it is a page that leads there."""
    seen = {}

    async def front(request):
        seen[request.host] = request.headers.get("Authorization")
        return web.Response(
            text='<meta http-equiv="refresh" content="0; url=https://other.dichvucong.hanoi.gov.vn/">',
            content_type="text/html",
        )

    async def other(request):
        seen[request.host] = request.headers.get("Authorization")
        return web.Response(text="<p>Cổng dịch vụ công", content_type="text/html")

    await serve(front)
    await serve(other, "other.dichvucong.hanoi.gov.vn")
    await look(Probe(headers={"Authorization": Secret("Bearer x")}), target())

    assert seen == {"dichvucong.hanoi.gov.vn": "Bearer x", "other.dichvucong.hanoi.gov.vn": None}


@pytest.mark.parametrize("answers", ["own_pages", "national_portal"])
async def test_a_portal_that_asks_who_one_is_before_it_shows_a_page_is_not_visible(serve, leads, look, target, answers):
    """The sign-on is national, and not the portal that took the place of the agency's own."""
    await serve(leads("https://xacthuc.dichvucong.gov.vn/oauth2/authorize?client_id=x"))

    assert (await look(Probe(answers=answers), target()))[0].reason is Reason.NOT_VISIBLE


async def test_a_national_system_shows_its_own_pages_in_every_era(serve, shows, look, target):
    national = "dichvucong.gov.vn"
    here = target(level="national", portal=target().portal.with_host(national), hosts=frozenset({national}))
    await serve(shows(), national)

    assert (await look(Probe(), here))[0].reason is Reason.OK
    assert (await look(Probe(answers="national_portal"), here))[0].reason is Reason.OK


@pytest.mark.parametrize("how", ["redirect", "refresh"])
@pytest.mark.parametrize("answers", ["own_pages", "national_portal", "either"])
async def test_leading_to_a_stranger_is_a_fault_in_every_era(serve, shows, leads, look, target, *, how, answers):
    to = "https://nhacai.example/"
    await serve(leads(to) if how == "redirect" else shows(f"<meta http-equiv=refresh content='0;url={to}'>"))
    observation, _ = await look(Probe(answers=answers), target())

    assert observation.reason is Reason.LEADS_ELSEWHERE
    assert observation.facts["leads_to"] == "nhacai.example"


@pytest.mark.parametrize("host", [f"x{HANOI}", f"{HANOI}.example", "hanoi.gov.vn", "xdichvucong.gov.vn"])
async def test_a_name_that_only_resembles_the_agencys_or_the_portals_is_a_strangers(serve, leads, look, target, host):
    await serve(leads(f"https://{host}/"))

    assert (await look(Probe(), target()))[0].reason is Reason.LEADS_ELSEWHERE


async def test_trouble_on_the_way_passes_through(look, target, routes, free_port):
    routes.add(HANOI, 443, f"127.0.0.1:{free_port}")

    assert (await look(Probe(), target()))[0].reason is Reason.REFUSED


async def test_a_path_and_headers_are_sent_and_a_secret_is_not_shown(serve, look, target):
    async def handler(request):
        right = request.path == "/api/health" and request.headers["Authorization"] == "Bearer 1234"
        return web.json_response({"up": right}, headers={"X-Kind": request.headers["X-Kind"]})

    await serve(handler)
    probe = Probe(
        path="/api/health", expect=('"up": true',), headers={"Authorization": Secret("Bearer 1234"), "X-Kind": "a"}
    )
    observation, _ = await look(probe, target())

    assert observation.reason is Reason.OK
    assert "1234" not in repr(probe) + repr(observation)


async def test_a_query_stays_out_of_the_facts(serve, shows, leads, look, target):
    async def handler(request):
        return await (shows() if request.query else leads("/?session=s3cret"))(request)

    await serve(handler)
    observation, _ = await look(Probe(), target())

    assert observation.reason is Reason.OK
    assert "s3cret" not in repr(observation)


async def test_what_a_page_says_is_made_fit_to_print(serve, shows, look, target):
    await serve(shows(f"<title>a\x1b[31m\u202eb{'c' * 1000}</title><p>Cổng"))
    title = (await look(Probe(), target()))[0].facts["page_title"]

    assert title.startswith("a [31m b")
    assert title.isprintable()
    assert len(title) <= 200


@pytest.mark.parametrize(
    "settings",
    [
        {"path": "https://x.example/"},
        {"path": "//x.example"},
        {"path": "x"},
        {"path": "/a b"},
        {"smallest": -1},
        {"statuses": (99,)},
        {"statuses": (200, 600)},
        {"max_body": 0},
        {"matches": ("a", "(")},
        {"matches_not": ("(",)},
        {"headers": {"Content-Length": "5"}},
        {"headers": {"a b": "5"}},
        {"headers": {"X-A": "5\r\nX-B: 6"}},
        {"headers": {"authorization": "a"}, "bearer": Secret("b")},
        {"method": "HEAD"},
        {"expect": ("a",), "page": False},
        {"forbid": ("a",), "page": False},
        {"language": "vi", "page": False},
        {"answers": "either", "page": False},
        {"fallback": True},
        {"bearer": Secret("a"), "user": "b", "password": Secret("c")},
    ],
)
def test_settings_that_make_no_sense_are_refused(settings):
    with pytest.raises(ValueError, match=next(iter(settings))):
        Probe(**settings)


@pytest.mark.parametrize(("header", "pattern"), [("a b", "x"), ("", "x"), ("X-A", "(")])
def test_a_header_to_be_matched_has_a_name_and_a_pattern(header, pattern):
    with pytest.raises(ValueError, match=r"^(header|pattern): "):
        HeaderMatch(header=header, pattern=pattern)


# What any answer can be asked for; with `page: false` nothing else is.


def plain(**settings):
    return Probe(page=False, **settings)


async def test_without_a_page_only_the_status_is_judged(serve, shows, look, target):
    await serve(shows("<script>document.cookie='a';location.reload()</script>", headers={"Content-Language": "en"}))
    observation, trip = await look(plain(), target())

    assert observation.reason is Reason.OK
    assert observation.facts == {"http_status": 200, "url": f"https://{HANOI}/", "failed_due_to_regex": 0}
    assert (trip.facts["http_status"], float(trip.facts["http_version"]), trip.facts["body_bytes"]) == (200, 1.1, 54)


async def test_without_a_page_nothing_of_it_is_read(serve, shows, look, target, monkeypatch):
    def never(_):
        raise AssertionError

    await serve(shows(headers={"Last-Modified": "Wed, 21 Jun 2023 07:28:00 GMT", "X-A": "b"}))
    monkeypatch.setattr("probes._answer.read", never)
    probe = plain(matches=("Nộp",), header_matches=(HeaderMatch(header="x-a", pattern="b"),), smallest=5)

    assert (await look(probe, target()))[0].reason is Reason.OK


@pytest.mark.parametrize(
    ("status", "statuses", "reason"),
    [
        (200, (), Reason.OK),
        (204, (), Reason.OK),
        (404, (), Reason.HTTP_4XX),
        (403, (), Reason.HTTP_4XX),
        (503, (), Reason.HTTP_5XX),
        (304, (), Reason.HTTP_STATUS),
        (403, (403,), Reason.OK),
        (200, (403,), Reason.HTTP_STATUS),
        (404, (403, 500), Reason.HTTP_4XX),
    ],
)
async def test_without_a_page_a_status_is_right_or_it_is_wrong(serve, shows, look, target, *, status, statuses, reason):
    await serve(shows("" if status in (204, 304) else "<p>x", status=status))
    observation, _ = await look(plain(statuses=statuses), target())

    assert observation.reason is reason
    assert observation.detail.startswith(f"{HANOI} answered {status}")


async def test_without_a_page_redirects_lead_anywhere_and_are_counted(serve, shows, leads, look, target):
    await serve(leads("https://elsewhere.example/"))
    await serve(shows(), "elsewhere.example")
    observation, trip = await look(plain(), target())

    assert observation.reason is Reason.OK
    assert observation.facts["url"] == "https://elsewhere.example/"
    assert trip.facts["redirects"] == 1


async def test_without_a_page_the_guard_stands_before_every_redirect(serve, leads, look, target):
    await serve(leads("http://169.254.169.254/"))

    assert (await look(plain(), target()))[0].reason is Reason.FORBIDDEN_ADDRESS


@pytest.mark.parametrize("page", [True, False])
async def test_a_redirect_that_is_not_to_be_followed_is_an_answer(serve, leads, look, target, page):
    await serve(leads("/vi"))
    observation, trip = await look(Probe(page=page, redirects=False), target())

    assert observation.reason is Reason.HTTP_STATUS
    assert observation.facts["leads_to"] == HANOI
    assert trip.facts["redirects"] == 0
    assert (await look(Probe(page=page, redirects=False, statuses=(302,)), target()))[0].reason is Reason.OK


@pytest.mark.parametrize("page", [True, False])
@pytest.mark.parametrize(
    ("settings", "reason"),
    [
        ({"header_matches": (("X-Kind", "^gov"),)}, Reason.OK),
        ({"header_matches": (("x-kind", "^com"),)}, Reason.HEADER_WRONG),
        ({"header_matches": (("X-None", "a"),)}, Reason.HEADER_WRONG),
        ({"header_matches": (("X-None", "a", True),)}, Reason.OK),
        ({"header_matches": (("X-Two", "^b$"),)}, Reason.OK),
        ({"header_matches_not": (("X-Kind", "gov"),)}, Reason.HEADER_WRONG),
        ({"header_matches_not": (("X-Kind", "com"),)}, Reason.OK),
        ({"header_matches_not": (("X-None", "com"),)}, Reason.HEADER_WRONG),
        ({"header_matches_not": (("X-None", "com", True),)}, Reason.OK),
        ({"header_matches_not": (("X-Two", "^b$"),)}, Reason.HEADER_WRONG),
        ({"matches": ("(?i)nộp h", "<h1>")}, Reason.OK),
        ({"matches": ("<h1>", "<h7>")}, Reason.TEXT_MISSING),
        ({"matches_not": ("<h7>",)}, Reason.OK),
        ({"matches_not": ("<h7>", "<h1>")}, Reason.TEXT_FORBIDDEN),
        ({"versions": ("1.1",)}, Reason.OK),
        ({"versions": ("1.0",)}, Reason.HTTP_VERSION),
        ({"versions": ("1.0", "1.1")}, Reason.OK),
        ({"over_tls": "required"}, Reason.OK),
        ({"over_tls": "forbidden"}, Reason.TLS_UNEXPECTED),
    ],
)
async def test_what_is_wanted_of_an_answer_is_held_against_it(serve, look, target, *, page, settings, reason):
    async def handler(_):
        response = web.Response(text="<h1>Nộp hồ sơ</h1>", content_type="text/html", headers={"X-Kind": "gov"})
        response.headers.extend([("X-Two", "a"), ("X-Two", "b")])
        return response

    await serve(handler)
    settings = {name: headers(value) if "header" in name else value for name, value in settings.items()}
    observation, _ = await look(Probe(page=page, **settings), target())

    assert observation.reason is reason
    by_pattern = reason in (Reason.HEADER_WRONG, Reason.TEXT_MISSING, Reason.TEXT_FORBIDDEN)
    assert observation.facts["failed_due_to_regex"] == by_pattern
    assert ("was expected" in observation.detail) == (reason is not Reason.OK)


def headers(rows):
    return tuple(HeaderMatch(header=row[0], pattern=row[1], missing=len(row) > 2) for row in rows)


async def test_an_answer_in_the_open_is_told_from_one_over_tls(serve, shows, look, target):
    await serve(shows(), tls=False)
    here = target(portal=target().portal.with_scheme("http"))

    assert (await look(plain(over_tls="forbidden"), here))[0].reason is Reason.OK
    observation, _ = await look(plain(over_tls="required"), here)
    assert observation.reason is Reason.TLS_UNEXPECTED


EVERYTHING = {
    "statuses": (201,),
    "header_matches": (HeaderMatch(header="X-None", pattern="a"),),
    "matches": ("<h7>",),
    "versions": ("1.0",),
    "over_tls": "forbidden",
}


@pytest.mark.parametrize(
    ("right", "reason"),
    [
        ((), Reason.HTTP_STATUS),
        (("statuses",), Reason.HEADER_WRONG),
        (("statuses", "header_matches"), Reason.TEXT_MISSING),
        (("statuses", "header_matches", "matches"), Reason.HTTP_VERSION),
        (("statuses", "header_matches", "matches", "versions"), Reason.TLS_UNEXPECTED),
    ],
)
async def test_of_several_faults_the_first_is_told(serve, shows, look, target, right, reason):
    """Status, header, body, version, TLS; and a pattern is to blame only where it was looked at."""
    await serve(shows())
    observation, _ = await look(
        plain(**{name: value for name, value in EVERYTHING.items() if name not in right}), target()
    )

    assert observation.reason is reason
    assert observation.facts["failed_due_to_regex"] == (reason in (Reason.HEADER_WRONG, Reason.TEXT_MISSING))


@pytest.mark.parametrize(
    ("told", "moment"),
    [
        ("Wed, 21 Jun 2023 07:28:00 GMT", 1687332480.0),
        ("Wednesday, 21-Jun-23 07:28:00 GMT", 1687332480.0),
        ("Wed Jun 21 07:28:00 2023", 1687332480.0),
        ("yesterday", None),
        ("Wed, 99 Jun 99999 07:28:00 GMT", None),
        ("", None),
    ],
)
async def test_when_a_page_changed_last_is_a_fact_where_it_says_so(serve, shows, look, target, told, moment):
    await serve(shows(headers={"Last-Modified": told}))

    assert (await look(plain(), target()))[0].facts.get("last_modified") == moment


@pytest.mark.parametrize("method", ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"])
async def test_a_method_and_a_body_are_sent(serve, look, target, method):
    seen = []

    async def handler(request):
        seen.append((request.method, await request.text(), request.headers.get("Content-Type")))
        return web.Response(text="ok")

    await serve(handler)
    body = "" if method in ("GET", "HEAD") else "xin chào"
    observation, _ = await look(plain(method=method, body=body, headers={"Content-Type": "text/x"}), target())

    assert observation.reason is Reason.OK
    assert seen == [(method, body, "text/x")]


async def test_a_page_may_be_what_comes_of_a_post(serve, site, look, target):
    async def form(request):
        return web.Response(text=f"<p>{await request.text()}", content_type="text/html")

    await serve(site({"/": form}))

    assert (await look(Probe(method="POST", body="tra cứu", expect=("tra cứu",)), target()))[0].reason is Reason.OK


async def test_a_body_beyond_its_own_cap_is_too_large(serve, shows, look, target):
    await serve(shows("<p>" + "x" * 5000))

    assert (await look(plain(max_body=5003), target()))[0].reason is Reason.OK
    assert (await look(plain(max_body=5002), target()))[0].reason is Reason.TOO_LARGE


async def test_a_certificate_of_a_portal_of_ones_own_may_be_taken_as_it_is(serve, shows, look, target, ca_file):
    await serve(shows(), "other.example")
    await serve(shows())
    here = target(portal=target().portal.with_host("other.example"), hosts=frozenset({"other.example"}))

    assert (await look(plain(tls=TlsTerms(server_name=HANOI)), here))[0].reason is Reason.TLS_NAME
    unverified = plain(tls=TlsTerms(verify=False, server_name=HANOI))
    assert (await look(unverified, here))[0].reason is Reason.OK
    trusted = plain(tls=TlsTerms(ca_file=ca_file))
    assert (await look(trusted, target(), ca_file=None))[0].reason is Reason.OK
    assert (await look(plain(), target(), ca_file=None))[0].reason in (Reason.TLS_UNTRUSTED, Reason.TLS_CHAIN)
