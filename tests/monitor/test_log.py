import io
import json
import logging

import pytest
import structlog

from monitor.log import configure, printable


@pytest.fixture
def logged():
    """`logged(form, level)` configures logging and returns what has been written so far."""
    stream = io.StringIO()

    def start(form="json", level="info"):
        configure(form, level, stream)
        return stream

    yield start
    structlog.reset_defaults()
    logging.basicConfig(handlers=[logging.NullHandler()], force=True)


def test_an_event_is_one_line_of_json_with_its_time_and_level(logged):
    stream = logged()
    structlog.get_logger().info("change", agency="H26", name="Hà Nội")
    event = json.loads(stream.getvalue())

    assert stream.getvalue().count("\n") == 1
    assert event.pop("timestamp").endswith("Z")
    assert event == {"event": "change", "level": "info", "agency": "H26", "name": "Hà Nội"}


def test_what_is_below_the_level_is_not_written(logged):
    stream = logged(level="warning")
    structlog.get_logger().info("look")

    assert stream.getvalue() == ""


@pytest.mark.parametrize("form", ["json", "console"])
def test_control_characters_from_a_page_do_not_reach_the_terminal(logged, form):
    stream = logged(form)
    structlog.get_logger().info("look", detail="a\x1b[2Jb\rc\u202ed\x07\nfake=line")

    assert stream.getvalue().count("\n") == 1
    assert not {"\x1b", "\r", "\x07", "\u202e"} & set(stream.getvalue())


def test_the_console_has_no_colour_where_nobody_looks(logged):
    stream = logged("console")
    structlog.get_logger().warning("reload_failed")

    assert "\x1b" not in stream.getvalue()
    assert "reload_failed" in stream.getvalue()


def test_an_exception_is_logged_with_its_traceback(logged):
    stream = logged()
    try:
        _ = 1 / 0
    except ZeroDivisionError:
        structlog.get_logger().exception("probe_bug")

    assert "ZeroDivisionError" in json.loads(stream.getvalue())["exception"]


def test_what_libraries_log_comes_the_same_way_from_warning_on(logged):
    stream = logged()
    logging.getLogger("apscheduler").info("not this")
    logging.getLogger("aiohttp").warning("but this\x1b")
    event = json.loads(stream.getvalue())

    assert event["event"] == "but this\\x1b"
    assert event["level"] == "warning"


def test_vietnamese_is_printable_and_stays():
    assert printable("Thừa Thiên Huế") == "Thừa Thiên Huế"
    assert printable("a\tb") == "a\\tb"
