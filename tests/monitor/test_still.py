"""What is open on a channel, said as notices would say it now."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from monitor.alerts.lost import mark
from monitor.incidents import Cause, Incident, Loss, Sharing
from monitor.model import Condition, Level
from monitor.notice import Entry, Event, Move, Severity
from monitor.still import Known, open_on
from monitor.stories import Kind, Memory, Story, Subject

AT = datetime(2026, 6, 1, 2, tzinfo=UTC)
AGO = AT - timedelta(hours=3)


def story(*, on=("duty",), severity=Severity.CRITICAL):
    return Story(since=AGO, severity=severity, told_at=AGO if on else None, on=frozenset(on))


def entry(code):
    return Entry(agency=code, name=code, name_en=code, level=Level.PROVINCE, because=("portal",), since=AT)


KNOWN = Known(agencies={code: entry(code) for code in ("H26", "H57")}, synthetic="june-2023")


def memory(stories, **more):
    return Memory(stories={Subject(kind=kind, value=value): each for (kind, value), each in stories.items()}, **more)


def test_a_loss_is_told_with_what_is_lost_now_and_since_when_the_trouble_began():
    held = memory(
        {(Kind.LOSS, "H26"): story()},
        lost={("H26", Condition.MERGED): Loss(AT, AT), ("H57", Condition.CONNECTED): Loss(AT, AT)},
    )

    (notice,) = open_on("duty", held, KNOWN, AT)
    (one,) = notice.entries

    assert (notice.event, notice.severity, notice.synthetic) == (Event.STILL_LOST, Severity.CRITICAL, "june-2023")
    assert (one.agency, one.conditions, one.since, one.because) == ("H26", (Condition.MERGED,), AGO, ("portal",))


@pytest.mark.parametrize("on", [(), ("another",)])
def test_what_this_channel_was_not_told_is_not_told_again(on):
    assert open_on("duty", memory({(Kind.LOSS, "H26"): story(on=on)}), KNOWN, AT) == ()


def test_who_is_back_and_not_told_to_be_is_told_by_what_was_lost():
    """Else it would be another alert, which nothing ends."""
    held = memory({(Kind.LOSS, "H26"): replace(story(), over_since=AT, stage=mark([Condition.CONNECTED]))})

    (notice,) = open_on("duty", held, KNOWN, AT)

    assert notice.entries[0].conditions == (Condition.CONNECTED,)


def test_what_is_remembered_of_figures_and_of_telling_is_no_trouble():
    held = memory({(Kind.SCORE, "province"): story(), (Kind.TOLD, "lost"): story()})

    assert open_on("duty", held, KNOWN, AT) == ()


@pytest.mark.parametrize("kind", Kind)
def test_no_kind_of_story_breaks_the_telling_again(kind):
    held = memory(
        {(kind, value): story() for value in ("", "H26", "H26 merged", "national NPSP") if kind is not Kind.CONFLICT}
    )

    assert all(notice.event in Event for notice in open_on("duty", held, KNOWN, AT))


def test_who_has_left_the_roster_is_left_out():
    held = memory({(Kind.LOSS, "H26"): story(), (Kind.LOSS, "H99"): story(), (Kind.CONFLICT, "H99 merged"): story()})

    assert [[one.agency for one in notice.entries] for notice in open_on("duty", held, KNOWN, AT)] == [["H26"]]


def test_each_severity_has_its_own_notice_and_none_is_cut_short():
    agencies = {f"S{n}": entry(f"S{n}") for n in range(500)}
    held = memory(
        {(Kind.LOSS, code): story() for code in agencies} | {(Kind.LOSS, "H26"): story(severity=Severity.WARNING)}
    )

    found = open_on("duty", held, Known(agencies=agencies | dict(KNOWN.agencies)), AT)

    assert sorted((notice.severity, len(notice.entries), notice.more) for notice in found) == [
        ("critical", 500, 0),
        ("warning", 1, 0),
    ]


def test_a_certificate_is_told_with_its_end_and_a_loss_without():
    known = replace(KNOWN, certificates={"H26": AT, "H57": AT})
    held = memory(
        {(Kind.CERTIFICATE, "H57"): story(), (Kind.LOSS, "H26"): story()},
        lost={("H26", Condition.MERGED): Loss(AT, AT)},
    )

    ends = {one.agency: one.expires for notice in open_on("duty", held, known, AT) for one in notice.entries}

    assert ends == {"H57": AT, "H26": None}


def test_blindness_is_told_with_its_levels_and_how_much_is_unknown_of_them_now():
    moves = tuple(
        Move(level=level, before=(1, of), after=(1, of), unknown=unknown)
        for level, of, unknown in ((Level.PROVINCE, 10, 4), (Level.MINISTRY, 20, 18))
    )
    held = memory({(Kind.BLIND, "province"): story(), (Kind.LOSS, "H26"): story()})

    found = {notice.event: notice for notice in open_on("duty", held, replace(KNOWN, moves=moves), AT)}

    assert (found[Event.BLIND].levels, found[Event.BLIND].share) == ((Level.PROVINCE,), 0.4)
    assert found[Event.BLIND].moves == moves
    assert (found[Event.STILL_LOST].levels, found[Event.STILL_LOST].share) == ((), None)


def test_a_conflict_a_certificate_and_blindness_are_told_as_such():
    held = memory(
        {(Kind.CONFLICT, "H26 merged"): story(), (Kind.CERTIFICATE, "H57"): story(), (Kind.BLIND, ""): story()}
    )

    found = {notice.event: notice for notice in open_on("duty", held, KNOWN, AT)}

    assert found[Event.CONFLICT].entries[0].conditions == (Condition.MERGED,)
    assert found[Event.CERTIFICATE].entries[0].agency == "H57"
    assert (found[Event.BLIND].entries, found[Event.BLIND].since) == ((), AGO)


@pytest.mark.parametrize(
    ("cause", "value"),
    [
        (Cause(sharing=Sharing.MONITOR), "monitor"),
        (Cause(sharing=Sharing.MONITOR), "monitor "),
        (Cause(sharing=Sharing.NETWORK, value="203.0.113.0/24"), "network 203.0.113.0/24"),
    ],
)
def test_an_incident_is_told_with_how_many_are_down_now(cause, value):
    incident = Incident(cause=cause, since=AT, down=frozenset({"H26", "H57"}), of=5)

    (notice,) = open_on("duty", memory({(Kind.INCIDENT, value): story()}, incidents=(incident,)), KNOWN, AT)
    (group,) = notice.groups

    assert (notice.event, group.sharing, group.value) == (Event.STILL_DOWN, cause.sharing, cause.value)
    assert (group.down, group.of, group.since) == (2, 5, AGO)


def test_an_incident_that_is_no_more_is_not_told_again():
    assert open_on("duty", memory({(Kind.INCIDENT, "platform igate"): story()}), KNOWN, AT) == ()


def test_what_can_only_not_be_seen_is_told_so_again():
    known = replace(KNOWN, agencies={"H26": replace(entry("H26"), unknown=tuple(Condition))})
    held = memory({(Kind.LOSS, "H26"): story()}, lost={("H26", Condition.MERGED): Loss(AT, AT)})

    ((one,),) = (notice.entries for notice in open_on("duty", held, known, AT))

    assert (one.conditions, one.unknown) == ((Condition.MERGED,), (Condition.MERGED,))


def test_who_is_seen_again_and_not_told_to_be_is_not_said_to_have_been_lost():
    of = [Condition.CONNECTED]
    held = memory({(Kind.LOSS, "H26"): replace(story(), over_since=AT, stage=mark(of, of))})

    ((one,),) = (notice.entries for notice in open_on("duty", held, KNOWN, AT))

    assert (one.conditions, one.unknown) == ((Condition.CONNECTED,), (Condition.CONNECTED,))


def test_who_comes_and_goes_is_told_so_again_and_not_as_lost():
    unstable = replace(story(), unstable=True, turns=(AGO, AGO, AT), stage=mark([Condition.CONNECTED]))

    (notice,) = open_on("duty", memory({(Kind.LOSS, "H26"): unstable}), KNOWN, AT)

    assert (notice.event, notice.entries[0].times) == (Event.UNSTABLE, 3)


def test_an_incident_is_told_again_with_whom_it_took_along_and_a_national_system_with_nobody():
    shared = Incident(cause=Cause(sharing=Sharing.PLATFORM, value="igate"), since=AGO, down=frozenset({"H26"}), of=9)
    system = Incident(cause=Cause(sharing=Sharing.NATIONAL, value="NPSP"), since=AGO, down=frozenset({"H57"}), of=9)
    held = memory(
        {(Kind.INCIDENT, "platform igate"): story(), (Kind.INCIDENT, "national NPSP"): story()},
        lost={(code, Condition.CONNECTED): Loss(AT, AT) for code in ("H26", "H57")},
        incidents=(shared, system),
    )

    (notice,) = open_on("duty", held, KNOWN, AT)

    assert {group.value: group.agencies for group in notice.groups} == {"igate": ("H26",), "NPSP": ()}
    assert [(one.agency, one.conditions, one.since) for one in notice.entries] == [("H26", (Condition.CONNECTED,), AT)]
