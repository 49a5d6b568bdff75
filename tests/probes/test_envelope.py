"""probes._envelope and probes._discreet against anything at all."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from yarl import URL

from probes import Page
from probes._discreet import HIDDEN, discreet
from probes._envelope import OTHER, code_of, envelope, message_of, results_of, succeeds
from probes._secret import Secret

ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


@pytest.mark.parametrize("code", [0, "0", "00", " 00 "])
def test_success_was_seen_in_three_forms(code):
    assert succeeds(code_of({"error_code": code}))


@pytest.mark.parametrize(
    "code", [False, None, 0.5, "", "000", "0.0", "-0", "OK", "thành công", [], {}, [0], 1, 3, "-3"]
)
def test_nothing_else_is_success(code):
    assert not succeeds(code_of({"error_code": code}))


@pytest.mark.parametrize(
    ("code", "word"), [(3, "3"), (-3, "-3"), ("-3", "-3"), ("E_01", "E_01"), ("x" * 21, OTHER), ("a b", OTHER)]
)
def test_an_errors_code_is_told_as_it_is_where_it_is_short_and_plain(code, word):
    assert code_of({"error_code": code}) == word


@given(ANYTHING)
def test_whatever_the_code_is_its_word_is_bounded(code):
    word = code_of({"error_code": code})
    assert len(word) <= 21
    assert word.isascii()
    assert word.isprintable()
    if succeeds(word):
        assert not isinstance(code, bool)
        assert code in (0, "0", "00") or (isinstance(code, str) and code.strip() in ("0", "00"))


@given(st.integers() | st.text(alphabet="0123456789 -", max_size=25))
def test_a_code_as_text_means_what_it_means_as_a_number(code):
    assert succeeds(code_of({"error_code": code})) == (str(code).strip() in ("0", "00"))


def page_of(body: bytes) -> Page:
    url = URL("http://security.example/")
    return Page(url=url, status=200, headers={}, body=body, asked=(url,))


@given(ANYTHING)
def test_whatever_the_body_is_reading_it_ends(document):
    told = envelope(page_of(json.dumps(document).encode()))
    assert (told is not None) == (isinstance(document, dict) and "error_code" in document)


@given(ANYTHING, ANYTHING)
def test_whatever_stands_in_an_envelope_is_read(message, result):
    told = {"error_code": 0, "message": message, "result": result}
    assert isinstance(message_of(told), str)
    results = results_of(told)
    assert (results is None) == (result is not None and not isinstance(result, list))


@given(st.binary(max_size=200))
def test_bytes_that_are_no_envelope_are_none(body):
    told = envelope(page_of(body))
    assert told is None or "error_code" in told


@pytest.mark.parametrize(
    "body", [b"[" * 100_000, b"1" * 5000, b"\xff\xfe", b"null", b"", b'{"error_code":' + b"9" * 5000]
)
def test_what_breaks_parsers_is_no_envelope(body):
    assert envelope(page_of(body)) is None


def test_a_byte_order_mark_does_no_harm():
    assert envelope(page_of(b'\xef\xbb\xbf{"error_code": 0}')) == {"error_code": 0}


@pytest.mark.parametrize(
    ("result", "results"),
    [
        ([{"A": 1}], ({"A": 1},)),
        ([None, {}], (None, {})),
        ([], ()),
        (None, ()),
        ({"A": 1}, None),
        ("x", None),
        (1, None),
    ],
)
def test_a_list_of_results_is_read_and_nothing_else_is_one(result, results):
    assert results_of({"error_code": 0, "result": result}) == results


def test_without_a_result_there_is_no_list():
    assert results_of({"error_code": 0}) is None


# What a look may tell.


@given(st.text(min_size=1, max_size=40), st.text(max_size=10), st.text(max_size=10))
def test_a_word_that_holds_a_secret_is_hidden(secret, before, after):
    assert discreet([Secret(secret)])(f"{before}{secret}{after}") == HIDDEN


@pytest.mark.parametrize("word", ["S3CRET-word", "s3cret", "word", "server.clientproxy.s3cret"])
def test_pieces_of_a_secret_and_other_letter_case_are_hidden_too(word):
    assert discreet([None, Secret("s3cret-word-123")])(word) == HIDDEN


@pytest.mark.parametrize("word", ["3", "-3", "401", "other", "server.clientproxy.x"])
def test_a_word_that_has_little_in_common_with_a_secret_is_told(word):
    assert discreet([Secret("s3cret-word-123"), Secret("")])(word) == word
