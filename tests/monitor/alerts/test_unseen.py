"""Who could only not be seen to be well is remembered as such, until that is told to be over."""

from monitor.model import Answer, Condition
from monitor.notice import Event
from monitor.saying.message import message
from monitor.words import Language

CONNECTED, MERGED = Condition.CONNECTED, Condition.MERGED


def over(it, *answers):
    """One agency, lost by each of these answers in turn, and back; what is told of it then."""
    for answer in answers:
        it.turn(H01=answer)
        it.run(5)
    it.restart()
    it.turn(H01="yes")
    it.run(15)
    return next(notice for notice in it.notices if notice.event is Event.RESTORED)


def test_who_could_only_not_be_seen_is_told_to_be_seen_again(course):
    restored = over(course(), "unknown")

    assert [(entry.conditions, entry.unknown) for entry in restored.entries] == [((CONNECTED,), (CONNECTED,))]
    assert "đã kiểm tra được trở lại" in message(restored, "duty", Language.VI, None).subject


def test_who_was_lost_is_told_to_be_back_also_if_it_could_not_be_seen_for_a_while(course):
    for answers in (("no",), ("no", "unknown"), ("unknown", "no"), ("unknown", "no", "unknown")):
        (entry,) = over(course(), *answers).entries

        assert (entry.conditions, entry.unknown) == ((CONNECTED,), ()), answers


def test_each_condition_is_remembered_by_itself(course):
    it = course()
    it.turn(("H01", MERGED, "unknown"), ("H01", CONNECTED, "no"))
    it.run(5)
    it.turn(("H01", MERGED, "yes"), ("H01", CONNECTED, "yes"))
    it.run(15)
    (entry,) = it.notices[-1].entries

    assert (entry.conditions, entry.unknown) == ((MERGED, CONNECTED), (MERGED,))
    assert it.answers["H01", MERGED] is Answer.YES


def test_an_incident_says_which_agencies_are_down_by_it(course):
    it = course()
    it.turn(**dict.fromkeys(("H00", "H01", "H02", "H03", "H04"), "no"))
    it.run(10)
    (incident,) = it.notices

    assert [group.agencies for group in incident.groups] == [("H00", "H01", "H02", "H03", "H04")]
