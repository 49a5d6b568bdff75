"""Measures how often the monitor is wrong under noise, and how soon it is right: `python bench/accuracy.py`.

Made-up looks, virtual time, fixed seeds: the same figures on every machine. What is asked of the judge, the standing and
the timetable, and how: bench/simulated.py. What noise is: bench/noise.py.
"""

import platform
import random
import statistics
import sys
import time
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "bench")]

from figures import table  # noqa: E402 - after the path
from noise import MINUTE, Bursts, Independent, Noise, Outage, Silence  # noqa: E402
from simulated import START, Looks, Turn, changes, copies, micros, minds, most_looked_at, turns  # noqa: E402

from monitor.judge import Patience, Row  # noqa: E402
from monitor.model import Answer  # noqa: E402
from monitor.timetable import MICROSECOND, next_due  # noqa: E402
from probes import Status  # noqa: E402

AGENCIES = 84  # 63 provinces and 21 ministries
MONTH, YEAR = 30 * 24 * 60 * MINUTE, 365 * 24 * 60 * MINUTE
BEGIN = micros(START)
HELD = 3 * MINUTE  # that a notice is held for before it is sent, at most: room to be left for it
LATEST = 3  # periods, within which a true outage has to be told
DRAWS = 1000  # outages, to see how soon one is noticed
RATES = (0.01, 0.05, 0.2)
LENGTHS = (1, 3, 10)  # minutes

Make = Callable[[str, str], Noise]  # of an agency's code and a check's name


def of(fail: Sequence[int], recover: Sequence[int], confirm: int) -> Patience:
    return Patience(fail=_row(fail), recover=_row(recover), confirm=confirm)


def _row(figures: Sequence[int]) -> Row:
    return Row(looks=figures[0], of=figures[1])


CANDIDATES = (
    of((3, 3), (2, 2), 1),  # the defaults till now
    of((3, 3), (2, 2), 4),
    of((5, 5), (2, 2), 1),
    of((5, 5), (3, 3), 3),
    of((5, 5), (3, 3), 4),
    of((6, 6), (2, 2), 4),
    of((6, 6), (3, 3), 4),
    of((6, 7), (3, 3), 4),
    of((6, 8), (3, 4), 4),
    of((6, 6), (4, 4), 4),
    of((7, 7), (3, 3), 5),
)


COMPARED = tuple(CANDIDATES[n] for n in (0, 1, 4, 7, 8, 9, 10, 6))  # by kinds of noise; the default comes last
ABOUT = """\
Made-up looks in virtual time with fixed seeds (bench/noise.py), through the real judge and the real standing; the quick
way they are counted is held against the real store and timetable by tests/monitor/test_accuracy.py. Every agency has all
checks that prove something of a province of 2023, and a document says that it is merged.

A patience is written: looks that must agree to fail, to recover, looks in a period while they disagree (1: the rhythm
alone). Bursts are Gilbert's model: for so much of the time everything fails, for exponentially long. *False* is an
answer "integrated: no" while nothing is wrong; that it turns back is not counted again. An outage of ten minutes in
which every look fails is no noise to whoever looks from outside, though it stands in the table as such.
"""


def name(patience: Patience) -> str:
    fail, recover = (f"{row.looks} of {row.of}" for row in (patience.fail, patience.recover))
    return f"{fail}, {recover}, {patience.confirm}" + (" (default)" if patience == Patience() else "")


class Model(NamedTuple):
    """One kind of noise; so many agencies are enough to count by."""

    words: str
    make: Make
    agencies: int = AGENCIES


def models() -> Iterable[Model]:
    for rate in RATES:
        yield independent(rate)
    for together in (False, True):
        for rate in RATES:
            for length in LENGTHS:
                yield bursts(rate, length, together=together)


def independent(rate: float) -> Model:
    words = f"{rate:.0%} of the looks, independently"
    return Model(words, lambda agency, check: Independent(rate, f"{words} {agency} {check}"), _enough(rate))


def bursts(rate: float, length: int, *, together: bool) -> Model:
    words = f"{rate:.0%} of the time, bursts of {length} min, {'all checks of an agency' if together else 'each check'}"

    def make(agency: str, check: str) -> Noise:
        whose = agency if together else f"{agency} {check}"
        return Bursts(rate, length * MINUTE, f"{words} {whose}", BEGIN)

    return Model(words, make, _enough(rate))


def _enough(rate: float) -> int:
    return AGENCIES if rate == min(RATES) else AGENCIES // 4


# -- false changes


def false_noes(patience: Patience, model: Model, span: int, looks: Looks | None = None) -> int:
    """How often one of the agencies, of which nothing is wrong, is told to be integrated no longer."""
    estate = copies(most_looked_at(), model.agencies)
    mind, told = minds(estate[0], patience), 0
    for checks in estate:
        noises = {watch.check.name: model.make(*watch.key) for watch in checks}
        for _, part, answer in changes(checks, mind, noises, BEGIN, BEGIN + span, looks):
            told += part == "integrated" and answer is Answer.NO
    return told


# -- true outages


class Noticed(NamedTuple):
    """Periods from the begin of a true outage of one check to the look that turns the state; and from its end."""

    begins: list[float]
    ends: list[float]


def noticed(patience: Patience, model: Model, share: float = 1.0) -> Noticed:
    """Outages of two hours begin and end at any instant of a period, the first of them right after a look."""
    watch = most_looked_at()[0]
    every, mind = watch.check.every // MICROSECOND, minds([watch], patience)[watch.check.name]
    regular, draw = micros(next_due(watch.key, watch.check.every, START)) + 10 * every, random.Random(model.words)
    told = Noticed([], [])
    for number in range(DRAWS):
        begin = regular + 1 + (draw.randrange(every) if number else 0)
        end = regular + 24 * every + 1 + (draw.randrange(every) if number else 0)
        noise = Outage(begin, end, model.make(f"outage {number}", watch.check.name), share, f"{model.words} {number}")
        latest = end + 24 * every
        found = list(turns(watch, mind, noise, BEGIN, latest))
        told.begins.append(_after(found, begin, Status.FAILED, end) / every)
        told.ends.append(_after(found, end, Status.OK, latest) / every)
    return told


def _after(found: Sequence[Turn], instant: int, status: Status, latest: int) -> int:
    """How long after the instant the state is as it should be, in microseconds; up to `latest` when it never is."""
    before = [turn.state.status for turn in found if turn.at < instant]
    if (before[-1] if before else Status.OK) is status:
        return 0
    return next((turn.at for turn in found if turn.at >= instant and turn.state.status is status), latest) - instant


# -- the tables


def of_candidates() -> None:
    """What each would cost and bring where one look in a hundred fails."""
    quiet, hundredth = Model("nothing", lambda _agency, _check: Silence()), independent(0.01)
    watches = most_looked_at()
    every, timeout = (span // MICROSECOND for span in (watches[0].check.every, max(w.check.timeout for w in watches)))
    regular = AGENCIES * len(watches) * YEAR / every
    rows = []
    for patience in CANDIDATES:
        looks, told = Looks(), noticed(patience, quiet)
        false = false_noes(patience, hundredth, YEAR, looks)
        latest = (max(told.begins) * every + timeout + HELD) / MINUTE
        rows.append(
            [
                name(patience),
                f"{statistics.median(told.begins):.2f}, {max(told.begins):.2f}",
                f"{latest:.1f} min" + ("" if latest <= LATEST * every / MINUTE else ", too late"),
                f"{statistics.median(told.ends):.2f}, {max(told.ends):.2f}",
                str(false),
                f"{looks.extra / regular:.2%}",
            ]
        )
    head = (
        "patience: fail, recover, confirm",
        "outage noticed, periods: median, worst",
        "worst with a time-out and a notice held",
        "its end noticed: median, worst",
        f"false in {AGENCIES} agency-years at 1 %",
        "looks more",
    )
    print(table(head, rows), flush=True)


def of_noise() -> None:
    """False noes in an agency-month by kind of noise and patience."""
    rows = []
    for model in models():
        counts = [false_noes(patience, model, MONTH) for patience in COMPARED]
        a_month = [count / model.agencies for count in counts]
        rows.append(
            [model.words, *(f"{each:.2f}" for each in a_month), f"{a_month[-1] * AGENCIES * YEAR / MONTH:,.0f}"]
        )
    head = ("what fails falsely", *map(name, COMPARED), f"the default in {AGENCIES} agency-years")
    print("False noes in an agency-month of 30 days:\n")
    print(table(head, rows), flush=True)


def of_outages() -> None:
    """How soon outages are noticed that noise, or their own nature, blurs."""
    rows = []
    for share, model in (
        *((1.0, model) for model in map(independent, RATES)),
        (0.8, independent(0.01)),
        (0.5, independent(0.01)),
    ):
        cells = (noticed(patience, model, share) for patience in COMPARED)
        rows.append([f"{share:.0%} in the outage, {model.words}", *(_soon(told) for told in cells)])
    print("Periods till an outage of two hours is noticed: median, 99 %; till its end is:\n")
    print(table(("looks that fail", *map(name, COMPARED)), rows), flush=True)


def _soon(told: Noticed) -> str:
    begin, end = (", ".join(f"{at:.1f}" for at in quantiles(each)) for each in told)
    return f"{begin}; {end}"


def quantiles(figures: Sequence[float]) -> tuple[float, float]:
    ordered = sorted(figures)
    return ordered[len(ordered) // 2], ordered[len(ordered) * 99 // 100]


def of_goals() -> None:
    """What the defaults have to keep, counted for ten times as long as was asked for."""
    looks = most_looked_at()
    false = false_noes(Patience(), independent(0.01), 10 * YEAR)
    worst = max(noticed(Patience(), Model("nothing", lambda _agency, _check: Silence())).begins)
    rows = [
        (
            f"false in {10 * AGENCIES} agency-years, 1 % of the looks fail independently",
            "0",
            str(false),
            _met(false == 0),
        ),
        ("a true outage told within periods", f"≤ {LATEST}", f"{worst:.2f}", _met(worst <= LATEST)),
    ]
    print(table(("goal of the defaults", "", "measured", ""), rows), flush=True)
    names, every = ", ".join(watch.check.name for watch in looks), looks[0].check.every.total_seconds() / 60
    print(f"{len(looks)} checks an agency, every {every:.0f} min: {names}.", flush=True)


def _met(kept: bool) -> str:  # noqa: FBT001 - a word for it
    return "met" if kept else "**not met**"


PARTS = {"candidates": of_candidates, "noise": of_noise, "outages": of_outages, "goals": of_goals}


def main(parts: Sequence[str]) -> None:
    begun = time.process_time()
    print(ABOUT)
    for part, tell in PARTS.items():
        if not parts or part in parts:
            tell()
            print(f"{part}: {time.process_time() - begun:.0f} s", file=sys.stderr)
    print(f"\n{time.process_time() - begun:.0f} s of CPU on one core, Python {platform.python_version()}.")


if __name__ == "__main__":
    main(sys.argv[1:])
