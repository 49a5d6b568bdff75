"""Every notice as it comes out, in both languages."""

import os
from pathlib import Path

import pytest
from yarl import URL

from monitor.notice import Event
from monitor.saying.message import message
from monitor.saying.samples import samples
from monitor.words import Language

GOLDEN = Path(__file__).parent / "golden"
PAGE = URL("https://monitor.example/")


@pytest.mark.parametrize("language", Language)
@pytest.mark.parametrize("event", Event)
def test_a_notice_reads_as_it_was_agreed(event, language):
    """To write them anew after a wanted change: GOLDEN=write pytest tests/monitor/saying/test_golden.py"""
    said = message(samples()[event], "email-bo-noi-vu", language, PAGE)
    for ending, words in (("txt", f"Subject: {said.subject}\n\n{said.text}"), ("html", said.html)):
        file = GOLDEN / f"{event}.{language}.{ending}"
        if os.environ.get("GOLDEN") == "write":
            file.write_text(words, encoding="utf-8")
        assert words == file.read_text(encoding="utf-8")


def test_there_is_a_golden_file_for_each_event_and_for_nothing_else():
    wanted = {f"{event}.{language}.{ending}" for event in Event for language in Language for ending in ("txt", "html")}

    assert {file.name for file in GOLDEN.iterdir() if file.suffix != ".png"} == wanted
