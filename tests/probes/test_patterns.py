"""probes._patterns: RE2 on the bytes of strangers, and what is no pattern."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from probes._patterns import check, compiled, found, told, which


@pytest.mark.parametrize(
    ("pattern", "text"),
    [
        ("b+", b"abbc"),
        ("^a.c$", b"abc"),
        ("(?i)HỒ SƠ", "Nộp hồ sơ".encode()),
        (r"(?m)^Server:\s", b"a\nServer: b"),
        ("\\x00", b"\0"),
        ("", b""),
    ],
)
def test_a_pattern_is_found_wherever_it_is(pattern, text):
    assert found(pattern, text)


@pytest.mark.parametrize(("pattern", "text"), [("b", b"a"), ("^b", b"ab"), ("HỒ", "hồ".encode()), ("é", b"\xe9")])
def test_what_is_not_there_is_not_found(pattern, text):
    assert not found(pattern, text)


def test_plain_words_are_found_in_one_go_and_mean_themselves():
    words = (".aspx", "/vi/(a)", "hồ sơ")

    assert which(words, "x.aspx \xff hồ sơ".encode()) == {".aspx", "hồ sơ"}
    assert which(words, b"xaspx /vi/a") == frozenset()
    assert which(words, b"") == which((), b"x") == frozenset()
    assert which(words, b"\xff/vi/(a)") == {"/vi/(a)"}


def test_the_groups_of_a_match_are_bytes():
    match = compiled(r"(?P<name>\w+)=(\w+)?").search(b" a= ")

    assert (match.group(0), match.group("name"), match.group(2)) == (b"a=", b"a", None)
    assert compiled("(a)(b)").groups == 2


@pytest.mark.parametrize(
    ("pattern", "why"),
    [
        ("(a", "RE2 knows: missing )"),
        ("a**", "bad repetition"),
        ("[z-a]", "invalid character class"),
        ("a(?=b)", "invalid perl operator"),
        (r"(a)\1", "invalid escape"),
        ("a{1001}", "repetition"),
        ("a" * 1001, "at most 1000 characters"),
        ("[ab]{501}", "smaller pattern"),
        (r"\pL{200}", "large"),
    ],
)
def test_what_is_no_pattern_is_told_in_a_sentence(pattern, why):
    with pytest.raises(ValueError, match=rf".*{why.replace('(', '').replace(')', '.')}"):
        compiled(pattern)


def test_the_setting_and_its_place_in_the_list_are_named():
    check("matches", ("a", "b"))
    with pytest.raises(ValueError, match=r"^matches\.2: is no pattern"):
        check("matches", ("a", "(b"))


def test_a_pattern_that_would_hold_a_backtracking_engine_for_ever_comes_to_its_end():
    assert not found("(?:a+)+(?:a+)+(?:a*)*$b", b"a" * 1_000_000 + b"!")


def test_nothing_is_written_to_standard_error(capfd):
    with pytest.raises(ValueError, match="no pattern"):
        compiled("(never")

    assert capfd.readouterr() == ("", "")


@given(st.text(max_size=200), st.binary(max_size=200))
def test_any_text_is_a_pattern_or_is_refused(pattern, text):
    try:
        assert found(pattern, text) in (True, False)
    except ValueError as error:
        assert "pattern" in str(error)  # noqa: PT017 - both ways are right


@pytest.mark.parametrize(
    ("pattern", "told_by"),
    [("b", ["b", "b"]), ("a(.)", ["b", "ộ"]), ("(x)?b", ["", ""]), ("q", []), ("(b)(.)", ["b", "b"])],
)
def test_every_match_is_told_by_its_first_group(pattern, told_by):
    assert list(told(pattern, "ab-aộ-b ", 10)) == told_by


def test_no_more_matches_are_told_than_wanted():
    assert list(told(".", "abc", 2)) == ["a", "b"]
    assert list(told("x*", "abc", 2)) == ["", ""]
