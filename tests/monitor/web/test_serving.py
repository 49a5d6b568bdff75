import asyncio
import gzip
import html
import json
import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from jsonschema import Draft202012Validator
from prometheus_client.openmetrics.parser import text_string_to_metric_families
from structlog.testing import capture_logs

from monitor.incidents import Cause, Incident, Sharing
from monitor.keeping import People
from monitor.model import Answer, Level, Result
from monitor.store.ledger import Ack, Window
from monitor.web.guard import HEADERS
from monitor.web.render import FOLDER
from probes import Observation, Reason

START = datetime(2023, 6, 21, 7, 0, tzinfo=UTC)
SCHEMA = json.loads((FOLDER / "status.schema.json").read_text(encoding="utf-8"))
HOSTILE = "<script>alert(1)</script>\"'`&{{7*7}}\u202e"


async def test_the_scores_are_on_the_page_in_vietnamese(site, client, headline_world):
    async with client.get(await site(headline_world)) as answer:
        page = await answer.text()
    assert answer.status == 200
    assert answer.content_type == "text/html"
    assert '<html lang="vi">' in page
    assert ">62/63<" in page
    assert ">10/21<" in page
    assert "địa phương đã hợp nhất và kết nối" in page
    assert "1 không xác định" in page
    assert "khớp với báo cáo" in page
    assert "1.384/3.003 (46,09%)" in page


async def test_synthetic_data_is_said_to_be_synthetic_on_every_page(site, client, headline_world):
    address = await site(headline_world)
    for path in ("/", "/agency/H57"):
        async with client.get(address + path) as answer:
            assert (
                "Dữ liệu mô phỏng (synthetic): kịch bản june-2023, theo danh sách và quy định ngày 21/6/2023"
                in await answer.text()
            )


async def test_real_data_is_not_said_to_be_synthetic(site, client, small_world):
    async with client.get(await site(small_world)) as answer:
        assert "mô phỏng" not in await answer.text()


@pytest.mark.parametrize(
    ("query", "header", "language"),
    [
        ("", None, "vi"),
        ("?lang=en", None, "en"),
        ("?lang=en", "vi", "en"),
        ("?lang=vi", "en", "vi"),
        ("?lang=fr", "en", "en"),
        ("", "en-GB,en;q=0.9", "en"),
        ("", "en;q=0.5,vi-VN", "vi"),
        ("", "fr", "vi"),
        ("", "*", "vi"),
        ("", "en;q=frog", "vi"),
    ],
)
async def test_the_language_is_the_one_asked_for(site, client, small_world, query, header, language):
    headers = {"Accept-Language": header} if header else {}
    async with client.get(await site(small_world) + "/" + query, headers=headers) as answer:
        page = await answer.text()
    assert f'<html lang="{language}">' in page
    assert ("Hanoi" in page) == (language == "en")


async def test_links_keep_what_was_asked_for(site, client, small_world):
    async with client.get(await site(small_world) + "/?lang=en&refresh=off") as answer:
        page = await answer.text()
    assert 'href="/agency/H57?lang=en&amp;refresh=off"' in page
    assert 'href="/?lang=vi&amp;refresh=off"' in page
    assert 'href="/?lang=en"' in page  # to refresh again


@pytest.mark.parametrize("path", ["//evil.example/x", "/%5Cevil.example/x", "/\\evil.example/x", "/%2Fevil.example/x"])
async def test_the_link_to_the_other_language_leads_to_no_other_host(site, small_world, path):
    page = (await _raw(await site(small_world), f"GET {path} HTTP/1.1")).decode()
    (link,) = re.findall(r'href="([^"]*lang=en)"', page)

    assert re.match(r"/(?![/\\])", link)


async def test_the_link_to_the_other_language_keeps_an_odd_path(site, small_world):
    page = await _raw(await site(small_world), "GET /a%3Fb%23c HTTP/1.1")

    assert b'href="/a%3Fb%23c?lang=en"' in page


async def test_the_page_renews_itself_until_told_not_to(site, client, small_world):
    address = await site(small_world)
    async with client.get(address) as answer:
        assert answer.headers["Refresh"] == "15"
    async with client.get(address + "/?refresh=off") as answer:
        assert "Refresh" not in answer.headers


async def test_who_is_missing_stands_with_the_reason_in_words(site, client, small_world):
    async with client.get(await site(small_world)) as answer:
        page = _text(await answer.text())
    missing = page.partition("Chưa hợp nhất, kết nối (1)")[2].partition("Văn bản trái với kết quả kiểm tra (1)")[0]
    assert "Thừa Thiên Huế H57" in missing
    assert "21/6/2023 14:00" in missing
    assert "một hệ thống duy nhất: cổng dịch vụ công hoặc hệ thống một cửa cũ vẫn mở riêng" in missing
    assert "đồng bộ hồ sơ: tỷ lệ đồng bộ hồ sơ thấp" in missing
    assert "12/BC-UBND" in page.partition("Văn bản trái với kết quả kiểm tra (1)")[2]
    assert "Bộ Nội vụ" in page.partition("Không xác định (1)")[2].partition("Đã hợp nhất và kết nối (1)")[0]
    assert "Hà Nội" in page.partition("Đã hợp nhất và kết nối (1)")[2].partition("Theo dõi, không tính vào tỷ lệ")[0]
    assert "Cổng Dịch vụ công quốc gia NPSP" in page.partition("Theo dõi, không tính vào tỷ lệ (1)")[2]


def _text(page):
    apart = re.sub(r"</(th|td|dt|p|h1|h2)>", " ", page)
    return re.sub(r"\s+", " ", re.sub(r"<[^>]*>", "", apart)).replace(" :", ":")


async def test_measured_and_declared_are_compared(site, client, headline_world):
    integrated = {Level.PROVINCE: 62 + 1, Level.MINISTRY: 10}
    headline_world.config = replace(
        headline_world.config,
        declared=tuple(replace(each, integrated=integrated[each.level]) for each in headline_world.config.declared),
    )
    async with client.get(await site(headline_world) + "/?lang=en") as answer:
        assert "differs by −1 from what is declared" in _text(await answer.text())


@pytest.mark.parametrize(
    ("sharing", "value", "vi", "en"),
    [
        (
            "platform",
            "igate",
            "2 trên 19 cơ quan dùng chung phần mềm (igate)",
            "2 of 19 agencies with the same software (igate)",
        ),
        ("network", "203.0.113.0/24", "cùng một mạng (203.0.113.0/24)", "in one network (203.0.113.0/24)"),
        ("issuer", "CN=<b>", "cùng một nơi cấp (CN=&lt;b&gt;)", "of one issuer (CN=&lt;b&gt;)"),
        ("level", "province", "2 trên 19 địa phương cùng gặp sự cố", "2 of 19 provinces dropped out together"),
    ],
)
async def test_an_incident_stands_above_everything_else(site, client, small_world, sharing, value, vi, en):
    cause = Cause(sharing=Sharing(sharing), value=value)
    since = small_world.now.replace(hour=6, minute=0)
    small_world.store.incidents = (Incident(cause=cause, since=since, down=frozenset({"H26", "H57"}), of=19),)
    address = await site(small_world)
    for language, told, at in (("vi", vi, "từ 21/6/2023 13:00."), ("en", en, "since 21 June 2023 13:00.")):
        async with client.get(f"{address}/?lang={language}") as answer:
            page = await answer.text()
        assert told in page
        assert at in page


async def test_figures_of_a_roster_of_another_size_are_not_subtracted(site, client, small_world):
    address = await site(small_world)
    for language, text in (
        ("en", "62/63, not comparable (63 agencies then, 2 now)."),
        ("vi", "62/63, không so sánh được (khi đó 63 cơ quan, nay 2)."),
    ):
        async with client.get(f"{address}/?lang={language}") as answer:
            page = _text(await answer.text())
        assert text in page
        assert "differs" not in page


async def test_who_is_declared_otherwise_than_measured_stands_by_name(site, client, headline_world):
    provinces = {agency.code for agency in headline_world.store.agencies if agency.level is Level.PROVINCE}
    named = {"missing_agencies": frozenset({"H01"}), "integrated_agencies": frozenset(provinces - {"H01"})}
    headline_world.config = replace(
        headline_world.config,
        declared=tuple(
            replace(each, **named) if each.level is Level.PROVINCE and each.integrated == 62 else each
            for each in headline_world.config.declared
        ),
    )
    async with client.get(await site(headline_world)) as answer:
        page = _text(await answer.text())
    assert "Báo cáo: đã; kiểm tra: chưa: Tỉnh mẫu số 57 H57" in page
    assert "Kiểm tra: đã; báo cáo: chưa: Tỉnh mẫu số 1 H01" in page
    assert "Báo cáo: đã; kiểm tra: không xác định" not in page


async def test_a_page_without_declared_figures_says_so(site, client, small_world):
    small_world.config = replace(small_world.config, declared=())
    async with client.get(await site(small_world)) as answer:
        assert "Không có số liệu báo cáo" in await answer.text()


async def test_warming_up_shows_how_much_is_left(site, client, small_world, make_world):
    world = make_world(small_world.store.agencies, small_world.store.watches)
    world.look(world.store.watches[0])
    async with client.get(await site(world)) as answer:
        page = await answer.text()
    assert "Chưa kiểm tra lần đầu: 12 trên 13 mục" in page
    assert ">0/2<" in page


async def test_an_empty_world_has_a_page_too(site, client, make_world):
    async with client.get(await site(make_world((), ()))) as answer:
        assert answer.status == 200
        assert ">0/0<" in await answer.text()


async def test_the_monitors_own_trouble_is_shown(site, client, small_world):
    small_world.vitals.online = small_world.vitals.reload_ok = False
    async with client.get(await site(small_world)) as answer:
        page = await answer.text()
    assert "mất kết nối mạng" in page
    assert "giữ cấu hình cũ" in page


async def test_an_agencys_page_shows_what_was_looked_at_and_why(site, client, small_world):
    async with client.get(await site(small_world) + "/agency/H57") as answer:
        page = _text(await answer.text())
    assert "Thừa Thiên Huế H57" in page
    assert "Hợp nhất và kết nối: chưa" in page
    assert "motcua.h57.example serves its own pages" in page
    assert "12/BC-UBND" in page
    assert "Phân giải tên miền quá thời gian chờ. Từ 21/6/2023 14:00." in page
    assert "10,000 giây" in page
    assert "certificate_earliest_not_after 1/1/2024 07:00" in page
    assert "sync_ratio 0,315" in page


@pytest.mark.parametrize(
    ("lang", "acked", "held"),
    [
        (
            "vi",
            "Đã có người nhận xử lý: <b>đang sửa</b> (an, 21/6/2023 14:05)",
            "Đang bảo trì: đêm (từ 21/6/2023 13:05)",
        ),
        ("en", "Taken on: <b>đang sửa</b> (an, 21 June 2023 14:05)", "In maintenance: đêm (since 21 June 2023 13:05)"),
    ],
)
async def test_who_has_taken_a_loss_on_and_who_is_in_maintenance_is_shown(site, client, small_world, lang, acked, held):
    now = small_world.now
    begin = (now - timedelta(hours=1)).replace(tzinfo=None)
    people = People(
        acks={"H57": Ack(agency="H57", by="an", reason="<b>đang sửa</b>", at=now)},
        windows=(Window(id="a", begin=begin, lasts=timedelta(hours=2), zone="UTC", reason="đêm"),),
    )
    address = await site(small_world, people=lambda: people)
    for path, held_by in (("/", len(small_world.store.agencies)), ("/agency/H57", 1)):
        async with client.get(f"{address}{path}?lang={lang}") as answer:
            raw = await answer.text()
        page = re.sub(r"\( ?", "(", _text(raw))
        assert html.unescape(page).count(acked) == 1, path
        assert page.count(held) == held_by, path
        assert "<b>đang sửa" not in raw


async def test_a_national_systems_page_says_whether_it_is_connected_and_nothing_of_merging(site, client, small_world):
    async with client.get(await site(small_world) + "/agency/NPSP?lang=en") as answer:
        standing = _text(await answer.text()).partition("Standing")[2].partition("Checks (1)")[0]
    assert "Connected yes" in standing
    assert "Merged" not in standing
    assert "Integrated" not in standing


async def test_a_version_is_no_decimal_number(site, client, small_world):
    small_world.look(small_world.store.watches[0], at=small_world.now, http_version=1.1)
    async with client.get(await site(small_world) + "/agency/H26") as answer:
        assert "http_version 1.1" in _text(await answer.text())


async def test_two_checks_of_one_kind_can_be_told_apart(site, client, small_world, make_world):
    store = small_world.store
    watch = next(w for w in store.watches if w.agency.code == "NPSP")
    other = replace(watch, check=replace(watch.check, name="national_front_page"))
    async with client.get(await site(make_world(store.agencies, (watch, other)))) as answer:
        watched = _text(await answer.text()).partition("Theo dõi, không tính vào tỷ lệ (1)")[2]
    assert "trang của cổng national_pages:" in watched
    assert "trang của cổng national_front_page:" in watched


async def test_an_agencys_page_says_when_the_latest_look_differs_from_the_state(site, client, small_world):
    watch = next(w for w in small_world.store.watches if w.key == ("H26", "sign_on"))
    small_world.look(watch, Reason.REFUSED, "refused", at=small_world.now)
    async with client.get(await site(small_world) + "/agency/H26?lang=en") as answer:
        page = _text(await answer.text())
    assert "Latest look: the server refuses the connection (not enough of them yet to turn the state)" in page


async def test_an_agency_that_was_never_looked_at_has_a_page(site, client, small_world, make_world):
    world = make_world(small_world.store.agencies, small_world.store.watches[:1])
    address = await site(world)
    for code, said in (("H26", "Chưa kiểm tra."), ("H57", "Không có mục kiểm tra nào áp dụng.")):
        async with client.get(f"{address}/agency/{code}") as answer:
            assert answer.status == 200
            assert said in _text(await answer.text())


@pytest.mark.parametrize("end", [253402300799.0, 1e300, -1e300])
async def test_a_certificate_without_an_end_does_not_break_the_page(site, client, small_world, end):
    small_world.look(small_world.store.watches[0], at=small_world.now, certificate_not_after=end)
    async with client.get(await site(small_world) + "/agency/H26") as answer:
        assert answer.status == 200
        assert "certificate_not_after" in await answer.text()


async def test_a_document_that_decided_is_named(site, client, make_world, small_world):
    paper = replace(small_world.config.attestations[0], answer=Answer.NO)
    world = make_world(small_world.store.agencies, (), (paper,))
    async with client.get(await site(world)) as answer:
        page = _text(await answer.text())
    assert "văn bản 12/BC-UBND" in page.partition("Chưa hợp nhất, kết nối (1)")[2].partition("Không xác định")[0]


async def test_what_others_wrote_is_escaped_everywhere(site, client, make_world, small_world):
    agency = replace(small_world.store.agencies[1], name=HOSTILE, name_en=HOSTILE)
    watches = [replace(w, agency=agency) for w in small_world.store.watches if w.agency.code == "H26"]
    paper = replace(small_world.config.attestations[0], agency="H26", document=HOSTILE, issuer=HOSTILE)
    world = make_world((agency,), watches, (paper,))
    for watch in watches:
        world.look(watch, Reason.SECOND_DOOR_OPEN, HOSTILE, **{HOSTILE: HOSTILE})
    world.config = replace(world.config, synthetic=HOSTILE)
    address = await site(world)
    for path in ("/", "/agency/H26", "/?lang=en", f"/{HOSTILE}", f"/agency/{HOSTILE}"):
        async with client.get(address + path) as answer:
            page = await answer.text()
        assert "<script" not in page
        assert "49" not in page.replace("1449", "")  # no template of theirs is run
        assert re.findall(r'(?:href|src)="(?!/|https://h26\.example/")[^"]*', page) == []


async def test_a_portal_that_is_no_web_address_is_no_link(site, client, make_world, small_world):
    agency = replace(small_world.store.agencies[1], portal="javascript:alert(1)")
    async with client.get(await site(make_world((agency,), ())) + "/agency/H26") as answer:
        assert "javascript" not in await answer.text()


@pytest.mark.parametrize(
    "path",
    [
        "/agency/H99",
        "/nothing",
        "/static/nothing.css",
        "/static/../serving.py",
        "/static/%2e%2e%2fserving.py",
        "/static/",
    ],
)
async def test_what_is_not_there_has_a_plain_page(site, client, small_world, path):
    async with client.get(await site(small_world) + path) as answer:
        page = await answer.text()
    assert answer.status in (403, 404)
    assert answer.content_type == "text/html"
    assert "Traceback" not in page


@pytest.mark.parametrize("path", ["/-/nothing", "/api/v1/nothing"])
async def test_programs_get_a_line_and_no_page(site, client, small_world, path):
    async with client.get(await site(small_world) + path) as answer:
        assert (answer.status, await answer.text()) == (404, "404\n")


@pytest.mark.parametrize("path", ["/", "/metrics", "/agency/H26"])
async def test_a_fault_of_ours_shows_nothing_of_our_inside(site, client, small_world, path):
    def broken():
        raise RuntimeError("secret inside")

    with capture_logs() as logs:
        async with client.get(await site(small_world, config=broken) + path) as answer:
            page = await answer.text()
    assert answer.status == 500
    assert "secret" not in page
    assert "Traceback" not in page
    assert "page_failed" in [line["event"] for line in logs]


@pytest.mark.parametrize(
    "path", ["/", "/agency/H26", "/agency/none", "/metrics", "/api/v1/status", "/-/ready", "/static/page.css", "/none"]
)
async def test_every_answer_ties_the_browsers_hands(site, client, small_world, path):
    async with client.get(await site(small_world) + path) as answer:
        for name, value in HEADERS:
            assert answer.headers.getall(name) == [value], name
        assert "aiohttp" not in str(answer.headers).lower()
        assert "Python" not in str(answer.headers)


async def test_the_host_header_changes_nothing(site, client, small_world):
    address = await site(small_world)
    pages = []
    for host in ("monitor.example", "evil.example:1"):
        async with client.get(address, headers={"Host": host}) as answer:
            pages.append(await answer.text())
    assert pages[0] == pages[1]
    assert "evil.example" not in pages[1]


async def test_the_style_needs_nothing_from_elsewhere(site, client, small_world):
    address = await site(small_world)
    async with client.get(address + "/static/page.css") as answer:
        assert answer.content_type == "text/css"
        assert "url(" not in await answer.text()
    async with client.get(address) as answer:
        page = await answer.text()
    assert "style=" not in page
    assert "<style" not in page
    assert "<script" not in page


async def test_metrics_come_as_text_by_default(site, client, headline_world):
    async with client.get(await site(headline_world) + "/metrics", headers={"Accept-Encoding": "identity"}) as answer:
        page = await answer.text()
    assert answer.headers["Content-Type"] == "text/plain; version=0.0.4; charset=utf-8"
    assert "Content-Encoding" not in answer.headers
    assert 'npsp_agencies_integrated{level="province"} 62.0\n' in page
    assert "\nprocess_cpu_seconds_total" in page


async def test_metrics_come_as_openmetrics_where_wanted(site, client, small_world):
    headers = {"Accept": "application/openmetrics-text;version=1.0.0,text/plain;q=0.1"}
    async with client.get(await site(small_world) + "/metrics", headers=headers) as answer:
        assert answer.content_type == "application/openmetrics-text"
        assert (await answer.text()).endswith("# EOF\n")


async def test_metrics_are_packed_where_wanted(site, small_world):
    body = await _raw(await site(small_world), "GET /metrics HTTP/1.1", "Accept-Encoding: gzip")
    assert b"npsp_agencies_integrated" in gzip.decompress(body)
    with pytest.raises(gzip.BadGzipFile):
        gzip.decompress(await _raw(await site(small_world), "GET /metrics HTTP/1.1", "Accept-Encoding: gzip;q=0"))


@pytest.mark.parametrize("name", ["small_world", "headline_world"])
async def test_the_status_has_the_documented_shape(site, client, name, request):
    async with client.get(await site(request.getfixturevalue(name)) + "/api/v1/status") as answer:
        assert answer.content_type == "application/json"
        Draft202012Validator(SCHEMA, format_checker=Draft202012Validator.FORMAT_CHECKER).validate(await answer.json())


async def test_the_status_is_packed_where_wanted(site, client, small_world):
    async with client.get(await site(small_world) + "/api/v1/status") as answer:
        assert answer.headers["Content-Encoding"] in ("gzip", "deflate")
        assert (await answer.json())["looked_at"] == {"watches": 13, "of": 13}


@pytest.mark.parametrize("path", ["/api/v1/status", "/sd"])
@pytest.mark.parametrize(
    ("header", "packed"),
    [("gzip;q=0", False), ("gzip;q=0, identity", False), ("deflate;q=0, gzip", True), ("gzip;q=0.5", True)],
)
async def test_what_is_not_to_be_packed_is_not(site, small_world, path, header, packed):
    body = await _raw(await site(small_world), f"GET {path} HTTP/1.1", f"Accept-Encoding: {header}")

    assert json.loads(gzip.decompress(body) if packed else body)


async def _raw(address, *lines):
    host, port = address.removeprefix("http://").split(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    writer.write("\r\n".join((*lines, "Host: x", "Connection: close", "", "")).encode())
    answer = await reader.read()
    writer.close()
    await writer.wait_closed()
    return answer.partition(b"\r\n\r\n")[2]


async def test_healthy_is_always_healthy(site, client, make_world):
    async with client.get(await site(make_world((), ())) + "/-/healthy") as answer:
        assert (answer.status, answer.content_type) == (200, "text/plain")


async def test_ready_when_everything_was_looked_at_once(site, client, small_world, make_world):
    world = make_world(small_world.store.agencies, small_world.store.watches[:2])
    address = await site(world)
    told = []
    for watch in (*world.store.watches, None):
        async with client.get(address + "/-/ready") as answer:
            told.append((answer.status, await answer.text()))
        if watch:
            world.look(watch, Reason.TIMEOUT_CONNECT)
    assert told == [(503, "0 of 2 looked at\n"), (503, "1 of 2 looked at\n"), (200, "2 of 2 looked at\n")]


async def test_not_ready_without_a_plan(site, client, make_world):
    async with client.get(await site(make_world((), ())) + "/-/ready") as answer:
        assert answer.status == 503


async def test_a_reload_tells_what_is_wrong(site, client, small_world):
    small_world.reloads = [("checks.yaml:3: one", "checks.yaml:9: two")]
    address = await site(small_world)
    async with client.post(address + "/-/reload") as answer:
        assert (answer.status, await answer.text()) == (500, "checks.yaml:3: one\nchecks.yaml:9: two\n")
    async with client.post(address + "/-/reload") as answer:
        assert (answer.status, await answer.text()) == (200, "reloaded\n")


async def test_a_reload_is_a_post(site, client, small_world):
    async with client.get(await site(small_world) + "/-/reload") as answer:
        assert (answer.status, answer.headers["Allow"]) == (405, "POST")


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-origin", "Host": "rebound.example"},
    ],
)
async def test_no_web_page_can_make_the_monitor_reload(site, client, small_world, headers):
    small_world.reloads = [("called",)]
    async with client.post(await site(small_world) + "/-/reload", headers=headers) as answer:
        assert answer.status == 403
    assert small_world.reloads == [("called",)]


async def test_a_head_request_is_answered(site, client, small_world):
    async with client.head(await site(small_world)) as answer:
        assert answer.status == 200


async def test_a_site_listens_on_ipv6_too(site, client, small_world):
    address = await site(small_world, listen="[::1]:0")
    assert address.startswith("http://[::1]:")
    async with client.get(f"{address}/-/healthy") as answer:
        assert answer.status == 200


async def test_a_site_that_cannot_listen_says_so_and_can_be_stopped(site, small_world):
    taken = (await site(small_world)).removeprefix("http://")
    with pytest.raises(OSError, match="in use"):
        await site(small_world, listen=taken)


# What a Prometheus asks for: 2.42 as Debian has it, 3.x, and either with native histograms turned on.
ACCEPTS = (
    (
        "application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;q=0.75,"
        "text/plain;version=0.0.4;q=0.5,*/*;q=0.1"
    ),
    (
        "application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.6,"
        "application/openmetrics-text;version=0.0.1;q=0.5,text/plain;version=1.0.0;escaping=allow-utf-8;q=0.4,"
        "text/plain;version=0.0.4;q=0.3,*/*;q=0.2"
    ),
    (
        "application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=delimited,"
        "application/openmetrics-text;version=1.0.0;q=0.8,application/openmetrics-text;version=0.0.1;q=0.75,"
        "text/plain;version=0.0.4;q=0.5,*/*;q=0.1"
    ),
)


@pytest.mark.parametrize("accept", ACCEPTS)
async def test_each_prometheus_gets_openmetrics_as_it_asks(site, client, small_world, accept):
    async def peek(watch, _):
        seen = Observation(reason=Reason.OK)
        return Result(watch=watch, due=START, started=START, seconds=0.5, observation=seen, phases={})

    address = await site(small_world, peek=peek)
    for path in ("/metrics", "/probe?agency=H26&check=http"):
        async with client.get(address + path, headers={"Accept": accept, "Accept-Encoding": "gzip"}) as answer:
            page = await answer.text()
        assert answer.status == 200
        assert answer.headers["Content-Type"].startswith("application/openmetrics-text; version=1.0.0; charset=utf-8")
        assert "Accept" in answer.headers["Vary"]
        assert page.endswith("# EOF\n")
        assert list(text_string_to_metric_families(page))
