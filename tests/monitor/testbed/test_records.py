"""The estate's dossiers and lists, before the real kinds of probe: each fault is found and called by its name."""

from datetime import UTC, date, datetime, timedelta

import pytest
import yaml
from aiohttp import web
from yarl import URL

from monitor.kinds import check_shape, kinds, probe_of
from monitor.model import Agency, Level
from monitor.testbed.faults import Fault, Layer
from monitor.testbed.records import DOSSIERS, LIST, LOOK_UP, NATIONAL_LIST, PORTAL_LOOK_UP, Records
from probes import Reason
from probes._dossiers import agency_of, well_formed

DAY, SEED = date(2023, 6, 21), 20230621
HANOI, PORTAL, CSDL = "dichvucong.hanoi.gov.vn", "dichvucong.gov.vn", "csdl.dichvucong.gov.vn"
NONE: frozenset[Fault] = frozenset()

# What the kinds find at an agency with the fault, and the fact that shows it. A fault that is not here fails its test.
FOUND = {
    Fault.STATUS_LATE: (Reason.STALE, "status_portal", 2),
    Fault.STATUS_WRONG: (Reason.STATUS_DIFFERS, "status_portal", 10),
    Fault.STATUS_IN_TIME: (Reason.OK, "dossiers_pending", 3),
    Fault.DOSSIER_NOT_AT_PORTAL: (Reason.MISSING_AT_PORTAL, "dossiers_ok", 0),
    Fault.DOSSIER_NOT_AT_AGENCY: (Reason.MISSING_AT_AGENCY, "dossiers_ok", 0),
    Fault.LOOKUP_CHANGED: (Reason.UNREADABLE, "dossiers_ok", 0),
    Fault.CATALOGUE_SHORT: (Reason.CATALOGUE_DIFFERS, "catalogue_missing", 60),
    Fault.CATALOGUE_WITHDRAWN: (Reason.CATALOGUE_DIFFERS, "catalogue_withdrawn", 30),
    Fault.CATALOGUE_OLD_CODES: (Reason.OK, "catalogue_old_codes", 118),
}
# As it would stand in checks.yaml.
CHECKS = r"""
dossier:
  probe: dossier
  every: 1h
  timeout: 30s
  proves: connected
  only: [H26]
  codes: [CODES]
  agency:
    url: /tra-cuu-ho-so?maHoSo={code}
    status_pattern: 'Trạng thái hồ sơ</th><td><b>([^<]*)<'
    changed_pattern: 'Cập nhật lúc</th><td>([^<]*)<'
    changed_format: "%d/%m/%Y %H:%M"
  portal:
    url: https://dichvucong.gov.vn/synthetic/tra-cuu-ho-so
    method: POST
    body: '{"maHoSo": "{code}"}'
    code_path: code
    status_path: data.trangThai
    changed_path: data.thoiDiem
    changed_format: "%Y%m%d%H%M%S"
catalogue:
  probe: catalogue
  every: 6h
  timeout: 1m
  proves: nothing
  only: [H26]
  national:
    url: https://csdl.dichvucong.gov.vn/synthetic/danh-sach-thu-tuc
    paged: true
    page_size: 50
    code_path: code
    rows: data.items
  agency:
    url: /danh-sach-thu-tuc?trang={page}
"""


def agency(code="H26", level=Level.PROVINCE):
    return Agency(code=code, name="Hà Nội", name_en="Hanoi", level=level, counted=True, portal=f"https://{HANOI}/")


def records(faults=NONE, seed=SEED):
    return Records([agency(), agency("G09")], DAY, seed, lambda: datetime.now(UTC), lambda _: faults)


@pytest.fixture
def estate(serve):
    """`await estate(faults, national=…)`: an agency with these faults and national systems with those."""

    async def start(faults=NONE, national=NONE):
        drawn = records(faults)

        async def portal(request):
            path = request.rel_url.path
            if path not in (LOOK_UP, LIST):
                return web.Response(status=404)
            answer = drawn.look_up if path == LOOK_UP else drawn.procedures
            return answer("H26", request, faults)

        async def systems(request):
            path = request.rel_url.path
            if path not in (PORTAL_LOOK_UP, NATIONAL_LIST):
                return web.Response(status=404)
            answer = drawn.portal_look_up if path == PORTAL_LOOK_UP else drawn.national_list
            return await answer(request, national)

        await serve(portal, HANOI)
        await serve(systems, PORTAL, CSDL)

    return start


def kind_of(name, text=CHECKS):
    settings = yaml.safe_load(text.replace("[CODES]", str(list(records().codes("H26")))))[name]
    kind = kinds()[settings["probe"]]
    shape = check_shape(settings["probe"], kind)
    return probe_of(kind, shape.model_validate(_tuples(settings)))


def _tuples(value):
    """Lists are tuples, as the settings' reader makes them."""
    if isinstance(value, dict):
        return {key: _tuples(each) for key, each in value.items()}
    return tuple(map(_tuples, value)) if isinstance(value, list) else value


@pytest.mark.parametrize("fault", [fault for fault in Fault if fault.layer is Layer.RECORD])
async def test_every_fault_is_found_and_called_by_its_name(estate, look, target, fault):
    await estate(frozenset({fault}))
    name = "catalogue" if fault.startswith("catalogue") else "dossier"
    observation, _ = await look(kind_of(name), target())
    reason, fact, value = FOUND[fault]

    assert observation.reason is reason
    assert observation.facts[fact] == value


@pytest.mark.parametrize("name", ["dossier", "catalogue"])
async def test_an_agency_that_is_well_is_found_well(estate, look, target, name):
    await estate()
    observation, _ = await look(kind_of(name), target())

    assert observation.reason is Reason.OK
    assert observation.facts.get("dossiers_ok", DOSSIERS) == DOSSIERS


@pytest.mark.parametrize("name", ["dossier", "catalogue"])
@pytest.mark.parametrize("fault", [Fault.API_ERROR, Fault.API_NOT_JSON])
async def test_a_national_system_that_is_not_well_is_nobodys_fault(estate, look, target, name, fault):
    await estate(national=frozenset({fault}))

    assert (await look(kind_of(name), target()))[0].reason is Reason.UPSTREAM


@pytest.mark.parametrize("fault", [None, *(fault for fault in Fault if fault.layer is Layer.RECORD)])
def test_the_adapter_says_of_a_dossier_what_the_look_up_of_the_national_portal_says(fault):
    drawn = records(frozenset({fault} - {None}))
    for code in drawn.codes("H26"):
        told, known = drawn.by_adapter(code), drawn._dossier(code, frozenset({fault} - {None}))
        assert [each["TRANGTHAIHOSO"] for each in told] == ([] if known.there is None else [str(known.there)])
    assert drawn.by_adapter("H26.14-240607-12345") == drawn.by_adapter("") == ()


async def test_the_look_up_is_read_without_being_told_how(estate, look, target):
    """The guess of the kind itself fits this page, as it may fit a real one."""
    await estate()
    text = CHECKS.replace("    status_pattern: 'Trạng thái hồ sơ</th><td><b>([^<]*)<'\n", "")
    assert "status_pattern" not in text

    assert (await look(kind_of("dossier", text), target()))[0].reason is Reason.OK


async def test_a_code_that_nobody_gave_is_known_to_nobody(estate, look, target):
    await estate()
    text = CHECKS.replace("[CODES]", "[H26.14-240607-12345]")
    observation, _ = await look(kind_of("dossier", text), target())

    assert observation.reason is Reason.NO_DATA


async def test_national_interfaces_take_no_get(serve, network):
    drawn = records()

    async def both(request):
        answer = drawn.portal_look_up if request.rel_url.path == PORTAL_LOOK_UP else drawn.national_list
        return await answer(request, NONE)

    await serve(both, PORTAL)
    trip = network().trip()
    statuses = [(await trip.get(url_of(path))).status for path in (PORTAL_LOOK_UP, NATIONAL_LIST)]
    assert statuses == [404, 404]
    nonsense = await trip.ask(url_of(PORTAL_LOOK_UP), method="POST", body=b"[", follow=lambda _: False)
    assert nonsense.status == 201


def url_of(path):
    return URL(f"https://{PORTAL}{path}")


def test_the_same_seed_draws_the_same_and_another_draws_others():
    assert records().codes("H26") == records().codes("H26")
    assert records().codes("H26") != records(seed=1).codes("H26")
    assert records().listed("H26", NONE) == records().listed("H26", NONE)
    assert len(set(records().codes("H26"))) == DOSSIERS


@pytest.mark.parametrize("code", ["H26", "G09"])
@pytest.mark.parametrize("seed", range(20))
def test_every_code_that_is_drawn_is_one_of_its_agency(code, seed):
    for drawn in records(seed=seed).codes(code):
        assert well_formed(drawn)
        assert agency_of(drawn) == code


async def test_what_is_late_was_told_before_the_agency_changed_it(estate, look, target):
    await estate(frozenset({Fault.STATUS_LATE}))
    observation, _ = await look(kind_of("dossier"), target())

    assert observation.facts["working_hours_portal"] > observation.facts["working_hours_agency"] > 8
    assert timedelta(hours=observation.facts["working_hours_agency"]) < timedelta(days=20)
