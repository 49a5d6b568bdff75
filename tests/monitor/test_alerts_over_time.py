"""Any course of changes, minute by minute, from what turned to what is told: nothing is lost, nothing is made up."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from monitor.alerts import Alerts, Notice, Telling, Word
from monitor.incidents import Cause, Scene, Sharing
from monitor.model import Agency, Answer, Change, Condition, Level

NOON = datetime(2026, 11, 25, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
AGENCIES = [
    Agency(code=f"H{number:02}", name="", name_en="", level=Level.PROVINCE, counted=True) for number in range(8)
]
TRAITS = {
    agency.code: (
        Cause(sharing=Sharing.PLATFORM, value="a" if number < 5 else "b"),
        Cause(sharing=Sharing.LEVEL, value="province"),
    )
    for number, agency in enumerate(AGENCIES)
}
TURNS = st.lists(
    st.tuples(st.sampled_from(AGENCIES), st.sampled_from(list(Condition)), st.sampled_from(list(Answer))), max_size=6
)
COURSES = st.lists(st.tuples(st.integers(1, 40), TURNS, st.booleans()), max_size=12)  # minutes, what turns, our link


class Course:
    """Everybody is merged and connected at first."""

    def __init__(self):
        self.alerts = Alerts(Telling())
        self.at = NOON
        self.answers = {(agency.code, condition): Answer.YES for agency in AGENCIES for condition in Condition}
        self.incidents = set()  # causes told and not yet over

    def turn(self, turns):
        changes = []
        for agency, condition, after in turns:
            before = self.answers[agency.code, condition]
            self.answers[agency.code, condition] = after
            if before is not after:
                change = {"agency": agency, "what": condition, "before": before, "after": after, "at": self.at}
                changes.append(Change(**change, reason="", detail=""))
        self.alerts.note(changes)

    def minute(self, *, online) -> tuple[Notice, ...]:
        notices = self.alerts.follow(Scene(lost=self.alerts.lost, traits=TRAITS, online=online), self.at)
        self.at += MINUTE
        return notices

    def well(self, code):
        return all(self.answers[code, condition] is Answer.YES for condition in Condition)


@given(COURSES)
def test_nobody_is_called_restored_who_was_not_seen_to_be_back(steps):
    course = Course()
    for minutes, turns, online in steps:
        course.turn(turns)
        for _ in range(minutes):
            for notice in course.minute(online=online):
                if notice.word is Word.RESTORED:
                    assert all(map(course.well, notice.agencies))


@given(COURSES)
def test_every_incident_that_is_told_ends_once_and_only_after_it_was_told(steps):
    course = Course()
    for minutes, turns, online in steps:
        course.turn(turns)
        for _ in range(minutes):
            for notice in course.minute(online=online):
                causes = {incident.cause for incident in notice.incidents}
                if notice.word is Word.INCIDENT:
                    assert not causes & course.incidents
                    course.incidents |= causes
                if notice.word is Word.ENDED:
                    assert causes <= course.incidents
                    course.incidents -= causes


@given(COURSES)
def test_whoever_is_seen_to_fail_for_long_is_told_of_or_in_an_incident(steps):
    course = Course()
    for minutes, turns, online in steps:
        course.turn(turns)
        for _ in range(minutes):
            course.minute(online=online)
        told = set(course.alerts._told.lost)
        explained = {code for incident in course.alerts.incidents for code in incident.down}
        failing = {code for (code, _), answer in course.answers.items() if answer is Answer.NO}
        if online and minutes * MINUTE > 2 * course.alerts.telling.hold:
            assert failing <= told | explained
