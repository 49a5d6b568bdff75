"""From a real ledger to real receivers on loopback; the time is a value that the tests set."""

import asyncio
import contextlib
import random
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import count

import pytest
from aiohttp import web
from structlog.testing import capture_logs
from yarl import URL

from monitor.channels import Channel
from monitor.deliverers import Deliverers
from monitor.delivery import MOST_IN_VAIN, RARELY, Line, Office
from monitor.model import Level
from monitor.notice import Entry, Event, Notice, Severity, key_of
from monitor.notify import Message, NotifyError
from monitor.notify.webhook import Notifier as Webhook
from monitor.reach import reaching
from monitor.store.ledger import Fate, LedgerError, Ordered
from monitor.store.opening import open_ledger
from monitor.store.place import Place
from monitor.trust import Trust
from monitor.undelivered import anything
from monitor.vitals import Vitals
from monitor.waiting import LONGEST, SHORTEST
from monitor.words import Language
from probes._net.settings import NetworkSettings

START = datetime(2026, 6, 21, 15, 0, tzinfo=UTC)
SECOND, MINUTE, HOUR, DAY = timedelta(seconds=1), timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
DESK, OTHER = "desk.example", "other.example"


def say(notice, channel):
    return Message(notice=notice, channel=channel.name, language=Language.VI, subject="s", text="t", html="")


@pytest.fixture
def ledger(tmp_path):
    with contextlib.closing(open_ledger(Place(file=tmp_path / "monitor.db"))) as one:
        yield one


class Receiver:
    def __init__(self):
        self.came = []
        self.status = 200
        self.refuses = {}  # by agency: with which status
        self.headers = {}
        self.gate = None

    async def __call__(self, request):
        body = await request.json()
        if self.gate:
            self.came.append(("began", body["npsp"]["key"]))
            await self.gate.wait()
        self.came.append((body["npsp"]["event"], request.headers["Idempotency-Key"]))
        about = [entry["agency"] for entry in body["npsp"]["notice"]["entries"]]
        status = next((self.refuses[code] for code in about if code in self.refuses), self.status)
        return web.Response(status=status, headers=self.headers)

    @property
    def events(self):
        return [event for event, _ in self.came]


class World:
    """One ledger, channels to two receivers, and a clock."""

    def __init__(self, ledger, reach):
        self.ledger = ledger
        self.now = START
        self.chance = 0.0
        self.vitals = Vitals(started=START)
        self.office = Office(
            ledger=ledger,
            say=say,
            route=lambda notice, channel: anything(notice, channel, self.now),
            vitals=self.vitals,
            now=lambda: self.now,
            chance=lambda: self.chance,
            channels={},
            reach=reach,
        )

    def line(self, host=DESK, **changes):
        channel = Channel(
            **{
                "name": host.partition(".")[0],
                "kind": "webhook",
                "notifier": Webhook(url=URL(f"https://{host}/")),
                **changes,
            }
        )
        self.office.channels = {**self.office.channels, channel.name: channel}
        self.vitals.tell_by(self.office.channels)
        return Line(channel, self.office)

    def order(self, event, *codes, on=("desk",), due=None, **more):
        notice = Notice(
            **{
                "key": key_of(event, self.now, (*codes, str(random.random()))),
                "event": event,
                "at": self.now,
                "severity": Severity.CRITICAL,
                "entries": tuple(
                    Entry(agency=code, name=code, name_en=code, level=Level.PROVINCE, since=START) for code in codes
                ),
                **more,
            }
        )
        self.ledger.order([Ordered(notice=notice, channels=dict.fromkeys(on, due or self.now))], self.now)
        return notice

    def settled(self):
        return {each.notice.key: each for each in self.ledger.latest()}

    def fates(self, channel="desk"):
        return [each.fate for each in reversed(self.ledger.latest(channel))]

    def counted(self, channel="desk"):
        tally = self.vitals.channels[channel]
        return tally.delivered, tally.pending, tally.failures


@pytest.fixture
async def world(ledger, serve, routes, ca_file, desk, other):
    await serve(desk, DESK)
    await serve(other, OTHER)
    settings = NetworkSettings(contact="ops@monitor.example", ca_file=ca_file, connect_to=routes.connect_to)
    async with reaching(settings, lambda: START) as reach:
        yield World(ledger, reach)


@pytest.fixture
def desk():
    return Receiver()


@pytest.fixture
def other():
    return Receiver()


async def test_what_is_ordered_is_delivered_once_and_in_its_order(world, desk):
    line = world.line()
    keys = [f"{world.order(event, 'H26').key}-desk" for event in (Event.LOST, Event.RESTORED, Event.LOST)]
    assert await line.sweep() is None
    assert await line.sweep() is None
    assert [key for _, key in desk.came] == keys
    assert world.fates() == [Fate.DELIVERED] * 3
    assert world.counted() == (3, 0, 0)


async def test_a_channel_counts_from_the_start(world):
    world.line()
    assert world.counted() == (0, 0, 0)


async def test_what_fails_is_tried_again_after_longer_and_longer_with_the_same_key(world, desk):
    line, world.chance = world.line(), 1.0
    world.order(Event.LOST, "H26")
    desk.status = 503
    pauses = []
    for _ in range(12):
        due = await line.sweep()
        pauses.append((due - world.now).total_seconds())
        world.now = due
    desk.status = 200
    await line.sweep()
    assert pauses == [10, 20, 40, 80, 160, 320, 640, 900, 900, 900, 900, 900]
    assert len({key for _, key in desk.came}) == 1
    assert world.counted() == (1, 0, 12)


async def test_it_is_not_tried_before_its_time_and_also_not_by_another_process(world, desk, ledger):
    line, world.chance = world.line(), 1.0
    world.order(Event.LOST, "H26")
    desk.status = 503
    due = await line.sweep()
    world.now = due - SECOND
    assert await Line(line.channel, world.office).sweep() == due
    assert len(desk.came) == 1
    assert world.counted() == (0, 1, 1)


@pytest.mark.parametrize(
    ("after", "waited"),
    [
        ("60", MINUTE),
        ("1", SHORTEST),
        ("86400", LONGEST),
        ("9" * 400, SHORTEST),
        ("Mon, 01 Jan 2026 00:00:00 +99999999999999999999", SHORTEST),
    ],
)
async def test_a_receiver_that_asks_for_a_pause_gets_it_within_bounds(world, desk, after, waited):
    line = world.line()
    world.order(Event.LOST, "H26")
    desk.status, desk.headers = 429, {"Retry-After": after}
    assert await line.sweep() == START + waited
    assert [each.problem for each in world.ledger.pending()] == ["desk.example:443 answers 429 Too Many Requests"]


async def test_what_must_be_tried_again_holds_up_what_is_about_the_same_and_nobody_else(world, desk):
    line = world.line()
    first = world.order(Event.LOST, "H26")
    desk.refuses["H26"] = 503
    due = await line.sweep()
    world.order(Event.RESTORED, "H26")
    world.order(Event.LOST, "H57")
    assert await line.sweep() == due
    h26, h57 = f"{first.key}-desk", desk.came[1][1]
    assert [key for _, key in desk.came] == [h26, h57, h26]  # once more, as the receiver takes something
    desk.refuses.clear()
    world.now = due
    await line.sweep()
    assert desk.events == ["lost"] * 4 + ["restored"]
    assert desk.came[3][1] == h26


async def test_who_asks_for_a_pause_is_not_tried_before_because_others_are_taken(world, desk):
    line = world.line()
    world.order(Event.LOST, "H26")
    desk.refuses["H26"], desk.headers = 429, {"Retry-After": "60"}
    await line.sweep()
    world.order(Event.LOST, "H57")
    assert await line.sweep() == START + MINUTE
    assert len(desk.came) == 2


async def test_what_a_channel_of_programs_did_not_take_comes_at_once_when_it_takes_something_again(world, desk):
    line, world.chance = world.line(), 1.0
    desk.status = 503
    keys = [f"{world.order(Event.LOST, code).key}-desk" for code in ("H01", "H02", "H03")]
    await line.sweep()
    desk.status = 200
    keys.append(f"{world.order(Event.RESTORED, 'H02').key}-desk")
    new = f"{world.order(Event.LOST, 'H04').key}-desk"
    assert await line.sweep() is None
    assert [key for _, key in desk.came[3:]] == [new, *keys]


async def test_a_channel_that_takes_nothing_is_left_alone_after_a_few_tries(world, desk):
    line = world.line()
    for number in range(10):
        world.order(Event.LOST, f"H{number:02}")
    desk.status = 500
    await line.sweep()
    assert len(desk.came) == MOST_IN_VAIN
    assert world.counted() == (0, 10, MOST_IN_VAIN)


async def test_whoever_refuses_for_good_is_not_asked_again_and_the_others_are_told(world, desk, other):
    line, beside = world.line(), world.line(OTHER)
    told = []
    line.called = told.extend
    lost = world.order(Event.LOST, "H26")
    desk.status = 410
    with capture_logs() as logs:
        assert await line.sweep() is None
        await line.sweep()
    await beside.sweep()
    assert desk.events == ["lost"]
    assert world.settled()[lost.key].fate is Fate.REFUSED
    assert other.events == ["undelivered"]
    [undelivered] = [each.notice for each in world.ledger.latest("other")]
    assert (undelivered.channel, undelivered.since, undelivered.severity) == ("desk", START, Severity.CRITICAL)
    assert undelivered.told == ("other",)
    assert undelivered.problem == "desk.example:443 answers 410 Gone"
    assert [entry.agency for entry in undelivered.entries] == ["H26"]
    assert undelivered.events == ((Event.LOST, 1),)
    assert (world.counted(), told) == ((0, 0, 1), ["other"])
    [line_of_log] = [each for each in logs if each["event"] == "notice_undelivered"]
    assert (line_of_log["channel"], line_of_log["fate"], line_of_log["told"]) == ("desk", Fate.REFUSED, ["other"])


async def test_channels_that_refuse_everything_do_not_tell_each_other_for_ever(world, desk, other):
    lines = [world.line(), world.line(OTHER)]
    desk.status = other.status = 410
    world.order(Event.LOST, "H26", on=("desk", "other"))
    for _ in range(10):
        for line in lines:
            await line.sweep()
        world.now += HOUR
    assert desk.events == ["lost", "undelivered"]
    assert other.events == ["lost", "undelivered"]
    assert world.ledger.pending() == []


async def test_however_much_is_refused_the_others_are_told_now_and_then(world, desk, other):
    line, beside = world.line(), world.line(OTHER)
    desk.status = 410
    for number in range(50):
        world.order(Event.LOST, f"H{number:02}")
        await line.sweep()
        await beside.sweep()
        world.now += SECOND
    assert other.events == ["undelivered"]
    world.now = START + RARELY
    await beside.sweep()
    assert other.events == ["undelivered"] * 2
    assert len(desk.came) == 50
    told = [each.notice for each in world.ledger.latest("other") if each.fate is Fate.DELIVERED]
    assert [each.events for each in told] == [((Event.LOST, 49),), ((Event.LOST, 1),)]
    assert len({entry.agency for each in told for entry in each.entries}) == 50


async def test_only_who_is_for_escalation_is_left_to_be_told(world, desk, other):
    line, beside = world.line(), world.line(OTHER, escalation=True)
    desk.status = 410
    world.order(Event.LOST, "H26")
    await line.sweep()
    await beside.sweep()
    assert other.events == ["undelivered"]


async def test_a_test_that_fails_is_seen_by_who_made_it(world, desk):
    line = world.line()
    world.line(OTHER)
    desk.status = 410
    world.order(Event.TEST)
    await line.sweep()
    assert world.ledger.latest("other") == []


async def test_what_nobody_took_in_time_expires_with_a_trace(world, desk, other):
    line, beside, world.chance = world.line(keep=DAY), world.line(OTHER), 1.0
    lost = world.order(Event.LOST, "H26")
    desk.status = 503
    while world.now <= START + DAY:
        world.now = await line.sweep()
    with capture_logs() as logs:
        assert await line.sweep() is None
    await beside.sweep()
    held = world.settled()[lost.key]
    assert held.fate is Fate.EXPIRED
    assert held.problem == "not taken within 1 days: desk.example:443 answers 503 Service Unavailable"
    assert other.events == ["undelivered"]
    assert "notice_undelivered" in [each["event"] for each in logs]
    assert world.counted()[:2] == (0, 0)
    assert world.counted()[2] == len(desk.came) + 1


async def test_a_clock_that_leaps_by_years_gives_up_no_notice(world, desk):
    steady = [0.0]
    world.vitals.trust = Trust(lambda: steady[0])
    line, world.chance = world.line(), 1.0
    desk.status = 503
    world.order(Event.LOST, "H26")
    await line.sweep()
    world.now += 3650 * DAY
    world.order(Event.LOST, "H57")
    await line.sweep()
    assert world.fates() == [Fate.PENDING] * 2

    desk.status = 200
    world.now = START + HOUR  # the clock is put right
    steady[0] = HOUR.total_seconds()
    assert await line.sweep() is None
    assert world.fates() == [Fate.DELIVERED] * 2


async def test_a_clock_that_leapt_and_is_not_put_right_is_believed_after_a_day(world, desk):
    steady = [0.0]
    world.vitals.trust = Trust(lambda: steady[0])
    line = world.line()
    desk.status = 503
    world.order(Event.LOST, "H26")
    await line.sweep()
    world.now += 3650 * DAY
    await line.sweep()
    world.now += DAY
    steady[0] = DAY.total_seconds()
    await line.sweep()
    assert world.fates() == [Fate.EXPIRED]


async def test_after_a_clock_was_put_back_the_others_are_told_at_once(world, desk, other):
    line, beside = world.line(), world.line(OTHER)
    desk.status = 410
    world.now = START + 3650 * DAY
    world.order(Event.LOST, "H26")
    await line.sweep()
    world.now = START
    world.order(Event.LOST, "H57")
    await line.sweep()
    await beside.sweep()
    assert len([each for each in world.ledger.latest("other") if each.fate is Fate.DELIVERED]) == 1
    assert world.ledger.pending("other") == []


async def test_what_waits_for_the_morning_waits_and_is_not_counted(world, desk):
    line = world.line()
    world.order(Event.LOST, "H26", due=START + 8 * HOUR, severity=Severity.WARNING)
    assert await line.sweep() == START + 8 * HOUR
    assert (desk.came, world.counted()) == ([], (0, 0, 0))
    world.now = START + 8 * HOUR
    await line.sweep()
    assert desk.events == ["lost"]


async def test_a_store_that_cannot_be_written_makes_no_notice_come_twice(world, desk, monkeypatch):
    line = world.line()
    world.order(Event.LOST, "H26")
    broken = [True]
    settle = world.ledger.settle

    def on_a_full_disk(*args, **more):
        if broken[0]:
            raise LedgerError("the disk is full")
        settle(*args, **more)

    monkeypatch.setattr(world.ledger, "settle", on_a_full_disk)
    with capture_logs() as logs:
        for _ in range(3):
            world.now = await line.sweep()
    assert {each["event"] for each in logs} == {"ledger_fails_deliveries"}
    broken[0] = False
    assert await line.sweep() is None
    assert (desk.events, world.fates()) == (["lost"], [Fate.DELIVERED])


class Odd:
    """A notifier that does as told."""

    audience = "people"

    def __init__(self, *does):
        self.does = list(does)
        self.sent = []

    async def send(self, message, reach):
        self.sent.append(message)
        does = self.does.pop(0) if self.does else None
        if isinstance(does, Exception):
            raise does
        if does is not None:
            await does()


async def test_a_bug_of_a_notifier_ends_nothing_and_tells_no_secret(world):
    odd = Odd(RuntimeError("the password is tr0ub4dor"))
    line = world.line(name="odd", notifier=odd)
    world.order(Event.LOST, "H26", on=("odd",))
    with capture_logs() as logs:
        world.now = await line.sweep()
    await line.sweep()
    assert [each["event"] for each in logs] == ["notifier_bug", "notice_fails"]
    assert "tr0ub4dor" not in str(logs)
    assert world.counted("odd") == (1, 0, 1)


async def test_a_try_has_an_end(world):
    odd = Odd(asyncio.Event().wait)
    line = world.line(name="odd", notifier=odd, timeout=timedelta(milliseconds=1))
    world.order(Event.LOST, "H26", on=("odd",))
    await line.sweep()
    [held] = world.ledger.pending("odd")
    assert (held.tries, held.problem) == (1, "no end of it within 0.001 s")


async def test_those_who_do_not_have_it_yet_are_tried_alone(world):
    odd = Odd(NotifyError("later", left=("b@x.example",)))
    line = world.line(name="odd", notifier=odd)
    world.order(Event.LOST, "H26", on=("odd",))
    world.now = await line.sweep()
    await line.sweep()
    assert [each.only for each in odd.sent] == [(), ("b@x.example",)]
    assert world.counted("odd") == (1, 0, 1)


async def test_who_is_refused_while_others_have_it_is_told_elsewhere(world, other):
    odd = Odd(NotifyError("b@x.example: 550 no", permanent=True, left=("b@x.example",)))
    line, beside = world.line(name="odd", notifier=odd), world.line(OTHER)
    world.order(Event.LOST, "H26", on=("odd",))
    await line.sweep()
    await beside.sweep()
    assert (world.fates("odd"), other.events) == ([Fate.DELIVERED], ["undelivered"])
    assert world.counted("odd") == (1, 0, 1)


async def test_after_an_outage_people_are_told_in_one_message_what_they_missed(world):
    odd = Odd(NotifyError("no way out"))
    line = world.line(name="odd", notifier=odd)
    on = ("odd",)
    world.order(Event.LOST, "H26", on=on)
    await line.sweep()
    world.order(Event.LOST, "H57", on=on, due=START + HOUR)
    world.order(Event.RESTORED, "H26", on=on)
    world.order(Event.SCORE, on=on)
    world.now += HOUR
    assert await line.sweep() is None
    assert [each.notice.event for each in odd.sent] == [Event.LOST, Event.CAUGHT_UP, Event.LOST, Event.SCORE]
    caught_up = odd.sent[1].notice
    assert (caught_up.channel, caught_up.events) == ("odd", ((Event.LOST, 1), (Event.RESTORED, 1)))
    assert world.fates("odd") == [Fate.MERGED, Fate.DELIVERED, Fate.MERGED, Fate.DELIVERED, Fate.DELIVERED]
    assert world.counted("odd") == (3, 0, 1)


def sent(odd):
    return [(str(each.notice.event), *(entry.agency for entry in each.notice.entries)) for each in odd.sent]


async def test_after_an_outage_people_get_all_of_it_at_once_and_in_its_order(world):
    odd = Odd(*[NotifyError("no way out")] * 99)
    line, world.chance = world.line(name="odd", notifier=odd), 1.0
    on = ("odd",)
    world.order(Event.RESTORED, "H41", on=on)
    await line.sweep()
    for event, code in ((Event.LOST, "H18"), (Event.SCORE, "G01"), (Event.LOST, "H19")):
        world.now += MINUTE
        world.order(event, code, on=on)
        due = await line.sweep()
    for _ in range(5):
        world.now = due
        due = await line.sweep()
    tried = len(odd.sent)
    odd.does = []
    world.now = world.ledger.pending("odd")[0].not_before
    assert await line.sweep() is None
    assert sent(odd)[tried:] == [("restored", "H41"), ("lost", "H18"), ("score", "G01"), ("lost", "H19")]


async def test_while_a_channel_of_people_is_dead_what_is_new_is_not_tried_before_what_waits(world):
    odd = Odd(NotifyError("no way out"))
    line, world.chance = world.line(name="odd", notifier=odd), 1.0
    world.order(Event.LOST, "H26", on=("odd",))
    due = await line.sweep()
    world.order(Event.SCORE, on=("odd",))
    assert await line.sweep() == due
    assert sent(odd) == [("lost", "H26")]
    again = Line(line.channel, world.office)  # after a restart
    assert await again.sweep() == due
    world.now = due
    await again.sweep()
    assert sent(odd)[1:] == [("lost", "H26"), ("score",)]


async def test_what_tells_what_was_missed_is_not_overtaken_by_what_came_later(world):
    odd = Odd(NotifyError("no way out"), NotifyError("no way out"))
    line, world.chance = world.line(name="odd", notifier=odd), 1.0
    on = ("odd",)
    world.order(Event.LOST, "H26", on=on)
    await line.sweep()
    world.order(Event.RESTORED, "H26", on=on)
    due = await line.sweep()
    world.order(Event.LOST, "H57", on=on)
    assert await line.sweep() == due
    world.now = due
    await line.sweep()
    assert [each[0] for each in sent(odd)] == ["lost", "caught_up", "caught_up", "lost"]


async def test_after_an_outage_nobody_is_called_lost_who_is_back_whoever_came_back_with_him(world):
    odd = Odd(NotifyError("no way out"))
    line, world.chance = world.line(name="odd", notifier=odd), 1.0
    on = ("odd",)
    lost = world.order(Event.LOST, "H18", "H19", "H52", on=on)
    world.now = await line.sweep()
    world.order(Event.RESTORED, "H26", "H52", on=on)  # the loss of H26 was told before
    world.order(Event.RESTORED, "H18", on=on)
    await line.sweep()
    assert sent(odd)[1:] == [("caught_up", "H52", "H18"), ("lost", "H19"), ("restored", "H26")]
    assert odd.sent[2].key == f"{lost.key}-odd"
    assert await Line(line.channel, world.office).sweep() is None


async def test_what_was_missed_has_the_times_of_the_first_try_that_failed_and_the_one_that_did_not(world):
    odd = Odd(*[NotifyError("no way out")] * 2)
    line = world.line(name="odd", notifier=odd)
    on = ("odd",)
    world.order(Event.LOST, "H26", on=on, due=START + MINUTE)
    world.now = START + MINUTE
    await line.sweep()
    world.now = START + HOUR
    world.order(Event.RESTORED, "H26", on=on)
    await line.sweep()
    world.now = START + HOUR + MINUTE
    await line.sweep()
    missed = [each.notice for each in odd.sent[1:]]
    assert [(each.since, each.until) for each in missed] == [
        (START + MINUTE, START + HOUR),
        (START + MINUTE, START + HOUR + MINUTE),
    ]
    assert all(each.outage for each in missed)
    assert len({each.key for each in odd.sent[1:]}) == 1


async def test_since_when_a_channel_is_dead_is_not_guessed_after_a_restart(world):
    odd = Odd(*[NotifyError("no way out")] * 2)
    line = world.line(name="odd", notifier=odd)
    world.order(Event.LOST, "H26", on=("odd",))
    world.now = await line.sweep()
    line = Line(line.channel, world.office)
    world.now = await line.sweep()
    world.order(Event.RESTORED, "H26", on=("odd",))
    await line.sweep()
    assert (odd.sent[-1].notice.event, odd.sent[-1].notice.outage) == (Event.CAUGHT_UP, False)


async def test_a_message_follows_on_those_that_its_channel_got_by_whichever_name(world):
    lost = world.order(Event.LOST, "H26", on=("duty",))
    old = world.line(name="duty", notifier=Odd())
    await old.sweep()
    chief = world.order(Event.STILL_LOST, "H26", on=("chief",), after=(lost.key,))
    await world.line(name="chief", notifier=Odd()).sweep()
    odd = Odd()
    line = world.line(name="night", notifier=odd, formerly=("duty",))
    still = world.order(Event.STILL_LOST, "H26", on=("duty", "night"), after=(lost.key, chief.key))
    await line.sweep()
    world.order(Event.RESTORED, "H26", on=("night",), after=(lost.key, chief.key, still.key))
    await line.sweep()
    assert [each.before for each in odd.sent] == [(f"{lost.key}-duty",), (f"{lost.key}-duty", f"{still.key}-night")]


class Poisoned(Odd):
    """Never takes what is about H26."""

    async def send(self, message, reach):
        await super().send(message, reach)
        if any(entry.agency == "H26" for entry in message.notice.entries):
            raise NotifyError("hangs up")


async def test_a_notice_that_is_never_taken_does_not_hold_up_people_for_long(world):
    odd = Poisoned()
    line, world.chance = world.line(name="odd", notifier=odd), 1.0
    world.order(Event.LOST, "H26", on=("odd",))
    world.order(Event.LOST, "H57", on=("odd",))
    for _ in range(MOST_IN_VAIN):
        world.now = await line.sweep()
    assert [each[1] for each in sent(odd)] == ["H26"] * MOST_IN_VAIN + ["H57", "H26"]
    assert world.now < START + MINUTE + MINUTE
    world.order(Event.LOST, "H01", on=("odd",), due=START)
    await line.sweep()
    world.order(Event.LOST, "H02", on=("odd",))
    await line.sweep()  # long before H26 is tried again
    assert [each[1] for each in sent(odd)[-3:]].count("H26") <= 1
    assert {"H01", "H02"} <= {each[1] for each in sent(odd)}


async def test_more_than_is_read_at_once_is_delivered_all_the_same(world, monkeypatch):
    monkeypatch.setattr("monitor.delivery.MOST_AT_ONCE", 3)
    odd = Odd()
    line = world.line(name="odd", notifier=odd)
    for number in range(8):
        world.order(Event.LOST, f"H{number:02}", on=("odd",))
    while await line.sweep() is not None:
        pass
    assert len(odd.sent) == 8


# The tasks.


async def until(happened):
    """Let the loop turn till it has happened."""
    while not happened():
        await asyncio.wait([asyncio.ensure_future(asyncio.to_thread(int))])


@pytest.fixture
async def deliverers(world):
    one = Deliverers(world.office)
    yield one
    await one.stop(timedelta())


async def test_a_channel_that_hangs_holds_up_no_other(world, desk, other, deliverers):
    world.line(), world.line(OTHER)
    desk.gate = asyncio.Event()
    deliverers.follow(world.office.channels, world.office.reach)
    world.order(Event.LOST, "H26", on=("desk", "other"))
    deliverers.wake()
    await until(lambda: other.events == ["lost"])
    await until(lambda: desk.events == ["began"])
    world.order(Event.RESTORED, "H26", on=("desk", "other"))
    deliverers.wake()
    await until(lambda: other.events == ["lost", "restored"])
    assert desk.events == ["began"]
    desk.gate.set()
    await until(lambda: world.fates() == [Fate.DELIVERED] * 2)


async def test_it_stops_when_what_is_being_sent_has_ended(world, desk, deliverers):
    world.line()
    desk.gate = asyncio.Event()
    deliverers.follow(world.office.channels, world.office.reach)
    world.order(Event.LOST, "H26")
    world.order(Event.LOST, "H57")
    deliverers.wake()
    await until(lambda: desk.events == ["began"])
    stopping = asyncio.ensure_future(deliverers.stop(MINUTE))
    await asyncio.to_thread(int)
    desk.gate.set()
    assert await stopping == 0
    assert world.fates() == [Fate.DELIVERED, Fate.PENDING]


async def test_what_does_not_end_is_cut_off_and_sent_again_by_the_next_process(world, desk, deliverers):
    line = world.line()
    desk.gate = asyncio.Event()
    deliverers.follow(world.office.channels, world.office.reach)
    lost = world.order(Event.LOST, "H26")
    deliverers.wake()
    await until(lambda: desk.events == ["began"])
    assert await deliverers.stop(timedelta()) == 1
    desk.gate = None
    await line.sweep()
    assert desk.came[-1] == ("lost", f"{lost.key}-desk")


async def test_a_channel_that_is_taken_out_is_not_told_and_what_waits_for_it_is_given_up(
    world, desk, other, deliverers
):
    world.line(), world.line(OTHER)
    channels = world.office.channels
    deliverers.follow(channels, world.office.reach)
    await until(lambda: world.counted() == (0, 0, 0))
    deliverers.follow({"other": channels["other"]}, world.office.reach)
    world.order(Event.LOST, "H26", on=("desk", "other"))
    deliverers.wake()
    await until(lambda: other.events == ["lost"])
    with capture_logs() as logs:
        await deliverers.forget()
    assert world.fates() == [Fate.EXPIRED]
    assert [each["event"] for each in logs] == ["notices_for_no_channel"]
    assert (desk.came, list(world.vitals.channels)) == ([], ["other"])


async def test_what_waits_for_a_channel_that_is_gone_is_told_once_however_many_see_to_it(world, other, deliverers):
    world.line(), world.line(OTHER)
    deliverers.follow({"other": world.office.channels["other"]}, world.office.reach)
    world.order(Event.LOST, "H26")
    world.order(Event.DAILY, "H57")  # of no use to who has not asked for it
    instants = count()
    world.office.now = lambda: START + next(instants) * SECOND
    await asyncio.gather(*(deliverers.forget() for _ in range(5)))
    await until(lambda: other.events and not world.ledger.pending())
    await deliverers.stop(MINUTE)

    assert world.fates() == [Fate.EXPIRED] * 2
    assert other.events == ["undelivered"]
    [told] = world.ledger.latest("other")
    assert ([entry.agency for entry in told.notice.entries], told.notice.events) == (["H26"], ((Event.LOST, 1),))


async def test_a_channel_that_comes_back_while_it_still_sends_sends_nothing_twice(world, desk, deliverers):
    world.line()
    desk.gate = asyncio.Event()
    channels = world.office.channels
    deliverers.follow(channels, world.office.reach)
    first = world.order(Event.LOST, "H26")
    deliverers.wake()
    await until(lambda: desk.events == ["began"])
    deliverers.follow({}, world.office.reach)
    deliverers.follow(channels, world.office.reach)
    second = world.order(Event.LOST, "H57")
    deliverers.wake()
    desk.gate.set()
    await until(lambda: world.fates() == [Fate.DELIVERED] * 2)
    assert [key for event, key in desk.came if event == "lost"] == [f"{each.key}-desk" for each in (first, second)]


async def test_a_channel_that_changes_goes_by_what_is_new(world, desk, other, deliverers):
    world.line()
    deliverers.follow(world.office.channels, world.office.reach)
    changed = replace(world.office.channels["desk"], notifier=Webhook(url=URL(f"https://{OTHER}/")))
    deliverers.follow({"desk": changed}, world.office.reach)
    world.order(Event.LOST, "H26")
    deliverers.wake()
    await until(lambda: other.events == ["lost"])
    assert desk.came == []


async def test_a_bug_in_between_ends_no_channel(world, desk, deliverers, monkeypatch):
    world.line()
    turns = []

    async def breaks(line):
        turns.append(line)
        if len(turns) == 1:
            raise RuntimeError

    monkeypatch.setattr(Line, "sweep", breaks)
    with capture_logs() as logs:
        deliverers.follow(world.office.channels, world.office.reach)
        await until(lambda: len(turns) == 1)
        await until(lambda: logs)
        deliverers.wake()
        await until(lambda: len(turns) == 2)
    assert logs[0]["event"] == "deliverer_bug"


async def test_a_full_line_that_waits_for_its_first_is_not_read_again_at_once(world, desk, monkeypatch):
    monkeypatch.setattr("monitor.delivery.MOST_AT_ONCE", 3)
    line, world.chance = world.line(), 1.0
    for event in (Event.LOST, Event.RESTORED, Event.LOST, Event.RESTORED):
        world.order(event, "H26")
    desk.status = 503
    due = await line.sweep()
    assert due > world.now
    assert await line.sweep() == due  # woken by something new


async def test_that_a_channel_is_dead_is_told_elsewhere_also_where_all_it_missed_is_over(world, other):
    line, beside = world.line(notifier=Odd(*[NotifyError("dead")] * 20)), world.line(host=OTHER)
    for _ in range(4):
        for event in (Event.LOST, Event.RESTORED):
            world.order(event, "H26")
            await line.sweep()
            world.now += DAY / 2
    await line.sweep()
    world.now += DAY
    await beside.sweep()
    assert "undelivered" in other.events
