"""The pages of the emulated estate: small, plausible, Vietnamese, and each says that it is synthetic.

Nothing here is copied from a real page; what is modelled on the real ones are the marks by which families of software
are known, and the ways in which a login is offered.
"""

from html import escape

SYNTHETIC = "Dữ liệu mô phỏng / synthetic"

_NOTICE = (
    f"<p><strong>{SYNTHETIC}</strong>: trang này thuộc môi trường thử nghiệm, không phải cổng dịch vụ công thật.</p>"
)
_SERVICES = (
    "Cấp bản sao trích lục hộ tịch",
    "Đăng ký khai sinh",
    "Cấp đổi giấy phép lái xe",
    "Chứng thực bản sao từ bản chính",
    "Đăng ký hộ kinh doanh",
    "Cấp phiếu lý lịch tư pháp",
)
# Enough text for a page that somebody would call one.
_ABOUT = (
    "Cổng dịch vụ công là địa chỉ để người dân và doanh nghiệp tra cứu thủ tục hành chính, nộp hồ sơ trực tuyến, "
    "theo dõi tiến độ giải quyết hồ sơ, thanh toán nghĩa vụ tài chính, đánh giá sự hài lòng và gửi phản ánh, kiến nghị "
    "về thủ tục hành chính. Hồ sơ được tiếp nhận, giải quyết và đồng bộ trạng thái lên Cổng Dịch vụ công quốc gia."
)


def document(title: str, body: str, *, head: str = "", language: str = "vi") -> str:
    """A whole page; `title` is text, `head` and `body` are HTML."""
    return (
        f'<!doctype html>\n<html lang="{language}"><head><meta charset="utf-8"><title>{escape(title)}</title>'
        f'<meta name="generator" content="npsp-monitor testbed (synthetic)">{head}</head>\n<body>{body}</body></html>\n'
    )


def portal(name: str, login: str, *, head: str = "") -> str:
    """An agency's front page; `login` is the HTML of its login."""
    services = "".join(f"<li><a href='/thu-tuc/{number}'>{each}</a></li>" for number, each in enumerate(_SERVICES, 1))
    return document(
        f"Cổng dịch vụ công {name}",
        f"<header><h1>Cổng dịch vụ công {escape(name)}</h1><nav>{login} "
        f"<a href='/tra-cuu-ho-so'>Tra cứu hồ sơ</a></nav></header>{_NOTICE}"
        f"<main><p>{_ABOUT}</p><h2>Dịch vụ công trực tuyến</h2><ul>{services}</ul></main>"
        f"<footer>Hệ thống thông tin giải quyết thủ tục hành chính · {escape(name)}</footer>",
        head=head,
    )


def link(address: str, text: str = "Đăng nhập") -> str:
    return f'<a href="{escape(address)}">{escape(text)}</a>'


def login(name: str, how: str) -> str:
    """The login page of a portal; `how` is the HTML of the way to the sign-on."""
    return document(
        f"Đăng nhập | {name}",
        f"<h1>Đăng nhập</h1>{_NOTICE}<p>Chọn một cách để đăng nhập vào hệ thống của {escape(name)}.</p>{how}",
    )


def own_login() -> str:
    """The HTML of a login that knows only the agency's own accounts."""
    return (
        "<form action='/dang-nhap' method='post'><label>Tên đăng nhập <input name='ten'></label>"
        "<label>Mật khẩu <input type='password' name='mat-khau'></label><button>Vào hệ thống</button></form>"
    )


def application(name: str, procedure: str) -> str:
    """The form to which the NPSP hands over a citizen."""
    code = escape(procedure)
    return document(
        f"Nộp hồ sơ {procedure} | {name}",
        f"<h1>Nộp hồ sơ trực tuyến</h1>{_NOTICE}<form method='post'><p>Thủ tục <b>{code}</b> tại {escape(name)}</p>"
        f"<input type='hidden' name='MaTTHC' value='{code}'><label>Người nộp <input name='nguoi-nop'></label>"
        "<button>Tiếp tục</button></form>",
    )


def national(title: str) -> str:
    """A page of a national system."""
    return document(title, f"<h1>{escape(title)}</h1>{_NOTICE}<p>{_ABOUT}</p>")


def door(name: str) -> str:
    """A former door that was never shut."""
    return document(
        f"Hệ thống một cửa điện tử {name}",
        f"<h1>Một cửa điện tử {escape(name)}</h1>{_NOTICE}<p>{_ABOUT}</p><a href='/nop-ho-so'>Nộp hồ sơ</a>",
    )


def error(status: int, phrase: str) -> str:
    return document(f"{status}", f"<h1>{status} {escape(phrase)}</h1>{_NOTICE}", language="en")


NOT_FOUND = document("Không tìm thấy trang", f"<h1>404</h1><p>Không tìm thấy trang</p>{_NOTICE}")
SHELL = '<!doctype html><html lang="vi"><head><title>Cổng dịch vụ công (synthetic)</title></head><body><div id="root"></div><script src="/main.js"></script></body></html>'
TINY = "ok synthetic"
MAINTENANCE = document("Thông báo", f"<h1>Hệ thống đang bảo trì</h1>{_NOTICE}<p>{_ABOUT}</p>")
OTHER = document("Trang mặc định", f"<h1>Máy chủ web hoạt động</h1>{_NOTICE}<p>{'Nội dung khác. ' * 60}</p>")
ENGLISH = document(
    "Welcome to the web server",
    f"<h1>It works!</h1><p>{SYNTHETIC}</p><p>{'This is the default page of this server. ' * 30}</p>",
    language="en",
)
FIREWALL = document(
    "Request Rejected",
    f"<p>{SYNTHETIC}</p>The requested URL was rejected. Your support ID is: 0000000000000000000",
    language="en",
)
CHALLENGE = document(
    "Just a moment...",
    f"<p>{SYNTHETIC}</p><noscript>Enable JavaScript and cookies to continue</noscript>"
    "<script>window._cf_chl_opt={};</script><script src='/cdn-cgi/challenge-platform/h/b/orchestrate/chl_page/v1'></script>",
    language="en",
)
