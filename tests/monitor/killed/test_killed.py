"""However often it is killed: every change is told, none twice under another key, and in its order."""

import asyncio
import json
import os
from collections import Counter
from datetime import datetime, timedelta
from itertools import groupby
from pathlib import Path

from monitor.notice import Event
from monitor.store.ledger import Fate
from monitor.store.opening import open_ledger
from monitor.store.place import Place

KILLS = int(os.environ.get("KILLS", "100"))
SLACK = timedelta(seconds=1)  # that a look under way when a fault ended may still come to an end
PAIRED = {Event.LOST: True, Event.RESTORED: False}


async def test_killed_again_and_again_it_tells_every_change_once_and_in_order(told, course, killer, receivers):
    codes = sorted(code for code, agency in course.estate.agencies.items() if agency.counted)
    happening = [asyncio.ensure_future(course.patiently(code)) for code in codes[:5]]
    happening += [asyncio.ensure_future(course.at_random(code)) for code in codes[5:]]
    for _ in range(KILLS):
        await killer.life()
    course.ending.set()
    file = Path(told["folder"], "monitor.db")

    async def settled():
        await asyncio.gather(*happening)
        while looked_at(file) != course.lost or pending(file):
            await asyncio.sleep(0.05)

    assert await killer.last_life(settled) == 0
    report(course, killer, receivers)

    ledger = open_ledger(Place(file=file), serving=True)
    with ledger._engine.connect() as db:
        assert db.exec_driver_sql("PRAGMA integrity_check").scalar() == "ok"
        assert db.exec_driver_sql("PRAGMA foreign_key_check").all() == []
    deliveries = ledger.latest(limit=10**6)[::-1]
    ledger.close()
    lines = [json.loads(line) for line in Path(told["folder"], "notices.jsonl").read_text().splitlines()]
    came = {**receivers.came, "file": [line["key"] for line in lines]}
    assert receivers.altered == []
    for channel, keys in came.items():
        of = [each for each in deliveries if each.channel == channel]
        nothing_is_missing(of, keys, merging=channel == "mail")
        nothing_is_told_under_two_keys(of)
        order_is_kept({f"{each.notice.key}-{channel}": each.notice for each in of}, keys, course.lost)
    told_on_the_hook = [each.notice for each in deliveries if each.channel == "hook"]
    every_turn_is_told(course.turns, told_on_the_hook)
    nothing_is_told_that_was_not_so(course.turns, told_on_the_hook)


def looked_at(file):
    """Agencies that are told to be lost and not to be back, as the ledger has it."""
    ledger = open_ledger(Place(file=file))
    stories = ledger.recall().memory.stories
    ledger.close()
    return {subject.value for subject, story in stories.items() if subject.kind == "loss" and story.told}


def pending(file):
    ledger = open_ledger(Place(file=file))
    waiting = ledger.pending()
    ledger.close()
    return waiting


def report(course, killer, receivers):
    """Shown by -s, and where the test fails."""
    print(f"{sum(killer.kills.values())} kills {killer.kills}; {len(course.turns)} faults")
    for channel, keys in receivers.came.items():
        print(f"{channel}: {len(keys)} came, {len(set(keys))} notices")


def nothing_is_missing(deliveries, keys, *, merging):
    """What was decided came, and nothing came that was not decided; what is merged is counted in what came."""
    fates = Counter(each.fate for each in deliveries)
    assert fates.keys() <= {Fate.DELIVERED, *([Fate.MERGED] if merging else [])}
    delivered = [each.notice for each in deliveries if each.fate is Fate.DELIVERED]
    channel = deliveries[0].channel
    assert {f"{each.key}-{channel}" for each in delivered} == set(keys)
    merged = [each for each in deliveries if each.fate is Fate.MERGED and each.notice.event is not Event.CAUGHT_UP]
    counted = [number for each in delivered if each.event is Event.CAUGHT_UP for _, number in each.events]
    assert len(merged) == sum(counted)
    assert sum(each.notice.event is Event.INITIAL for each in deliveries) == 1


def nothing_is_told_under_two_keys(deliveries):
    said = Counter(
        (each.notice.event, entry.agency, entry.since, entry.until)
        for each in deliveries
        if each.notice.event in PAIRED
        for entry in each.notice.entries
    )
    assert [what for what, times in said.items() if times > 1] == []


def order_is_kept(notices, keys, lost):
    """Of each agency, lost and back in turn; the same notice may come again right after itself, and at no other time."""
    told = {}
    for key, _ in groupby(keys):
        for entry in notices[key].entries if notices[key].event in PAIRED else ():
            told.setdefault(entry.agency, []).append(key)
    for code, of in told.items():
        alone = [key for key, _ in groupby(of)]
        turns = [PAIRED[notices[key].event] for key in alone]
        assert turns == [number % 2 == 0 for number in range(len(turns))], (code, turns)
        assert turns[-1] is (code in lost), code
    assert lost <= told.keys()


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
    for notice in notices:
        for entry in notice.entries if notice.event is Event.LOST else ():
            spans = [
                (each.begun, each.ended or datetime.max.replace(tzinfo=entry.since.tzinfo) - SLACK)
                for each in turns
                if each.agency == entry.agency
            ]
            assert any(begun <= entry.since <= ended + SLACK for begun, ended in spans), entry
