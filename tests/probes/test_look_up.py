"""probes._look_up: how a look-up's answer is read, and which settings of one make no sense."""

import json
import re
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from yarl import URL

from probes import Page
from probes._answer import Answer
from probes._look_up import LookUp, Told, moment_of

NOW = datetime(2023, 6, 21, 9, 0, tzinfo=UTC)  # 16:00 in Viet Nam
JSON = LookUp(
    status_path="data.trangThai",
    changed_path="data.luc",
    changed_format="%Y%m%d%H%M%S",
    code_path="code",
    missing_codes=("NOT_FOUND",),
)


@pytest.fixture
def said(page):
    """`said(body, settings, status=200)`: what is read of an answer."""

    def of(body, settings=LookUp(), status=200, content_type="text/html; charset=utf-8"):  # noqa: B008 - a frozen value
        text = body if isinstance(body, str) else json.dumps(body)
        return settings.read(Answer(page=page(text, content_type, status)), NOW)

    return of


@pytest.mark.parametrize(
    "body",
    [
        "<table><tr><th>Trạng thái</th><td>Đang xử lý</td></tr></table>",
        "<p>Trạng thái hồ sơ: <b>ĐANG XỬ LÝ</b></p>",
        "<dl><dt>Trạng thái:</dt>\n<dd><span class=a>\n Đang  xử lý \n</span></dd></dl>",
        "<p>trạng thái: 4</p>",
        "<p>Trạng thái: &#272;ang x&#7917; l&yacute;</p>",
        "<label>Trạng thái</label><select><option>Tất cả</option></select><p>Trạng thái: Đang xử lý</p>",
        "<p>Trạng thái: Đang xử lý</p><p>Trạng thái hồ sơ: in progress</p>",
    ],
)
def test_where_nothing_is_configured_the_words_beside_their_label_are_read(said, body):
    assert said(body) == Told(stage=4)


@pytest.mark.parametrize(
    "body",
    [
        "<p>Đang xử lý</p>",
        "<p>Trạng thái: đã qua</p>",
        "<p>Trạng thái: chưa được tiếp nhận</p>",
        "",
        "<label>Trạng thái</label><option>Tất cả",
    ],
)
def test_what_cannot_be_read_for_certain_is_not_read(said, body):
    assert said(body).trouble == "no status that can be read"


def test_two_statuses_are_none(said):
    assert said("<p>Trạng thái: Đang xử lý</p><p>Trạng thái: Đã trả kết quả</p>").trouble


def test_an_own_pattern_and_own_words_are_read(said):
    settings = LookUp(status_pattern=r'data-tt="([^"]*)"', words={"hoàn thành": 10})
    assert said('<b data-tt="Hoàn thành">', settings) == Told(stage=10)
    assert said("<p>Trạng thái: Đang xử lý</p>", settings).trouble


def test_a_page_in_decomposed_vietnamese_is_read(said):
    assert said("<p>Tra\u0323ng tha\u0301i: \u0110ang xu\u031b\u0309 ly\u0301</p>") == Told(stage=4)


@pytest.mark.parametrize(
    "body", ["<p>Không tìm thấy hồ sơ nào", "<p>KHÔNG CÓ HỒ SƠ phù hợp", "<p>không tìm thấy kết quả"]
)
def test_a_page_that_says_that_there_is_none_knows_of_none(said, body):
    assert said(body) == Told()


def test_a_status_counts_more_than_words_that_it_is_not_there(said):
    assert said("<p>Trạng thái: Đang xử lý. </p><p>Không có hồ sơ liên quan") == Told(stage=4)


def test_a_status_of_http_may_say_that_there_is_none(said):
    assert said("", LookUp(missing_statuses=(404,)), status=404) == Told()


@pytest.mark.parametrize("stage", [4, "4", "04", "Đang xử lý"])
def test_a_path_of_json_is_read(said, stage):
    told = said({"code": "OK", "data": {"trangThai": stage, "luc": "20230621140500"}}, JSON, status=201)
    assert told == Told(stage=4, changed=datetime(2023, 6, 21, 7, 5, tzinfo=UTC))


@pytest.mark.parametrize("body", [{"code": "OK", "data": None}, {"code": "OK", "data": []}, {"code": "NOT_FOUND"}])
def test_an_envelope_with_nothing_in_it_knows_of_none(said, body):
    assert said(body, JSON) == Told()


@pytest.mark.parametrize("body", [{"code": "OK"}, {"code": 0, "data": {}}, {"code": "00", "data": {"trangThai": None}}])
def test_an_envelope_of_another_form_is_not_read(said, body):
    told = said(body, JSON)
    assert told.trouble
    assert not told.failed


@pytest.mark.parametrize("body", [{"code": "ERROR", "data": None}, {"data": {"trangThai": 4}}, [], "<p>Bảo trì", "{"])
def test_an_envelope_without_success_and_what_is_no_json_is_a_failure_of_theirs(said, body):
    told = said(body, JSON)
    assert told.failed
    assert told.trouble


def test_without_an_envelope_nothing_found_is_not_taken_for_nothing_there(said):
    assert said({"data": None}, LookUp(status_path="data.trangThai")).trouble


def test_when_it_was_set_is_read_by_a_pattern_of_its_own(said):
    settings = LookUp(changed_pattern=r"Cập nhật lúc: ([\d/: ]+)")
    told = said("<p>Trạng thái: Đang xử lý</p><p>Cập nhật lúc: 20/06/2023 08:15</p>", settings)
    assert told.changed == datetime(2023, 6, 20, 1, 15, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "form", "moment"),
    [
        ("20/06/2023  08:15", "%d/%m/%Y %H:%M", datetime(2023, 6, 20, 1, 15, tzinfo=UTC)),
        ("2023-06-20T08:15:00+0200", "%Y-%m-%dT%H:%M:%S%z", datetime(2023, 6, 20, 6, 15, tzinfo=UTC)),
        ("19/06/2023", "%d/%m/%Y", datetime(2023, 6, 19, 17, 0, tzinfo=UTC)),  # the end of the day
        ("21/06/2023", "%d/%m/%Y", datetime(2023, 6, 21, 9, 0, tzinfo=UTC)),  # today: at the latest now
        ("21/06/2023 16:05", "%d/%m/%Y %H:%M", datetime(2023, 6, 21, 9, 0, tzinfo=UTC)),  # their clock is ahead
    ],
)
def test_a_moment_is_one_of_viet_nam_unless_it_says_otherwise(text, form, moment):
    assert moment_of(text, form, NOW) == moment


@pytest.mark.parametrize(
    "text", ["", "hôm qua", "20-06-2023", "22/06/2023 08:00", "01/01/0001 00:00", "31/12/9999 23:59", "9" * 99]
)
def test_a_moment_that_cannot_be_true_is_none(text):
    assert moment_of(text, "%d/%m/%Y %H:%M", NOW) is None


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"url": "tra-cuu/{code}"}, "url: must be a path from /"),
        ({"url": "//elsewhere.example/{code}"}, "url: must be a path from /"),
        ({"url": "https:///{code}"}, "url: must be a path from /"),
        ({"url": "https://a.example/tra cứu/{code}"}, "url: must be a path from /"),
        ({"url": "/tra-cuu"}, "url: must hold {code}"),
        ({"url": "/{code}/{agency}"}, "url: must hold {code}"),
        ({"status_path": "a..b"}, "status_path: "),
        ({"changed_path": "a b"}, "changed_path: "),
        ({"code_path": "."}, "code_path: "),
        ({"status_pattern": "("}, "status_pattern: is no pattern"),
        ({"status_pattern": "a"}, "status_pattern: must have a group"),
        ({"changed_pattern": "a"}, "changed_pattern: must have a group"),
        ({"status_pattern": "(a)", "status_path": "a"}, "status_pattern: cannot be given"),
        ({"words": {"xong": 11}}, "words.xong: must be"),
        ({"changed_format": "%H:%M"}, "changed_format: "),
        ({"changed_format": "%d/%m"}, "changed_format: "),
        ({"changed_format": "%Q"}, "changed_format: "),
        ({"changed_format": ""}, "changed_format: "),
    ],
)
def test_settings_that_make_no_sense_are_refused(settings, message):
    with pytest.raises(ValueError, match=f"^{re.escape(message)}"):
        LookUp(**settings)


@pytest.mark.parametrize("url", ["/a?b={code}&c={code}", "https://a.example/{code}", "http://a.example/"])
def test_an_address_is_a_path_or_whole(url):
    settings = LookUp(url=url, body="{code}")
    portal = URL("https://dichvucong.hanoi.gov.vn/vi/")
    code = "H26.14-240607-12345"
    assert str(settings.address(code, portal)) == str(portal.join(URL(url.replace("{code}", code))))


anything = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.text(max_size=8)
    | st.sampled_from(["OK", 4, "Đang xử lý", "20230620080000"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["code", "data", "trangThai", "luc"]), inner, max_size=4)
    ),
)


@given(body=st.binary(max_size=300) | anything.map(lambda document: json.dumps(document).encode()))
@pytest.mark.parametrize("settings", [JSON, LookUp(), LookUp(status_pattern="(.*)", changed_pattern="(.*)")])
def test_any_answer_is_read(settings, body):
    url = URL("https://dichvucong.hanoi.gov.vn/")
    told = settings.read(Answer(page=Page(url=url, status=200, headers={}, body=body, asked=(url,))), NOW)
    assert told.stage in (None, *range(1, 11))
    assert told.changed is None or NOW - timedelta(days=3650) < told.changed <= NOW
