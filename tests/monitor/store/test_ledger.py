"""What every ledger does, in whichever database."""

import sqlite3
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from monitor.incidents import Cause, Incident, Loss, Sharing
from monitor.model import Agency, Answer, Change, Level, Standing, State, Verdict
from monitor.notice import Entry, Event, Notice, Severity
from monitor.store.ledger import Ack, Act, Batch, Fate, LedgerError, Ordered, Recalled, Verdicts, Window
from monitor.store.opening import open_ledger
from monitor.store.place import Place
from monitor.stories import Kind, Memory, Story, Subject
from probes import Reason, Status

FIRST = Path(__file__).with_name("first.sql")  # a ledger as the first version wrote it: never edited
AT = datetime(2026, 3, 1, 17, 0, 0, 123456, tzinfo=UTC)
HANOI = Agency(code="H26", name="Hà Nội", name_en="Hanoi", level=Level.PROVINCE, counted=True)


def minutes(number):
    return AT + timedelta(minutes=number)


def notice(key="k1", **more):
    entry = Entry(agency="H26", name="Hà Nội", name_en="Hanoi", level=Level.PROVINCE, since=AT, detail="lỗi 502")
    return Notice(
        **{"key": key, "event": Event.LOST, "at": AT, "severity": Severity.WARNING, "entries": (entry,)} | more
    )


def ordered(key="k1", *channels, at=AT):
    return Ordered(notice=notice(key), channels=dict.fromkeys(channels or ("mail",), at))


def state(status=Status.FAILED, reason=Reason.HTTP_5XX, detail="502"):
    return State(status=status, since=AT, reason=reason, detail=detail, recent=(status, status))


def standing(answer=Answer.NO):
    verdict = Verdict(answer=answer, since=AT, because=("portal",), reasons=("http_5xx",), detail="502")
    return Standing(agency=HANOI, merged=verdict, connected=verdict, integrated=verdict)


def verdicts(held):
    return Verdicts(merged=held.merged, connected=held.connected, integrated=held.integrated)


def change(number=0):
    return Change(
        agency=HANOI,
        what="portal",
        before="ok",
        after="failed",
        at=minutes(number),
        since=minutes(number - 5),
        reason="http_5xx",
        detail="502",
    )


def act(what="unack", about="H26", at=AT):
    return Act(at=at, who="lan", what=what, about=about, reason="đã gọi")


REMEMBERED = Memory(
    lost={("H26", "merged"): Loss(AT, AT)},
    stories={
        Subject(kind=Kind.LOSS, value="H26"): Story(
            since=AT, severity=Severity.WARNING, told=("k1",), on=frozenset("a")
        ),
        Subject(kind=Kind.INCIDENT, value="issuer C=VN, O=A B"): Story(since=AT, severity=Severity.CRITICAL),
        Subject(kind=Kind.BLIND): Story(since=AT, severity=Severity.CRITICAL, turns=(AT,)),
    },
    incidents=(
        Incident(cause=Cause(sharing=Sharing.ISSUER, value="C=VN, O=A B"), since=AT, down=frozenset({"H26"}), of=4),
        Incident(cause=Cause(sharing=Sharing.MONITOR), since=minutes(1), down=frozenset(), of=84),
    ),
    scores={Level.PROVINCE: (62, 63), Level.MINISTRY: (10, 21)},
    counted={"H26": Level.PROVINCE, "G18": Level.MINISTRY},
    began=True,
    daily=AT,
)


def test_a_new_ledger_recalls_nothing(ledger):
    assert ledger.recall() == Recalled()
    assert (ledger.standings(), ledger.alive(), ledger.memory()) == ({}, None, Memory())
    assert (ledger.pending(), ledger.acks(), ledger.windows(), ledger.acts()) == ([], [], [], [])


def test_what_was_written_is_recalled_by_the_next_program(opened):
    batch = Batch(
        at=AT,
        states={("H26", "portal"): state()},
        standings={"H26": standing()},
        changes=[change()],
        memory=REMEMBERED,
        checks={"portal": "http connected"},
    )
    first = opened()
    first.write(batch)
    first.close()

    assert opened().recall() == Recalled(
        at=AT,
        states={("H26", "portal"): state()},
        standings={"H26": verdicts(standing())},
        memory=REMEMBERED,
        checks={"portal": "http connected"},
    )


def test_what_was_written_anew_takes_the_place_of_what_was_there_and_none_forgets(ledger):
    ledger.write(Batch(at=AT, states={("H26", "a"): state(), ("H26", "b"): state()}, standings={"H26": standing()}))
    right = state(Status.OK, Reason.OK, "")
    ledger.write(Batch(at=minutes(1), states={("H26", "a"): right, ("H26", "b"): None}, standings={"H26": None}))

    assert ledger.recall() == Recalled(at=minutes(1), states={("H26", "a"): right})


def test_of_what_alerting_remembers_the_difference_is_written_and_nothing_else(ledger):
    loss, after = next(iter(REMEMBERED.stories)), Memory(began=True)
    ledger.write(Batch(at=AT, memory=REMEMBERED))
    fewer = replace(REMEMBERED, stories={loss: REMEMBERED.stories[loss]}, incidents=(), daily=None, lost={})
    ledger.write(Batch(at=AT, before=REMEMBERED, memory=fewer))

    assert ledger.recall().memory == fewer
    # Had all of it been written, this would be gone.
    ledger.write(Batch(at=AT, before=after, memory=replace(after, daily=AT)))
    assert ledger.recall().memory.stories == fewer.stories


def test_a_batch_without_news_is_a_sign_of_life(ledger):
    ledger.write(Batch(at=AT, before=REMEMBERED, memory=REMEMBERED))

    assert ledger.recall() == Recalled(at=AT)


# -- deliveries


def test_deliveries_come_in_the_order_in_which_they_were_written_and_by_channel(ledger):
    ledger.write(Batch(at=AT, orders=[ordered("k2", "mail", "hook"), ordered("k1", "mail")]))
    ledger.write(Batch(at=minutes(1), orders=[ordered("k3", "mail")]))

    assert [each.notice.key for each in ledger.pending("mail")] == ["k2", "k1", "k3"]
    assert [each.notice.key for each in ledger.pending("hook")] == ["k2"]
    assert [(each.channel, each.notice.key) for each in ledger.pending(limit=2)] == [("mail", "k2"), ("hook", "k2")]
    assert ledger.pending("nobody") == []


def test_a_delivery_holds_the_notice_as_it_was_decided(ledger):
    ledger.write(Batch(at=AT, orders=[ordered("k1", at=minutes(5))]))
    (pending,) = ledger.pending()

    assert pending.notice == notice("k1")
    assert (pending.since, pending.not_before) == (AT, minutes(5))
    assert (pending.tries, pending.fate, pending.problem, pending.settled) == (0, Fate.PENDING, "", None)


def test_the_same_order_written_twice_is_one(ledger):
    ledger.write(Batch(at=AT, orders=[ordered("k1", "mail")]))
    ledger.write(Batch(at=minutes(1), orders=[ordered("k1", "mail", "hook")]))
    ledger.order([ordered("k1", "mail")], minutes(2))
    (first, second) = ledger.pending()
    ledger.settle([first.id], Fate.DELIVERED, minutes(3))
    ledger.order([ordered("k1", "mail")], minutes(4))

    assert [(each.channel, each.since) for each in (first, second)] == [("mail", AT), ("hook", minutes(1))]
    assert [each.channel for each in ledger.pending()] == ["hook"]


def test_one_channel_may_be_told_less_of_a_notice_and_the_others_are_not(ledger):
    ledger.order([ordered("k1", "mail", "hook"), ordered("k2")], AT)
    mail, _, other = ledger.pending()
    ledger.settle([other.id], Fate.MERGED, AT, retold={mail.id: notice("k1", entries=())})
    assert {each.channel: each.notice for each in ledger.pending()} == {
        "mail": notice("k1", entries=()),
        "hook": notice("k1"),
    }


def test_what_is_settled_is_pending_no_more_and_is_settled_once(ledger):
    ledger.order([ordered("k1"), ordered("k2")], AT)
    first, second = ledger.pending()
    ledger.settle([first.id], Fate.REFUSED, minutes(1), "no such mailbox")
    ledger.settle([first.id, second.id], Fate.EXPIRED, minutes(2))
    ledger.again(first.id, minutes(3), "late")

    assert ledger.pending() == []


def test_a_try_that_failed_is_counted_and_kept_for_later(ledger):
    ledger.order([ordered("k1")], AT)
    (only,) = ledger.pending()
    ledger.again(only.id, minutes(1), "refused")
    ledger.again(only.id, minutes(3), "timed out")

    assert ledger.pending() == [replace(only, tries=2, not_before=minutes(3), problem="timed out")]


def test_what_waits_for_a_former_name_waits_for_the_new_one_and_nothing_else_does(ledger):
    ledger.order([ordered("k1"), ordered("k2", "mail", "post"), ordered("k3", "hook"), ordered("k4")], AT)
    first, *_ = ledger.pending("mail")
    ledger.settle([first.id], Fate.DELIVERED, minutes(1))
    last = ledger.pending("mail")[-1]
    ledger.again(last.id, minutes(3), "refused")
    ledger.rename("mail", "post", minutes(2))
    ledger.rename("mail", "post", minutes(2))

    waiting = ledger.pending()
    assert [(each.channel, each.notice.key) for each in waiting] == [("post", "k2"), ("hook", "k3"), ("post", "k4")]
    assert waiting[-1] == replace(last, channel="post", tries=1, not_before=minutes(3), problem="refused")
    assert {each.notice.key: each.fate for each in ledger.latest("mail")} == {"k1": Fate.DELIVERED, "k2": Fate.MERGED}


def test_thousands_are_settled_at_once(ledger):
    ledger.order([ordered(f"k{number}") for number in range(1500)], AT)
    everything = [each.id for each in ledger.pending(limit=5000)]
    ledger.settle(everything, Fate.MERGED, AT)

    assert (len(everything), ledger.pending()) == (1500, [])


# -- what people do


def test_an_ack_is_kept_with_who_and_why_and_stands_in_the_audit_log(ledger):
    ack = Ack(agency="H26", by="lan", reason="đang xử lý", at=AT)
    ledger.ack(ack)
    ledger.ack(replace(ack, by="minh", at=minutes(1)))

    assert ledger.acks() == [replace(ack, by="minh", at=minutes(1))]
    assert ledger.acts() == [
        Act(at=minutes(1), who="minh", what="ack", about="H26", reason="đang xử lý"),
        Act(at=AT, who="lan", what="ack", about="H26", reason="đang xử lý"),
    ]


def test_an_ack_is_taken_back_by_a_person_or_by_recovery(ledger):
    for code in ("H26", "H57"):
        ledger.ack(Ack(agency=code, by="lan", reason="x", at=AT))
    ledger.unack(["H26"], act())
    ledger.unack(["H57", "H99"])

    assert ledger.acks() == []
    assert [each.what for each in ledger.acts()] == ["unack", "ack", "ack"]


def test_taking_back_what_is_not_there_is_not_in_the_audit_log(ledger):
    ledger.unack(["H26"], act())
    ledger.unack([], act())
    ledger.close_window("w1", act("maintenance_end", "w1"))

    assert ledger.acts() == []


def test_a_window_is_kept_till_somebody_ends_it(ledger):
    window = Window(
        id="w1",
        begin=datetime(2026, 3, 1, 22, 0),  # noqa: DTZ001 - local time
        lasts=timedelta(hours=2, microseconds=1),
        zone="Europe/Paris",
        every="weekly",
        agencies=frozenset({"H26", "H57"}),
        reason="nâng cấp",
    )
    ledger.open_window(window, act("maintenance_add", "w1"))

    assert ledger.windows() == [window]
    ledger.close_window("w1", act("maintenance_end", "w1"))
    assert ledger.windows() == []
    assert [each.what for each in ledger.acts()] == ["maintenance_end", "maintenance_add"]


def test_the_latest_acts_come_first_and_no_more_than_asked_for(ledger):
    for number in range(5):
        ledger.ack(Ack(agency=f"H{number}", by="lan", reason="x", at=AT))

    assert [each.about for each in ledger.acts(limit=2)] == ["H4", "H3"]


# -- keeping it small


def test_what_is_old_and_settled_is_forgotten_in_portions_and_nothing_else(ledger):
    ledger.write(Batch(at=AT, orders=[ordered(f"k{number}") for number in range(5)], changes=[change()] * 3))
    ledger.ack(Ack(agency="H26", by="lan", reason="x", at=AT))
    first, second, *_ = ledger.pending()
    ledger.settle([first.id], Fate.DELIVERED, minutes(10))
    ledger.settle([second.id], Fate.DELIVERED, minutes(20))

    portions = [ledger.prune(minutes(15), portion=2) for _ in range(4)]
    # A delivery with its notice, three changes, an act.
    assert portions == [5, 1, 0, 0]
    assert [each.notice.key for each in ledger.pending()] == ["k2", "k3", "k4"]
    assert ledger.acks()
    assert ledger.prune(minutes(25)) == 2


# -- whatever is in it


def test_what_no_database_can_hold_is_written_as_near_as_can_be(ledger):
    hostile = "\ud800 and \0 \n\u0303 Hà Nội"  # half a character, NUL, a tilde after an escape, letters taken apart
    lost = replace(change(), detail=hostile, reason=hostile)
    ledger.write(
        Batch(
            at=AT,
            states={("H26", "portal"): state(detail=hostile)},
            changes=[lost],
            orders=[Ordered(notice=notice(problem=hostile), channels={"mail": AT})],
        )
    )
    ledger.ack(Ack(agency="H26", by=hostile, reason="Hà Nội", at=AT))

    assert ledger.recall().states["H26", "portal"].detail == "\ufffd and \0 \n\u0303 Hà Nội"
    assert ledger.pending()[0].notice.problem == "\ufffd and \0 \n\u0303 Hà Nội"
    assert ledger.acks()[0].reason == "Hà Nội"
    assert ledger.acks()[0].by == "\ufffd and \ufffd \n\u0303 Hà Nội"


def test_what_cannot_be_read_any_more_is_said_with_where_it_is(ledger):
    ledger.write(Batch(at=AT, states={("H26", "portal"): state()}))
    with ledger._writing.begin() as db:
        db.exec_driver_sql("UPDATE states SET document = '{\"v\": 2}'")

    with pytest.raises(LedgerError, match=r"the state of H26, portal cannot be read as State: v: "):
        ledger.recall()


# -- several at once


def test_threads_write_and_read_at_the_same_time(ledger):
    def work(number):
        ledger.order([ordered(f"k{number}")], AT)
        ledger.ack(Ack(agency=f"H{number}", by="lan", reason="x", at=AT))
        return len(ledger.pending())

    with ThreadPoolExecutor(8) as pool:
        assert min(pool.map(work, range(40))) >= 1
    assert (len(ledger.pending()), len(ledger.acks())) == (40, 40)


def test_of_two_that_judge_the_second_is_refused_while_others_may_read_and_write(opened):
    first = opened(serving=True)
    with pytest.raises(LedgerError, match=r"in use by another npsp-monitor.*`store` in monitor.yaml"):
        opened(serving=True)
    opened().ack(Ack(agency="H26", by="lan", reason="x", at=AT))
    first.write(Batch(at=AT))

    assert first.acks()
    first.close()
    opened(serving=True).write(Batch(at=minutes(1)))


def test_two_that_open_a_new_ledger_at_once_both_get_it(opened):
    with ThreadPoolExecutor(4) as pool:
        ledgers = list(pool.map(lambda _: opened(), range(4)))
    ledgers[0].write(Batch(at=AT))

    assert [each.recall().at for each in ledgers] == [AT] * 4


# -- what an earlier version wrote


def test_a_ledger_of_the_first_version_is_read_and_brought_up_to_date(tmp_path):
    file = tmp_path / "monitor.db"
    with closing(sqlite3.connect(file)) as connection:
        connection.executescript(FIRST.read_text(encoding="utf-8"))
    ledger = open_ledger(Place(file=file))

    assert ledger.recall() == Recalled(
        at=AT,
        states={("H26", "portal"): state()},
        standings={"H26": verdicts(standing())},
        memory=replace(REMEMBERED, counted={}),  # that was not remembered then
        checks={"portal": "http connected"},
    )
    assert [each.notice for each in ledger.pending()] == [notice("k1")]
    assert ledger.acks() == [Ack(agency="H26", by="lan", reason="đang xử lý", at=AT)]
    assert ledger.acts() == [Act(at=AT, who="lan", what="ack", about="H26", reason="đang xử lý")]
    ledger.close()


def test_what_waits_for_the_morning_does_not_hide_what_may_go_now(ledger):
    held = [ordered(f"night{number}", at=minutes(600)) for number in range(3)]
    ledger.write(Batch(at=AT, orders=[*held, ordered("critical", at=minutes(1))]))

    assert [each.notice.key for each in ledger.pending("mail", limit=2)] == ["night0", "critical"]
    assert [each.notice.key for each in ledger.pending("mail")] == ["night0", "night1", "night2", "critical"]


def test_a_channel_is_awaited_as_long_as_something_is_pending_for_it(ledger):
    ledger.write(Batch(at=AT, orders=[ordered("k1", "mail", "gone")]))
    assert ledger.awaited() == {"mail", "gone"}
    ledger.settle([each.id for each in ledger.pending("gone")], Fate.EXPIRED, AT)
    assert ledger.awaited() == {"mail"}
