import asyncio
import gzip
import os
import subprocess
import threading
from collections import Counter
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from prometheus_client.openmetrics.parser import text_string_to_metric_families as parse_openmetrics
from prometheus_client.parser import text_string_to_metric_families as parse_text

from monitor import metrics
from monitor.incidents import Cause, Incident, Sharing
from monitor.metrics import Page, _plain, page_text, quality
from monitor.model import Answer, Condition
from monitor.show import sheet
from monitor.show.packing import packed
from monitor.show.text import Format
from probes import Reason

GOLDEN = Path(__file__).parent / "golden" / "metrics.txt"
OPENMETRICS = "application/openmetrics-text;version=1.0.0,text/plain;version=0.0.4;q=0.5"


def page_of(world):
    return Page(
        store=world.store,
        vitals=world.vitals,
        config=lambda: world.config,
        day=lambda: world.config.day,
        version="0.0.0",
    )


def text(world):
    return page_of(world).render()[0].decode()


def values(page, name):
    """{label values in the order of the page: value} of one name."""
    return {
        tuple(sample.labels.values()): sample.value
        for family in parse_text(page)
        for sample in family.samples
        if sample.name == name
    }


@pytest.fixture
def whole_world(small_world):
    """The small world with something of everything, so that the page has every name and every label."""
    cause = Cause(sharing=Sharing.PLATFORM, value="igate")
    small_world.store.incidents = (
        Incident(cause=cause, since=small_world.now, down=frozenset({"H57"}), of=2),
        Incident(
            cause=replace(cause, sharing=Sharing.NETWORK, value="203.0.113.0/24"),
            since=small_world.now,
            down=frozenset({"H57"}),
            of=2,
        ),
    )
    (sign_on,) = {watch.check for watch in small_world.store.watches if watch.check.name == "sign_on"}
    needing = replace(sign_on, depends_on=("NPSP",))
    small_world.config = replace(small_world.config, checks=(needing,))
    (dossiers,) = (watch for watch in small_world.store.watches if watch.key == ("H26", "dossier_sync"))
    small_world.look(dossiers, at=small_world.now, sync_ratio=0.987, catalogue_ratio=0.96)
    return small_world


def test_the_whole_page_is_as_it_was(whole_world):
    """To write it anew after a wanted change: GOLDEN=write pytest tests/monitor/test_metrics.py"""
    page = text(whole_world)
    if os.environ.get("GOLDEN") == "write":
        GOLDEN.parent.mkdir(exist_ok=True)
        GOLDEN.write_text(page, encoding="utf-8")
    assert page == GOLDEN.read_text(encoding="utf-8")


def test_every_family_of_the_whole_page_has_a_series(whole_world):
    """Dashboards, rules and runbooks are held against its names and labels."""
    assert [family.name for family in parse_text(text(whole_world)) if not family.samples] == []


def test_no_address_and_no_name_from_outside_is_a_label(whole_world):
    assert "203.0.113" not in text(whole_world)


def test_a_certificate_keeps_its_end_while_its_server_is_silent_and_gets_the_new_one_of_whoever_sees_it(small_world):
    def ends():
        return values(text(small_world), "npsp_certificate_expiry_timestamp_seconds")["H26", "province"]

    of = {watch.check.name: watch for watch in small_world.store.watches if watch.agency.code == "H26"}
    before = ends()
    later = small_world.now
    small_world.look(of["http"], Reason.REFUSED, at=later)
    small_world.look(of["one_door"], Reason.REFUSED, at=later)
    small_world.look(of["sign_on"], Reason.REFUSED, at=later)
    assert ends() == before
    small_world.look(of["sign_on"], at=later + timedelta(minutes=5), certificate_earliest_not_after=before + 9)
    assert ends() == before + 9


def test_what_is_not_met_has_its_reason_and_what_is_met_has_none(small_world):
    assert values(text(small_world), "npsp_agency_reason") == {
        ("H57", "one_door", "merged", "province", "second_door_open"): 1,
        ("H57", "dossier_sync", "connected", "province", "sync_low"): 1,
        ("G09", "sign_on", "connected", "ministry", "not_visible"): 1,
    }


def test_a_condition_of_which_nobody_knows_anything_says_so(make_world, small_world):
    agency = small_world.store.agencies[0]
    world = make_world((agency,), ())
    assert set(values(text(world), "npsp_agency_reason")) == {
        (agency.code, "", condition, agency.level, "no_evidence") for condition in Condition
    }


def test_a_document_that_decides_is_told_without_its_number(make_world, small_world):
    (paper,) = (replace(paper, answer=Answer.NO) for paper in small_world.config.attestations)
    agencies = [agency for agency in small_world.store.agencies if agency.code == paper.agency]
    world = make_world(agencies, (), (paper,))
    assert ("H57", "", "merged", "province", "document") in values(text(world), "npsp_agency_reason")
    assert paper.document not in text(world)


def test_incidents_are_counted_by_what_is_shared(small_world):
    def incident(sharing, value, *down):
        cause = Cause(sharing=Sharing(sharing), value=value)
        return Incident(cause=cause, since=small_world.now, down=frozenset(down), of=5)

    small_world.store.incidents = (incident("network", "a", "H26", "H57"), incident("network", "b", "G09"))
    page = text(small_world)

    assert values(page, "npsp_incidents") == {(each.value,): 2.0 * (each == "network") for each in Sharing}
    assert values(page, "npsp_incident_agencies")["network",] == 3


def test_the_scores_of_the_headline_are_on_the_page(headline_world):
    page = text(headline_world)
    assert 'npsp_agencies_integrated{level="province"} 62.0\n' in page
    assert 'npsp_agencies{level="province"} 63.0\n' in page
    assert 'npsp_agencies_integrated{level="ministry"} 10.0\n' in page
    assert 'npsp_agencies{level="ministry"} 21.0\n' in page
    assert 'npsp_agencies_unknown{condition="integrated",level="ministry"} 1.0\n' in page
    assert 'npsp_monitor_synthetic{scenario="june-2023"} 1.0\n' in page


@pytest.mark.parametrize("accept", ["", OPENMETRICS])
def test_no_series_is_there_twice(small_world, accept):
    page = page_of(small_world).render(accept, process=True)[0].decode()
    samples = [line.rpartition(" ")[0] for line in page.splitlines() if not line.startswith("#")]
    assert [sample for sample, times in Counter(samples).items() if times > 1] == []


def test_openmetrics_can_be_parsed_and_says_the_same(small_world):
    body, content_type = page_of(small_world).render(OPENMETRICS)
    assert content_type.startswith("application/openmetrics-text; version=1.0.0")
    there = {(s.name, *sorted(s.labels.items())): s.value for f in parse_openmetrics(body.decode()) for s in f.samples}
    here = {(s.name, *sorted(s.labels.items())): s.value for f in parse_text(text(small_world)) for s in f.samples}
    assert there == here


def test_promtool_finds_nothing_to_complain_about(promtool, small_world):
    page, _ = page_of(small_world).render(process=True)
    found = subprocess.run([promtool, "check", "metrics"], input=page, capture_output=True, check=False)
    assert (found.returncode, found.stdout.decode(), found.stderr.decode()) == (0, "", "")


def test_the_page_of_the_process_has_its_own_health(small_world):
    page = page_of(small_world).render(process=True)[0].decode()
    for name in ("process_resident_memory_bytes", "python_info", "python_gc_collections_total"):
        assert f"\n{name}" in page


@pytest.mark.parametrize(
    ("accept", "kind"),
    [
        ("", "text/plain"),
        ("*/*", "text/plain"),
        ("text/plain", "text/plain"),
        ("application/openmetrics-text", "application/openmetrics-text"),
        (
            "application/openmetrics-text;version=1.0.0;q=0.5,text/plain;version=0.0.4;q=0.3",
            "application/openmetrics-text",
        ),
        ("application/openmetrics-text;q=0.2,text/plain;q=0.8", "text/plain"),
        ("application/openmetrics-text;q=0", "text/plain"),
        ("application/openmetrics-text;version=\x7f;q=frog", "text/plain"),
        (";;,,=;q=,", "text/plain"),
    ],
)
def test_the_format_is_the_one_that_is_preferred(small_world, accept, kind):
    assert page_of(small_world).render(accept)[1].startswith(kind)


def test_quality_is_the_highest_of_the_names():
    assert quality("gzip;q=0.5, br", "gzip") == 0.5
    assert quality("identity, gzip ; q = 0", "gzip") == 1.0  # not a parameter by RFC 9110: no space around =
    assert quality("GZIP;q=0", "gzip") == 0
    assert quality("", "gzip") == 0


def test_a_page_is_packed_on_request(small_world):
    body, _ = page_of(small_world).render(gzip=True)
    assert gzip.decompress(body).decode() == text(small_world)


async def test_a_scrape_shows_one_instant_while_the_store_goes_on(small_world):
    page, before = page_of(small_world), text(small_world)
    scrape = page._written(Format.TEXT, parts := [], process=False, pack=False)
    next(scrape)
    small_world.look(small_world.store.watches[0], Reason.REFUSED, at=small_world.now)
    small_world.look(small_world.store.watches[-1], Reason.REFUSED, at=small_world.now)
    for _ in scrape:
        pass
    assert _plain(parts).decode() == before != text(small_world) == page.render()[0].decode()


async def test_scrapes_at_the_same_time_do_not_disturb_each_other(small_world):
    page = page_of(small_world)
    plain, packed, other = await asyncio.gather(page.scrape(), page.scrape(gzip=True), page.scrape(OPENMETRICS))
    ours = text(small_world)
    assert plain[0].decode().startswith(ours)
    assert gzip.decompress(packed[0]).decode().startswith(ours)
    assert other[0].endswith(b"# EOF\n")
    assert page.render()[0].decode() == ours


def test_series_are_there_before_the_first_look(small_world, make_world):
    world = make_world(small_world.store.agencies, small_world.store.watches)
    page = text(world)
    assert values(page, "npsp_check_looks_total")["H26", "http", "province"] == 0
    assert values(page, "npsp_check_last_look_timestamp_seconds")["H26", "http", "province"] == 0
    assert values(page, "npsp_check_state")["H26", "http", "province", "unknown"] == 1
    assert values(page, "npsp_check_state")["H26", "http", "province", "failed"] == 0
    assert values(page, "npsp_agency_standing")["H26", "unknown", "integrated", "province"] == 1
    assert values(page, "probe_success") == {}
    assert values(page, "npsp_monitor_watches_looked_at") == {(): 0}


def test_every_state_set_has_exactly_one_that_holds(small_world):
    page = text(small_world)
    for name, labels in (("npsp_check_state", ("agency", "check")), ("npsp_agency_standing", ("agency", "condition"))):
        held = Counter()
        for family in parse_text(page):
            for sample in family.samples:
                if sample.name == name:
                    held[tuple(sample.labels[label] for label in labels)] += sample.value
        assert held
        assert set(held.values()) == {1.0}


def test_a_national_system_is_connected_or_not_and_nothing_else(small_world):
    def held(page):
        standings = values(page, "npsp_agency_standing")
        return {labels[1:3]: value for labels, value in standings.items() if labels[0] == "NPSP"}

    assert held(text(small_world)) == {("yes", "connected"): 1, ("no", "connected"): 0, ("unknown", "connected"): 0}
    watch = next(w for w in small_world.store.watches if w.agency.code == "NPSP")
    for minute in range(1, 1 + small_world.config.patience.fail.looks):
        small_world.look(watch, Reason.REFUSED, "refused", at=small_world.now + timedelta(minutes=minute))
    assert held(text(small_world))["no", "connected"] == 1
    assert {level for (level,) in values(text(small_world), "npsp_agencies")} == {"province", "ministry"}


def test_every_help_text_names_its_unit_or_what_is_counted(small_world):
    units = {"_seconds": "econds", "_ratio": "0 to 1", "_total": "ooks"}
    for family in parse_text(text(small_world)):
        assert family.documentation.endswith("."), family.name
        for ending, unit in units.items():
            if family.name.endswith(ending):
                assert unit in family.documentation, family.name


def test_a_look_that_failed_takes_no_series_away(small_world):
    def series(page):
        return {line.rpartition(" ")[0] for line in page.splitlines()}

    before = series(text(small_world))
    watch = next(w for w in small_world.store.watches if w.key == ("H26", "http"))
    small_world.look(watch, Reason.REFUSED, "refused", at=small_world.now)

    assert before - series(text(small_world)) == set()


def test_an_agency_that_left_the_roster_leaves_no_series(small_world):
    kept = [w for w in small_world.store.watches if w.agency.code != "H57"]
    agencies = [a for a in small_world.store.agencies if a.code != "H57"]
    small_world.store.plan(agencies, kept, (), day=small_world.config.day, at=small_world.now)
    assert "H57" not in text(small_world)


def test_two_checks_with_a_sync_ratio_make_one_series(small_world):
    store = small_world.store
    watch = next(w for w in store.watches if w.key == ("H26", "dossier_sync"))
    other = replace(watch, check=replace(watch.check, name="dossiers_again", proves=Condition.CONNECTED))
    store.plan(store.agencies, (*store.watches, other), (), day=small_world.config.day, at=small_world.now)
    small_world.look(other, at=small_world.now, sync_ratio=0.5)
    assert text(small_world).count('npsp_dossier_sync_ratio{agency="H26"') == 1


def test_the_ratio_of_a_catalogue_is_the_one_last_known(small_world):
    store = small_world.store
    watch = next(w for w in store.watches if w.key == ("G09", "sign_on"))
    other = replace(watch, check=replace(watch.check, name="catalogue", kind="catalogue"))
    store.plan(store.agencies, (*store.watches, other), (), day=small_world.config.day, at=small_world.now)
    assert "npsp_catalogue_ratio{" not in text(small_world)
    small_world.look(other, Reason.CATALOGUE_DIFFERS, at=small_world.now, catalogue_ratio=0.85)
    small_world.look(other, Reason.UNREADABLE, at=small_world.now + timedelta(minutes=5))
    assert 'npsp_catalogue_ratio{agency="G09",level="ministry"} 0.85\n' in text(small_world)


def test_declared_figures_are_the_latest_up_to_the_day(small_world):
    assert values(text(small_world), "npsp_declared_agencies_integrated") == {("province",): 62, ("ministry",): 10}
    small_world.config = replace(small_world.config, day=small_world.config.day - timedelta(days=1))
    assert values(text(small_world), "npsp_declared_agencies_integrated") == {("province",): 40}


def test_facts_that_are_no_numbers_do_no_harm(small_world):
    watch = next(w for w in small_world.store.watches if w.key == ("H26", "http"))
    small_world.look(watch, at=small_world.now, http_status="frog", http_version="HTTP/1.0")
    page = text(small_world)
    assert values(page, "probe_http_status_code")["H26", "http"] == 0
    assert values(page, "probe_http_version")["H26", "http"] == 1.0


def test_a_hostile_name_stays_inside_its_label(make_world, small_world):
    agency = replace(small_world.store.agencies[0], name='"} 1\nnpsp_evil 1 \\')
    page = text(make_world((agency,), ()))
    assert values(page, "npsp_evil") == {}
    assert agency.name in {
        s.labels["name"] for f in parse_text(page) for s in f.samples if s.name == "npsp_agency_info"
    }


def test_details_and_addresses_are_never_on_the_page(small_world):
    page = text(small_world)
    for forbidden in ("https://", "h57.example", "motcua", "12/BC-UBND", "the login is made"):
        assert forbidden not in page


def test_the_page_of_the_command_line_is_the_same_but_for_the_version(small_world):
    def without_version(page):
        return [line for line in page.splitlines() if not line.startswith("npsp_monitor_build_info")]

    page = page_text(small_world.store, small_world.vitals, small_world.config)
    assert without_version(page) == without_version(text(small_world))


async def test_a_scrape_that_is_given_up_leaves_nothing_behind(small_world, monkeypatch):
    """Wherever it is cut off, and though what it was about to write is undone before the next one."""
    monkeypatch.setattr(metrics, "SLICE", 0.0)
    watch, page = small_world.store.watches[0], page_of(small_world)
    await page.scrape()
    for turns in range(1, 60):
        small_world.look(watch, Reason.REFUSED, at=small_world.now + timedelta(minutes=10 * turns))
        scrape = asyncio.ensure_future(page.scrape())
        for _ in range(turns):
            await asyncio.sleep(0)
        scrape.cancel()
        await asyncio.gather(scrape, return_exceptions=True)
        small_world.look(watch, at=small_world.now + timedelta(minutes=10 * turns + 5))
        await page.scrape()
        assert page.render()[0].decode() == text(small_world)


def test_lines_that_were_being_written_when_it_was_broken_off_are_written_anew(small_world):
    watch, page = small_world.store.watches[0], page_of(small_world)
    page.render()
    for steps in range(1, 40):
        small_world.look(watch, Reason.REFUSED, at=small_world.now + timedelta(minutes=10 * steps))
        writing = page._written(Format.TEXT, [], process=False, pack=False)
        for _ in range(steps):
            next(writing, None)
        writing.close()
        small_world.look(watch, at=small_world.now + timedelta(minutes=10 * steps + 5))
        assert page.render()[0].decode() == text(small_world)


async def test_the_next_scrape_waits_for_the_thread_of_one_that_was_given_up(small_world, monkeypatch):
    packing, go_on = threading.Event(), threading.Event()

    def slowly(piece):
        packing.set()
        go_on.wait(20)
        return packed(piece)

    watch, page = small_world.store.watches[0], page_of(small_world)
    await page.scrape()
    monkeypatch.setattr(sheet, "packed", slowly)
    scrape = asyncio.ensure_future(page.scrape(gzip=True))
    await asyncio.to_thread(packing.wait, 20)
    scrape.cancel()
    await asyncio.gather(scrape, return_exceptions=True)
    small_world.look(watch, Reason.SECOND_DOOR_OPEN, "a longer sentence", at=small_world.now + timedelta(minutes=10))
    monkeypatch.setattr(sheet, "packed", packed)
    again = asyncio.ensure_future(page.scrape())
    assert page._in_use.locked()  # by the one that nobody waits for
    go_on.set()
    await again
    assert page.render()[0].decode() == text(small_world)
