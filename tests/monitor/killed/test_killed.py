"""However often it is killed: every change is told, none twice under another key, and in its order."""

import asyncio
import gc
import json
import os
import sys
from collections import Counter
from contextlib import closing
from datetime import UTC, datetime, timedelta
from itertools import groupby, pairwise
from pathlib import Path
from time import monotonic

import pytest

from monitor.notice import Event
from monitor.store.ledger import Fate
from monitor.store.opening import open_ledger
from monitor.store.place import Place
from monitor.stories import Kind

KILLS = int(os.environ.get("KILLS") or (200 if os.environ.get("CI") == "true" else 100))
SLACK = timedelta(seconds=1)  # a look may be under way when a fault begins or ends; it is dated by its start
BEGINS = (Event.LOST, Event.INCIDENT)
ENDS = (Event.RESTORED, Event.ENDED)


# A handshake that is cut off leaves a transport of the estate's, which asyncio's TLS in Python 3.11 forgets to close.
@pytest.mark.filterwarnings("ignore:unclosed:ResourceWarning")
async def test_killed_again_and_again_it_tells_every_change_once_and_in_order(told, course, killer, receivers, capsys):
    codes = sorted(code for code, agency in course.estate.agencies.items() if agency.counted)
    happening = [asyncio.ensure_future(course.patiently(code)) for code in codes[:5]]
    happening += [asyncio.ensure_future(course.at_random(code)) for code in (*codes[5:], "NPSP")]
    began = monotonic()
    for _ in range(KILLS):
        await killer.life()
    killing = monotonic() - began
    course.ending.set()
    with closing(open_ledger(Place(file=Path(told["folder"], "monitor.db")))) as ledger:
        ended = await killer.last_life(lambda: settled(ledger, course, happening))
        deliveries = ledger.latest(limit=10**6)[::-1]
        faults = faults_of(ledger)
    lines = lines_of(told)
    came = {**receivers.came, "file": [line["key"] for line in lines]}
    with capsys.disabled():
        report(course, killer, came, killing)

    assert (ended, faults, receivers.altered) == (0, [], [])
    for channel, keys in came.items():
        of = [each for each in deliveries if each.channel == channel]
        nothing_is_missing(of, keys, merging=channel == "mail")
        nothing_is_told_under_two_keys(of)
        order_is_kept({f"{each.notice.key}-{channel}": each.notice for each in of}, keys, course.lost)
    told_on_the_hook = [each.notice for each in deliveries if each.channel == "hook"]
    every_turn_is_told(course.turns, told_on_the_hook)
    nothing_is_told_that_was_not_so(course.turns, told_on_the_hook)
    gc.collect()  # what is warned of is warned of here


async def settled(ledger, course, happening):
    """What happens has come to an end, and all of it was told."""
    await asyncio.gather(*happening)
    while lost(ledger) != course.lost or ledger.pending():  # noqa: ASYNC110 - another process writes it
        await asyncio.sleep(0.05)


def lost(ledger):
    """Who was told to be lost, or down, and not to be back, as the ledger has it."""
    stories = ledger.recall().memory.stories
    told = {subject for subject, story in stories.items() if subject.kind in (Kind.LOSS, Kind.INCIDENT) and story.told}
    return {subject.value.removeprefix("national ") for subject in told}


def faults_of(ledger):
    with ledger._engine.connect() as db:
        checked = db.exec_driver_sql("PRAGMA integrity_check").scalars().all()
        return [each for each in checked if each != "ok"] + db.exec_driver_sql("PRAGMA foreign_key_check").all()


def lines_of(told):
    """Of the file that the third channel writes."""
    return [json.loads(line) for line in Path(told["folder"], "notices.jsonl").read_text().splitlines()]


def report(course, killer, came, seconds):
    """For people: how much of a test it was."""
    kills = sum(killer.kills.values())
    sys.stderr.write(f"\n{kills} kills in {seconds:.0f} s, by way {killer.kills}; {len(course.turns)} faults")
    for channel, keys in came.items():
        sys.stderr.write(f"; {channel}: {len(keys)} came, {len(set(keys))} notices")
    sys.stderr.write("\n")


def nothing_is_missing(deliveries, keys, *, merging):
    """What was decided came, and nothing came that was not decided; what is merged is counted in what came.

    Whoever is killed after a delivery and before it is written down may find it outdated later, and merge it: for a
    channel of people it is then told as itself, and in what tells that it is over.
    """
    names = {each.notice.key: f"{each.notice.key}-{each.channel}" for each in deliveries}
    fates = {fate: [each.notice for each in deliveries if each.fate is fate] for fate in Fate}
    delivered, merged = ({names[each.key] for each in fates[fate]} for fate in (Fate.DELIVERED, Fate.MERGED))
    assert len(delivered) + len(merged) == len(deliveries)
    assert delivered <= set(keys) <= delivered | merged
    assert merging or not merged
    counted = [number for each in fates[Fate.DELIVERED] if each.event is Event.CAUGHT_UP for _, number in each.events]
    assert sum(each.event is not Event.CAUGHT_UP for each in fates[Fate.MERGED]) == sum(counted)
    assert sum(each.notice.event is Event.INITIAL for each in deliveries) == 1


def nothing_is_told_under_two_keys(deliveries):
    said = Counter(
        (notice.event, whom, each.since, each.until)
        for notice in (delivery.notice for delivery in deliveries)
        if notice.event in (*BEGINS, *ENDS)
        for each in (*notice.entries, *notice.groups)
        for whom in about(notice) & {getattr(each, "agency", None), getattr(each, "value", None)}
    )
    assert [what for what, times in said.items() if times > 1] == []


def order_is_kept(notices, keys, lost):
    """Of each of them, lost and back in turn; the same notice may come again right after itself, and at no other time."""
    told = {}
    for key, _ in groupby(keys):
        for whom in about(notices[key]):
            told.setdefault(whom, []).append(key)
    for whom, of in told.items():
        said = [notices[key].event for key, _ in groupby(of)]
        for before, event in pairwise([None, *said]):
            assert event is Event.CAUGHT_UP or (event in ENDS) is (before in BEGINS), (whom, said)
    assert {whom for whom, of in told.items() if notices[of[-1]].event in BEGINS} == lost


def about(notice):
    """Of whom it says that they are lost, or back."""
    agencies = [
        entry.agency for entry in notice.entries if notice.event in (Event.LOST, Event.RESTORED, Event.CAUGHT_UP)
    ]
    systems = [group.value for group in notice.groups if notice.event in (Event.INCIDENT, Event.ENDED, Event.CAUGHT_UP)]
    return {*agencies, *systems}


def every_turn_is_told(turns, notices):
    """Each fault that lasted until it was told, and each recovery, by exactly one notice."""
    patient = {turn.agency for turn in turns if turn.patient}
    assert _counted(notices, Event.LOST, patient) == Counter(turn.agency for turn in turns if turn.patient)
    ended = Counter(turn.agency for turn in turns if turn.patient and turn.ended)
    assert _counted(notices, Event.RESTORED, patient) == ended


def _counted(notices, event, codes):
    return Counter(
        entry.agency for notice in notices if notice.event is event for entry in notice.entries if entry.agency in codes
    )


def nothing_is_told_that_was_not_so(turns, notices):
    now = datetime.now(UTC)
    for notice in notices:
        for entry in notice.entries if notice.event is Event.LOST else ():
            spans = [(each.begun, each.ended or now) for each in turns if each.agency == entry.agency]
            assert any(begun - SLACK <= entry.since <= ended + SLACK for begun, ended in spans), entry
