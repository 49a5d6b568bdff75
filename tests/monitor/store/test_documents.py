"""Whatever value is kept comes back equal."""

import string
from dataclasses import fields
from datetime import UTC, datetime, timedelta
from unicodedata import normalize

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.incidents import Cause, Incident, Loss, Sharing
from monitor.model import Answer, Attestation, Condition, Conflict, Doubt, Doubted, Level, State, Verdict
from monitor.notice import Entry, Event, Group, Move, Notice, Severity
from monitor.store.documents import Document, plain
from monitor.store.ledger import LedgerError, Verdicts, Window
from monitor.store.remembered import difference, recalled
from monitor.stories import Kind, Memory, Story, Subject
from probes import Reason, Status

texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=20).map(plain)
codes = st.text(string.ascii_uppercase + string.digits, min_size=1, max_size=8)
instants = st.integers(-(2 * 10**15), 7 * 10**15).map(
    lambda micro: datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=micro)
)
counts = st.integers(0, 10**6)


def tuples(of):
    return st.lists(of, max_size=3).map(tuple)


def maybe(of):
    return st.none() | of


stories = st.builds(
    Story,
    since=instants,
    severity=...,
    told_at=maybe(instants),
    over_since=maybe(instants),
    turns=tuples(instants),
    stage=counts,
    reminders=counts,
    escalated=...,
    unstable=...,
    told=tuples(texts),
    on=st.frozensets(texts, max_size=3),
)
papers = st.builds(
    Attestation,
    agency=codes,
    condition=...,
    answer=...,
    since=st.dates(),
    document=texts,
    issued=st.dates(),
    issuer=texts,
    url=maybe(texts),
    synthetic=...,
)
verdicts = st.builds(
    Verdict,
    answer=...,
    since=instants,
    because=tuples(texts),
    reasons=tuples(texts),
    detail=texts,
    conflict=maybe(st.builds(Conflict, paper=papers, looks=st.sampled_from(Answer))),
)
entries = st.builds(
    Entry,
    agency=codes,
    name=texts,
    name_en=texts,
    level=...,
    conditions=tuples(st.sampled_from(Condition)),
    since=maybe(instants),
    until=maybe(instants),
    because=tuples(texts),
    reasons=tuples(st.sampled_from(Reason).map(str)),
    detail=texts,
    times=counts,
    expires=maybe(instants),
    document=maybe(texts),
    issued=maybe(st.dates()),
    issuer=maybe(texts),
    says=maybe(st.sampled_from(Answer)),
    looks=maybe(st.sampled_from(Answer)),
    ack=maybe(texts),
)
pairs = st.tuples(counts, counts)
notices = st.builds(
    Notice,
    key=codes,
    event=...,
    at=instants,
    severity=...,
    entries=tuples(entries),
    more=counts,
    groups=tuples(
        st.builds(
            Group,
            sharing=...,
            value=texts,
            name=texts,
            name_en=texts,
            since=instants,
            until=maybe(instants),
            down=counts,
            of=counts,
        )
    ),
    moves=tuples(st.builds(Move, level=..., before=pairs, after=pairs, unknown=counts)),
    after=tuples(codes),
    told=tuples(texts),
    escalated=...,
    share=maybe(st.floats(0, 1)),
    since=maybe(instants),
    until=maybe(instants),
    channel=texts,
    problem=texts,
    events=tuples(st.tuples(st.sampled_from(Event), counts)),
    synthetic=maybe(texts),
)
windows = st.builds(
    Window,
    id=codes,
    begin=st.datetimes(),
    lasts=st.timedeltas(timedelta(), timedelta(days=400)),
    zone=texts,
    every=texts,
    until=maybe(st.datetimes()),
    agencies=st.frozensets(codes, max_size=3),
    reason=texts,
    by=texts,
)
states = st.builds(State, status=..., since=instants, reason=..., detail=texts)
incidents = st.builds(
    Incident,
    cause=st.builds(Cause, sharing=st.sampled_from(Sharing), value=texts),
    since=instants,
    down=st.frozensets(codes, max_size=3),
    of=counts,
    quiet_since=maybe(instants),
    ever=st.frozensets(codes, max_size=3),
)
subjects = st.builds(Subject, kind=st.sampled_from(Kind), value=texts.map(str.strip))


def in_order(found):
    return tuple(sorted(found, key=lambda each: (each.since, each.cause)))


memories = st.builds(
    Memory,
    lost=st.dictionaries(st.tuples(codes, codes), st.builds(Loss, instants, instants), max_size=4),
    stories=st.dictionaries(subjects, stories, max_size=4),
    incidents=st.lists(incidents, max_size=3, unique_by=lambda each: each.cause).map(in_order),
    scores=st.dictionaries(st.sampled_from(Level), pairs),
    counted=st.dictionaries(codes, st.sampled_from(Level), max_size=4),
    began=st.booleans(),
    daily=maybe(instants),
    weekly=maybe(instants),
)


@pytest.mark.parametrize(
    ("of", "values"),
    [
        (Notice, notices),
        (Story, stories),
        (Incident, incidents),
        (Window, windows),
        (State, states),
        (Verdicts, st.builds(Verdicts, merged=verdicts, connected=verdicts, integrated=verdicts)),
    ],
    ids=lambda each: getattr(each, "__name__", ""),
)
def test_what_is_kept_comes_back_equal(of, values):
    document = Document(of)

    @settings(deadline=None, max_examples=200)
    @given(values)
    def holds(value):
        back = document.value(document.text(value), "here")
        assert back == value
        assert type(back) is of

    holds()


@settings(deadline=None)
@given(st.lists(memories, min_size=1, max_size=5))
def test_differences_laid_upon_each_other_are_what_is_remembered_last(course):
    rows, before = {}, Memory()
    for after in course:
        rows |= {(kind, key): document for kind, key, document in difference(before, after)}
        before = after
    held = [(*key, document) for key, document in rows.items() if document is not None]

    assert recalled(held, "memory") == course[-1]


@settings(deadline=None)
@given(memories)
def test_what_is_equal_differs_in_nothing(memory):
    again = recalled([(*row,) for row in difference(Memory(), memory)], "memory")

    assert list(difference(memory, again)) == []
    assert list(difference(memory, memory)) == []


def test_of_values_that_are_the_same_objects_none_is_compared_and_none_is_looked_up():
    class Uncomparable:
        __hash__ = object.__hash__

        def __eq__(self, _):
            raise AssertionError

    story = Story(since=datetime(2026, 1, 1, tzinfo=UTC), severity=Severity.INFO)
    held = {Uncomparable(): Uncomparable() for _ in range(10)}
    before = Memory(stories=held)
    new = Subject(kind=Kind.BLIND)

    assert [row[:2] for row in difference(before, Memory(stories=dict(held)))] == []
    assert [row[:2] for row in difference(before, Memory(stories={**held, new: story}))] == [("story", "blind")]


@given(st.text(max_size=30))
def test_any_text_at_all_can_be_written(text):
    told = Document(str).text(text)
    whole = "".join("\ufffd" if "\ud800" <= letter <= "\udfff" else letter for letter in text)

    assert told.encode()
    assert Document(str).value(told, "here") == normalize("NFC", whole)


@pytest.mark.parametrize("text", ["", "{", "null", '{"v": 1}', '{"v": 2, "value": "x"}', '{"v": 1, "value": 3}'])
def test_what_is_no_document_is_said_to_be_none(text):
    with pytest.raises(LedgerError, match="here cannot be read as str"):
        Document(str).value(text, "here")


def test_a_document_says_in_which_version_it_was_written():
    assert Document(str).text("Huế") == '{"v":1,"value":"Huế"}'


def test_a_state_in_doubt_is_kept_as_what_is_held():
    """After a restart the row of looks begins anew, and so does the doubt."""
    at = datetime(2026, 1, 1, tzinfo=UTC)
    held = State(status=Status.OK, since=at, reason=Reason.OK, detail="", recent=(Status.OK, Status.FAILED))
    parts = {part.name: getattr(held, part.name) for part in fields(held)}
    doubted = Doubted(**parts, doubt=Doubt(Status.FAILED, at))
    document = Document(State)

    assert document.value(document.text(doubted), "here") == held
