"""probes.tcp against real servers: text protocols, bytes, TLS at once and TLS on the way."""

import asyncio
import re

import pytest
from yarl import URL

from monitor.testbed.authority import CertificateFault
from probes import Reason, TlsTerms
from probes._dialogue import Step
from probes._secret import Secret
from probes.tcp import Probe

HANOI = "dichvucong.hanoi.gov.vn"
UNVERIFIED = TlsTerms(verify=False)


@pytest.fixture
def speaks(serve_raw, authority):
    """`await speaks(greeting, {line: answer}, port=25, starts=…, tls=False)`: a server of lines; `starts` begins TLS.

    It hangs up after a line that it does not know. The list it gives gets every line it was told.
    """

    async def start(greeting, answers, *, port=25, starts=None, tls=False, fault=None):
        told = []

        async def talk(reader, writer):
            writer.write(greeting)
            while line := await reader.readline():
                text = line.decode(errors="replace").removesuffix("\r\n")
                told.append(text)
                if text not in answers:
                    return
                writer.write(answers[text])
                if text == starts:
                    await writer.start_tls(authority.context(HANOI, fault=fault))

        await serve_raw(talk, tls=tls, port=port, fault=fault if tls else None)
        return told

    return start


MAIL = [
    Step(expect="^220 ", refuse="^[45]", send="EHLO monitor.example"),
    Step(expect="^250[ -]STARTTLS", send="STARTTLS"),
    Step(expect="^220 ", start_tls=True),
    Step(send="EHLO monitor.example"),
    Step(expect="^250[ -]AUTH", send="QUIT"),
    Step(expect="^221 "),
]
MAIL_SERVER = {
    "EHLO monitor.example": b"250-mail.hanoi.gov.vn\r\n250-STARTTLS\r\n250 AUTH PLAIN\r\n",
    "STARTTLS": b"220 go ahead\r\n",
    "QUIT": b"221 bye\r\n",
}
PROTOCOLS = {  # of mail and files: greeting, what it answers, the line that begins TLS, the dialogue
    "smtp": (b"220 mail.hanoi.gov.vn ESMTP\r\n", MAIL_SERVER, "STARTTLS", MAIL),
    "imap": (
        b"* OK [CAPABILITY IMAP4rev1 STARTTLS] ready\r\n",
        {"a1 STARTTLS": b"a1 OK begin\r\n", "a2 LOGOUT": b"* BYE\r\na2 OK done\r\n"},
        "a1 STARTTLS",
        [
            Step(expect=r"^\* OK .*STARTTLS", send="a1 STARTTLS"),
            Step(expect="^a1 OK", start_tls=True),
            Step(send="a2 LOGOUT"),
            Step(expect="^a2 OK"),
        ],
    ),
    "pop3": (
        b"+OK ready <1896.697170952@hanoi.gov.vn>\r\n",
        {"STLS": b"+OK begin\r\n", "QUIT": b"+OK\r\n"},
        "STLS",
        [
            Step(expect=r"^\+OK", refuse="^-ERR", send="STLS"),
            Step(expect=r"^\+OK", start_tls=True),
            Step(send="QUIT"),
            Step(expect=r"^\+OK"),
        ],
    ),
    "ftp": (
        b"220-Welcome\r\n220 ready\r\n",
        {"AUTH TLS": b"234 begin\r\n", "QUIT": b"221 bye\r\n"},
        "AUTH TLS",
        [
            Step(expect="^220 ", send="AUTH TLS"),
            Step(expect="^234", start_tls=True),
            Step(send="QUIT"),
            Step(expect="^221"),
        ],
    ),
}


@pytest.mark.parametrize("protocol", PROTOCOLS)
async def test_a_dialogue_goes_on_in_tls_where_it_is_agreed_on(speaks, look, target, protocol):
    greeting, answers, starts, steps = PROTOCOLS[protocol]
    told = await speaks(greeting, answers, starts=starts)
    observation, trip = await look(Probe(port=25, crlf=True, dialogue=tuple(steps)), target())

    assert (observation.reason, observation.detail) == (Reason.OK, f"{HANOI} said what was expected")
    assert observation.facts["step"] == len(steps)
    assert told == [step.send for step in steps if step.send]
    assert trip.facts["tls_version"] == "TLSv1.3"
    assert HANOI in trip.facts["certificate_subject"] or trip.facts["certificate_not_after"]
    assert trip.phases.keys() >= {"resolve", "connect", "tls", "processing"}


async def test_a_certificate_shown_after_starttls_is_held_against_its_name_and_dates(speaks, look, target):
    await speaks(b"220 x\r\n", MAIL_SERVER, starts="STARTTLS", fault=CertificateFault.EXPIRED)
    observation, _ = await look(Probe(port=25, crlf=True, dialogue=tuple(MAIL)), target())

    assert observation.reason is Reason.TLS_EXPIRED
    assert observation.facts["verify_code"] == 10


async def test_a_certificate_need_not_be_held_against_anything(speaks, look, target):
    await speaks(b"220 x\r\n", MAIL_SERVER, starts="STARTTLS", fault=CertificateFault.SELF_SIGNED)
    probe = Probe(port=25, crlf=True, dialogue=tuple(MAIL), tls=UNVERIFIED)

    assert (await look(probe, target()))[0].reason is Reason.OK


async def test_a_server_that_has_no_tls_where_it_said_so_is_told(speaks, look, target):
    await speaks(b"220 x\r\n", {**MAIL_SERVER, "STARTTLS": b"220 go\r\nnot TLS at all\r\n"})
    probe = Probe(port=25, crlf=True, dialogue=tuple(MAIL))

    assert (await look(probe, target()))[0].reason in (Reason.TLS_PROTOCOL, Reason.RESET)


async def test_a_connection_is_enough_where_nothing_is_to_be_said(speaks, look, target):
    await speaks(b"", {}, port=22)
    observation, trip = await look(Probe(port=22), target())

    assert (observation.reason, observation.detail) == (Reason.OK, f"{HANOI} takes connections")
    assert trip.facts["address"] == "127.0.0.1"


async def test_a_portal_is_looked_at_on_its_own_port(speaks, look, target):
    await speaks(b"", {}, port=443, tls=True)

    assert (await look(Probe(speak_tls=True), target()))[0].reason is Reason.OK


async def test_tls_may_be_spoken_from_the_first_byte_on(speaks, look, target):
    await speaks(b"* OK\r\n", {}, port=993, tls=True)
    observation, trip = await look(Probe(port=993, speak_tls=True, dialogue=(Step(expect="OK"),)), target())

    assert observation.reason is Reason.OK
    assert trip.facts["tls_version"] == "TLSv1.3"


async def test_a_bad_certificate_is_seen_before_anything_is_said(speaks, look, target):
    await speaks(b"* OK\r\n", {}, port=993, tls=True, fault=CertificateFault.WRONG_NAME)

    assert (await look(Probe(port=993, speak_tls=True), target()))[0].reason is Reason.TLS_NAME


async def test_each_family_of_addresses_is_looked_at(speaks, look, target):
    await speaks(b"220 x\r\n", {}, port=25)
    observation, _ = await look(Probe(port=25, family="both", dialogue=(Step(expect="^220"),)), target())

    assert observation.reason is Reason.OK
    assert (observation.facts["ipv4"], observation.facts["ipv6"]) == ("ok", "no_address")


async def test_a_server_that_says_something_else_and_ends_is_told_with_what_it_said(speaks, look, target):
    await speaks(b"554 no service\r\n", {})
    observation, _ = await look(Probe(port=25, crlf=True, dialogue=tuple(MAIL)), target())

    assert observation.reason is Reason.DIALOGUE
    assert observation.detail == f"{HANOI}, step 1: said “554 no service”; “^220 ” was expected"
    assert observation.facts["failed_due_to_regex"] == 1


async def test_a_password_is_sent_and_never_shown(speaks, look, target):
    told = await speaks(
        b"220 x\r\n", {"USER a": b"331 go on\r\n", "hunter2": b"530 no such user: hunter2\r\n"}, port=21
    )
    steps = (
        Step(expect="^220", send="USER a"),
        Step(expect="^331", send=Secret("hunter2")),
        Step(expect="^230", refuse="^5"),
    )
    observation, trip = await look(Probe(port=21, crlf=True, dialogue=steps), target())

    assert told == ["USER a", "hunter2"]
    assert observation.reason is Reason.DIALOGUE
    assert "hunter2" not in repr((observation, trip.facts, steps))


async def test_each_of_several_secrets_stays_one_though_the_server_says_it_again(speaks, look, target):
    """A label that repeats the first is no fact either, after the second was told."""
    await speaks(b"220 x\r\n", {"hunter2": b"331 go on\r\n", "s3cond": b"230 hunter2 is in\r\n"}, port=21)
    steps = (
        Step(expect="^220", send=Secret("hunter2")),
        Step(expect="^331", send=Secret("s3cond")),
        Step(expect=r"^230 (\S+)", labels={"who": "$1"}),
    )
    observation, trip = await look(Probe(port=21, crlf=True, dialogue=steps), target())

    assert observation.reason is Reason.OK
    assert observation.facts["expect_who"] == "<secret>"
    assert "hunter2" not in repr((observation, trip.facts, steps))


async def test_labels_of_what_was_said_are_facts(speaks, look, target):
    await speaks(b"SSH-2.0-OpenSSH_9.2p1 Debian-2\r\n", {}, port=22)
    step = Step(expect=r"^SSH-([0-9.]+)-(\S+)", send="SSH-2.0-monitor", labels={"ssh": "$1", "software": "$2"})
    observation, _ = await look(Probe(port=22, dialogue=(step,)), target())

    assert observation.reason is Reason.OK
    assert {name: value for name, value in observation.facts.items() if name.startswith("expect_")} == {
        "expect_ssh": "2.0",
        "expect_software": "OpenSSH_9.2p1",
    }


INTRODUCED = Probe(port=22, dialogue=(Step(expect="^SSH-2", refuse="."),))


@pytest.mark.parametrize(
    ("said", "reason", "banner"),
    [
        (b"SSH-2.0-OpenSSH_9.2p1 Debian-2\r\n", Reason.OK, "SSH-2.0-OpenSSH_9.2p1 Debian-2"),
        (b"220 ftp\x1b[31m\r\nSSH-2\r\n", Reason.DIALOGUE, "220 ftp [31m"),
        (b"x" * 5000 + b"\n", Reason.DIALOGUE, "x" * 200),
        (b"SSH-\xff\n", Reason.DIALOGUE, "SSH-\ufffd"),
    ],
)
async def test_what_a_server_says_unasked_is_a_fact(speaks, look, target, said, reason, banner):
    await speaks(said, {}, port=22)
    observation, _ = await look(INTRODUCED, target())

    assert observation.reason is reason
    assert observation.facts["banner"] == banner


async def test_what_a_server_says_when_it_was_asked_is_no_banner(speaks, look, target):
    await speaks(b"", {"HELO": b"250 hello HELO\r\n"}, port=25)
    observation, _ = await look(Probe(port=25, crlf=True, dialogue=(Step(send="HELO"), Step(expect="^250"))), target())

    assert observation.reason is Reason.OK
    assert "banner" not in observation.facts


async def test_only_the_first_line_is_the_banner(speaks, look, target):
    await speaks(b"220-Welcome\r\n220 ready\r\n", {}, port=21)
    observation, _ = await look(Probe(port=21, dialogue=(Step(expect="^220 "),)), target())

    assert observation.facts["banner"] == "220-Welcome"


async def test_a_server_that_stays_silent_is_cut_off_by_the_limit_of_the_look(speaks, look, target):
    await speaks(b"", {})
    observation, _ = await look(Probe(port=25, dialogue=(Step(expect="^220"),)), target(), at="processing")

    assert observation.reason is Reason.TIMEOUT_RESPONSE


async def test_a_handshake_that_stays_silent_is_cut_off_and_called_so(serve_raw, look, target):
    async def silent(reader, _):
        await reader.read()

    await serve_raw(silent, tls=False, port=993)
    observation, _ = await look(Probe(port=993, speak_tls=True), target(), at="tls")

    assert observation.reason is Reason.TIMEOUT_TLS


async def test_a_server_that_does_not_take_the_connection_is_cut_off_and_called_so(look, target, routes, full_port):
    routes.add(HANOI, 25, f"127.0.0.1:{full_port}")

    assert (await look(Probe(port=25), target(), at="connect"))[0].reason is Reason.TIMEOUT_CONNECT


async def test_a_server_that_is_not_there_is_told_as_for_every_kind(look, target, routes, free_port):
    routes.add(HANOI, 25, f"127.0.0.1:{free_port}")

    assert (await look(Probe(port=25), target()))[0].reason is Reason.REFUSED


async def test_a_server_that_hangs_up_in_the_middle_is_told_with_the_step(speaks, look, target):
    await speaks(b"220 x\r\n", {})
    observation, _ = await look(Probe(port=25, crlf=True, dialogue=tuple(MAIL)), target())

    assert observation.reason is Reason.DIALOGUE
    assert f"{HANOI}, step 2: ended without a line" in observation.detail


async def test_bytes_come_in_whatever_pieces(serve_raw, look, target):
    async def talk(_, writer):
        for byte in b"\xff\xfb\x01":
            writer.write(bytes([byte]))
            await writer.drain()
            await asyncio.sleep(0)

    await serve_raw(talk, tls=False, port=23)
    probe = Probe(port=23, dialogue=(Step(expect_bytes="ff fb 01"),))

    assert (await look(probe, target()))[0].reason is Reason.OK


async def test_a_flood_is_cut_off_by_its_size(serve_raw, look, target):
    async def talk(_, writer):
        while True:
            writer.write(b"y\n" * 4096)
            await writer.drain()

    await serve_raw(talk, tls=False, port=19)
    observation, _ = await look(Probe(port=19, dialogue=(Step(expect="^220"),)), target())

    assert observation.reason is Reason.DIALOGUE
    assert "65536 bytes" in observation.detail


def test_it_applies_where_there_is_a_port(target):
    assert Probe().applies(target())
    assert Probe(port=25).applies(target(portal=URL("gopher://dichvucong.hanoi.gov.vn/")))
    assert not Probe().applies(target(portal=URL("gopher://dichvucong.hanoi.gov.vn/")))


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"port": -1}, "port: "),
        ({"port": 65536}, "port: "),
        ({"speak_tls": True, "dialogue": (Step(start_tls=True),)}, "speak_tls: "),
        ({"dialogue": (Step(expect="("),)}, "dialogue.1.expect: "),
        ({"fallback": True}, "fallback: "),
    ],
)
def test_settings_that_make_no_sense_are_refused(settings, message):
    with pytest.raises(ValueError, match=f"^{re.escape(message)}"):
        Probe(**settings)
