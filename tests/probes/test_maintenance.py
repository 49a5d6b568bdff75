"""probes._maintenance: a notice that a page is closed for the moment, and a page that only has such words among others.

Every page is synthetic. The first words of `NOTICES` were seen on a sign-on; the others are usual ones.
"""

import unicodedata

import pytest

from probes._html import read
from probes._maintenance import WORDS, says_closed

NEWS = "".join(f"<li><a href=/tin/{number}>Tin tức số {number} của Ủy ban nhân dân tỉnh</a>" for number in range(12))
TEXT = "Cổng dịch vụ công là địa chỉ để người dân và doanh nghiệp nộp hồ sơ trực tuyến. "
MENU = "<nav><a href=/>Trang chủ</a><a href=/tra-cuu>Tra cứu hồ sơ</a><a href=/lien-he>Liên hệ</a></nav>"
LOGIN = "<a href=/dang-nhap>Đăng nhập</a>"

NOTICES = {
    "as seen": "<p>Hệ thống đang bảo trì</p>",
    "title alone": "<title>Hệ thống đang bảo trì</title><img src=bao-tri.png>",
    "heading": "<title>Thông báo</title><h1>Hệ thống đang bảo trì</h1><p>Vui lòng quay lại sau.</p>",
    "heading over an explanation": f"<h1>Hệ thống đang nâng cấp</h1><p>{TEXT * 12}",
    "with a menu": f"{MENU}<p>Cổng dịch vụ công đang được nâng cấp. Mong quý vị thông cảm.</p>",
    "heading with a menu and a login": f"{MENU}{LOGIN}<h1>Hệ thống đang bảo trì</h1>",
    "paused": "<p>Cổng Dịch vụ công tạm dừng phục vụ từ 20h00 để bảo trì.</p>",
    "paused, the other word": "<p>Hệ thống tạm ngừng phục vụ. Xin cảm ơn!</p>",
    "already paused": "<p>Hệ thống đã tạm ngừng cung cấp dịch vụ</p>",
    "noun": "<div class=box><b>BẢO TRÌ HỆ THỐNG</b><br>Thời gian: 20h00 đến 24h00</div>",
    "expected to end": "<p>Dự kiến hoàn thành lúc 22h00. Hệ thống đang bảo trì.</p>",
    "expected to end, with a comma": "<p>Dự kiến hoàn thành lúc 22h00, hệ thống đang bảo trì</p>",
    "upper case": "<h2>HỆ THỐNG ĐANG BẢO TRÌ</h2>",
    "without diacritics": "<h1>He thong dang bao tri</h1>",
    "without diacritics, upper case": "<p>CONG DICH VU CONG TAM NGUNG PHUC VU</p>",
    "decomposed": unicodedata.normalize("NFD", "<p>Hệ thống đang bảo trì</p>"),
    "with entities": "<p>H&#7879; th&#7889;ng &#273;ang b&#7843;o tr&#236;</p>",
    "over several lines": "<p>Hệ thống\n   đang\n<span>bảo</span> trì</p>",
    "in a formatting element": "<p>Hệ thống <b>đang bảo trì</b></p>",
    "no HTML element at all": "Hệ thống đang bảo trì",
    "in English": "<title>Site under maintenance</title><p>Please come back later.</p>",
    "the notice is the only link": "<a href=/><h2>Hệ thống đang bảo trì</h2></a>",
    "its script": "<p>Hệ thống đang bảo trì</p><script src=/dem-nguoc.js></script>",
}
PAGES = {
    "a page": f"<title>Cổng dịch vụ công</title><h1>Hà Nội</h1><p>{TEXT}",
    "blank": "<div id=root></div><script src=/main.js></script>",
    "announced among the news": f"{NEWS}<li><a href=/tin/13>Thông báo bảo trì hệ thống ngày 20/6</a>",
    "announced on a short page with few links": (
        f"<h1>Cổng dịch vụ công</h1>{MENU}<a href=/tin/1>Thông báo bảo trì hệ thống ngày 20/6</a>"
    ),
    "announced as text on a page with a login": f"{MENU}{LOGIN}<p>Thông báo bảo trì hệ thống ngày 20/6</p>",
    "announced in a ticker": f"<marquee>Thông báo bảo trì hệ thống ngày 20/6</marquee>{MENU}<p>{TEXT}",
    "announced as text on a long page": f"{MENU}<p>Thông báo bảo trì hệ thống ngày 20/6</p><p>{TEXT * 12}",
    "announced as text among many links": f"{NEWS}<p>Thông báo: bảo trì hệ thống từ 22h00 ngày 20/6</p>",
    "announced in a heading that is a link": f"{NEWS}<h1><a href=/tin/1>Bảo trì hệ thống ngày 20/6</a></h1>",
    "announced in a heading of a full page": f"{NEWS * 3}<h1>Bảo trì hệ thống ngày 20/6</h1>",
    "announced in a heading of a very long page": f"<h1>Bảo trì hệ thống ngày 20/6</h1><p>{TEXT * 60}",
    "to come": "<p>Hệ thống sẽ tạm ngừng phục vụ từ 22h00 ngày 20/6.</p>",
    "a schedule": "<h1>Lịch bảo trì hệ thống</h1>",
    "a plan": "<p>Kế hoạch bảo trì hệ thống quý III</p>",
    "over": "<p>Đã hoàn thành bảo trì hệ thống. Mời quý vị tiếp tục sử dụng.</p>",
    "over, in a heading": "<h1>Kết thúc bảo trì hệ thống</h1>",
    "a login page": "<p>Hệ thống đang bảo trì tính năng OTP</p><form><input type=password></form>",
    "hidden": "<p hidden>Hệ thống đang bảo trì</p><p>Nộp hồ sơ",
    "hidden by its style": "<div style='display: none'>Hệ thống đang bảo trì</div><p>Nộp hồ sơ",
    "words of a script": "<script>var loi = 'Hệ thống đang bảo trì'</script><p>Nộp hồ sơ",
    "words of a template": "<template><h1>Hệ thống đang bảo trì</h1></template><p>Nộp hồ sơ",
    "a procedure's title": "<h1>Thủ tục tạm ngừng hoạt động của chi nhánh</h1><p>Nộp hồ sơ",
    "a notice of one that is over": "<p>Thông báo về việc bảo trì hệ thống đêm 20/6. Hiện hệ thống hoạt động bình thường.",
    "no longer": "<p>Hệ thống không còn đang bảo trì.</p>",
    "not at all": "<p>Cổng chưa tạm dừng phục vụ.</p>",
    "done": "<p>Hệ thống bảo trì đã xong.</p>",
    "of other things": "<p>Sửa chữa, bảo trì đường bộ: 12 thủ tục</p>",
    "of other things, upgraded": "<p>Nâng cấp đô thị; nâng hạng giấy phép</p>",
}


@pytest.mark.parametrize("name", NOTICES)
def test_a_notice_of_maintenance_is_known(page, name):
    assert says_closed(read(page(NOTICES[name]))) in WORDS


@pytest.mark.parametrize("name", PAGES)
def test_a_page_that_is_there_is_no_notice_whatever_it_announces(page, name):
    assert says_closed(read(page(PAGES[name]))) == ""


def test_the_words_are_a_setting(page):
    html = read(page("<p>Cổng đang sửa chữa"))

    assert says_closed(html) == ""
    assert says_closed(html, ("ĐANG SỬA CHỮA",)) == "ĐANG SỬA CHỮA"
    assert says_closed(read(page(NOTICES["as seen"])), ()) == ""
    assert says_closed(read(page(NOTICES["as seen"])), ("",)) == ""


def test_every_word_of_the_default_is_known_by_itself(page):
    for word in WORDS:
        assert says_closed(read(page(f"<p>Thông báo: {word}")))


@pytest.mark.parametrize(
    "body", ["\u0301" * 500_000, "<p>" + "đang bảo trì " * 50_000, "<h1>" * 100_000 + "đang bảo trì"]
)
def test_a_page_made_to_take_for_ever_is_no_notice_and_takes_no_time(page, body):
    says_closed(read(page(body)))
