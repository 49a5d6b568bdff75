"""Names, details and documents that mean no good: whatever they hold, a notice says what it says."""

import re
import unicodedata
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from html.parser import HTMLParser

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from yarl import URL

from monitor.filling import fill, tidy
from monitor.incidents import Sharing
from monitor.model import Answer, Condition, Level
from monitor.notice import Entry, Event, Group, Move, Notice, Severity
from monitor.saying.message import message
from monitor.saying.samples import samples
from monitor.saying.subject import MOST
from monitor.words import Language
from probes import Reason

BAD = (
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "a\r\nBcc: everybody@moha.example\r\n\r\nhi",
    "\u202egnp.exe\u2066",
    "{}{name}{0.__class__}{agency.code}%s%(name)s$name",
    "&amp;&lt;",
    "x" * 5000,
    "Hà Nội" * 500,
    "👩‍👩‍👧‍👦\x00\x1b[31m\u2028\u2029",
    "' or \" onclick=",
    "\ud800",
    "",
    "https://stolen.example/login",
)
texts = st.one_of(
    st.sampled_from(BAD), st.text(max_size=60), st.text(alphabet="<>&\"'{}%\n\r\t \u202e\u200b", max_size=20)
)
instants = st.integers(0, 2**32).map(lambda seconds: datetime.fromtimestamp(seconds, UTC))
maybe = lambda strategy: st.one_of(st.none(), strategy)  # noqa: E731 - a word for the table below
few = lambda strategy: st.lists(strategy, max_size=3).map(tuple)  # noqa: E731 - as above
reasons = st.sampled_from([*(reason.value for reason in Reason), "document", "no_evidence", "of_tomorrow"])
entries = st.builds(
    Entry,
    agency=texts,
    name=texts,
    name_en=texts,
    level=st.sampled_from(Level),
    conditions=few(st.sampled_from(Condition)),
    since=maybe(instants),
    until=maybe(instants),
    because=few(texts),
    kinds=few(texts),
    reasons=few(reasons),
    detail=texts,
    times=st.integers(0, 9),
    expires=maybe(instants),
    document=maybe(texts),
    issued=maybe(st.dates(date(1990, 1, 1))),
    issuer=maybe(texts),
    says=maybe(st.sampled_from(Answer)),
    looks=maybe(st.sampled_from(Answer)),
    ack=maybe(texts),
    held=maybe(texts),
)
groups = st.builds(
    Group,
    sharing=st.sampled_from(Sharing),
    value=texts,
    name=texts,
    name_en=texts,
    since=instants,
    until=maybe(instants),
    down=st.integers(0, 99),
    of=st.integers(0, 99),
)
pairs = st.tuples(st.integers(0, 999), st.integers(0, 999))
moves = st.builds(
    Move,
    level=st.sampled_from(Level),
    before=pairs,
    after=pairs,
    unknown=st.integers(0, 999),
    declared=maybe(pairs),
)
notices = st.builds(
    Notice,
    key=texts,
    event=st.sampled_from(Event),
    at=instants,
    severity=st.sampled_from(Severity),
    entries=st.one_of(few(entries), entries.map(lambda entry: (entry,) * 30)),
    more=st.integers(0, 99),
    groups=few(groups),
    moves=few(moves),
    told=few(texts),
    escalated=st.booleans(),
    share=maybe(st.floats(0, 1)),
    since=maybe(instants),
    until=maybe(instants),
    channel=texts,
    problem=texts,
    events=few(st.tuples(st.sampled_from(Event), st.integers(0, 9))),
    synthetic=maybe(texts),
)


class Tags(HTMLParser):
    """Every tag and attribute there is, and the words between."""

    def __init__(self, text):
        super().__init__(convert_charrefs=True)
        self.tags, self.attributes, self.open, self.words = set(), set(), [], []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.tags.add(tag)
        self.attributes |= {name for name, _ in attrs}
        for name, value in attrs:
            if name in ("href", "src"):
                assert value.startswith(("https://monitor.example/", "cid:")), value
        if tag not in ("meta", "img", "br"):
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.words.append(data)


TAGS = {
    *("html", "head", "meta", "title", "style", "body", "table", "tr", "td", "th", "h1", "h2", "p", "div", "span"),
    *("ul", "li", "a", "img", "br", "code"),
}
ATTRIBUTES = {
    *("lang", "charset", "name", "content", "class", "style", "role", "width", "cellpadding", "cellspacing", "align"),
    *("scope", "href", "src", "alt"),
}


@settings(deadline=None)
@given(
    notice=notices, language=st.sampled_from(Language), page=st.sampled_from([None, URL("https://monitor.example/")])
)
def test_nothing_is_injected_and_the_subject_is_one_short_line(notice, language, page):
    said = message(notice, "email", language, page)

    assert 0 < len(said.subject) <= MOST
    assert "[NPSP" in said.subject[:6]
    for line in (said.subject, *said.text.split("\n")):
        assert not [letter for letter in line if unicodedata.category(letter)[0] == "C"]
    assert unicodedata.is_normalized("NFC", said.text + said.subject)
    read = Tags(said.html)
    assert read.tags <= TAGS
    assert read.attributes <= ATTRIBUTES
    assert read.open == []
    assert not re.search(r"[\x00-\x09\x0b-\x1f]", said.html)
    assert all(picture.png.startswith(b"\x89PNG") and picture.alt for picture in said.pictures)


@settings(deadline=None)
@given(notice=notices, language=st.sampled_from(Language))
def test_no_place_of_a_phrase_is_left_open(notice, language):
    """What is filled in is never read for places again; here nothing that is filled in has a brace."""
    said = message(_without_braces(notice), "email", language, URL("https://monitor.example/"))

    assert "{" not in said.subject + said.text
    assert "}" not in said.subject + said.text


def _without_braces(value):
    if isinstance(value, str):
        return type(value)(value) if type(value) is not str else re.sub("[{}]", "", value)
    if isinstance(value, tuple):
        return tuple(map(_without_braces, value))
    if isinstance(value, Notice | Entry | Group | Move):
        return replace(value, **{name: _without_braces(getattr(value, name)) for name in value.__slots__})
    return value


@pytest.mark.parametrize("language", Language)
@pytest.mark.parametrize("bad", BAD)
@pytest.mark.parametrize("event", [Event.LOST, Event.INCIDENT, Event.DAILY])
def test_every_name_is_there_as_it_is_written(event, bad, language):
    """A name of markup is shown as markup, and is none."""
    notice = samples()[event]
    named = replace(notice, entries=tuple(replace(each, name=bad, name_en=bad) for each in notice.entries))
    said = message(named, "email", language, None)

    assert tidy(bad, 80) in "".join(Tags(said.html).words)
    assert tidy(bad, 80) in said.text
    assert Tags(said.html).tags <= TAGS


def test_an_address_that_a_stranger_s_page_named_becomes_no_link():
    """Mail programs make links of whatever looks like one."""
    quoted = replace(samples()[Event.LOST].entries[0], detail="leads to https://stolen.example/login")
    said = message(replace(samples()[Event.LOST], entries=(quoted,)), "email", Language.EN, None)

    assert "leads to https[:]//stolen.example/login" in said.text
    assert "://stolen" not in said.text + said.html


def test_a_phrase_reaches_no_attribute():
    assert fill("{a} {a.__class__} {a[0]} {}", {"a": "{b}"}) == "{b} {a.__class__} {a[0]} {}"


def test_text_is_cut_between_words_where_it_can_be():
    assert tidy("một hai ba bốn năm", 12) == "một hai ba…"
    assert tidy("x" * 50, 10) == "x" * 9 + "…"


@pytest.mark.parametrize("event", Event)
def test_the_two_languages_say_it_differently(event):
    vi, en = (message(samples()[event], "email", language, None) for language in Language)

    assert vi.subject != en.subject
    assert vi.text != en.text
    assert vi.html != en.html


def test_many_agencies_are_a_table_and_how_many_more():
    notice = samples()[Event.LOST]
    fell = replace(notice.moves[0], after=(28, 63))
    many = replace(notice, entries=notice.entries * 30, more=4, moves=(fell, *notice.moves[1:]))
    said = message(many, "email", Language.VI, None)

    assert said.text.count("- Hà Nội (H26)") == 20
    assert "và 14 cơ quan khác" in said.text
    assert said.subject == "[NPSP] [MÔ PHỎNG] Hà Nội (H26) và 33 cơ quan khác mất kết nối · 62/63 → 28/63"


@pytest.mark.parametrize(
    ("span", "vi", "en"),
    [
        (timedelta(seconds=40), "dưới 1 phút", "less than a minute"),
        (timedelta(minutes=1), "1 phút", "1 minute"),
        (timedelta(hours=3, minutes=20), "3 giờ 20 phút", "3 hours 20 minutes"),
        (timedelta(days=2), "2 ngày", "2 days"),
        (timedelta(days=1, hours=1, minutes=5), "1 ngày 1 giờ", "1 day 1 hour"),
        (timedelta(days=9, hours=5), "9 ngày", "9 days"),
    ],
)
def test_spans_are_told_in_words(span, vi, en):
    notice = samples()[Event.SILENT]
    told = replace(notice, until=notice.since + span)

    assert f"Kéo dài: {vi}\n" in message(told, "email", Language.VI, None).text
    assert f"For: {en}\n" in message(told, "email", Language.EN, None).text
