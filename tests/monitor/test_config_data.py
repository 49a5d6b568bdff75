"""The configuration that comes with the program: the real roster, by date, with its doubts."""

import re
import shutil
import unicodedata
from collections import Counter
from datetime import date, timedelta

import pytest
from yarl import URL

import probes
from monitor.bundled import config_folder
from monitor.config import Config
from monitor.model import COUNTED_LEVELS, Agency, Condition, Level
from monitor.names import fold
from monitor.plan import watches
from monitor.plugins import find
from monitor.settings import load

REPORT = date(2023, 6, 21)
MINISTRIES_MERGED = date(2025, 3, 1)
PROVINCES_MERGED = date(2025, 7, 1)
TODAY = date(2026, 11, 23)
ABSORBED = {  # Nghị quyết 202/2025/QH15: 23 of the 34 were formed of two or three, the other 11 are as they were
    "H60": {"H22"},
    "H38": {"H63"},
    "H55": {"H03"},
    "H05": {"H02"},
    "H44": {"H62", "H28"},
    "H24": {"H23"},
    "H31": {"H54"},
    "H42": {"H25", "H40"},
    "H50": {"H46"},
    "H17": {"H47"},
    "H48": {"H34"},
    "H21": {"H08"},
    "H32": {"H43"},
    "H15": {"H45"},
    "H36": {"H16", "H11"},
    "H19": {"H10"},
    "H29": {"H06", "H09"},
    "H53": {"H39"},
    "H20": {"H58"},
    "H61": {"H07", "H59"},
    "H01": {"H33"},
    "H13": {"H30", "H51"},
    "H12": {"H04"},
}


@pytest.fixture(scope="module")
def config() -> Config:
    return load(config_folder(), environ={})


@pytest.fixture(scope="module")
def on(config):
    """The agencies of a day and level, by code."""

    def roster(day: date, level: Level) -> dict[str, Agency]:
        return {agency.code: agency for agency in config.roster.on(day) if agency.level is level}

    return roster


@pytest.mark.parametrize(
    ("day", "provinces", "counted", "watched"),
    [
        (REPORT, 63, 21, 23),
        (MINISTRIES_MERGED - timedelta(days=1), 63, 21, 23),
        (MINISTRIES_MERGED, 63, 17, 17),
        (PROVINCES_MERGED - timedelta(days=1), 63, 17, 17),
        (PROVINCES_MERGED, 34, 17, 17),
        (date(2026, 1, 1), 34, 17, 17),
        (TODAY, 34, 17, 17),
    ],
)
def test_the_roster_has_as_many_agencies_as_the_country_on_that_day(on, day, provinces, counted, watched):
    assert sum(agency.counted for agency in on(day, Level.PROVINCE).values()) == provinces
    assert sum(agency.counted for agency in on(day, Level.MINISTRY).values()) == counted
    assert len(on(day, Level.PROVINCE)) == provinces
    assert len(on(day, Level.MINISTRY)) == watched


def test_who_is_watched_and_not_counted_in_2023(on):
    assert {code for code, agency in on(REPORT, Level.MINISTRY).items() if not agency.counted} == {"G22", "G24"}


def test_national_systems_are_there_on_every_day_and_never_counted(on):
    for day in (REPORT, TODAY):
        assert set(on(day, Level.NATIONAL)) == {"NPSP", "SIGNON", "VNEID", "REPORT", "CSDL"}
        assert not any(agency.counted for agency in on(day, Level.NATIONAL).values())


def test_each_province_of_today_came_of_those_that_the_national_assembly_merged(config, on):
    absorbed: dict[str, set[str]] = {}
    for old in config.roster.ended(PROVINCES_MERGED):
        if old.level is Level.PROVINCE:
            absorbed.setdefault(str(old.into), set()).add(old.code)

    assert absorbed == ABSORBED
    assert set(ABSORBED) < set(on(PROVINCES_MERGED, Level.PROVINCE))


def test_the_portals_of_the_absorbed_are_the_former_doors_of_the_new_provinces(on):
    before, after = on(PROVINCES_MERGED - timedelta(days=1), Level.PROVINCE), on(PROVINCES_MERGED, Level.PROVINCE)

    assert not any(agency.former_doors for agency in before.values())
    for code, agency in after.items():
        assert set(agency.former_doors) == {URL(before[old].portal) for old in ABSORBED.get(code, ())}


def test_the_ministries_that_ended_in_march_2025_and_their_successors(config):
    ended = {old.code: old.into for old in config.roster.ended(MINISTRIES_MERGED)}

    assert ended == {
        "G05": "G12",
        "G24": "G12",
        "G10": "NNMT",
        "G13": "NNMT",
        "G04": "G17",
        "G14": "G06",
        "G07": "G09",
        "G21": "DTTG",
    }


def test_a_code_of_ours_is_marked_and_cannot_be_taken_for_an_identifier(config):
    for entry in config.roster.entries:
        placeholder = entry.evidence["code"] == "placeholder"
        assert placeholder == bool(re.fullmatch(r"[A-Z]+", entry.code))
        assert placeholder or re.fullmatch(r"[GH]\d{2}", entry.code)
        assert not placeholder or "ours" in entry.evidence["note"]


def test_how_well_codes_and_hosts_are_known_is_counted_and_not_smoothed(config):
    provinces = [entry for entry in config.roster.entries if entry.level is Level.PROVINCE]

    assert Counter(entry.evidence["portal"] for entry in provinces) == {"good": 32, "weak": 11, "pattern": 20}
    assert Counter(entry.evidence["code"] for entry in provinces) == {"seen": 13, "memory": 50}


def test_where_no_portal_is_known_none_is_made_up(on):
    assert {code for code, agency in on(REPORT, Level.MINISTRY).items() if agency.portal is None} == {"G20", "G22"}
    assert {code for code, agency in on(TODAY, Level.MINISTRY).items() if agency.portal is None} == {
        "G20",
        "G22",
        "DTTG",
    }


def test_central_systems_of_2026_take_the_place_of_earlier_portals(config):
    assert config.roster.find("Bộ Nội vụ", date(2025, 12, 31)).portal == "https://dichvucong.moha.gov.vn"
    assert config.roster.find("Bộ Nội vụ", date(2026, 1, 1)).portal == "https://dichvucongbnv.moha.gov.vn"
    assert config.roster.find("NNMT", date(2025, 12, 31)).portal is None
    assert "hokinhdoanh.dkkd.gov.vn" in config.roster.find("G12", date(2026, 1, 1)).hosts


def test_hue_is_found_by_either_name_on_any_day(config):
    for day in (REPORT, TODAY):
        assert config.roster.find("Huế", day) == config.roster.find("thua thien hue", day)
    assert config.roster.find("Hue", REPORT).name == "Thừa Thiên Huế"
    assert config.roster.find("Hue", date(2024, 12, 31)).name == "Thừa Thiên Huế"
    assert config.roster.find("Hue", date(2025, 1, 1)).name == "Huế"
    assert config.roster.find("Hue", TODAY).name_en == "Hue"


@pytest.mark.parametrize("day", [REPORT, TODAY])
def test_every_agency_is_found_by_its_names_in_every_form(config, day):
    for agency in config.roster.on(day):
        for name in (agency.name, agency.name_en):
            for typed in (name, unicodedata.normalize("NFD", name).lower(), fold(name)):
                assert config.roster.find(typed, day) == agency


def test_names_are_composed_and_fit_for_labels(config):
    for entry in config.roster.entries:
        for name in entry.all_names():
            assert unicodedata.is_normalized("NFC", name)
            assert name.isprintable()


def test_the_files_themselves_are_composed():
    for path in sorted(config_folder().rglob("*.yaml")):
        assert unicodedata.is_normalized("NFC", path.read_text(encoding="utf-8")), path


@pytest.mark.parametrize(
    ("day", "words", "code"),
    [
        (REPORT, "H26", "H26"),
        (REPORT, "ha noi", "H26"),
        (REPORT, "hanoi", "H26"),
        (REPORT, unicodedata.normalize("NFD", "Hà Nội"), "H26"),
        (REPORT, "tp ho chi minh", "H29"),
        (REPORT, "Thành phố Hồ Chí Minh", "H29"),
        (REPORT, "hue", "H57"),
        (REPORT, "vinh ph", "H62"),
        (TODAY, "vinh", "H61"),
        (REPORT, "ba ria", "H06"),
        (REPORT, "ngan hang nha nuoc", "G19"),
        (REPORT, "nong nghiep", "G10"),
        (TODAY, "nong nghiep", "NNMT"),
        (REPORT, "npsp", "NPSP"),
    ],
)
def test_agencies_are_found_as_people_ask_for_them(config, day, words, code):
    assert config.roster.find(words, day).code == code


@pytest.mark.parametrize(
    ("day", "words", "said"),
    [
        (REPORT, "vinh", "'vinh' may mean: Vĩnh Long (H61), Vĩnh Phúc (H62)"),
        (TODAY, "H62", "Vĩnh Phúc (H62) ended on 2025-07-01, into H44"),
        (TODAY, "ba ria", "Bà Rịa - Vũng Tàu (H06) ended on 2025-07-01, into H29"),
        (TODAY, "bao hiem", "Bảo hiểm xã hội Việt Nam (G24) ended on 2025-03-01, into G12"),
        (REPORT, "H64", "no agency is called 'H64' on 2023-06-21"),
    ],
)
def test_who_is_not_found_is_told_who_could_be_meant(config, day, words, said):
    with pytest.raises(LookupError) as caught:
        config.roster.find(words, day)

    assert str(caught.value).startswith(said)


@pytest.mark.parametrize(
    ("day", "code", "host"),
    [
        (REPORT, "H12", "dvctt.camau.gov.vn"),
        (REPORT, "H29", "dichvucong.hochiminhcity.gov.vn"),
        (REPORT, "H06", "dichvucong.baria-vungtau.gov.vn"),
        (REPORT, "H57", "dichvucong.thuathienhue.gov.vn"),
        (REPORT, "H26", "dichvucong.hanoi.gov.vn"),
        (REPORT, "G19", "dvc.sbv.gov.vn"),
        (REPORT, "G24", "dichvucong.baohiemxahoi.gov.vn"),
        (TODAY, "G03", "dvc.moet.gov.vn"),
        (TODAY, "NNMT", "dichvucongnnmt.mae.gov.vn"),
        (TODAY, "SIGNON", "xacthuc.dichvucong.gov.vn"),
    ],
)
def test_portals_are_where_they_were_read_to_be(config, day, code, host):
    assert URL(config.roster.find(code, day).portal).host == host


def test_every_successor_leads_to_a_body_of_the_day(config):
    for day in (MINISTRIES_MERGED, PROVINCES_MERGED, TODAY):
        here = {agency.code for agency in config.roster.on(day)}
        for old in config.roster.ended(day):
            assert config.roster.successor(old.code, day).code in here


def test_every_agency_says_how_well_its_code_and_its_portal_are_known(config):
    for day in (REPORT, MINISTRIES_MERGED, PROVINCES_MERGED, TODAY):
        for agency in config.roster.on(day):
            assert agency.evidence["code"] in {"seen", "memory", "inferred", "placeholder"}
            assert agency.evidence["portal"] in {"seen", "good", "weak", "pattern", "none"}
            assert (agency.evidence["portal"] == "none") == (agency.portal is None)


def test_what_the_report_declared_is_there_with_its_source(config):
    figures = {
        item.level: (item.integrated, item.agencies, item.tasks_completed, item.tasks_planned)
        for item in config.declared
    }

    assert figures == {Level.PROVINCE: (62, 63, 1384, 3003), Level.MINISTRY: (10, 21, 296, 845)}
    assert {item.as_of for item in config.declared} == {REPORT}
    assert all("19 July 2023" in item.source and "inferred" in item.source for item in config.declared)
    assert [f"{done / planned:.2%}" for _, _, done, planned in figures.values()] == ["46.09%", "35.03%"]


def test_nothing_is_attested_since_no_list_was_published(config):
    assert config.attestations == ()


def test_the_contact_is_plainly_one_to_replace(config):
    assert ".example" in config.network.contact


def test_nothing_points_away_from_the_real_estate(config):
    assert config.network.connect_to == ()
    assert config.network.internal_hosts == ()
    assert config.network.control == ()
    assert (config.day, config.synthetic) == (None, None)


def test_every_kind_of_probe_is_used_but_those_for_what_only_an_operator_knows(config):
    """Whose records and ports are right, and what a look-up, a list or an exchange is like, is not known from outside."""
    assert {check.kind for check in config.checks} == set(find(probes, "Probe")) - {
        "dns",
        "tcp",
        "figure",
        "dossier",
        "catalogue",
        "adapter",
        "security_server",
        "heartbeat",
    }


def test_the_example_for_inside_the_government_network_is_sound_once_its_comment_marks_are_gone(tmp_path):
    folder = tmp_path / "config"
    shutil.copytree(config_folder(), folder)
    checks = folder / "checks.yaml"
    checks.write_text(re.sub(r"(?m)^#(?=(?: {2}){0,2}[a-z])", "", checks.read_text(encoding="utf-8")), encoding="utf-8")
    inside = load(folder, environ={"NPSP_ADAPTER_PASSWORD_H26": "s3cret"})

    kinds = {"adapter", "security_server", "dossier"}
    assert {check.kind for check in inside.checks} >= kinds
    assert {w.agency.code for w in watches(inside, TODAY) if w.check.kind in kinds} == {"H26"}


@pytest.fixture(scope="module")
def kinds_of(config):
    """The kinds of check that prove a condition of an agency on a day."""

    def prove(code: str, condition: Condition, day: date) -> set[str]:
        return {
            watch.check.kind
            for watch in watches(config, day)
            if watch.agency.code == code and watch.check.proves is condition
        }

    return prove


def test_in_2023_a_province_shows_its_own_pages_and_from_july_2025_on_it_leads_to_the_national_portal(config):
    def answers(day: date) -> set[str]:
        return {
            w.check.probe.answers for w in watches(config, day) if w.agency.code == "H26" and w.check.kind == "http"
        }

    assert answers(REPORT) == answers(PROVINCES_MERGED - timedelta(days=1)) == {"own_pages"}
    assert answers(PROVINCES_MERGED) == answers(TODAY) == {"national_portal"}


def test_what_proves_a_province_connected_changes_with_the_era(kinds_of):
    assert kinds_of("H32", Condition.CONNECTED, REPORT) == {"http", "sign_on", "hand_over", "dossier_sync"}
    assert kinds_of("H32", Condition.CONNECTED, TODAY) == {"hand_over", "dossier_sync"}
    assert kinds_of("H32", Condition.MERGED, REPORT) == set()
    assert kinds_of("H32", Condition.MERGED, TODAY) == {"http", "one_door"}


def test_what_proves_a_ministry_connected_ends_with_its_own_pages(kinds_of):
    assert kinds_of("G18", Condition.CONNECTED, date(2026, 1, 31)) == {"http", "sign_on"}
    assert kinds_of("G18", Condition.CONNECTED, date(2026, 2, 1)) == set()


@pytest.mark.parametrize("day", [REPORT, date(2026, 1, 1), TODAY])
def test_every_national_system_has_one_check_that_tells_whether_it_is_down(config, day):
    """Its expiring certificate alone does not: only what proves it connected counts as down."""
    proving = Counter(
        watch.agency.code
        for watch in watches(config, day)
        if watch.agency.level is Level.NATIONAL and watch.check.proves is Condition.CONNECTED
    )

    assert proving == dict.fromkeys(("NPSP", "SIGNON", "VNEID", "REPORT", "CSDL"), 1)
    assert {code for check in config.checks for code in check.depends_on} <= proving.keys()


def test_an_expiring_certificate_of_a_national_system_proves_nothing(config):
    warning = {check.name: check.proves for check in config.checks if getattr(check.probe, "warn_days", 0)}

    assert warning == {"certificate": None, "national_certificate": None}


@pytest.mark.parametrize("day", [REPORT, date(2026, 1, 1), TODAY])
def test_no_host_is_asked_more_than_once_a_second(config, day):
    """By the periods alone, with ten requests for a look at an agency's hosts and one at the host that all share."""
    asked: Counter[str] = Counter()
    for watch in watches(config, day):
        seconds = watch.check.every.total_seconds()
        asked[str(watch.target.portal.host)] += 10 / seconds
        if watch.check.kind == "sign_on":
            asked[watch.check.probe.hosts[0]] += 1 / seconds

    assert max(asked.values()) < 1


def test_every_counted_level_has_figures_and_checks(config):
    for level in COUNTED_LEVELS:
        assert any(level in check.levels for check in config.checks)
        assert any(item.level is level for item in config.declared)


def test_the_folder_holds_data_only():
    assert not [path for path in config_folder().rglob("*") if path.suffix == ".py"]


def test_a_short_name_is_part_of_the_name_and_lets_a_subject_say_all(config):
    systems = [each for each in config.roster.entries if each.level is Level.NATIONAL]
    shortened = [each for each in systems if each.short]

    assert {each.code for each in shortened} >= {"SIGNON"}
    assert all(each.short in each.name and each.short_en in each.name_en for each in shortened)
    assert max(len(each.short or each.name) for each in systems) <= 45
