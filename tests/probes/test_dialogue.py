"""probes._dialogue over talks that are told beforehand; test_tcp.py has the same with real servers."""

import pytest

from probes import Reason
from probes._dialogue import Dialogue, Step, check
from probes._secret import Secret


class Told:
    """A talk that says these pieces, ends, and remembers what it was told."""

    def __init__(self, *pieces):
        self.pieces = list(pieces)
        self.sent = b""

    async def receive(self):
        return self.pieces.pop(0) if self.pieces else b""

    async def send(self, data):
        self.sent += data

    async def start_tls(self):
        self.sent += b"<tls>"


async def talked(told, *steps, crlf=False):
    check("dialogue", steps)
    return await Dialogue(told, crlf=crlf).run("host", steps)


async def test_nothing_to_say_is_a_connection_taken():
    observation = await talked(Told())

    assert (observation.reason, observation.detail) == (Reason.OK, "host takes connections")
    assert observation.facts == {"failed_due_to_regex": 0, "failed_due_to_bytes": 0}


async def test_lines_are_passed_over_until_one_matches():
    told = Told(b"a\nb\n", b"c 1\nd\n")
    observation = await talked(told, Step(expect="^c"), Step(expect="^d$", send="bye"))

    assert observation.reason is Reason.OK
    assert observation.facts["step"] == 2
    assert told.sent == b"bye\n"


PING = r"(?:ping|(?P<nothing>pong)) (?P<number>[0-9]+)"


@pytest.mark.parametrize(
    ("send", "sent"),
    [
        ("PONG $2", b"PONG 42"),
        ("${2}x", b"42x"),
        ("$2x", b""),
        ("$number", b"42"),
        ("${number}!", b"42!"),
        ("$nothing.", b"."),
        ("$$1 $9 ${nobody}", b"$1  "),
        ("$ $- ${ ${1", b"$ $- ${ ${1"),
        ("$0", b"ping 42"),
        ("$" + "9" * 5000, b""),
    ],
)
async def test_a_dollar_stands_for_what_was_found(send, sent):
    told = Told(b"ping 42\n")
    await talked(told, Step(expect=PING, send=send))

    assert told.sent == sent + b"\n"


async def test_without_an_expect_a_dollar_means_nothing():
    told = Told()
    await talked(told, Step(send="$1 $$"))

    assert told.sent == b"$1 $$\n"


async def test_lines_end_as_the_protocol_wants_it():
    told = Told()
    await talked(told, Step(send="EHLO x"), crlf=True)

    assert told.sent == b"EHLO x\r\n"


async def test_labels_become_facts_that_are_fit_to_be_shown():
    step = Step(expect=r"^SSH-([0-9.]+)-(.*)$", labels={"version": "$1", "software": "${2} of $1", "kind": "ssh"})
    observation = await talked(Told(b"SSH-2.0-Open\x1bSSH\xff\r\n"), step)

    assert observation.facts["expect_version"] == "2.0"
    assert observation.facts["expect_software"] == "Open SSH� of 2.0"
    assert observation.facts["expect_kind"] == "ssh"


async def test_an_end_before_what_was_expected_says_what_came():
    observation = await talked(Told(b"554 go\x07 away\r\n"), Step(expect="^220 "))

    assert observation.reason is Reason.DIALOGUE
    assert observation.detail == (
        "host, step 1: ended without a line in which “^220 ” is found; its last line was “554 go away”"
    )
    assert observation.facts["failed_due_to_regex"] == 1


async def test_a_line_that_is_refused_ends_it_at_once():
    told = Told(b"220-wait\r\n", b"421 too busy\r\n", b"220 never read\r\n")
    observation = await talked(told, Step(expect="^220 ", refuse="^[45]"))

    assert observation.detail == "host, step 1: said “421 too busy”; “^220 ” was expected"
    assert told.pieces == [b"220 never read\r\n"]


async def test_what_is_shown_of_a_server_is_short():
    observation = await talked(Told(b"x" * 60_000), Step(expect="^220 "))

    assert len(observation.detail) < 200


async def test_a_server_that_talks_without_end_is_cut_off():
    observation = await talked(Told(*[b"xyz\n" * 1024] * 100), Step(expect="^220 "))

    assert observation.reason is Reason.DIALOGUE
    assert "65536 bytes without a line" in observation.detail
    assert observation.facts["failed_due_to_regex"] == 0


async def test_bytes_are_compared_one_by_one():
    step = Step(expect_bytes="ff fb 01")

    assert (await talked(Told(b"\xff", b"\xfb\x01more"), step)).reason is Reason.OK
    wrong = await talked(Told(b"\xff\xfb\x02"), step)
    assert wrong.detail == "host, step 1: sent ff fb 02; ff fb 01 was expected"
    assert wrong.facts["failed_due_to_bytes"] == 1
    short = await talked(Told(b"\xff"), step)
    assert short.detail == "host, step 1: ended after 1 bytes; ff fb 01 was expected"
    assert short.facts["failed_due_to_bytes"] == 0


async def test_what_was_said_before_tls_is_not_taken_for_something_said_in_it():
    told = Told(b"220 go\n250 evil\n", b"250 good\n")
    steps = (Step(expect="^220", send="STARTTLS", start_tls=True), Step(expect="^250 (.*)", labels={"said": "$1"}))

    assert (await talked(told, *steps)).facts["expect_said"] == "good"
    assert told.sent == b"STARTTLS\n<tls>"


SECRET = "hunter2$1"


@pytest.mark.parametrize(
    ("said", "step"),
    [
        (b"no PASS hunter2$1 here\n", Step(expect="^230")),
        (b"no PASS hunter2$1 here\n", Step(expect="^230", refuse="^no")),
        (b"no PASS hunter2$1 here\n", Step(expect_bytes="01 02 03")),
        (b"no PASS hunter2$1 here\n", Step(expect="PASS (.*) here", labels={"said": "$1"})),
    ],
)
async def test_a_secret_is_sent_as_it_is_and_shown_nowhere(said, step):
    told = Told(b"331\n", said)
    observation = await talked(told, Step(expect="(331)", send=Secret(SECRET)), step)

    assert told.sent == b"hunter2$1\n"
    assert "hunter2" not in repr(observation)
    assert "hunter2" not in repr((step, Dialogue(told, crlf=False)))
    assert "unter" not in observation.detail
    assert "50 41 53" not in observation.detail


@pytest.mark.parametrize(
    ("step", "message"),
    [
        (Step(), "dialogue.2: does nothing"),
        (Step(expect="("), "dialogue.2.expect: is no pattern"),
        (Step(expect="a", refuse="("), "dialogue.2.refuse: is no pattern"),
        (Step(send="x", refuse="a"), "dialogue.2.refuse: needs an expect"),
        (Step(send="x", labels={"a": "b"}), "dialogue.2.labels: needs an expect"),
        (Step(expect="x", labels={"a-b": "b"}), "dialogue.2.labels: 'a-b'"),
        (Step(expect="x", expect_bytes="00"), "dialogue.2.expect_bytes: not beside"),
        (Step(expect_bytes="0"), "dialogue.2.expect_bytes: must be pairs"),
        (Step(expect_bytes="00" * 1025), "dialogue.2.expect_bytes: at most 1024"),
    ],
)
def test_a_step_that_makes_no_sense_is_named(step, message):
    with pytest.raises(ValueError, match=message.replace("(", r"\(")):
        check("dialogue", (Step(send="x"), step))
