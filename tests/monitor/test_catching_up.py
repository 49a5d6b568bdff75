"""What need not be told any more after an outage of a channel, and what is told instead."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from yarl import URL

from monitor.catching_up import merges, outdated
from monitor.channels import Channel
from monitor.incidents import Sharing
from monitor.model import Condition, Level
from monitor.notice import MOST_ENTRIES, MOST_GROUPS, Entry, Event, Group, Move, Notice, Severity, key_of
from monitor.notify.email import Notifier as Email
from monitor.notify.webhook import Notifier as Webhook
from monitor.store.ledger import Delivery

AT = datetime(2026, 6, 21, 15, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)
PEOPLE = Channel(
    name="mail",
    kind="email",
    notifier=Email(host="mail.example", sender="monitor@agency.example", to=("duty@ministry.example",)),
)
MACHINES = Channel(name="hook", kind="webhook", notifier=Webhook(url=URL("https://hook.example/")))
E = Event


def entry(code, **more):
    return Entry(agency=code, name=code, name_en=code, level=Level.PROVINCE, conditions=(Condition.CONNECTED,), **more)


def group(value):
    return Group(sharing=Sharing.PLATFORM, value=value, since=AT, down=9, of=10)


def stream(*said, tries=0, **more):
    """Deliveries of `(event, subjects...)`, an hour apart; a subject in lower case is an incident's."""
    deliveries = []
    for number, (event, *subjects) in enumerate(said, 1):
        at = AT + number * HOUR
        notice = Notice(
            key=key_of(event, at, tuple(subjects)),
            event=event,
            at=at,
            severity=Severity.WARNING,
            entries=tuple(entry(each) for each in subjects if each.isupper()),
            groups=tuple(group(each) for each in subjects if each.islower()),
            **more,
        )
        deliveries.append(Delivery(id=number, channel="mail", notice=notice, since=at, not_before=at, tries=tries))
    return deliveries


CASES = {
    "nothing waits": ([], []),
    "a loss that still holds goes as itself": ([(E.LOST, "H26")], []),
    "a loss that is over was never told": ([(E.LOST, "H26"), (E.RESTORED, "H26")], [1, 2]),
    "an end whose beginning was told goes as itself": ([(E.RESTORED, "H26")], []),
    "who is lost again is told to be": ([(E.LOST, "H26"), (E.RESTORED, "H26"), (E.LOST, "H26")], [1, 2]),
    "twice over is over": (
        [(E.LOST, "H26"), (E.RESTORED, "H26"), (E.LOST, "H26"), (E.RESTORED, "H26")],
        [1, 2, 3, 4],
    ),
    "of two that were lost one is back": ([(E.LOST, "H26", "H57"), (E.RESTORED, "H26")], [2], {1: ["H57"]}),
    "of two that were lost both are back, one after the other": (
        [(E.LOST, "H26", "H57"), (E.RESTORED, "H26"), (E.RESTORED, "H57")],
        [1, 2, 3],
    ),
    "an end that also ends what was told": ([(E.LOST, "H26"), (E.RESTORED, "H26", "H57")], [1], {2: ["H57"]}),
    "each agency by itself": (
        [(E.LOST, "H26", "H57"), (E.LOST, "H01"), (E.RESTORED, "H26", "H01")],
        [2, 3],
        {1: ["H57"]},
    ),
    "both in part": (
        [(E.LOST, "H26", "H57"), (E.RESTORED, "H26", "H01")],
        [],
        {1: ["H57"], 2: ["H01"]},
    ),
    "nobody is reminded of who is back": (
        [(E.STILL_LOST, "H26", "H57"), (E.RESTORED, "H26")],
        [],
        {1: ["H57"]},
    ),
    "of incidents, whose agencies are named together, both stand": (
        [(E.INCIDENT, "igate", "other"), (E.ENDED, "igate")],
        [],
    ),
    "other agencies' ends end nothing": ([(E.LOST, "H26"), (E.RESTORED, "H57")], []),
    "a reminder after its loss says nothing more": ([(E.LOST, "H26"), (E.STILL_LOST, "H26")], [2]),
    "of reminders the latest": ([(E.STILL_LOST, "H26"), (E.STILL_LOST, "H26"), (E.STILL_LOST, "H26")], [1, 2]),
    "no reminder once it is over": ([(E.STILL_LOST, "H26"), (E.RESTORED, "H26")], [1]),
    "reminders go with what is over": ([(E.LOST, "H26"), (E.STILL_LOST, "H26"), (E.RESTORED, "H26")], [1, 2, 3]),
    "a reminder of two that is newer for one only stands": (
        [(E.STILL_LOST, "H26", "H57"), (E.STILL_LOST, "H26")],
        [],
    ),
    "an incident that is over": ([(E.INCIDENT, "igate"), (E.STILL_DOWN, "igate"), (E.ENDED, "igate")], [1, 2, 3]),
    "another incident that is over": ([(E.INCIDENT, "igate"), (E.ENDED, "other")], []),
    "of scores the latest": ([(E.SCORE,), (E.SCORE,), (E.SCORE,)], [1, 2]),
    "of daily digests the latest": ([(E.DAILY, "H26"), (E.DAILY, "H26"), (E.WEEKLY, "H26")], [1]),
    "of weekly digests the latest": ([(E.WEEKLY,), (E.DAILY,), (E.WEEKLY,)], [1]),
    "blindness that is over": ([(E.BLIND,), (E.SIGHTED,)], [1, 2]),
    "blindness that holds": ([(E.SIGHTED,), (E.BLIND,)], []),
    "a certificate's earlier stage": ([(E.CERTIFICATE, "H26"), (E.CERTIFICATE, "H26")], [1]),
    "a certificate that was renewed": (
        [(E.CERTIFICATE, "H26"), (E.CERTIFICATE, "H26"), (E.CERTIFICATE_RENEWED, "H26")],
        [1, 2, 3],
    ),
    "a conflict that is over": ([(E.CONFLICT, "H26"), (E.CONFLICT_OVER, "H26")], [1, 2]),
    "who held still again": ([(E.UNSTABLE, "H26"), (E.STEADY, "H26")], [1, 2]),
    "a loss and a conflict are two things": ([(E.LOST, "H26"), (E.CONFLICT_OVER, "H26")], []),
    "silence, a first start and a test are told": ([(E.SILENT,), (E.SILENT,), (E.INITIAL,), (E.TEST,)], []),
    "what was caught up on waits alone": ([(E.CAUGHT_UP, "H26")], []),
    "it is caught up on anew": ([(E.CAUGHT_UP, "H26"), (E.LOST, "H57"), (E.RESTORED, "H57")], [1, 2, 3]),
}


@pytest.mark.parametrize(("said", "past", "rest"), [(*case, {})[:3] for case in CASES.values()], ids=CASES)
def test_what_is_outdated(said, past, rest):
    """Wholly, and in part: then what is left of it."""
    waiting = stream(*said)
    assert gone(waiting) == past
    assert left(waiting) == rest


def all_of(notice):
    return {entry.agency for entry in notice.entries}


def gone(waiting):
    return [id_ for merge in merges(waiting, PEOPLE, AT) for id_ in sorted(each.id for each in merge.merged)]


def left(waiting):
    """Of those that are told in part."""
    notices = {each.id: each.notice for each in waiting}
    retold = [each for merge in merges(waiting, PEOPLE, AT) for each in merge.retold.items()]
    return {id_: [entry.agency for entry in new.entries] for id_, new in retold if all_of(new) != all_of(notices[id_])}


@pytest.mark.parametrize(("level", "past"), [(Level.PROVINCE, [1, 2]), (Level.MINISTRY, [])])
def test_one_level_that_can_be_answered_again_says_nothing_of_another(level, past):
    blind, sighted = stream((E.BLIND,), (E.SIGHTED,))
    waiting = [
        replace(each, notice=replace(each.notice, levels=(of,)))
        for each, of in ((blind, Level.PROVINCE), (sighted, level))
    ]
    assert gone(waiting) == past


def test_an_escalation_is_no_mere_reminder():
    first, second = stream((E.LOST, "H26"), (E.STILL_LOST, "H26"))
    escalated = replace(second, notice=replace(second.notice, escalated=True))
    assert outdated([first, escalated]) == {}


def test_what_names_not_everybody_cannot_be_outdated():
    first, second = stream((E.LOST, "H26"), (E.RESTORED, "H26"))
    assert outdated([replace(first, notice=replace(first.notice, more=3)), second]) == {}


def test_reminders_alone_need_no_message_of_their_own():
    [merge] = merges(stream((E.LOST, "H26"), (E.STILL_LOST, "H26")), PEOPLE, AT)
    assert ([each.id for each in merge.merged], merge.notice) == ([2], None)


def test_one_message_says_what_was_missed():
    now = AT + 9 * HOUR
    waiting = stream(
        (E.LOST, "H26", "H57"), (E.RESTORED, "H26"), (E.INCIDENT, "igate"), (E.RESTORED, "H57"), (E.ENDED, "igate")
    )
    [merge] = merges([replace(each, tries=1) for each in waiting], PEOPLE, now)
    notice = merge.notice
    assert [each.id for each in merge.merged] == [1, 2, 3, 4, 5]
    assert notice.event is E.CAUGHT_UP
    assert notice.channel == "mail"
    assert [each.agency for each in notice.entries] == ["H26", "H57"]
    assert notice.groups == (group("igate"),)
    assert notice.events == ((E.LOST, 1), (E.RESTORED, 2), (E.INCIDENT, 1), (E.ENDED, 1))
    assert (notice.since, notice.until, merge.not_before) == (AT + HOUR, now, AT + HOUR)
    assert notice.told == ("mail",)


def test_what_still_holds_of_a_loss_is_told_with_the_score_that_holds_once_the_others_are_back():
    said = stream((E.LOST, "H18", "H19"), (E.SCORE, "G01"), (E.DAILY,), (E.RESTORED, "H18"), (E.LOST, "H41"))
    steps = ((28, 26), (26, 25), (28, 25), (25, 26), (26, 25))
    waiting = [
        replace(each, notice=replace(each.notice, moves=(move(*step),))) for each, step in zip(said, steps, strict=True)
    ]
    [merge] = merges(waiting, PEOPLE, AT + 9 * HOUR)
    assert merge.notice.moves == (move(28, 26),)
    assert [entry.agency for entry in merge.notice.entries] == ["H18"]
    assert merge.notice.events == ((E.RESTORED, 1),)
    assert {id_: new.moves for id_, new in merge.retold.items()} == {1: (move(26, 26),), 2: (move(26, 26),)}


def move(before, after):
    return Move(level=Level.PROVINCE, before=(before, 34), after=(after, 34))


def test_it_is_as_grave_as_the_gravest():
    first, second = stream((E.LOST, "H26"), (E.RESTORED, "H26"))
    grave = replace(first, notice=replace(first.notice, severity=Severity.CRITICAL))
    assert merges([grave, second], PEOPLE, AT)[0].notice.severity is Severity.CRITICAL


def test_after_a_quiet_night_nothing_was_amiss_with_the_channel():
    assert merges(stream((E.LOST, "H26"), (E.RESTORED, "H26")), PEOPLE, AT)[0].notice.channel == ""


def test_scores_are_told_from_before_the_first_to_after_the_last():
    first, second, third = stream((E.SCORE,), (E.SCORE,), (E.SCORE,))
    moved = [
        replace(each, notice=replace(each.notice, moves=(Move(level=Level.PROVINCE, before=before, after=after),)))
        for each, before, after in (
            (first, (62, 63), (61, 63)),
            (second, (61, 63), (60, 63)),
            (third, (60, 63), (62, 63)),
        )
    ]
    notice = merges(moved, PEOPLE, AT)[0].notice
    assert notice.moves == (Move(level=Level.PROVINCE, before=(62, 63), after=(60, 63)),)


def test_what_was_caught_up_on_before_is_in_the_new_message():
    [earlier] = merges(stream((E.LOST, "H26"), (E.RESTORED, "H26"), tries=1), PEOPLE, AT + 3 * HOUR)
    waiting = [
        Delivery(id=9, channel="mail", notice=earlier.notice, since=AT, not_before=AT),
        *(replace(each, id=each.id + 10) for each in stream((E.LOST, "H57"), (E.RESTORED, "H57"))),
    ]
    [merge] = merges(waiting, PEOPLE, AT + 9 * HOUR)
    assert merge.notice.events == ((E.LOST, 2), (E.RESTORED, 2))
    assert [each.agency for each in merge.notice.entries] == ["H26", "H57"]
    assert (merge.notice.channel, merge.notice.since) == ("mail", AT + HOUR)


def test_it_names_only_so_many():
    codes = [f"H{number:04}" for number in range(150)]
    more = [f"T{number:04}" for number in range(150)]
    waiting = stream((E.LOST, *codes), (E.RESTORED, *codes), (E.LOST, *more), (E.RESTORED, *more))
    notice = merges(waiting, PEOPLE, AT)[0].notice
    assert (len(notice.entries), notice.more) == (MOST_ENTRIES, 100)


def incidents(*names):
    return (E.INCIDENT, *names), (E.ENDED, *names)


def test_it_names_only_so_many_incidents_and_counts_the_rest_when_it_is_made_anew_too():
    many = [f"p{number:03}" for number in range(57)]
    [first] = merges(stream(*incidents(*many), tries=1), PEOPLE, AT + 3 * HOUR)
    assert (len(first.notice.groups), first.notice.more_groups) == (MOST_GROUPS, 37)

    earlier = Delivery(id=9, channel="mail", notice=first.notice, since=AT, not_before=AT)
    waiting = [earlier, *(replace(each, id=each.id + 10) for each in stream(*incidents("other")))]
    [again] = merges(waiting, PEOPLE, AT + 9 * HOUR)
    assert (len(again.notice.groups), again.notice.more_groups) == (MOST_GROUPS, 38)


def test_of_what_another_channel_did_not_take_too_only_so_many_incidents_are_named():
    waiting = stream(*[(E.UNDELIVERED, f"p{number:03}") for number in range(MOST_GROUPS + 5)], channel="sms")
    [merge] = merges(waiting, PEOPLE, AT)
    assert (len(merge.notice.groups), merge.notice.more_groups) == (MOST_GROUPS, 5)


def test_machines_are_told_each_thing():
    assert merges(stream((E.LOST, "H26"), (E.RESTORED, "H26")), MACHINES, AT) == ()


@pytest.mark.parametrize("channel", [PEOPLE, MACHINES])
def test_what_another_channel_did_not_take_is_one_notice(channel):
    waiting = stream((E.UNDELIVERED, "H26"), (E.UNDELIVERED, "H57"), channel="sms", events=((E.LOST, 1),))
    other = stream((E.UNDELIVERED, "H01"), channel="chat", events=((E.LOST, 1),))
    [merge] = merges([*waiting, replace(other[0], id=7)], channel, AT)
    assert [each.id for each in merge.merged] == [1, 2]
    assert (merge.notice.event, merge.notice.channel) == (E.UNDELIVERED, "sms")
    assert merge.notice.events == ((E.LOST, 2),)
    assert [each.agency for each in merge.notice.entries] == ["H26", "H57"]


def test_its_times_are_those_of_the_outage_where_that_is_known():
    waiting, now, down = stream((E.LOST, "H26"), (E.RESTORED, "H26"), tries=1), AT + 9 * HOUR, AT - HOUR
    [known], [unknown] = merges(waiting, PEOPLE, now, down), merges(waiting, PEOPLE, now)
    assert (known.notice.since, known.notice.outage) == (down, True)
    assert (unknown.notice.since, unknown.notice.outage) == (AT + HOUR, False)

    earlier = Delivery(id=9, channel="mail", notice=known.notice, since=AT, not_before=AT)
    waiting = [earlier, *(replace(each, id=each.id + 10) for each in stream((E.LOST, "H57"), (E.RESTORED, "H57")))]
    [again] = merges(waiting, PEOPLE, now)  # after a restart
    assert (again.notice.since, again.notice.outage) == (down, True)


def test_what_waited_behind_what_a_channel_did_not_take_was_not_kept_back_for_the_night():
    waiting = stream((E.RESTORED, "H01"), (E.LOST, "H26"), (E.RESTORED, "H26"))
    [merge] = merges([replace(waiting[0], tries=3), *waiting[1:]], PEOPLE, AT)
    assert merge.notice.channel == "mail"


def test_what_a_channel_did_not_take_names_each_agency_once_with_what_holds_in_the_end():
    first, second = stream((E.UNDELIVERED, "H18", "H19"), (E.UNDELIVERED, "H18"), channel="sms", told=("mail", "hook"))
    back = replace(second, notice=replace(second.notice, entries=(entry("H18", until=AT),)))
    [merge] = merges([first, back], PEOPLE, AT)
    assert [(each.agency, each.until) for each in merge.notice.entries] == [("H18", AT), ("H19", None)]
    assert merge.notice.told == ("mail", "hook")


# Whatever waits.

_FAMILIES = (
    (E.LOST, E.STILL_LOST, E.RESTORED),
    (E.UNSTABLE, E.UNSTABLE, E.STEADY),
    (E.CERTIFICATE, E.CERTIFICATE, E.CERTIFICATE_RENEWED),
)


@st.composite
def histories(draw):
    """What may wait: of each agency troubles one after the other, several agencies in one notice."""
    family = draw(st.sampled_from(_FAMILIES))
    agencies = draw(st.lists(st.sampled_from(("H26", "H57", "H01")), unique=True, min_size=1))
    open_now = {code: draw(st.booleans()) for code in agencies}  # the trouble of some was told before
    said = []
    for _ in range(draw(st.integers(0, 8))):
        event = draw(st.sampled_from(family))
        fitting = [code for code, is_open in open_now.items() if is_open is not (event is family[0])]
        if not fitting:
            continue
        codes = draw(st.lists(st.sampled_from(fitting), unique=True, min_size=1))
        open_now |= dict.fromkeys(codes, event is not family[2])
        said.append((event, *codes))
    return family, stream(*said)


@given(histories())
def test_who_is_told_of_a_beginning_is_told_of_its_end_and_what_holds_is_told(history):
    (begin, _, end), waiting = history
    past = outdated(waiting)
    for code in ("H26", "H57", "H01"):
        about = [each for each in waiting if any(entry.agency == code for entry in each.notice.entries)]
        told = None  # whether the trouble that goes on was told as itself
        for each in about:
            if each.notice.event is begin:
                told = code not in past.get(each.id, ())
            elif each.notice.event is end:
                assert told in (None, code not in past.get(each.id, ()))
                assert told is not True or begin is not E.LOST, "it was over before it was told"
                told = None
        after_end = [each for each in about if not any(o.id > each.id and o.notice.event is end for o in about)]
        still = [each for each in after_end if each.notice.event is not end]
        assert not still or any(code not in past.get(each.id, ()) for each in still)


@given(histories())
def test_what_is_told_in_part_is_told_by_its_key_of_those_it_still_holds_for(history):
    waiting = history[1]
    past = outdated(waiting)
    for merge in merges(waiting, PEOPLE, AT):
        for id_, new in merge.retold.items():
            old = waiting[id_ - 1].notice
            assert (new.key, new.event, new.at) == (old.key, old.event, old.at)
            assert all_of(new) == all_of(old) - past.get(id_, frozenset())
