"""Words for everything there is, in both languages."""

import inspect
import re
import unicodedata

import pytest

from monitor import remedies, words
from monitor.alerts.now import COUNTED
from monitor.bundled import config_folder, runbooks_folder
from monitor.incidents import Counting, Sharing
from monitor.model import Condition
from monitor.notice import Event, Severity
from monitor.notice_words import NOTICES
from monitor.notify import _alert_words
from monitor.remedies import BY_REASON, BY_SHARING, Remedy, page_of
from monitor.remedy_words import REMEDIES
from monitor.saying import entries, letter, page, plain, subject, tables, voice
from monitor.saying.samples import AT, samples
from monitor.settings import load
from monitor.words import Language
from probes import Reason

EVERY = [member for words_of in (Event, Severity, Remedy) for member in words_of]


@pytest.mark.parametrize("member", EVERY, ids=lambda member: f"{type(member).__name__}.{member.name}")
def test_every_event_severity_and_remedy_can_be_said_in_both_languages(member):
    said = [words.word(member, language) for language in Language]

    assert all(said)
    assert said[0] != said[1]


@pytest.mark.parametrize("event", Event)
def test_every_event_has_a_sample_a_subject_and_a_first_sentence(event):
    assert samples()[event].event is event
    assert event in subject._SAID
    assert f"lead_{event}" in NOTICES


@pytest.mark.parametrize("reason", [*Reason, "document", "no_evidence"])
def test_for_every_reason_it_is_known_what_to_do(reason):
    """A new reason fails here until it is in remedies._BY_REMEDY."""
    assert BY_REASON[str(reason)] in Remedy


def test_no_reason_has_two_remedies():
    listed = [reason for reasons in remedies._BY_REMEDY.values() for reason in reasons]

    assert len(listed) == len(set(listed)) == len(Reason)


@pytest.mark.parametrize("remedy", Remedy)
def test_every_remedy_has_its_runbook(remedy):
    assert (runbooks_folder() / f"{page_of(remedy)}.md").is_file()


@pytest.mark.parametrize("sharing", Sharing)
def test_every_kind_of_incident_can_be_said_and_dealt_with(sharing):
    assert sharing in BY_SHARING
    assert f"short_{sharing}" in NOTICES
    assert words.phrase(f"incident_{sharing}", Language.VI, n=1, of=2, value="x", since="y", name="z")


@pytest.mark.parametrize("prefix", ["lost", "still", "back"])
def test_every_condition_can_be_lost_and_come_back(prefix):
    assert {f"{prefix}_{condition}" for condition in (*Condition, "both", "mixed")} <= NOTICES.keys()


def test_no_word_of_the_house_is_said_in_two_ways():
    assert not NOTICES.keys() & words._PHRASES.keys()


def test_both_languages_have_the_same_places_and_vietnamese_is_composed():
    for name, (vi, en) in {**NOTICES, **{f"remedy {name}": both for name, both in REMEDIES.items()}}.items():
        assert set(re.findall(r"\{(\w*)\}", vi)) == set(re.findall(r"\{(\w*)\}", en)), name
        assert unicodedata.is_normalized("NFC", vi + en), name
        assert "  " not in vi + en, name


def test_every_phrase_of_notices_is_said_somewhere():
    source = "".join(map(inspect.getsource, (subject, entries, letter, page, plain, tables, voice, _alert_words)))
    made = re.compile(r"^(subject|lead|alert|short|incident|lost|still|back|legend)_|_(one|many)$")

    assert [name for name in NOTICES if f'"{name}"' not in source and not made.search(name)] == []


def test_the_incidents_of_samples_can_happen():
    counting = Counting()
    for notice in samples().values():
        of_agencies = [group for group in notice.groups if group.sharing in COUNTED]
        assert all(counting.many(group.down, group.of) for group in of_agencies)
        assert sum(group.down for group in of_agencies) == (len(notice.entries) if of_agencies else 0)


def test_the_figures_of_samples_can_be():
    for notice in samples().values():
        for move in notice.moves:
            assert move.after[0] + move.unknown <= move.after[1]
        missing = {entry.agency for entry in notice.entries if entry.conditions and entry.until is None}
        if notice.event in (Event.INITIAL, Event.DAILY, Event.WEEKLY):
            assert len(missing) + notice.more == sum(move.after[1] - move.after[0] for move in notice.moves)


def test_samples_are_of_real_agencies_and_marked_as_made_up():
    roster = load(config_folder()).roster
    known = {agency.code: (agency.name, agency.name_en) for agency in roster.on(AT.date())}
    for notice in samples().values():
        assert notice.synthetic
        for entry in notice.entries:
            assert known[entry.agency] == (entry.name, entry.name_en)
