"""What we write of a page is what prometheus_client would, byte for byte; what is kept is what would be written anew."""

import gzip
import zlib
from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from prometheus_client import exposition
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily, InfoMetricFamily
from prometheus_client.openmetrics import exposition as openmetrics
from prometheus_client.utils import floatToGoString
from yarl import URL

from monitor.blackbox import OF_LOOKS
from monitor.config import Config
from monitor.judge import Patience, Row
from monitor.metrics import Page
from monitor.model import Agency, Check, Condition, Level, Result, Watch
from monitor.roster import Roster
from monitor.series import in_incidents, of_incidents, of_scores, picture
from monitor.show.agencies import OF_AGENCIES, OF_STANDINGS
from monitor.show.checks import OF_CHECKS, OF_LOOKS_AT_ONE
from monitor.show.family import Each, Family, Histogram
from monitor.show.packing import gzipped, packed
from monitor.show.sheet import SHARD, Sheet
from monitor.show.text import Format, header, number, written
from monitor.store.memory import Memory
from monitor.vitals import Vitals
from probes import Observation, Reason, Target
from probes._net.settings import NetworkSettings

OPENMETRICS = "application/openmetrics-text"


# -- the reference


class Held:
    """A registry for prometheus_client that holds these families."""

    def __init__(self, families):
        self._metrics = [_metric(family) for family in families]

    def collect(self):
        return self._metrics


def _metric(family):
    if isinstance(family, Histogram):
        metric = HistogramMetricFamily(family.name, family.text)
        metric.add_metric((), list(family.buckets), family.sum)
        return metric
    rows = [(labels, float(value)) for labels, value in family.rows if value is not None]
    if family.kind == "info":
        metric = InfoMetricFamily(family.name.removesuffix("_info"), family.text)
        for labels, _ in rows:
            metric.add_metric((), dict(zip(family.labels, labels, strict=True)))
        return metric
    shape = CounterMetricFamily if family.kind == "counter" else GaugeMetricFamily
    metric = shape(family.name, family.text, labels=family.labels)
    for labels, value in rows:
        metric.add_metric(labels, value)
    return metric


def reference(families, form):
    write = openmetrics.generate_latest if form is Format.OPENMETRICS else exposition.generate_latest
    return write(Held(families))


def ours(families, form):
    return b"".join(header(each, form) + written(each) for each in families) + form.end


# -- any family

texts = st.one_of(
    st.text(st.characters(exclude_categories=["Cs"]), max_size=12),
    st.text('\\"\n\r\t{}%,= ạếỗ🌏', max_size=8),
    st.sampled_from(["Thừa Thiên Huế", '"} 1\nnpsp_evil 1 \\', "%s", "%", "\\n", "", "{}"]),
)
values = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**70), 2**70),
    st.floats(),
    st.sampled_from(
        [0.0, -0.0, 1e16, 1e-7, 999999.0, 1e6, 1234567.0, 12345678.9, -1234567.0, 1e22, 5e-324, 2.0**53, 123456.5]
    ),
    st.sampled_from([float("inf"), float("-inf"), float("nan")]),
)
names = st.from_regex(r"[a-z_][a-z0-9_]{0,12}", fullmatch=True).filter(lambda name: not name.endswith("_"))


@st.composite
def plain_families(draw):
    kind = draw(st.sampled_from(["gauge", "counter", "info"]))
    ending = {"gauge": "_x", "counter": "_total", "info": "_info"}[kind]
    labels = tuple(draw(st.lists(names, max_size=4, unique=True, min_size=1 if kind == "info" else 0)))
    row = st.tuples(st.tuples(*[texts] * len(labels)), values)
    rows = draw(st.lists(row, max_size=5))
    return Family(kind=kind, name=f"m_{draw(names)}{ending}", text=draw(texts), labels=labels, rows=rows)


@st.composite
def histograms(draw):
    bounds = sorted(draw(st.sets(st.floats(0, 1e7), max_size=5)))
    counts = sorted(draw(st.lists(st.integers(0, 2**60), min_size=len(bounds) + 1, max_size=len(bounds) + 1)))
    buckets = tuple(zip((*map(floatToGoString, bounds), "+Inf"), counts, strict=True))
    return Histogram(name=f"m_{draw(names)}_x", text=draw(texts), buckets=buckets, sum=draw(st.floats()))


@pytest.mark.parametrize("form", Format)
@settings(deadline=None)
@given(families=st.lists(st.one_of(plain_families(), histograms()), max_size=4))
def test_any_page_is_the_one_that_prometheus_client_writes(form, families):
    assert ours(families, form) == reference(families, form)


@settings(deadline=None)
@given(values.filter(lambda value: value is not None))
def test_any_number_is_written_as_prometheus_client_writes_it(value):
    assert number(value) == floatToGoString(value)


def test_the_content_types_are_those_of_prometheus_client():
    assert Format.TEXT.value == exposition.CONTENT_TYPE_PLAIN_0_0_4
    assert Format.OPENMETRICS.value == openmetrics.CONTENT_TYPE_LATEST


# -- packing


@settings(deadline=None)
@given(st.lists(st.binary(max_size=300)))
def test_pieces_packed_apart_are_one_gzip_file_of_one_member(pieces):
    whole = gzipped(map(packed, pieces))
    reader = zlib.decompressobj(wbits=31)
    assert reader.decompress(whole) == b"".join(pieces)
    assert (reader.eof, reader.unused_data) == (True, b"")
    assert gzip.decompress(whole) == b"".join(pieces)


# -- what is kept


@pytest.mark.parametrize("each", OF_LOOKS, ids=lambda each: each.family.name)
def test_what_an_earlier_look_found_counts_when_a_later_one_finds_nothing(each):
    store = Memory(Patience())
    store.plan(_ROSTER, _watches(_ROSTER, _PLAN), (), day=DAY, at=START)
    sheet = Sheet([each])
    facts = {"certificate_earliest_not_after": 1.7e9, "ip_protocol": 4, "address_hash": 7}
    for minute, found in enumerate(({}, facts, {})):
        _do(store, (0, 60 * minute, "local", Observation(reason=Reason.OK, facts=found), 1.0))
        if not found:
            list(sheet.renew(store.records()))
    assert b"".join(sheet.columns[0].texts()) == written(replace(each.family, rows=each.all_of(store.records())))


def _number_of(thing):
    return Each(
        family=Family(name="m_n", text="n", labels=("thing",)), rows=lambda thing: [((thing[0],), thing[1])], of=thing
    )


@settings(deadline=None)
@given(st.lists(st.tuples(st.lists(st.integers(0, 2), max_size=3 * SHARD), st.booleans()), max_size=5))
def test_a_sheet_says_and_packs_what_its_things_are_now(states):
    sheet = Sheet([_number_of(None), _number_of(lambda thing: thing[1])])
    for state, pack in states:
        things = [(str(place), value) for place, value in enumerate(state)]
        for _ in sheet.renew(things, pack=pack):
            pass
        expected = b"".join(b'm_n{thing="%d"} %d.0\n' % pair for pair in enumerate(state))
        for column in sheet.columns:
            assert b"".join(column.texts()) == expected
            assert gzip.decompress(gzipped(column.shards())) == expected


def test_a_line_that_moves_to_another_thing_is_not_kept_where_it_was():
    """The text stays the same, and so nothing seemed to be new."""
    has_it = Family(name="m_n", text="n", labels=("thing",))
    sheet = Sheet([Each(family=has_it, rows=lambda thing: [(("same",), 1)] if thing[0] else ())])
    for things in ([(False, 1), (True, 2)], [(True, 3), (False, 4)], [(True, 5), (False, 4)]):
        list(sheet.renew(things))
        assert b"".join(sheet.columns[0].texts()) == b'm_n{thing="same"} 1.0\n'


START = datetime(2026, 1, 1, tzinfo=UTC)
DAY = date(2026, 1, 1)


class Kind:
    def __init__(self, *, asks_pages):
        self.asks_pages = asks_pages


def _check(name, proves, *, asks_pages=True, seconds=60):
    return Check(
        name=name,
        kind=name,
        probe=Kind(asks_pages=asks_pages),
        every=timedelta(seconds=seconds),
        timeout=timedelta(seconds=10),
        proves=proves,
        levels=frozenset(Level),
    )


def _agency(code, name, level=Level.PROVINCE):
    return Agency(code=code, name=name, name_en=code, level=level, counted=level is not Level.NATIONAL)


def _watches(agencies: Iterable[Agency], checks: Iterable[Check]):
    url = URL("https://x.example/")
    return [
        Watch(
            agency=agency,
            check=check,
            aim=lambda of: Target(code=of.code, name=of.name, level=of.level, portal=url, hosts=frozenset(), day=DAY),
        )
        for agency in agencies
        for check in checks
    ]


_ROSTER = [_agency("H26", "Hà Nội")]
_PLAN = [_check("portal", Condition.CONNECTED)]

rosters = st.sampled_from(
    [
        [_agency("H26", "Hà Nội"), _agency("G09", "Bộ", Level.MINISTRY), _agency("NPSP", "Cổng", Level.NATIONAL)],
        [_agency("H26", 'Thủ đô "Hà Nội"'), _agency("NPSP", "Cổng", Level.NATIONAL)],
        [_agency("G09", "Bộ", Level.MINISTRY), _agency("H57", "Huế\\"), _agency("H26", "Hà Nội")],
    ]
)
plans = st.sampled_from(
    [
        [_check("portal", Condition.CONNECTED), _check("tls", None, asks_pages=False)],
        [_check("portal", Condition.MERGED, asks_pages=False), _check("sync", Condition.CONNECTED, seconds=3600)],
        [_check("portal", Condition.CONNECTED), _check("sync", None), _check("sync_again", Condition.MERGED)],
    ]
)
found = st.fixed_dictionaries(
    {},
    optional={
        "http_status": st.sampled_from([200, 503, "frog"]),
        "http_version": st.sampled_from(["1.1", "HTTP/1.0", 2]),
        "redirects": st.integers(0, 2),
        "tls_version": st.just("TLSv1.3"),
        "certificate_earliest_not_after": st.sampled_from([1.7e9, 1.8e9]),
        "address_hash": st.integers(0, 2**32),
        "ip_protocol": st.sampled_from([4, 6, "4"]),
        "sync_ratio": st.sampled_from([0.0, 0.5, "half"]),
        "catalogue_ratio": st.sampled_from([0.0, 0.5, "half"]),
    },
)
observations = st.builds(
    Observation,
    reason=st.sampled_from([Reason.OK, Reason.REFUSED, Reason.NO_DATA, Reason.UPSTREAM, Reason.BLOCKED]),
    detail=st.sampled_from(["", "seen"]),
    facts=found,
)
looks = st.tuples(
    st.integers(0, 8), st.integers(-900, 900), st.sampled_from(["local", "hue"]), observations, st.floats(0, 10)
)
steps = st.lists(
    st.one_of(*[looks] * 5, st.none(), st.none(), st.tuples(rosters, plans), st.sampled_from(["look", "document"])),
    max_size=25,
)  # None: a scrape


def _do(store, step):
    if isinstance(step, str):
        store.rule(Patience(fail=Row(looks=1, of=1)), step)
    elif len(step) == 2:
        store.plan(step[0], _watches(*step), (), day=DAY, at=START)
    else:
        which, seconds, vantage, observation, took = step
        at = START + timedelta(seconds=seconds)
        store.take(
            Result(
                watch=store.watches[which % len(store.watches)],
                vantage=vantage,
                due=at,
                started=at,
                seconds=took,
                observation=observation,
                phases={"connect": took} if took > 1 else {},
            )
        )


def _families(store):
    now = picture(store)
    yield from of_scores(now.scores)
    yield from of_incidents(now.incidents)
    yield from in_incidents(now)
    for each in (*OF_AGENCIES, *OF_STANDINGS, *OF_CHECKS):
        yield replace(each.family, rows=each.all_of(_things(each, now)))
    for each in OF_LOOKS_AT_ONE:
        yield replace(each.family, rows=each.all_of(now.looks_by_agency))
    for each in OF_LOOKS:
        yield replace(each.family, rows=each.all_of(now.looks))


def _things(each, now):
    return now.agencies if each in OF_AGENCIES else now.standings if each in OF_STANDINGS else now.looks


@settings(deadline=None)
@given(steps=steps)
def test_a_page_kept_through_looks_and_reloads_is_the_one_prometheus_client_writes_afresh(
    small_config, small_vitals, steps
):
    store = Memory(Patience(fail=Row(looks=2, of=2), recover=Row(looks=1, of=1)))

    def page():
        return Page(store=store, vitals=small_vitals, config=lambda: small_config, day=lambda: DAY, version="0")

    kept = page()
    _do(store, (_ROSTER, _PLAN))
    for number_of_step, step in enumerate(steps):
        if step is None:
            kept.render(gzip=number_of_step % 2 == 0)
        else:
            _do(store, step)
    text, _ = kept.render()
    assert text == page().render()[0]
    assert text.startswith(reference(_families(store), Format.TEXT))
    assert gzip.decompress(kept.render(gzip=True)[0]) == text
    other, _ = kept.render(OPENMETRICS)
    assert other == page().render(OPENMETRICS)[0]
    assert other.startswith(reference(_families(store), Format.OPENMETRICS).removesuffix(b"# EOF\n"))


@pytest.fixture(scope="module")
def small_config():
    return Config(
        folder=Path("config"),
        roster=Roster(entries=()),
        checks=(),
        attestations=(),
        declared=(),
        network=NetworkSettings(contact="ops@monitor.example"),
        patience=Patience(),
        day=DAY,
    )


@pytest.fixture(scope="module")
def small_vitals():
    return Vitals(started=START, reload_at=START)
