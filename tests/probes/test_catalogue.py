"""probes.catalogue against real lists of an agency and of the national database."""

import asyncio
import json
from dataclasses import replace

import pytest
from aiohttp import web
from hypothesis import given
from hypothesis import strategies as st
from yarl import URL

from probes import Page, Reason, Status, Trouble
from probes._national_list import NationalList
from probes.catalogue import AgencyList, Probe

HANOI, CSDL, PORTAL = "dichvucong.hanoi.gov.vn", "csdl.dichvucong.gov.vn", "dichvucong.gov.vn"
NUMBERS = [f"1.{number:06}" for number in range(20)]
WHOLE = NationalList(url=f"https://{CSDL}/list")
PAGED = NationalList(
    url=f"https://{CSDL}/formalities", paged=True, page_size=8, code_path="code", rows="data.items", status="trangThai"
)


def probe(national=WHOLE, **changes):
    return Probe(**{"national": national, **changes})


def rows(numbers=NUMBERS, withdrawn=()):
    return [
        {"MATTHC": n, "TENTTHC": "Thủ tục", "TRANGTHAI": "Hết hiệu lực" if n in withdrawn else "1"} for n in numbers
    ]


def document(found=None, code=0):
    return {"error_code": code, "message": "", "result": rows() if found is None else found}


def lines(codes):
    return "<h1>Danh sách thủ tục</h1>" + "".join(f"<tr><td>{code}</td></tr>" for code in codes)


@pytest.fixture
def lists(serve):
    """`await lists(pages, document, status=200)`: an agency's pages, and the national list; gives what they are asked."""

    async def start(pages, told, status=200):
        asked = []

        async def agency(request):
            asked.append(request.path_qs)
            number = int(request.query.get("trang", "1"))
            page = pages[number - 1] if number <= len(pages) else lines([])
            return page if isinstance(page, web.Response) else web.Response(text=page, content_type="text/html")

        async def national(request):
            body = await request.json() if request.method == "POST" else None
            asked.append((request.method, request.path, body))
            answer = told(body) if callable(told) else told
            return (
                web.Response(text=answer, status=status)
                if isinstance(answer, str)
                else web.json_response(answer, status=status)
            )

        await serve(agency, HANOI)
        await serve(national, CSDL)
        return asked

    return start


@pytest.fixture
def hanoi(target):
    return target(national_hosts=frozenset({PORTAL}))


def test_without_a_national_list_nothing_is_looked_at(target):
    assert not Probe().applies(target())
    assert probe().applies(target())
    assert probe().applies(target(level="ministry"))
    assert not probe().applies(target(level="national"))


async def test_an_agency_that_lists_what_is_in_force_is_right(lists, look, hanoi):
    asked = await lists([lines(NUMBERS[:10]), lines(NUMBERS[10:])], document())
    observation, _ = await look(probe(), hanoi)

    assert observation.reason is Reason.OK
    assert (
        observation.detail
        == f"{HANOI} lists 20 procedures on 3 pages: 0 of 20 in force are missing, 0 are withdrawn, as expected"
    )
    assert observation.facts == {
        "catalogue_national": 20,
        "catalogue_listed": 20,
        "catalogue_missing": 0,
        "catalogue_withdrawn": 0,
        "catalogue_unknown": 0,
        "catalogue_old_codes": 0,
        "catalogue_pages": 3,
        "catalogue_whole": True,
        "catalogue_ratio": 1.0,
        "http_status": 200,
        "url": f"https://{HANOI}/danh-sach-thu-tuc",
        "emc_tracker": False,
    }
    path = "/danh-sach-thu-tuc?trang="
    assert asked == [("GET", "/list", None), f"{path}1", f"{path}2", f"{path}3"]


async def test_too_many_that_are_missing_are_a_difference(lists, look, hanoi):
    await lists([lines(NUMBERS[3:])], document())
    observation, _ = await look(probe(), hanoi)

    assert observation.reason is Reason.CATALOGUE_DIFFERS
    assert observation.facts["catalogue_missing"] == 3
    assert observation.facts["catalogue_missing_first"] == "1.000000, 1.000001, 1.000002"
    assert observation.facts["catalogue_ratio"] == 0.85
    assert "at least 90% was expected, not 85%" in observation.detail
    assert (await look(probe(least=0.85), hanoi))[0].reason is Reason.OK


async def test_what_was_withdrawn_and_is_still_listed_counts_against_the_list(lists, look, hanoi):
    await lists([lines(NUMBERS)], document(rows(withdrawn=NUMBERS[:4])))
    observation, _ = await look(probe(), hanoi)

    assert observation.reason is Reason.CATALOGUE_DIFFERS
    assert observation.facts["catalogue_withdrawn"] == 4
    assert observation.facts["catalogue_ratio"] == 0.8


async def test_codes_of_the_old_form_are_counted_and_are_the_same_procedures(lists, look, hanoi):
    await lists([lines(f"{number}.000.00.00.H26" for number in NUMBERS)], document())
    observation, _ = await look(probe(), hanoi)

    assert observation.reason is Reason.OK
    assert observation.facts["catalogue_old_codes"] == 20


async def test_a_list_may_be_json_and_one_page(lists, look, hanoi):
    asked = await lists([json.dumps([{"ma": number} for number in NUMBERS])], document())
    observation, _ = await look(probe(agency=AgencyList(url="/api/thu-tuc", pattern='"ma": "([^"]*)"')), hanoi)

    assert observation.reason is Reason.OK
    assert asked[1:] == ["/api/thu-tuc"]


async def test_pages_end_where_one_is_not_there(lists, look, hanoi):
    asked = await lists([lines(NUMBERS), web.Response(status=404)], document())

    assert (await look(probe(), hanoi))[0].reason is Reason.OK
    assert len(asked) == 3


async def test_a_list_that_is_longer_than_what_is_read_accuses_nobody(lists, look, hanoi):
    pages = [lines([number]) for number in NUMBERS]
    asked = await lists(pages, document())
    observation, _ = await look(probe(agency=AgencyList(pages=3)), hanoi)

    assert observation.reason is Reason.UNREADABLE
    assert "catalogue_ratio" not in observation.facts
    assert observation.facts["catalogue_whole"] is False
    assert len(asked) == 4


@pytest.mark.parametrize(
    ("page", "reason"),
    [
        (lines([]), Reason.UNREADABLE),
        ("<div id=root></div><script src=/m.js></script>", Reason.NOT_VISIBLE),
        (web.Response(status=404), Reason.UNREADABLE),  # perhaps it is elsewhere
        (web.Response(status=500), Reason.HTTP_5XX),
        (web.Response(status=403), Reason.BLOCKED),
        (web.Response(status=302, headers={"Location": f"https://{PORTAL}/"}), Reason.NOT_VISIBLE),  # closed by order
        (web.Response(status=302, headers={"Location": "https://elsewhere.example/"}), Reason.LEADS_ELSEWHERE),
    ],
)
async def test_a_list_that_is_none_is_told_by_what_it_is(lists, look, hanoi, page, reason):
    await lists([page], document())
    observation, _ = await look(probe(), hanoi)

    assert observation.reason is reason
    assert "catalogue_ratio" not in observation.facts


async def test_a_fault_on_a_later_page_is_a_fault(lists, look, hanoi):
    await lists([lines(NUMBERS), web.Response(status=500)], document())

    assert (await look(probe(), hanoi))[0].reason is Reason.HTTP_5XX


# -- the national list


async def test_the_public_interface_is_asked_page_by_page(lists, look, hanoi):
    def told(body):
        first = (body["currentPage"] - 1) * body["pageSize"]
        return {"code": "OK", "data": {"items": rows(NUMBERS[first : first + body["pageSize"]])}, "message": ""}

    asked = await lists([lines(NUMBERS)], told, status=201)
    observation, _ = await look(probe(PAGED), hanoi)

    assert observation.reason is Reason.OK
    assert observation.facts["catalogue_national"] == 20
    wanted = [("POST", "/formalities", {"q": "", "currentPage": page, "pageSize": 8}) for page in (1, 2, 3)]
    assert asked[:3] == wanted


async def test_pages_that_are_always_the_same_end(lists, look, hanoi):
    asked = await lists([lines(NUMBERS[:8])], {"code": "OK", "data": {"items": rows(NUMBERS[:8])}})

    assert (await look(probe(PAGED), hanoi))[0].reason is Reason.OK
    assert sum(isinstance(each, tuple) for each in asked) == 2


async def test_all_agencies_share_one_list(lists, look, hanoi):
    asked = await lists([lines(NUMBERS)], document())
    looks = [look(probe(), replace(hanoi, code=code)) for code in ("H26", "H29", "H30")]

    assert {observation.reason for observation, _ in await asyncio.gather(*looks)} == {Reason.OK}
    assert sum(isinstance(each, tuple) for each in asked) == 1


@pytest.mark.parametrize(
    "carried",
    ["H26", "000.00.00.H26", "H57, H26", "h57;h26", ["H57", "H26"], [{"MADONVI": "H26", "TENDONVI": "Hà Nội"}]],
)
async def test_rows_may_say_whose_they_are(lists, look, hanoi, carried):
    found = [{**row, "COQUANTHUCHIEN": carried if place < 10 else ["H57"]} for place, row in enumerate(rows())]
    await lists([lines(NUMBERS[:10])], document(found))
    observation, _ = await look(probe(replace(WHOLE, agencies="COQUANTHUCHIEN")), hanoi)

    assert (observation.reason, observation.facts["catalogue_national"]) == (Reason.OK, 10)


async def test_an_agency_that_need_not_list_anything_is_not_judged(lists, look, hanoi):
    found = [{**row, "COQUANTHUCHIEN": "H57"} for row in rows()]
    await lists([lines(NUMBERS)], document(found))

    assert (await look(probe(replace(WHOLE, agencies="COQUANTHUCHIEN")), hanoi))[0].reason is Reason.NO_DATA


@pytest.mark.parametrize(
    ("told", "status", "reason"),
    [
        (document(), 500, Reason.UPSTREAM),
        (document(), 404, Reason.UPSTREAM),
        (document(), 403, Reason.BLOCKED),
        (document(code=7), 200, Reason.UPSTREAM),
        ({"result": rows()}, 200, Reason.UPSTREAM),
        ("<p>Bảo trì", 200, Reason.UPSTREAM),
        ("", 200, Reason.UPSTREAM),
        (document([]), 200, Reason.UNREADABLE),
        (document([{"ma": "1.000001"}]), 200, Reason.UNREADABLE),
        (document("rows"), 200, Reason.UNREADABLE),
    ],
)
async def test_a_national_list_that_is_none_is_nobodys_fault(lists, look, hanoi, told, status, reason):
    asked = await lists([lines(NUMBERS)], told, status)
    observation, _ = await look(probe(), hanoi)

    assert observation.reason is reason
    assert observation.status is Status.UNKNOWN
    assert len(asked) == 1  # and the agency is not asked for nothing


async def test_trouble_at_the_national_list_is_never_the_agencys(look, hanoi, routes, free_port):
    routes.add(CSDL, 443, f"127.0.0.1:{free_port}")
    routes.add("moi.example", 443, f"127.0.0.1:{free_port}")
    unheard = probe(NationalList(url="https://moi.example/"))

    assert (await look(probe(), hanoi))[0].reason is Reason.REFUSED  # the runner makes upstream of it
    assert (await look(unheard, hanoi))[0].reason is Reason.UPSTREAM


# -- settings


@pytest.mark.parametrize(
    ("make", "settings", "message"),
    [
        (probe, {"least": 1.1}, "least: "),
        (probe, {"least": float("nan")}, "least: "),
        (probe, {"max_age": 0}, "max_age: "),
        (NationalList, {}, "url: "),
        (NationalList, {"url": "/list"}, "url: "),
        (NationalList, {"url": WHOLE.url, "rows": "a..b"}, "rows: "),
        (NationalList, {"url": WHOLE.url, "page_size": 0}, "page_size: "),
        (NationalList, {"url": WHOLE.url, "first_page": 2}, "first_page: "),
        (AgencyList, {"url": "https://a.example/"}, "url: "),
        (AgencyList, {"url": "/a?{code}"}, "url: "),
        (AgencyList, {"pages": 0}, "pages: "),
        (AgencyList, {"pages": 101}, "pages: "),
        (AgencyList, {"first_page": -1}, "first_page: "),
        (AgencyList, {"pattern": "("}, "pattern: is no pattern"),
    ],
)
def test_settings_that_make_no_sense_are_refused(make, settings, message):
    with pytest.raises(ValueError, match=f"^{message}"):
        make(**settings)


anything = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.text(max_size=6)
    | st.sampled_from(["1.001193", "2.002621.H56", "0", "H26"]),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.sampled_from(["error_code", "result", "MATTHC", "TRANGTHAI", "A"]), inner, max_size=4)
    ),
)


@given(told=anything | st.fixed_dictionaries({"error_code": st.just(0), "result": st.lists(anything, max_size=5)}))
def test_any_document_is_read_or_is_trouble_of_the_national_system(told):
    url = URL(WHOLE.url)
    page = Page(url=url, status=200, headers={}, body=json.dumps(told).encode(), asked=(url,))
    try:
        count, found = replace(WHOLE, agencies="A")._read(page)
    except Trouble as trouble:
        met = (trouble.reason, trouble.host)
    else:
        met = (Reason.UPSTREAM, CSDL)
        assert len(found) <= count
    assert met == (Reason.UPSTREAM, CSDL)
