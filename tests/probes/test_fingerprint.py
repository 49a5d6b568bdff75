"""probes._fingerprint: families of software by plain marks, and the EMC's tracker. The pages are synthetic."""

from pathlib import Path

import pytest

from monitor.settings import load
from probes._fingerprint import _MARKS, fingerprint

HOST = "dichvucong.hanoi.gov.vn"
FAMILIES = {
    "igate": "<a href='/vi/trangchu'>Trang chủ</a><a href=/vi/padsvc/apply-online/5f5b2c8d1c9d440000000001>Nộp</a>",
    "eform": "<a href=/nop-ho-so/12>Nộp hồ sơ</a>",
    "liferay": "<a href='/web/guest/hoi-dap?p_p_id=hoidap_WAR_hoidapportlet'>Hỏi đáp</a>",
    "sharepoint": "<script src='/_layouts/15/init.js'></script><a href='/pages/ChiTiet.aspx?dv=1'>",
    "tandan": "<a href=/KetQuaThanhToanDVCQG>Thanh toán</a>",
    "opencps": "<link href='/o/opencps-ux-theme/css/main.css'><a href='/web/guest/home?p_p_id=1'>",
    "own": "<a href='/dich-vu-cong/tiep-nhan-online/trang-chu'>",
}
NONE = {
    "no mark": "<p>Cổng dịch vụ công",
    "two that fit equally": "<a href=/nop-ho-so/12><a href=/KetQuaThanhToanDVCQG>",
    "no number": "<a href=/nop-ho-so/huong-dan>",
    "of another host": "<a href='https://dichvucong.khanhhoa.gov.vn/vi/trangchu'>Khánh Hòa</a>",
    "of another host without a scheme": "<img src=//moha.gov.vn/_layouts/15/logo.png>",
    "of another host, beyond its path": '<a href="https://moha.gov.vn/a/b/van-ban.aspx?x=1">',
    "of a host that ends alike": f"<a href=https://x{HOST}/vi/trangchu>",
}


@pytest.mark.parametrize("family", FAMILIES)
def test_a_family_is_known_by_its_marks(page, family):
    assert fingerprint(page(FAMILIES[family]))["platform_family"] == family


def test_the_families_are_those_of_the_configuration():
    config = load(Path("config"))

    assert {entry.platform for entry in config.roster.entries if entry.platform} <= _MARKS.keys() == FAMILIES.keys()


@pytest.mark.parametrize("name", NONE)
def test_where_no_family_fits_best_there_is_none(page, name):
    assert "platform_family" not in fingerprint(page(NONE[name]))


def test_more_marks_fit_better(page):
    both = "<a href=/vi/trangchu><a href=/vi/nps/apply?vneid=1><a href=/tin.aspx>"

    assert fingerprint(page(both))["platform_family"] == "igate"


@pytest.mark.parametrize(
    "address", [f"https://{HOST}/vi/trangchu", f"//static.{HOST}/vi/trangchu", "vi/../vi/trangchu"]
)
def test_marks_on_the_pages_own_host_count(page, address):
    other = "<a href=https://moha.gov.vn/vi/trangchu>"

    assert fingerprint(page(f"{other}<a href='{address}'>"))["platform_family"] == "igate"


@pytest.mark.parametrize(
    "script",
    [
        "<script src='https://f-emc.ngsp.gov.vn/tracking'></script>",
        "<script src=/embed/gov-tracking.min.js></script>",
        "<script>var _govaq = window._govaq || []</script>",
    ],
)
def test_the_tracker_of_the_emc_is_a_fact(page, script):
    assert fingerprint(page(script)) == {"emc_tracker": True}
    assert fingerprint(page("<p>EMC")) == {"emc_tracker": False}


@pytest.mark.parametrize("told", ["['setSiteId', 205]", "['setSiteId','205']", '[ "setSiteId" , "205" ]'])
def test_the_site_of_the_tracker_is_a_fact_where_it_is_a_small_number(page, told):
    assert fingerprint(page(f"<script>_govaq.push({told});</script>"))["emc_site_id"] == 205


@pytest.mark.parametrize(
    "script",
    ["_govaq.push(['setSiteId', id])", "_govaq.push(['setSiteId', 12345678])", "_paq.push(['setSiteId', 205])"],
)
def test_what_is_no_site_of_the_tracker_is_no_fact(page, script):
    assert "emc_site_id" not in fingerprint(page(f"<script>{script}</script>"))


@pytest.mark.parametrize(
    "body", [b".aspx" * 200_000, b"//a" * 300_000 + b".aspx", b"_govaq.push([" * 50_000, b"\xff/vi/trangchu", b""]
)
def test_any_page_is_read(page, body):
    assert fingerprint(page(body))
