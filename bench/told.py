"""What people are told falsely under noise, through alerting and not only the judge: `python bench/told.py`.

The same made-up looks as bench/accuracy.py; what they turn goes through monitor.alerts with the rules as shipped. Nobody is
in doubt beside whoever is lost, so every loss is told at once: more is told here than a monitor would tell. Agencies share
their level and nothing else.
"""

import heapq
import sys
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "bench")]

from accuracy import AGENCIES, BEGIN, MONTH, YEAR, Model, bursts, independent  # noqa: E402 - after the path
from figures import table  # noqa: E402
from simulated import changes, copies, minds, most_looked_at  # noqa: E402

from monitor.alerts.alerting import Alerts  # noqa: E402
from monitor.alerts.rules import Telling  # noqa: E402
from monitor.alerts.sight import Sight  # noqa: E402
from monitor.channels import Channel  # noqa: E402
from monitor.incidents import Cause, Scene, Sharing  # noqa: E402
from monitor.judge import Patience  # noqa: E402
from monitor.model import Agency, Answer, Change, Condition, Standing, Verdict  # noqa: E402
from monitor.notice import Event  # noqa: E402
from monitor.notify.stdout import Notifier  # noqa: E402
from monitor.standing import all_of, scores  # noqa: E402
from monitor.timetable import EPOCH  # noqa: E402

STEP = timedelta(seconds=30)  # of deciding while anything is open
MODELS = (
    (independent(0.01), YEAR),
    (independent(0.05), YEAR),
    (bursts(0.01, 1, together=True), MONTH),
    (bursts(0.01, 3, together=True), MONTH),
    (bursts(0.01, 10, together=True), MONTH),
)
WORDS = (Event.LOST, Event.UNSTABLE, Event.INCIDENT, Event.SCORE)


class Turned(NamedTuple):
    at: int  # microseconds
    agency: Agency
    part: str
    answer: Answer


class Estate:
    """Everybody is integrated at first. Counts what is told of it."""

    def __init__(self, agencies: Sequence[Agency]) -> None:
        duty = Channel(name="duty", kind="stdout", notifier=Notifier())
        self.alerts = Alerts(Telling(), {"duty": duty})
        self.agencies = {agency.code: agency for agency in agencies}
        self.traits = {code: (Cause(sharing=Sharing.LEVEL, value=a.level),) for code, a in self.agencies.items()}
        self.standings = {code: _standing(agency, {}, _moment(BEGIN)) for code, agency in self.agencies.items()}
        self.told: Counter[Event] = Counter()
        self.at = _moment(BEGIN)
        self.decide()
        self.told.clear()

    def turn(self, turned: Turned) -> None:
        """Up to this instant, and then this."""
        until = _moment(turned.at)
        while self.at + STEP < until and not self.alerts.idle:
            self.at += STEP
            self.decide()
        self.at = until
        code, before = turned.agency.code, self.standings[turned.agency.code]
        answers = {each: getattr(before, each).answer for each in Condition} | {turned.part: turned.answer}
        self.standings[code] = _standing(turned.agency, answers, until)
        self.alerts.note([_change(turned, before, until)])
        self.decide()

    def decide(self) -> None:
        scene = Scene(lost=self.alerts.lost, traits=self.traits)
        sight = Sight(standings=self.standings, scene=scene, scores=scores(self.standings.values()))
        decision = self.alerts.decide(sight, self.at)
        self.alerts.adopt(decision)
        self.told.update(notice.event for notice in decision.notices)


def _moment(at: int) -> datetime:
    return EPOCH + timedelta(microseconds=at)


def _standing(agency: Agency, answers: dict[str, Answer], at: datetime) -> Standing:
    held = [answers.get(each, Answer.YES) for each in Condition]
    merged, connected, both = (Verdict(answer=each, since=at, because=("look",)) for each in (*held, all_of(held)))
    return Standing(agency=agency, merged=merged, connected=connected, integrated=both)


def _change(turned: Turned, before: Standing, at: datetime) -> Change:
    was = getattr(before, turned.part).answer
    return Change(
        agency=turned.agency,
        what=turned.part,
        before=was,
        after=turned.answer,
        at=at,
        since=at,
        reason="",
        detail="",
    )


def of(model: Model, span: int) -> tuple[int, Counter[Event]]:
    """How often a condition was judged not to hold, and what was told."""
    estate = copies(most_looked_at(), model.agencies)
    mind = minds(estate[0], Patience())
    kept = Estate([watches[0].agency for watches in estate])

    def turns(watches: Sequence[object]) -> Iterator[Turned]:
        noises = {watch.check.name: model.make(*watch.key) for watch in watches}  # type: ignore[attr-defined]
        for at, part, answer in changes(watches, mind, noises, BEGIN, BEGIN + span):  # type: ignore[arg-type]
            if part != "integrated":
                yield Turned(at, watches[0].agency, part, answer)  # type: ignore[attr-defined]

    noes = 0
    for turned in heapq.merge(*map(turns, estate), key=lambda each: (each.at, each.agency.code)):
        noes += turned.answer is Answer.NO
        kept.turn(turned)
    return noes, kept.told


def main() -> None:
    begun, rows = time.process_time(), []
    for model, span in MODELS:
        noes, told = of(model, span)
        years = model.agencies * span / YEAR
        rows.append([model.words, f"{years:.1f}", str(noes), *(str(told[event]) for event in WORDS)])
    print(__doc__.partition("\n\n")[2])
    print(table(("what fails falsely", "agency-years", "false noes", *WORDS), rows))
    print(f"{AGENCIES} agencies at most, {time.process_time() - begun:.0f} s of CPU.")


if __name__ == "__main__":
    main()
