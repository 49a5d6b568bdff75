"""probes.hand_over against real servers of the families that are known to take what the NPSP hands over."""

import pytest
from aiohttp import web

from monitor.testbed.authority import CertificateFault
from probes import Reason
from probes.hand_over import Probe

HANOI = "dichvucong.hanoi.gov.vn"


@pytest.fixture
def agency(target):
    return lambda **changes: target(**{"platform": "igate", **changes})


@pytest.mark.parametrize(("platform", "applies"), [("igate", True), ("eform", True), ("liferay", False), (None, False)])
def test_only_families_whose_address_is_known_are_looked_at(target, platform, applies):
    assert Probe().applies(target(platform=platform)) is applies


@pytest.mark.parametrize(
    ("platform", "asked"),
    [
        (
            "igate",
            "GET dichvucong.hanoi.gov.vn/vi/nps/apply?MaTTHC=2.000815&MaCoQuanThucHien=H26&MaDVC=&MaTTHCDP=2.000815.H26&vneid=1",
        ),
        (
            "eform",
            (
                "GET dichvucong.hanoi.gov.vn/nop-ho-so?MaTTHCDP=2.000815.000.00.00.H26&MaCoQuanThucHien=H26"
                "&vnconnect=1&MaDVC=2.000815.000.00.00.H26"
            ),
        ),
    ],
)
async def test_each_family_is_asked_in_its_own_form(serve, site, look, agency, platform, asked):
    seen = []
    await serve(site({"/vi/nps/apply": "<p>Mẫu đơn", "/nop-ho-so": "<p>Mẫu đơn"}, seen))
    observation, _ = await look(Probe(), agency(platform=platform))

    assert observation.reason is Reason.OK
    assert seen == [asked]


async def test_values_are_quoted_and_the_portals_own_path_is_left(serve, site, look, agency):
    seen = []
    await serve(site({"/x": "<p>Mẫu"}, seen))
    probe = Probe(forms={"igate": "/x?a={procedure}&b={agency}"}, procedure="2.0/0&c=ơ #")
    await look(probe, agency(portal=agency().portal / "vi" / "home"))

    assert seen == [f"GET {HANOI}/x?a=2.0%2F0%26c%3D%C6%A1%20%23&b=H26"]


@pytest.mark.parametrize("echoed", [True, False])
async def test_whether_the_procedure_is_on_the_page_is_a_fact(serve, shows, look, agency, echoed):
    await serve(shows(f"<p>Thủ tục {'2.000815' if echoed else ''}"))
    observation, _ = await look(Probe(), agency())

    assert observation.reason is Reason.OK
    assert observation.facts["procedure_echoed"] is echoed
    assert observation.facts["procedure"] == "2.000815"


@pytest.mark.parametrize("status", [404, 410])
async def test_an_address_that_is_not_there_is_missing(serve, shows, look, agency, status):
    await serve(shows("<p>Không có", status=status))
    observation, _ = await look(Probe(), agency())

    assert observation.reason is Reason.HAND_OVER_MISSING
    assert f"{HANOI} answered {status}" in observation.detail


@pytest.mark.parametrize("body", ["<title>404 - Không tìm thấy trang</title><p>Về trang chủ", "<p>Trang không tồn tại"])
async def test_an_address_that_is_not_there_is_missing_whatever_its_status_says(serve, shows, look, agency, body):
    await serve(shows(body))

    assert (await look(Probe(), agency()))[0].reason is Reason.HAND_OVER_MISSING


async def test_words_in_a_long_page_do_not_make_it_missing(serve, shows, look, agency):
    await serve(shows("<p>Trang không tồn tại thì làm gì? " + "Hướng dẫn. " * 200))

    assert (await look(Probe(), agency()))[0].reason is Reason.OK


@pytest.mark.parametrize(
    ("body", "status", "reason"),
    [
        ("<p>Lỗi", 500, Reason.HTTP_5XX),
        ("<p>Lỗi", 400, Reason.HTTP_4XX),
        ("<app-root></app-root>", 200, Reason.BLANK_PAGE),
        ("<p>Cấm", 403, Reason.BLOCKED),
        ("<title>Request Rejected</title>Your support ID is: 1", 200, Reason.BLOCKED),
    ],
)
async def test_an_address_that_does_not_answer_well_is_at_fault(serve, shows, look, agency, *, body, status, reason):
    await serve(shows(body, status=status))
    observation, _ = await look(Probe(), agency())

    assert observation.reason is reason
    assert observation.facts["http_status"] == status


async def test_a_notice_of_maintenance_at_the_address_is_called_so(serve, shows, look, agency):
    await serve(shows("<h1>Hệ thống đang bảo trì"))
    observation, _ = await look(Probe(), agency())

    assert observation.reason is Reason.MAINTENANCE_PAGE
    assert observation.facts["procedure"] == "2.000815"


async def test_an_answer_that_asks_for_a_name_is_right(serve, shows, look, agency):
    await serve(shows("<p>Đăng nhập", status=401))

    assert (await look(Probe(), agency()))[0].reason is Reason.OK


@pytest.mark.parametrize(
    "to",
    [
        "/dang-nhap?next=x",
        "/vi/login",
        f"https://www.{HANOI}/oidc/start",
        "https://xacthuc.dichvucong.gov.vn/oauth2/authorize",
    ],
)
async def test_a_way_to_a_login_is_right_and_not_gone(serve, site, leads, look, agency, to):
    """Only one address is asked."""
    seen = []
    await serve(site({"/vi/nps/apply": leads(to)}, seen))
    observation, _ = await look(Probe(), agency())

    assert observation.reason is Reason.OK
    assert len(seen) == 1


@pytest.mark.parametrize("to", ["https://dichvucong.gov.vn/", "https://vpcp.dichvucong.gov.vn/p/home"])
async def test_a_way_to_the_national_portal_says_nothing_of_the_hand_over(serve, leads, look, agency, to):
    """A closed portal leads there from whatever address."""
    await serve(leads(to))

    assert (await look(Probe(), agency()))[0].reason is Reason.NOT_VISIBLE


async def test_a_way_within_the_agency_is_gone_to_its_end(serve, site, leads, look, agency):
    await serve(site({"/vi/nps/apply": leads("/vi/404")}))

    assert (await look(Probe(), agency()))[0].reason is Reason.HAND_OVER_MISSING


async def test_a_way_to_a_stranger_is_a_fault(serve, leads, look, agency):
    await serve(leads("https://elsewhere.example/"))

    assert (await look(Probe(), agency()))[0].reason is Reason.LEADS_ELSEWHERE


async def test_trouble_on_the_way_passes_through(serve, shows, look, agency):
    await serve(shows(), fault=CertificateFault.EXPIRED)

    assert (await look(Probe(), agency()))[0].reason is Reason.TLS_EXPIRED


@pytest.mark.parametrize(
    "form",
    [
        "/x?a={code}",
        "/x?a={}",
        "/x?a={0}",
        "/x?a={procedure",
        "x",
        "",
        "https://a.example/{agency}",
        "/{procedure.real}",
        "//evil.example/{agency}",
        "/a b",
        "/{agency!r}",
        "/{agency:>9}",
        "/\\x",
    ],
)
def test_a_form_that_cannot_be_filled_is_refused(form):
    with pytest.raises(ValueError):
        Probe(forms={"igate": form})


async def test_a_way_to_a_login_by_the_page_itself_is_right(serve, site, look, agency):
    seen = []
    refresh = "<meta http-equiv=refresh content='0;url=/dang-nhap'><p>Đang chuyển"
    await serve(site({"/vi/nps/apply": refresh}, seen))

    assert (await look(Probe(), agency()))[0].reason is Reason.OK
    assert len(seen) == 1


@pytest.mark.parametrize("status", [204, 206])
async def test_an_answer_with_nothing_in_it_is_blank_whatever_good_status_it_has(serve, shows, look, agency, status):
    await serve(shows("", status=status))

    assert (await look(Probe(), agency()))[0].reason is Reason.BLANK_PAGE


@pytest.mark.parametrize(("status", "reason"), [(200, Reason.NOT_VISIBLE), (404, Reason.BLANK_PAGE)])
async def test_a_form_that_a_script_draws_is_for_a_browser_as_long_as_the_script_is_there(
    serve, site, look, agency, status, reason
):
    async def script(_):
        return web.Response(status=status, headers={"Content-Type": "text/javascript"})

    shell = "<app-root></app-root><script src=/main.js></script>"
    await serve(site({"/vi/nps/apply": shell, "/main.js": script}))

    assert (await look(Probe(), agency()))[0].reason is reason
