"""probes.sign_on against real portals and a real sign-on that behaves as the national one does."""

import pytest
from aiohttp import web
from yarl import URL

from monitor.testbed.authority import CertificateFault
from probes import Reason, Status
from probes.sign_on import Probe

HANOI = "dichvucong.hanoi.gov.vn"
SIGN_ON = "xacthuc.dichvucong.gov.vn"
FIELDS = {
    "response_type": "code",
    "client_id": "cong-hanoi",
    "redirect_uri": f"https://{HANOI}/signin-oidc",
    "scope": "openid",
    "state": "st4te",
    "nonce": "n0nce",
}
AUTHORIZE = URL(f"https://{SIGN_ON}/oauth2/authorize").with_query(FIELDS)
LOGIN_PAGE = "/authenticationendpoint/login.do?sessionDataKey=1"


def authorize(**changes):
    return AUTHORIZE.with_query({name: value for name, value in {**FIELDS, **changes}.items() if value is not None})


def link(to, text="Đăng nhập"):
    return f"<h1>Cổng</h1><a href='{str(to).replace('&', '&amp;')}'>{text}</a>"


@pytest.fixture
def sign_on(serve, leads):
    """`await sign_on(handler)`: the sign-on; without a handler it leads to its login page. Gives what it is asked."""

    async def start(handler=None, host=SIGN_ON):
        asked = []

        async def answer(request):
            asked.append(request.rel_url)
            return await (handler or leads(LOGIN_PAGE))(request)

        await serve(answer, host)
        return asked

    return start


@pytest.fixture
def portal(serve, site):
    """`await portal({path: page})`: the agency's portal. Gives what it is asked."""

    async def start(pages):
        asked = []
        await serve(site(pages, asked))
        return asked

    return start


def test_the_sign_on_itself_is_not_looked_at(target):
    assert Probe().applies(target())
    assert not Probe().applies(target(portal=URL(f"https://{SIGN_ON}/")))


async def test_a_portal_whose_login_leads_to_the_sign_on_is_right(portal, sign_on, look, target):
    asked = await sign_on()
    await portal({"/": link(AUTHORIZE)})
    observation, _ = await look(Probe(), target())

    assert observation.reason is Reason.OK
    assert observation.facts["client_id"] == "cong-hanoi"
    assert observation.facts["redirect_uri_host"] == HANOI
    assert observation.facts["sign_on"] == SIGN_ON
    assert f"{SIGN_ON} answered 302 to client cong-hanoi" in observation.detail
    assert asked == [AUTHORIZE.relative()]


async def test_what_identifies_a_session_stays_out_of_the_facts(portal, sign_on, look, target):
    await sign_on()
    await portal({"/": link(AUTHORIZE)})

    told = repr((await look(Probe(), target()))[0])
    assert not [secret for secret in ("st4te", "n0nce", "sessionDataKey") if secret in told]


WAYS = {
    "redirect": lambda leads: leads(str(AUTHORIZE)),
    "refresh": lambda _: f"<meta http-equiv=refresh content='0;url={str(AUTHORIZE).replace('&', '&amp;')}'>",
    "script": lambda _: f"<script>window.location.href = '{AUTHORIZE}'</script>",
    "form": lambda _: (
        f"<form action='https://{SIGN_ON}/oauth2/authorize'>"
        + "".join(f"<input type=hidden name={name} value='{value}'>" for name, value in FIELDS.items())
        + "<button>Đăng nhập</button></form>"
    ),
    "odd text": lambda _: link(AUTHORIZE, "<img src=vneid.png>"),
}


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("behind", [False, True])
async def test_every_way_to_the_sign_on_is_seen(portal, sign_on, leads, look, target, *, way, behind):
    asked = await sign_on()
    here = WAYS[way](leads)
    await portal({"/": link("/dang-nhap"), "/dang-nhap": here} if behind else {"/": here})
    observation, _ = await look(Probe(), target())

    assert observation.reason is Reason.OK
    assert [dict(url.query) for url in asked] == [FIELDS]


@pytest.mark.parametrize(
    ("href", "text"),
    [
        ("/vao", "Đăng nhập"),
        ("/vao", "ĐĂNG  NHẬP"),
        ("/oidc/login", "Vào"),
        ("/vi/sso", ""),
        ("/x?next=dang-nhap", "…"),
    ],
)
async def test_a_login_is_known_by_its_text_or_its_address(portal, sign_on, look, target, href, text):
    await sign_on()
    await portal({"/": link(href, text), href.partition("?")[0]: link(AUTHORIZE)})

    assert (await look(Probe(), target()))[0].reason is Reason.OK


async def test_a_login_that_names_the_national_account_is_tried_first(portal, sign_on, look, target):
    await sign_on()
    links = link("/a", "Đăng nhập cán bộ") + link("/b", "Đăng nhập doanh nghiệp") + link("/c", "Đăng nhập bằng VNeID")
    asked = await portal({"/": links, "/c": link(AUTHORIZE)})

    assert (await look(Probe(), target()))[0].reason is Reason.OK
    assert asked == [f"GET {HANOI}/", f"GET {HANOI}/c"]


async def test_at_most_two_logins_are_tried_and_no_logout(portal, look, target):
    pages = {f"/login/{number}": "<p>Không" for number in range(5)}
    links = (
        "".join(link(path) for path in pages) + link("/logout", "Đăng nhập lại") + link("/login-register", "Đăng ký")
    )
    asked = await portal({"/": links, **pages})
    observation, _ = await look(Probe(), target())

    assert observation.reason is Reason.NO_SIGN_ON_LINK
    assert asked == [f"GET {HANOI}/", f"GET {HANOI}/login/0", f"GET {HANOI}/login/1"]


async def test_a_login_on_a_strangers_host_is_not_tried(portal, look, target):
    await portal({"/": link("https://elsewhere.example/login")})

    assert (await look(Probe(), target()))[0].reason is Reason.NO_SIGN_ON_LINK


async def test_login_paths_of_the_configuration_are_tried(portal, sign_on, look, target):
    await sign_on()
    await portal({"/": "<p>Cổng", "/web/guest/dang-nhap": link(AUTHORIZE)})

    assert (await look(Probe(login_paths=("/web/guest/dang-nhap",)), target()))[0].reason is Reason.OK
    assert (await look(Probe(), target()))[0].reason is Reason.NO_SIGN_ON_LINK


@pytest.mark.parametrize(
    "front",
    [
        "<p>Chỉ có tin tức",
        link(f"https://{SIGN_ON}/authenticationendpoint/register", "Tài khoản").replace(SIGN_ON, "x.example"),
        link("https://dichvucong.gov.vn/", "Cổng Dịch vụ công quốc gia"),
        "<form action=/login method=post><input name=u><input type=password><button>Đăng nhập</button></form>",
    ],
)
async def test_a_portal_without_a_link_to_the_sign_on_is_at_fault(portal, look, target, front):
    await portal({"/": front})
    observation, _ = await look(Probe(), target())

    assert observation.reason is Reason.NO_SIGN_ON_LINK
    assert observation.status is Status.FAILED
    assert SIGN_ON in observation.detail
    assert HANOI in observation.detail


async def test_a_portal_that_shows_a_notice_of_maintenance_is_not_accused_of_lacking_a_link(portal, look, target):
    await portal({"/": "<h1>Hệ thống đang bảo trì</h1><a href=/>Trang chủ</a>"})
    observation, _ = await look(Probe(), target())

    assert observation.reason is Reason.MAINTENANCE_PAGE
    assert (await look(Probe(maintenance_words=()), target()))[0].reason is Reason.NO_SIGN_ON_LINK


async def test_a_login_that_shows_a_notice_of_maintenance_is_called_so(portal, look, target):
    await portal({"/": link("/login"), "/login": "<p>Chức năng đăng nhập đang bảo trì"})

    assert (await look(Probe(), target()))[0].reason is Reason.MAINTENANCE_PAGE


async def test_a_portal_that_offers_the_sign_on_is_open_whatever_it_announces(portal, sign_on, look, target):
    await sign_on()
    await portal({"/": f"<h1>Bảo trì hệ thống ngày 20/6</h1>{link(AUTHORIZE)}"})

    assert (await look(Probe(), target()))[0].reason is Reason.OK


async def test_a_login_page_with_nothing_but_an_own_account_is_at_fault(portal, look, target):
    own = "<form method=post><input name=u><input type=password><button>Đăng nhập</button></form><script src=/m.js></script>"
    await portal({"/": link("/dang-nhap"), "/dang-nhap": own})
    observation, _ = await look(Probe(), target())

    assert observation.reason is Reason.NO_SIGN_ON_LINK
    assert observation.facts["pages_read"] == 2


SCRIPTED = {
    "shell": "<app-root></app-root><script src=/main.js></script>",
    "no login": "<p>Cổng</p><script src=/main.js></script>",
    "button": "<p>Cổng</p><button type=button>Đăng nhập</button>",
    "void link": link("javascript:void(0)") + "<script>1</script>",
    "hash": link("#"),
    "named in a script": f"<p>Cổng</p><script>go('https://{SIGN_ON}/oauth2/authorize?client_id=' + id)</script>",
    "own login, scripted way": "<input type=password><button>Đăng nhập bằng VNeID</button>",
}


@pytest.mark.parametrize("name", SCRIPTED)
async def test_a_login_that_only_scripts_show_is_not_visible(portal, look, target, name):
    await portal({"/": SCRIPTED[name]})
    observation, _ = await look(Probe(), target())

    assert observation.reason is Reason.NOT_VISIBLE
    assert observation.status is Status.UNKNOWN


@pytest.mark.parametrize("name", ["shell", "named in a script", "own login, scripted way"])
async def test_a_login_page_that_only_scripts_show_is_not_visible(portal, look, target, name):
    await portal({"/": link("/dang-nhap"), "/dang-nhap": SCRIPTED[name]})

    assert (await look(Probe(), target()))[0].reason is Reason.NOT_VISIBLE


@pytest.mark.parametrize("client_id", [None, "", "  "])
async def test_a_link_without_a_client_is_at_fault_and_not_asked(portal, look, target, client_id):
    await portal({"/": link(authorize(client_id=client_id))})
    observation, _ = await look(Probe(), target())

    assert observation.reason is Reason.NO_CLIENT_ID
    assert "client_id" not in observation.facts


@pytest.mark.parametrize(
    ("back", "named"),
    [
        ("https://elsewhere.example/signin-oidc", "elsewhere.example"),
        (f"https://{HANOI}.evil.example/", f"{HANOI}.evil.example"),
        ("https://dichvucong.gov.vn/", "dichvucong.gov.vn"),
        ("/signin-oidc", None),
        ("app://hanoi", None),
        (None, None),
    ],
)
async def test_a_way_back_that_is_not_the_agencys_is_at_fault_and_not_asked(portal, look, target, back, named):
    await portal({"/": link(authorize(redirect_uri=back))})
    observation, _ = await look(Probe(), target())

    assert observation.reason is Reason.FOREIGN_REDIRECT_URI
    assert observation.facts.get("redirect_uri_host") == named


async def test_a_way_back_inside_a_signed_request_is_the_sign_ons_to_judge(portal, sign_on, look, target):
    await sign_on()
    await portal({"/": link(authorize(redirect_uri=None, request_uri="urn:x"))})

    assert (await look(Probe(), target()))[0].reason is Reason.OK


async def test_one_link_in_order_among_several_is_enough(portal, sign_on, look, target):
    asked = await sign_on()
    await portal({"/": link(authorize(client_id=None)) + link(AUTHORIZE) + link(authorize(client_id="other"))})

    assert (await look(Probe(), target()))[0].reason is Reason.OK
    assert len(asked) == 1


ERROR = "/authenticationendpoint/oauth2_error.do"
REFUSALS = {
    "wso2": ("", 302, f"{ERROR}?oauthErrorCode=invalid_client&oauthErrorMsg=x", "invalid_client"),
    "wso2 bare": ("", 302, ERROR, "oauth2_error"),
    "openid": ("", 302, f"https://{HANOI}/signin-oidc?error=unauthorized_client&state=st4te", "unauthorized_client"),
    "400": ("<p>Error: invalid_client", 400, None, "invalid_client"),
    "401": ("<p>invalid_client", 401, None, "invalid_client"),
    "200 with the error on the page": ("<h1>Error: redirect_uri_mismatch", 200, None, "redirect_uri_mismatch"),
}


@pytest.mark.parametrize("name", REFUSALS)
async def test_a_pair_that_the_sign_on_does_not_know_is_refused(portal, sign_on, shows, look, target, name):
    body, status, to, error = REFUSALS[name]
    await sign_on(shows(body, status=status, headers={"Location": to} if to else {}))
    await portal({"/": link(AUTHORIZE)})
    observation, _ = await look(Probe(), target())

    assert observation.reason is Reason.SIGN_ON_REFUSED
    assert observation.facts["sign_on_error"] == error
    assert observation.facts["client_id"] == "cong-hanoi"


@pytest.mark.parametrize("status", [400, 401])
async def test_a_refusal_without_a_reason_may_be_everyones_and_accuses_nobody(
    portal, sign_on, shows, look, target, status
):
    await sign_on(shows("<h1>Bad Request</h1>", status=status))
    await portal({"/": link(AUTHORIZE)})

    assert (await look(Probe(), target()))[0].reason is Reason.UPSTREAM


# WSO2's error page names the error too, whoever's it is.
ITS_OWN = {
    "back": f"https://{HANOI}/signin-oidc?error=temporarily_unavailable&state=st4te",
    "back, in capitals": f"https://{HANOI}/signin-oidc?error=SERVER_ERROR",
    "wso2": f"{ERROR}?oauthErrorCode=server_error&oauthErrorMsg=x",
}


@pytest.mark.parametrize("name", ITS_OWN)
async def test_an_error_of_the_sign_ons_own_is_not_the_agencys_fault(portal, sign_on, leads, look, target, name):
    await sign_on(leads(ITS_OWN[name]))
    await portal({"/": link(AUTHORIZE)})
    observation, _ = await look(Probe(), target())

    assert observation.reason is Reason.UPSTREAM
    assert observation.facts["sign_on_error"].lower() in ITS_OWN[name].lower()
    assert "st4te" not in repr(observation)


async def test_a_portal_that_asks_without_showing_a_login_is_known_when_it_is_told_to_log_in(
    portal, sign_on, leads, look, target
):
    """prompt=none: who is not logged in is sent back with an error, and only to an address that is known."""
    await sign_on(leads(f"https://{HANOI}/signin-oidc?error=login_required"))
    await portal({"/": leads(str(authorize(prompt="none")))})

    assert (await look(Probe(), target()))[0].reason is Reason.OK


LOGINS = {
    "page": ("<form><input name=u><input type=password></form>", 200, None),
    "script page": ("<div id=root></div>", 200, None),
    "other page": ("", 303, "/login"),
    "vneid": ("", 302, "https://sso.dancuquocgia.gov.vn/auth?x=1"),
    "portal": ("", 302, "https://dichvucong.gov.vn/login"),
}


@pytest.mark.parametrize("name", LOGINS)
async def test_a_sign_on_that_leads_to_its_login_takes_the_pair(portal, sign_on, shows, look, target, name):
    """The login itself is never asked: asked once, the sign-on is left."""
    body, status, to = LOGINS[name]
    asked = await sign_on(shows(body, status=status, headers={"Location": to} if to else {}))
    await portal({"/": link(AUTHORIZE)})

    assert (await look(Probe(), target()))[0].reason is Reason.OK
    assert len(asked) == 1


DOWN = {
    "500": ("<p>Lỗi", 500, None),
    "503": ("<p>Bảo trì", 503, None),
    "404": ("<p>?", 404, None),
    "maintenance": ("<h1>Hệ thống đang bảo trì", 200, None),
    "maintenance elsewhere": ("", 302, "/bao-tri.html"),
    "wso2 stumbled": ("", 302, "/authenticationendpoint/retry.do?status=Error"),
    "astray": ("", 302, "https://elsewhere.example/"),
    "straight back": ("", 302, f"https://{HANOI}/signin-oidc"),
}


@pytest.mark.parametrize("name", DOWN)
async def test_a_sign_on_that_is_down_is_not_the_agencys_fault(portal, sign_on, shows, look, target, name):
    body, status, to = DOWN[name]
    await sign_on(shows(body, status=status, headers={"Location": to} if to else {}))
    await portal({"/": link(AUTHORIZE)})
    observation, _ = await look(Probe(), target())

    assert observation.reason is Reason.UPSTREAM
    assert SIGN_ON in observation.detail


@pytest.mark.parametrize("status", [403, 429])
async def test_a_sign_on_that_turns_us_away_says_nothing_of_the_agency(portal, sign_on, shows, look, target, status):
    await sign_on(shows("", status=status, headers={"Retry-After": "9"}))
    await portal({"/": link(AUTHORIZE)})
    observation, _ = await look(Probe(), target())

    assert observation.reason is Reason.BLOCKED
    assert observation.facts["retry_after"] == 9
    assert observation.facts["sign_on"] == SIGN_ON


async def test_trouble_at_the_sign_on_passes_through_in_its_name(portal, serve, shows, look, target):
    await serve(shows(), SIGN_ON, fault=CertificateFault.EXPIRED)
    await portal({"/": link(AUTHORIZE)})
    observation, trip = await look(Probe(), target())

    assert observation.reason is Reason.TLS_EXPIRED
    assert trip.host == SIGN_ON


@pytest.mark.parametrize(
    ("status", "reason"), [(500, Reason.HTTP_5XX), (404, Reason.HTTP_4XX), (403, Reason.BLOCKED), (429, Reason.BLOCKED)]
)
@pytest.mark.parametrize("behind", [False, True])
async def test_a_portal_or_a_login_that_does_not_answer_well_is_its_own_fault(
    portal, shows, look, target, *, status, reason, behind
):
    bad = shows("<p>Lỗi", status=status)
    await portal({"/": link("/dang-nhap"), "/dang-nhap": bad} if behind else {"/": bad})

    assert (await look(Probe(), target()))[0].reason is reason


async def test_a_login_that_works_makes_up_for_one_that_does_not(portal, sign_on, shows, look, target):
    await sign_on()
    await portal(
        {"/": link("/login/a") + link("/login/b"), "/login/a": shows("", status=500), "/login/b": link(AUTHORIZE)}
    )

    assert (await look(Probe(), target()))[0].reason is Reason.OK


async def test_a_login_that_works_makes_up_for_one_whose_server_is_gone(
    portal, sign_on, look, target, routes, free_port
):
    await sign_on()
    gone = f"id.{HANOI}"
    routes.add(gone, 443, f"127.0.0.1:{free_port}")
    await portal({"/": link(f"https://{gone}/login") + link("/login/b"), "/login/b": link(AUTHORIZE)})

    assert (await look(Probe(), target()))[0].reason is Reason.OK


@pytest.mark.parametrize(("other", "reason"), [(500, Reason.REFUSED), (403, Reason.BLOCKED)])
async def test_trouble_at_a_login_passes_through_when_no_other_leads_on(
    portal, shows, look, target, routes, free_port, *, other, reason
):
    gone = f"id.{HANOI}"
    routes.add(gone, 443, f"127.0.0.1:{free_port}")
    await portal({"/": link(f"https://{gone}/login") + link("/login/b"), "/login/b": shows("", status=other)})
    observation, trip = await look(Probe(), target())

    assert observation.reason is reason
    assert trip.troubles == (Reason.REFUSED,)


@pytest.mark.parametrize(
    ("front", "reason"),
    [("<p>Cổng", Reason.NO_SIGN_ON_LINK), ("<p>Cổng</p><button>Đăng nhập</button>", Reason.NOT_VISIBLE)],
)
async def test_a_path_of_the_configuration_that_an_agency_does_not_have_is_no_fault(
    portal, look, target, front, reason
):
    await portal({"/": front})

    assert (await look(Probe(login_paths=("/dang-nhap",)), target()))[0].reason is reason


@pytest.mark.parametrize(("status", "reason"), [(403, Reason.BLOCKED), (500, Reason.HTTP_5XX)])
async def test_a_path_of_the_configuration_that_does_not_answer_well_is_not_passed_over(
    portal, shows, look, target, status, reason
):
    await portal({"/": "<p>Cổng", "/dang-nhap": shows("", status=status)})

    assert (await look(Probe(login_paths=("/dang-nhap",)), target()))[0].reason is reason


async def test_of_two_bad_logins_the_one_we_could_not_see_decides(portal, shows, look, target):
    bad = {"/login/a": shows("", status=500), "/login/b": shows("", status=403)}
    await portal({"/": link("/login/a") + link("/login/b"), **bad})

    assert (await look(Probe(), target()))[0].reason is Reason.BLOCKED


@pytest.mark.parametrize(
    ("to", "reason"),
    [("https://dichvucong.gov.vn/", Reason.MOVED_TO_NATIONAL), ("https://elsewhere.example/", Reason.LEADS_ELSEWHERE)],
)
async def test_a_portal_that_leads_away_has_no_login_to_look_at(serve, leads, look, target, to, reason):
    await serve(leads(to))

    assert (await look(Probe(), target()))[0].reason is reason


async def test_another_sign_on_can_be_named(portal, sign_on, look, target):
    other = "sso.example"
    await sign_on(host=other)
    await portal(
        {"/": link(authorize().with_host(other).with_path("/realms/x/protocol/openid-connect/auth", keep_query=True))}
    )

    assert (await look(Probe(hosts=(other,)), target()))[0].reason is Reason.OK
    assert (await look(Probe(), target()))[0].reason is Reason.NO_SIGN_ON_LINK


async def test_nothing_is_ever_sent_but_get(serve, sign_on, look, target):
    methods = []

    async def handler(request):
        methods.append(request.method)
        body = link("/dang-nhap") + "<form action=/dang-nhap method=post><input type=hidden name=a value=b></form>"
        return web.Response(text=body if request.path == "/" else link(AUTHORIZE), content_type="text/html")

    await sign_on()
    await serve(handler)
    await look(Probe(), target())

    assert methods == ["GET", "GET"]


HOSTILE = {
    "nested": "<div>" * 100_000 + link("/login"),
    "nul": "\0<a href='/log\0in'>\0Đăng nhập\0</a>",
    "links": "".join(f"<a href='/login?{number}'>Đăng nhập</a>" for number in range(20_000)),
    "bad addresses": "<a href='https://[::1'>login</a><a href='http://%zz'>login</a><a href='//'>login</a>",
    "bad query": link(f"https://{SIGN_ON}/oauth2/authorize?client_id=%ff%fe&redirect_uri=https://[&redirect_uri=%"),
    "fields": f"<form action='https://{SIGN_ON}/oauth2/authorize?%'><input type=hidden name='[' value='&#0;&#xD800;'></form>",
}


@pytest.mark.parametrize("name", HOSTILE)
async def test_a_hostile_page_raises_nothing(portal, look, target, name):
    await portal({"/": HOSTILE[name]})
    observation, _ = await look(Probe(), target())

    assert observation.reason in {
        Reason.NO_SIGN_ON_LINK,
        Reason.NOT_VISIBLE,
        Reason.NO_CLIENT_ID,
        Reason.FOREIGN_REDIRECT_URI,
        Reason.HTTP_4XX,
        Reason.OK,
    }
    assert observation.detail.isprintable()


@pytest.mark.parametrize(
    "settings", [{"hosts": ()}, {"login_paths": ("login",)}, {"login_paths": ("https://x.example/",)}]
)
def test_settings_that_make_no_sense_are_refused(settings):
    with pytest.raises(ValueError, match=next(iter(settings))):
        Probe(**settings)
