"""Mail to real SMTP servers on loopback, and to servers that do what no server should."""

import asyncio
import email.policy
from email import message_from_bytes
from email.utils import parsedate_to_datetime

import pytest
from aiosmtpd.smtp import SMTP, AuthResult

from monitor.model import ZONE
from monitor.notice import Event
from monitor.notify import NotifyError, Picture
from monitor.notify.email import Notifier, mail_of
from monitor.saying.message import message as said
from monitor.saying.samples import samples
from monitor.testbed.authority import CertificateFault
from monitor.words import Language
from probes._secret import Secret

HOST = "mail.example"
PASSWORD = "correct horse battery"
DUTY, CHIEF, COPY = "duty@ministry.example", "chief@ministry.example", "copy@ministry.example"


def notifier(**changes):
    return Notifier(
        **{"host": HOST, "security": "none", "sender": "Giám sát <monitor@agency.example>", "to": (DUTY,), **changes}
    )


class Mailbox:
    """What came in, and what is answered instead of taking it."""

    def __init__(self):
        self.came = []
        self.refuses = {}  # command or recipient -> answer

    async def handle_MAIL(self, server, session, envelope, address, options):  # noqa: N802 - aiosmtpd's name
        if "MAIL" in self.refuses:
            return self.refuses["MAIL"]
        envelope.mail_from = address
        return "250 OK"

    async def handle_RCPT(self, server, session, envelope, address, options):  # noqa: N802 - aiosmtpd's name
        if address in self.refuses:
            return self.refuses[address]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):  # noqa: N802 - aiosmtpd's name
        if "DATA" in self.refuses:
            return self.refuses["DATA"]
        self.came.append(envelope)
        return "250 taken"

    def mail(self, at=-1):
        return message_from_bytes(self.came[at].original_content, policy=email.policy.default)


@pytest.fixture
def mailbox():
    return Mailbox()


@pytest.fixture
async def post_office(mailbox, routes, authority):
    """`await post_office(**settings of aiosmtpd's SMTP)`: takes mail for HOST."""
    servers = []

    async def open_(*, port=25, tls=None, implicit=None, **settings):
        def factory():
            return SMTP(mailbox, tls_context=tls, enable_SMTPUTF8=False, **settings)

        server = await asyncio.get_running_loop().create_server(factory, "127.0.0.1", 0, ssl=implicit)
        servers.append(server)
        routes.add(HOST, port, f"127.0.0.1:{server.sockets[0].getsockname()[1]}")

    yield open_
    for server in servers:
        server.close()


def authenticator(server, session, envelope, mechanism, auth):
    good = auth.login == b"monitor" and auth.password == PASSWORD.encode()
    return AuthResult(success=good, handled=good)


def lines(part):
    return part.get_content().splitlines()


async def refusal(sending):
    with pytest.raises(NotifyError) as caught:
        await sending
    return str(caught.value), caught.value.permanent, caught.value.left


async def test_a_notice_arrives_with_text_page_and_picture(post_office, mailbox, way, message):
    await post_office()
    said = message(
        html='<p>Điểm số: <img src="cid:scores" alt="62/63"></p>',
        pictures=(Picture(name="scores", png=b"\x89PNG", alt="62/63"),),
    )
    await notifier(cc=(f"Phòng Cải cách <{COPY}>",), reply_to="ops@agency.example").send(said, await way())
    mail = mailbox.mail()
    assert mail["Subject"] == said.subject
    assert (mail["From"], mail["To"]) == ("Giám sát <monitor@agency.example>", DUTY)
    assert (mail["Cc"], mail["Reply-To"]) == (f"Phòng Cải cách <{COPY}>", "ops@agency.example")
    assert mail.get_content_type() == "multipart/alternative"
    text, page = mail.iter_parts()
    assert lines(text) == said.text.splitlines()
    assert page.get_content_type() == "multipart/related"
    html, picture = page.iter_parts()
    assert html.get_content().strip() == said.html
    assert (picture["Content-ID"], picture.get_content_disposition(), picture.get_content()) == (
        "<scores>",
        "inline",
        b"\x89PNG",
    )
    assert mailbox.came[0].rcpt_tos == [DUTY, COPY]


async def test_all_of_it_is_seven_bits_with_short_lines(post_office, mailbox, way, message):
    await post_office()
    await notifier().send(message(text="Mất kết nối. " * 500), await way())
    raw = mailbox.came[0].original_content
    assert raw.isascii()
    assert max(map(len, raw.split(b"\r\n"))) <= 998
    assert b"=?utf-8?" in raw


async def test_no_answering_machine_answers_and_the_hour_is_of_viet_nam(post_office, mailbox, way, message):
    await post_office()
    reach = await way()
    await notifier().send(message(), reach)
    mail = mailbox.mail()
    assert mail["Auto-Submitted"] == "auto-generated"
    assert parsedate_to_datetime(mail["Date"]) == reach.now()
    assert parsedate_to_datetime(mail["Date"]).utcoffset() == reach.now().astimezone(ZONE).utcoffset()


async def test_what_follows_on_a_notice_is_in_its_thread(post_office, mailbox, way, message, notice):
    await post_office()
    first = notice()
    reach = await way()
    for each in (
        first,
        notice(Event.STILL_LOST, key="b" * 32, after=(first.key,)),
        notice(Event.RESTORED, key="c" * 32, after=(first.key, "b" * 32)),
    ):
        await notifier().send(message(each), reach)
    ids = [mailbox.mail(at)["Message-ID"] for at in range(3)]
    assert ids == [f"<{key}-duty@agency.example>" for key in (first.key, "b" * 32, "c" * 32)]
    assert [mailbox.mail(at)["In-Reply-To"] for at in range(3)] == [None, ids[0], ids[1]]
    assert mailbox.mail(2)["References"].split() == ids[:2]


async def test_a_thread_goes_on_by_the_ids_that_its_mails_had(post_office, mailbox, way, message, notice):
    await post_office()
    one = message(notice(after=("a" * 32, "b" * 32, "c" * 32)), before=("a" * 32 + "-former", "c" * 32 + "-duty"))
    await notifier().send(one, await way())
    ids = [f"<{'a' * 32}-former@agency.example>", f"<{'c' * 32}-duty@agency.example>"]
    assert (mailbox.mail()["In-Reply-To"], mailbox.mail()["References"].split()) == (ids[1], ids)


async def test_what_follows_on_nothing_that_the_channel_got_begins_a_thread(post_office, mailbox, way, message, notice):
    await post_office()
    await notifier().send(message(notice(after=("a" * 32,)), before=()), await way())
    assert (mailbox.mail()["In-Reply-To"], mailbox.mail()["References"]) == (None, None)


async def test_a_message_has_the_same_id_at_every_try(post_office, mailbox, way, message):
    await post_office()
    reach = await way()
    await notifier().send(message(), reach)
    await notifier().send(message(), reach)
    assert mailbox.mail(0)["Message-ID"] == mailbox.mail(1)["Message-ID"]


async def test_a_long_thread_keeps_its_beginning_and_its_end(post_office, mailbox, way, message, notice):
    await post_office()
    keys = tuple(f"{number:032x}" for number in range(100))
    await notifier().send(message(notice(after=keys)), await way())
    named = mailbox.mail()["References"].split()
    assert (len(named), named[0][1:33], named[-1][1:33]) == (21, keys[0], keys[-1])


async def test_what_bounces_goes_where_the_operator_wants_it(post_office, mailbox, way, message):
    await post_office()
    await notifier(bounces="bounces@agency.example").send(message(), await way())
    assert mailbox.came[0].mail_from == "bounces@agency.example"
    assert mailbox.mail()["From"] == "Giám sát <monitor@agency.example>"


@pytest.mark.parametrize("language", Language)
async def test_a_subject_arrives_letter_by_letter_however_it_is_folded(way, message, language):
    reach = await way()
    subjects = [said(notice, "duty", language, None).subject for notice in samples().values()]
    mails = [mail_of(notifier(), message(subject=subject), reach).as_bytes() for subject in subjects]
    assert [message_from_bytes(mail, policy=email.policy.default)["Subject"] for mail in mails] == subjects


@pytest.mark.parametrize(
    "subject", ["Hà Nội\r\nBcc: all@ministry.example", "Hà Nội\nBcc: all@ministry.example", "a\x00\u2028Bcc: b"]
)
async def test_nothing_in_a_notice_ends_a_header(post_office, mailbox, way, message, subject):
    await post_office()
    await notifier().send(message(subject=subject), await way())
    mail = mailbox.mail()
    assert (mail["Bcc"], "\n" in mail["Subject"]) == (None, False)
    assert mailbox.came[0].rcpt_tos == [DUTY]


async def test_a_line_of_one_dot_does_not_end_the_mail(post_office, mailbox, way, message):
    await post_office()
    await notifier().send(message(text="a\n.\nb\n", html=""), await way())
    assert lines(mailbox.mail()) == ["a", ".", "b"]


# What servers demand.


async def test_starttls_and_a_password(post_office, mailbox, way, message, authority):
    await post_office(
        port=587, tls=authority.context(HOST), require_starttls=True, authenticator=authenticator, auth_required=True
    )
    await notifier(security="starttls", user="monitor", password=Secret(PASSWORD)).send(message(), await way())
    assert len(mailbox.came) == 1


async def test_tls_from_the_first_byte(post_office, mailbox, way, message, authority):
    await post_office(port=465, implicit=authority.context(HOST))
    await notifier(security="tls").send(message(), await way())
    assert len(mailbox.came) == 1


async def test_nothing_is_sent_in_the_clear_where_starttls_is_demanded_and_not_offered(
    post_office, mailbox, way, message
):
    await post_office(port=587)
    said = await refusal(notifier(security="starttls").send(message(), await way()))
    assert said == ("mail.example offers no STARTTLS; nothing is sent in the clear", False, ())
    assert mailbox.came == []


@pytest.mark.parametrize("security", ["starttls", "tls"])
@pytest.mark.parametrize(
    "fault", [CertificateFault.EXPIRED, CertificateFault.UNTRUSTED_ROOT, CertificateFault.WRONG_NAME]
)
async def test_a_server_that_cannot_prove_itself_gets_nothing(
    post_office, mailbox, way, message, authority, security, fault
):
    context = authority.context(HOST, fault=fault)
    port, how = (587, {"tls": context}) if security == "starttls" else (465, {"implicit": context})
    await post_office(port=port, **how)
    text, permanent, _ = await refusal(
        notifier(security=security, user="monitor", password=Secret(PASSWORD)).send(message(), await way())
    )
    assert text.startswith("mail.example: the certificate is not trusted: ")
    assert not permanent
    assert mailbox.came == []


async def test_a_wrong_password_is_the_operators_to_mend_and_is_not_shown(post_office, way, message, authority):
    await post_office(port=587, tls=authority.context(HOST), authenticator=authenticator)
    said = await refusal(
        notifier(security="starttls", user="monitor", password=Secret("tr0ub4dor")).send(message(), await way())
    )
    assert said == ("mail.example refuses user and password (535)", False, ())


async def test_a_server_that_takes_no_passwords(serve_raw, way, message):
    await serve_raw(scripted([b"220 hello\r\n", b"250 hello\r\n"], ending=hang_up), HOST, port=465)
    said = await refusal(
        notifier(security="tls", user="monitor", password=Secret(PASSWORD)).send(message(), await way())
    )
    assert said == ("mail.example takes no password in a way that is known here", False, ())


# What servers refuse.


@pytest.mark.parametrize(
    ("where", "answer", "permanent"),
    [
        ("MAIL", "451 4.7.1 greylisted, come again", False),
        ("MAIL", "550 5.7.1 you are not welcome", True),
        ("MAIL", "552 5.3.4 message too large", True),
        ("DATA", "452 4.3.1 no room", False),
        ("DATA", "554 5.6.0 no such contents here", True),
        (DUTY, "451 4.7.1 greylisted, come again", False),
        (DUTY, "550 5.1.1 no such user", True),
    ],
)
async def test_a_refusal_is_for_now_or_for_good(post_office, mailbox, way, message, where, answer, permanent):
    await post_office()
    mailbox.refuses[where] = answer
    text, told, left = await refusal(notifier().send(message(), await way()))
    assert (answer in text, told, left) == (True, permanent, ())
    assert mailbox.came == []


async def test_a_message_over_the_size_that_a_server_takes_is_refused_for_good(post_office, mailbox, way, message):
    await post_office(data_size_limit=1000)
    text, permanent, _ = await refusal(notifier().send(message(text="x" * 2000), await way()))
    assert ("552" in text, permanent, mailbox.came) == (True, True, [])


async def test_who_is_refused_does_not_keep_it_from_the_others_and_is_named(post_office, mailbox, way, message):
    await post_office()
    mailbox.refuses[CHIEF] = "550 5.1.1 no such user"
    said = await refusal(notifier(to=(DUTY, CHIEF), cc=(COPY,)).send(message(), await way()))
    assert said == (f"refused for {CHIEF}: 550 5.1.1 no such user (the others have it)", True, (CHIEF,))
    assert [each.rcpt_tos for each in mailbox.came] == [[DUTY, COPY]]


async def test_who_is_to_come_again_is_left_and_the_next_try_is_for_him_alone(post_office, mailbox, way, message):
    await post_office()
    mailbox.refuses[CHIEF] = "451 4.7.1 greylisted"
    one = notifier(to=(DUTY, CHIEF))
    reach = await way()
    _text, permanent, left = await refusal(one.send(message(), reach))
    assert (permanent, left) == (False, (CHIEF,))
    again = await refusal(one.send(message(only=left), reach))
    assert again[1:] == (False, (CHIEF,))  # the others have it all the same
    mailbox.refuses.clear()
    await one.send(message(only=left), reach)
    assert [each.rcpt_tos for each in mailbox.came] == [[DUTY], [CHIEF]]
    assert mailbox.mail(0)["To"] == mailbox.mail(1)["To"] == f"{DUTY}, {CHIEF}"


async def test_of_many_who_are_refused_a_few_are_named(post_office, mailbox, way, message):
    await post_office()
    many = tuple(f"u{number}@ministry.example" for number in range(9))
    mailbox.refuses = dict.fromkeys(many, "550 no")
    text, permanent, left = await refusal(notifier(to=(DUTY, *many)).send(message(), await way()))
    assert "and 4 more" in text
    assert (permanent, left) == (True, many)


# What goes wrong on the way.

PHASES = {
    "before the greeting": [],
    "after EHLO": [b"220 hello\r\n"],
    "after MAIL": [b"220 hello\r\n", b"250 hello\r\n"],
    "after RCPT": [b"220 hello\r\n", b"250 hello\r\n", b"250 ok\r\n"],
    "after DATA": [b"220 hello\r\n", b"250 hello\r\n", b"250 ok\r\n", b"250 ok\r\n"],
    "in the mail": [b"220 hello\r\n", b"250 hello\r\n", b"250 ok\r\n", b"250 ok\r\n", b"354 go\r\n"],
}


def scripted(answers, *, ending):
    async def talk(reader, writer):
        for number, answer in enumerate(answers):
            if number:
                await reader.readline()
            writer.write(answer)
            await writer.drain()
        if answers:
            await reader.readline()
        await ending(writer)

    return talk


async def hang_up(writer):
    writer.close()


async def stall(writer):
    await asyncio.Event().wait()


async def babble(writer):
    writer.write(b"x" * 200_000 + b"\r\n")
    await writer.drain()


@pytest.mark.parametrize("answers", PHASES.values(), ids=PHASES)
async def test_whoever_hangs_up_is_tried_again(serve_raw, way, message, answers):
    async def gone(writer):
        writer.transport.abort()

    for ending in (hang_up, gone):
        await serve_raw(scripted(answers, ending=ending), HOST, tls=False, port=25)
        text, permanent, left = await refusal(notifier().send(message(), await way()))
        assert text.startswith("mail.example")
        assert (permanent, left) == (False, ())


@pytest.mark.parametrize("answers", PHASES.values(), ids=PHASES)
async def test_whoever_says_too_much_is_heard_no_further(serve_raw, way, message, answers):
    await serve_raw(scripted(answers, ending=babble), HOST, tls=False, port=25)
    text, _permanent, _ = await refusal(notifier().send(message(), await way()))
    assert len(text) < 300


@pytest.mark.parametrize("answers", PHASES.values(), ids=PHASES)
async def test_whoever_is_slow_is_cut_off_from_outside_and_leaves_nothing_behind(serve_raw, way, message, answers):
    reached = asyncio.Event()

    async def arrived(writer):
        reached.set()
        await stall(writer)

    await serve_raw(scripted(answers, ending=arrived), HOST, tls=False, port=25)
    sending = asyncio.ensure_future(notifier().send(message(), await way()))
    await reached.wait()
    sending.cancel()
    with pytest.raises(asyncio.CancelledError):
        await sending


@pytest.mark.parametrize("greeting", ["554 5.7.1 no service for you", "421 4.3.2 shutting down"])
async def test_whoever_does_not_let_us_in_may_do_so_later(serve_raw, way, message, greeting):
    await serve_raw(scripted([greeting.encode() + b"\r\n"], ending=hang_up), HOST, tls=False, port=25)
    text, permanent, _ = await refusal(notifier().send(message(), await way()))
    assert (greeting in text, permanent) == (True, False)


async def test_what_comes_before_tls_is_not_taken_for_an_answer_within_it(serve_raw, way, message):
    """CVE-2011-0411: commands, and so answers, that somebody on the way puts behind STARTTLS."""

    async def talk(reader, writer):
        writer.write(b"220 hello\r\n")
        await reader.readline()
        writer.write(b"250-hello\r\n250 STARTTLS\r\n")
        await reader.readline()
        writer.write(b"220 go\r\n250 AUTH PLAIN\r\n")
        await writer.drain()

    await serve_raw(talk, HOST, tls=False, port=587)
    _text, permanent, _ = await refusal(notifier(security="starttls").send(message(), await way()))
    assert not permanent


async def test_nobody_there(routes, way, message):
    routes.add(HOST, 25, "127.0.0.1:1")
    assert await refusal(notifier().send(message(), await way())) == ("mail.example: Connection refused", False, ())


@pytest.mark.parametrize("address", ["169.254.169.254", "fd00:ec2::254", "100.100.100.200"])
async def test_a_clouds_metadata_service_is_no_mail_server(way, message, address):
    text, _permanent, _ = await refusal(notifier(host=address).send(message(), await way()))
    assert "forbidden address" in text


async def test_a_farewell_that_fails_undoes_nothing(serve_raw, way, message):
    answers = [*PHASES["in the mail"]]

    async def talk(reader, writer):
        for number, answer in enumerate(answers):
            if number:
                await reader.readline()
            writer.write(answer)
        await reader.readuntil(b"\r\n.\r\n")
        writer.write(b"250 taken\r\n")
        await reader.readline()

    await serve_raw(talk, HOST, tls=False, port=25)
    await notifier().send(message(), await way())


# Settings.


@pytest.mark.parametrize(
    ("changes", "where"),
    [
        ({"to": ()}, "to: "),
        ({"to": (DUTY, "nobody")}, "to.2: "),
        ({"to": ("a@b.example\r\nBcc: c@d.example",)}, "to.1: "),
        ({"cc": ("Name\nBcc: x@y.example <a@b.example>",)}, "cc.1: "),
        ({"sender": "a@b@c.example"}, "sender: "),
        ({"sender": "a..b@c.example"}, "sender: "),
        ({"bounces": "<>"}, "bounces: "),
        ({"reply_to": "ông@b.example"}, "reply_to: "),
        ({"host": "mail example"}, "host: "),
        ({"hello": "a\r\nMAIL FROM:<x>"}, "hello: "),
        ({"port": 0}, "port: "),
        ({"user": "monitor"}, "user: "),
        ({"password": Secret(PASSWORD)}, "user: "),
        ({"user": "monitor", "password": Secret(PASSWORD)}, "security: "),
    ],
)
def test_what_cannot_be_right_is_refused_at_the_start(changes, where):
    with pytest.raises(ValueError, match=f"^{where}") as caught:
        notifier(**changes)
    assert PASSWORD not in str(caught.value)


async def test_names_of_messages_that_are_long_are_not_encoded(post_office, mailbox, way, message, notice):
    await post_office()
    domain = "giam-sat.tich-hop.cong-dich-vu-cong.agency.example"
    after = tuple(f"{number:032x}" for number in range(3))
    one = message(notice(after=after), channel="truc-ban-bo-noi-vu")
    await notifier(sender=f"monitor@{domain}").send(one, await way())
    raw = mailbox.came[0].content.decode()
    ids = [f"<{key}-truc-ban-bo-noi-vu@{domain}>" for key in after]
    assert f"\r\nIn-Reply-To: {ids[-1]}\r\n" in raw
    assert "\r\nReferences: " + "\r\n ".join(ids) + "\r\n" in raw
