"""Who has to be integrated on which day, and how people call them."""

import contextlib
import unicodedata
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from yarl import URL

from monitor.model import Level, Period
from monitor.names import fold
from monitor.roster import Door, Entry, Former, Hosting, Roster

MERGER = date(2025, 7, 1)
BEFORE, AFTER = MERGER - timedelta(days=1), MERGER + timedelta(days=365)

DAYS = st.dates(date(2020, 1, 1), date(2030, 1, 1))
PERIODS = st.tuples(st.none() | DAYS, st.none() | DAYS).map(
    lambda ends: Period(since=min(ends), until=max(ends)) if None not in ends else Period(since=ends[0], until=ends[1])
)
CODES = st.from_regex(r"[A-Z][0-9]{2}", fullmatch=True)


def province(code: str, name: str, **more: object) -> Entry:
    return Entry(
        **{
            "code": code,
            "name": name,
            "name_en": fold(name).title(),
            "level": Level.PROVINCE,
            "portal": f"https://{code.lower()}.example",
            "evidence": {"code": "seen", "portal": "good"},
            **more,
        }
    )


@st.composite
def rosters(draw: st.DrawFn) -> Roster:
    """Entries with any periods and any successions without a circle: into a code that comes later only."""
    codes = sorted(draw(st.sets(CODES, min_size=1, max_size=8)))
    entries = [
        province(
            code,
            f"Tỉnh {code}",
            period=draw(PERIODS),
            into=draw(st.none() | st.sampled_from(codes[at + 1 :])) if codes[at + 1 :] else None,
        )
        for at, code in enumerate(codes)
    ]
    return Roster(entries=tuple(draw(st.permutations(entries))))


@pytest.fixture
def roster():
    return Roster(
        entries=(
            province("H26", "Hà Nội"),
            province("H25", "Hà Nam", period=Period(until=MERGER), into="H42"),
            province("H42", "Ninh Bình"),
            province("H29", "TP. Hồ Chí Minh"),
            province("H15", "Đắk Lắk"),
            province("H16", "Đắk Nông"),
            province(
                "H57",
                "Huế",
                formerly=(Former(name="Thừa Thiên Huế", name_en="Thua Thien Hue", until=date(2025, 1, 1)),),
            ),
            province("G09", "Bộ Nội vụ", level=Level.MINISTRY, name_en="Ministry of Home Affairs"),
            province("G18", "Bộ Y tế", level=Level.MINISTRY, name_en="Ministry of Health"),
        )
    )


@given(rosters(), DAYS)
def test_an_agency_is_there_exactly_from_its_first_day_to_the_day_before_its_end(roster, day):
    there = {agency.code for agency in roster.on(day)}

    for entry in roster.entries:
        begun = entry.period.since is None or entry.period.since <= day
        ended = entry.period.until is not None and entry.period.until <= day
        assert (entry.code in there) == (begun and not ended)


@given(rosters(), DAYS, st.randoms())
def test_the_order_of_the_files_makes_no_difference(roster, day, random):
    entries = list(roster.entries)
    random.shuffle(entries)

    assert Roster(entries=tuple(entries)).on(day) == roster.on(day)
    assert [agency.code for agency in roster.on(day)] == sorted(agency.code for agency in roster.on(day))


@given(rosters(), DAYS)
def test_every_ended_portal_is_a_former_door_of_who_came_after_and_of_nobody_else(roster, day):
    doors = [(url, agency.code) for agency in roster.on(day) for url in agency.former_doors]

    for old in roster.ended(day):
        heir = roster.successor(old.code, day)
        owners = [code for url, code in doors if url == URL(old.portal)]
        assert owners == ([heir.code] if heir else [])


def test_the_portal_of_an_absorbed_province_becomes_a_former_door_on_the_day_of_the_merger(roster):
    assert roster.find("H42", BEFORE).former_doors == ()
    assert roster.find("H42", MERGER).former_doors == (URL("https://h25.example"),)


def test_a_succession_over_several_steps_leads_to_who_is_there_in_the_end():
    second = MERGER + timedelta(days=10)
    roster = Roster(
        entries=(
            province("A01", "Một", period=Period(until=MERGER), into="A02"),
            province("A02", "Hai", period=Period(until=second), into="A03"),
            province("A03", "Ba"),
        )
    )

    assert roster.find("A02", MERGER).former_doors == (URL("https://a01.example"),)
    assert set(roster.find("A03", second).former_doors) == {URL("https://a01.example"), URL("https://a02.example")}


def test_a_portal_that_the_successor_goes_on_using_is_no_former_door():
    shared = "https://shared.example"
    old = province("A01", "Một", portal=shared, period=Period(until=MERGER), into="A02")

    assert Roster(entries=(old, province("A02", "Hai", portal=shared))).find("A02", MERGER).former_doors == ()


def test_a_former_door_holds_in_its_own_period():
    door = Door(url=URL("https://motcua.example"), evidence="seen", period=Period(since=date(2022, 1, 1), until=MERGER))
    roster = Roster(entries=(province("H26", "Hà Nội", former_doors=(door,)),))

    assert roster.find("H26", BEFORE).former_doors == (URL("https://motcua.example"),)
    assert roster.find("H26", MERGER).former_doors == ()


def test_the_last_state_of_an_ended_agency_says_who_came_after(roster):
    (old,) = roster.ended(MERGER)

    assert (old.code, old.into, old.portal) == ("H25", "H42", "https://h25.example")
    assert roster.ended(BEFORE) == ()
    assert roster.find("H25", BEFORE).into is None


def test_a_portal_of_a_period_takes_the_place_of_the_other_with_its_own_evidence():
    moved = Hosting(
        portal="https://new.example",
        other_hosts=("also.example",),
        evidence="seen",
        period=Period(since=MERGER, until=AFTER),
    )
    roster = Roster(entries=(province("H26", "Hà Nội", hosts=(moved,), other_hosts=("always.example",)),))
    then, now, later = (roster.find("H26", day) for day in (BEFORE, MERGER, AFTER))

    assert (then.portal, then.evidence["portal"]) == ("https://h26.example", "good")
    assert then.hosts == {"h26.example", "always.example"}
    assert (now.portal, now.evidence["portal"]) == ("https://new.example", "seen")
    assert now.hosts == {"new.example", "also.example", "always.example"}
    assert later.portal == "https://h26.example"


def test_an_agency_without_a_portal_says_so():
    agency = Roster(entries=(province("G20", "Thanh tra", portal=None),)).find("G20", MERGER)

    assert (agency.portal, agency.hosts, agency.evidence["portal"]) == (None, frozenset(), "none")


def test_what_counts_is_a_matter_of_dates_and_national_systems_never_do():
    entries = (
        province("A01", "Luôn"),
        province("A02", "Không", counted=None),
        province("A03", "Sau", counted=Period(since=MERGER)),
        province("NPSP", "Cổng", level=Level.NATIONAL),
    )
    roster = Roster(entries=entries)

    assert [agency.code for agency in roster.on(BEFORE) if agency.counted] == ["A01"]
    assert [agency.code for agency in roster.on(MERGER) if agency.counted] == ["A01", "A03"]


def test_a_name_changes_on_its_day(roster):
    assert roster.find("H57", date(2024, 12, 31)).name == "Thừa Thiên Huế"
    assert roster.find("H57", date(2025, 1, 1)).name == "Huế"


@pytest.mark.parametrize(
    ("words", "code"),
    [
        ("H26", "H26"),
        ("h26", "H26"),
        (" H26 ", "H26"),
        ("Hà Nội", "H26"),
        (unicodedata.normalize("NFD", "Hà Nội"), "H26"),
        ("ha noi", "H26"),
        ("hanoi", "H26"),
        ("HÀ NỘI", "H26"),
        ("tỉnh Ninh Bình", "H42"),
        ("Thành phố Hà Nội", "H26"),
        ("TP Hà Nội", "H26"),
        ("tp. ho chi minh", "H29"),
        ("Hồ Chí Minh", "H29"),
        ("thanh pho ho chi minh", "H29"),
        ("ho chi", "H29"),
        ("dak lak", "H15"),
        ("Đắk L", "H15"),
        ("hue", "H57"),
        ("thua thien hue", "H57"),
        ("Bộ Nội vụ", "G09"),
        ("nội vụ", "G09"),
        ("home affairs", "G09"),
        ("ministry of health", "G18"),
        ("y te", "G18"),
    ],
)
def test_an_agency_is_found_as_people_type_it(roster, words, code):
    assert roster.find(words, AFTER).code == code


@pytest.mark.parametrize(
    ("words", "day", "said"),
    [
        ("dak", AFTER, "'dak' may mean: Đắk Lắk (H15), Đắk Nông (H16)"),
        ("ha n", BEFORE, "'ha n' may mean: Hà Nam (H25), Hà Nội (H26)"),
        ("bo", AFTER, "'bo' may mean: Bộ Nội vụ (G09), Bộ Y tế (G18)"),
        ("Hà Nam", AFTER, "Hà Nam (H25) ended on 2025-07-01, into H42"),
        ("h25", AFTER, "Hà Nam (H25) ended on 2025-07-01, into H42"),
        ("ha na", AFTER, "Hà Nam (H25) ended on 2025-07-01, into H42"),
        ("Ninh Bih", AFTER, "no agency is called 'Ninh Bih' on 2026-07-01; closest: Ninh Bình (H42)"),
        ("qqq", AFTER, "no agency is called 'qqq' on 2026-07-01"),
        ("", AFTER, "no agency is called '' on 2026-07-01"),
        ("--", AFTER, "no agency is called '--' on 2026-07-01"),
    ],
)
def test_who_is_not_found_is_told_who_could_be_meant(roster, words, day, said):
    with pytest.raises(LookupError) as caught:
        roster.find(words, day)

    assert str(caught.value) == said


def test_of_many_who_could_be_meant_only_some_are_named():
    roster = Roster(entries=tuple(province(f"H{n}", f"Tỉnh mẫu số {n}") for n in range(10, 20)))

    with pytest.raises(LookupError, match=r"\(H17\) and 2 more$"):
        roster.find("tinh", MERGER)


def test_a_host_is_held_as_people_read_it():
    portal = URL("https://hà-nội.example")
    (agency,) = Roster(entries=(province("H26", "Hà Nội", portal=str(portal), evidence={"portal": "pattern"}),)).on(
        AFTER
    )

    assert agency.hosts == agency.guessed == {"hà-nội.example"} == {portal.host}


def test_who_ended_and_is_one_of_several_that_could_be_meant_is_not_guessed():
    ended = (province(code, f"Ninh {code}", period=Period(until=MERGER)) for code in ("H42", "H43"))

    with pytest.raises(LookupError, match="no agency is called 'ninh'"):
        Roster(entries=tuple(ended)).find("ninh", MERGER)


@given(st.sampled_from(["Hà Nội", "Đắk Lắk", "TP. Hồ Chí Minh", "Bộ Nội vụ"]), st.randoms())
def test_case_spaces_and_forms_make_no_difference_to_who_is_found(name, random):
    roster = Roster(
        entries=(
            province("H26", "Hà Nội"),
            province("H15", "Đắk Lắk"),
            province("H29", "TP. Hồ Chí Minh"),
            province("G09", "Bộ Nội vụ", level=Level.MINISTRY),
        )
    )
    form = random.choice(["NFC", "NFD"])
    typed = "".join(random.choice([letter.lower(), letter.upper()]) for letter in unicodedata.normalize(form, name))
    typed = typed.replace(" ", random.choice(["", " ", "  ", "-"]))

    assert roster.find(typed, MERGER).name == name


@given(rosters(), DAYS, st.text(max_size=8))
def test_a_search_finds_an_agency_of_the_day_or_raises_a_lookup_error(roster, day, words):
    with contextlib.suppress(LookupError):
        assert roster.find(words, day) in roster.on(day)


def test_a_short_name_goes_with_the_name_of_now_and_with_none_before():
    former = Former(name="Tên cũ", name_en="Old name", until=MERGER)
    entry = province("H57", "Huế", short="H", short_en="E", formerly=(former,))

    assert [(each.short, each.short_en) for each in map(entry.agency, (BEFORE, AFTER))] == [("", ""), ("H", "E")]
