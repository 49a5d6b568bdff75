"""What a phone shows of a notice: who, what, and the score, honestly and in 78 characters."""

from dataclasses import replace

import pytest

from monitor.incidents import Sharing
from monitor.model import Condition, Level
from monitor.notice import Event, Move
from monitor.saying.message import message
from monitor.saying.samples import samples
from monitor.words import Language

SCORED = (
    *(Event.LOST, Event.STILL_LOST, Event.RESTORED, Event.UNSTABLE, Event.STEADY),
    *(Event.INCIDENT, Event.STILL_DOWN, Event.ENDED),
)


def subject(notice, language=Language.VI):
    return message(replace(notice, synthetic=None), "email", language, None).subject


def province(before, after, *, of=63, then=None):
    return (Move(level=Level.PROVINCE, before=(before, then or of), after=(after, of)),)


def of(event, *moves, entries=None, more=0):
    notice = samples()[event]
    return replace(notice, moves=tuple(moves), entries=notice.entries if entries is None else entries, more=more)


@pytest.mark.parametrize(
    ("event", "moves", "tail"),
    [
        (Event.LOST, province(62, 61), " · 62/63 → 61/63"),
        (Event.LOST, province(62, 59), " · còn 59/63"),
        (Event.LOST, province(62, 62), " · 62/63"),
        (Event.LOST, province(61, 62), " · nay 62/63"),
        (Event.RESTORED, province(61, 62), " · 61/63 → 62/63"),
        (Event.RESTORED, province(58, 62), " · nay 62/63"),
        (Event.RESTORED, province(62, 61), " · còn 61/63"),
        (Event.LOST, province(62, 33, of=34, then=63), " · còn 33/34"),
    ],
)
def test_the_arrow_is_for_whoever_is_named_alone(event, moves, tail):
    said = subject(of(event, *moves))

    assert said.endswith(tail)
    assert ("→" in said) is ("→" in tail)


def test_a_level_that_nobody_named_is_of_shows_only_what_it_is_now():
    ministries = Move(level=Level.MINISTRY, before=(10, 21), after=(9, 21))

    assert subject(of(Event.LOST, *province(62, 61), ministries)).endswith(" · 62/63 → 61/63, còn 9/21")


def test_more_than_can_be_named_may_have_moved_it():
    assert subject(of(Event.LOST, *province(62, 3), more=58)).endswith(" · 62/63 → 3/63")
    assert subject(of(Event.LOST, *province(62, 2), more=58)).endswith(" · còn 2/63")


def burning(event, *, groups=1, synthetic="june-2023", escalated=False, conditions=tuple(Condition)):
    """Everybody is in it, and both levels moved."""
    notice = samples()[event]
    several = replace(samples()[Event.INCIDENT].groups[0], sharing=Sharing.ISSUER, value="Example CA", down=84, of=84)
    entries = tuple(
        replace(samples()[Event.LOST].entries[0], agency=f"H{number}", conditions=conditions[: 1 + number % 2])
        for number in range(60)
    )
    moves = (
        *province(62, 2),
        Move(level=Level.MINISTRY, before=(21, 21), after=(0, 21)),
    )
    told = (several,) * groups if notice.groups else ()
    return replace(notice, entries=entries, groups=told, more=24, moves=moves, synthetic=synthetic, escalated=escalated)


@pytest.mark.parametrize("language", Language)
@pytest.mark.parametrize("event", SCORED)
@pytest.mark.parametrize("groups", [1, 3])
def test_a_burning_estate_has_its_score_in_the_subject(event, language, groups):
    escalated = event in (Event.STILL_LOST, Event.STILL_DOWN)
    for synthetic, late in ((None, False), ("june-2023", False), ("june-2023", escalated)):
        notice = burning(event, groups=groups, synthetic=synthetic, escalated=late)
        said = message(notice, "email", language, None).subject

        assert len(said) <= 78
        assert said.endswith(("2/63", "0/21")), said


def test_names_are_kept_as_long_as_a_shorter_phrase_does():
    notice = samples()[Event.STILL_LOST]

    assert subject(notice) == "[NPSP] Hà Nội (H26), Quảng Ninh (H49) chưa khôi phục, đã 2 ngày · 60/63"


def test_who_moved_the_score_is_in_its_subject():
    hanoi = samples()[Event.LOST].entries[0]
    rose = replace(hanoi, conditions=(), reasons=(), detail="")
    gone = replace(hanoi, agency="H44", name="", gone=True)
    told = {
        (rose,): "[NPSP] Hà Nội (H26) đã hợp nhất và kết nối · 61/63 → 62/63",
        (hanoi,): "[NPSP] Hà Nội (H26) mất kết nối · nay 62/63",
        (hanoi, rose, rose): "[NPSP] Thay đổi: 61/63 → 62/63 địa phương",
        (gone,): "[NPSP] Thay đổi: 61/63 → 62/63 địa phương",
    }

    assert {who: subject(of(Event.SCORE, *province(61, 62), entries=who)) for who in told} == told
