"""An estate without sockets: who answers what is set by hand, and time goes on when it is told to."""

import pickle
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import ClassVar

import pytest

from monitor.alerts.alerting import Alerts
from monitor.alerts.rules import Telling
from monitor.alerts.sight import Sight
from monitor.channels import Channel
from monitor.incidents import Cause, Scene, Sharing
from monitor.model import Agency, Answer, Attestation, Change, Condition, Conflict, Level, Standing, Verdict
from monitor.standing import scores

NOON = datetime(2026, 11, 25, 12, tzinfo=UTC)  # 19:00 in Viet Nam
ZERO, MINUTE = timedelta(), timedelta(minutes=1)


class Silent:
    """A notifier that is never asked to send."""

    audience: ClassVar = "people"


class Machine(Silent):
    audience: ClassVar = "machines"


def channel(name, **of):
    return Channel(name=name, kind="stdout", notifier=of.pop("notifier", Silent()), **of)


def agencies(provinces=8, ministries=2):
    levels = {Level.PROVINCE: ("H", provinces), Level.MINISTRY: ("G", ministries), Level.NATIONAL: ("N", 2)}
    return [
        Agency(code=f"{letter}{n:02}", name="", name_en="", level=level, counted=level is not Level.NATIONAL)
        for level, (letter, number) in levels.items()
        for n in range(number)
    ]


class Course:
    """Everybody is merged and connected at first. `told` is all that was told, `(minutes since the start, event, codes)`."""

    def __init__(self, telling=None, channels=(), memory=None, *, began=True, estate=None):
        self.telling = telling or Telling()
        self.channels = {each.name: each for each in channels}
        self.agencies = {agency.code: agency for agency in estate or agencies()}
        self.answers = {(code, each): Answer.YES for code in self.agencies for each in Condition}
        self.began, self.at, self.told, self.notices, self.orders, self.decision = NOON, NOON, [], [], [], None
        self.traits = {
            code: (Cause(sharing=Sharing.LEVEL, value=a.level),) for code, a in self.agencies.items() if a.counted
        }
        self.seen = {"settled": True}
        self.turned, self.deciding = {}, {}  # agency -> the check that decides it, where that is not `portal`
        self.conflicts, self._known = {}, (None, {}, ())
        self.online, self.national, self.upstream, self.doubtful = True, {}, {}, frozenset()
        self.alerts = Alerts(self.telling, self.channels, memory)
        if began:
            self.tick()
            self.told, self.notices, self.orders = [], [], []

    def turn(self, *turns, lag=ZERO, **answers):
        """`turn(H01="no")` of the condition connected, `turn(("H01", Condition.MERGED, "no"))`; `lag`: since it began."""
        wanted = [*turns, *((code, Condition.CONNECTED, after) for code, after in answers.items())]
        changes = []
        for code, condition, word in wanted:
            before, after = self.answers[code, condition], Answer(word)
            self.answers[code, condition] = after
            self.turned[code, condition] = self.at - lag
            if before is not after:
                of = {"agency": self.agencies[code], "what": condition, "before": before, "after": after}
                changes.append(Change(**of, at=self.at, since=self.at - lag, reason="", detail=""))
        self.alerts.note(changes)

    def verdict(self, code, condition):
        answer = self.answers[code, condition]
        wrong = answer is not Answer.YES
        return Verdict(
            answer=answer,
            since=self.turned.get((code, condition), NOON),
            because=(self.deciding.get(code, "portal"),),
            reasons=("refused",) if wrong else (),
            detail="it refuses" if wrong else "",
            conflict=self.conflicts.get((code, condition)),
        )

    def standing(self, code):
        merged, connected = (self.verdict(code, each) for each in (Condition.MERGED, Condition.CONNECTED))
        both = {merged.answer, connected.answer}
        no = Answer.NO if Answer.NO in both else Answer.UNKNOWN
        since = max(merged.since, connected.since)
        integrated = replace(merged, answer=Answer.YES if both == {Answer.YES} else no, since=since, conflict=None)
        return Standing(agency=self.agencies[code], merged=merged, connected=connected, integrated=integrated)

    def contradict(self, code, condition=Condition.MERGED):
        paper = Attestation(
            agency=code,
            condition=condition,
            answer=Answer.YES,
            since=date(2026, 1, 1),
            document="12/QĐ",
            issued=date(2026, 1, 1),
            issuer="Bộ",
        )
        self.conflicts[code, condition] = Conflict(paper=paper, looks=Answer.NO)

    def standings(self):
        """Made anew only where something turned."""
        key = (tuple(self.answers.items()), tuple(self.conflicts), tuple(self.agencies))
        if self._known[0] != key:
            held = {code: self.standing(code) for code in self.agencies}
            self._known = key, held, scores(held.values())
        return self._known[1]

    def sight(self):
        standings = self.standings()
        scene = Scene(
            lost=self.alerts.lost,
            traits=self.traits,
            national=self.national,
            upstream=self.upstream,
            doubtful=self.doubtful,
            online=self.online,
        )
        return Sight(
            standings=standings,
            scene=scene,
            scores=self._known[2],
            conflicts={code for code, _ in self.conflicts},
            **self.seen,
        )

    def tick(self):
        """One decision, adopted."""
        self.alerts.go_by(self.at)
        self.decision = self.alerts.decide(self.sight(), self.at)
        self.alerts.adopt(self.decision)
        minute = (self.at - self.began) / MINUTE
        for order in self.decision.orders:
            notice = order.notice
            codes = [entry.agency for entry in notice.entries]
            self.told.append((int(minute) if minute.is_integer() else minute, notice.event.value, codes))
            self.notices.append(notice)
            self.orders.append(order)
        return self.decision.notices

    def run(self, minutes, step=MINUTE):
        """So much time, with a decision each step; what was told meanwhile."""
        before, end = len(self.told), self.at + minutes * MINUTE
        while self.at < end:
            self.at += step
            self.tick()
        return self.told[before:]

    def restart(self):
        """What alerting remembers is written down and read again; all else is forgotten."""
        written = pickle.loads(pickle.dumps(self.alerts.memory))
        self.alerts = Alerts(self.telling, self.channels, written)


@pytest.fixture
def course():
    return Course


@pytest.fixture
def make():
    """What tests of alerts make: channels, agencies, notifiers."""
    return Make


class Make:
    channel = staticmethod(channel)
    agencies = staticmethod(agencies)
    Machine = Machine
    NOON = NOON
    MINUTE = MINUTE
