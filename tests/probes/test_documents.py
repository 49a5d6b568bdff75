"""probes._documents: JSON of strangers, entered by a path."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from probes._documents import at, check_path, document_of, empty, word

DOCUMENT = {"code": "OK", "data": {"items": [{"a": 4}, {"a": "5"}], "none": None, "nothing": []}, "list": []}
anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["a", "b", "0"]), inner, max_size=3),
)


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("code", "OK"),
        ("data.items.1.a", "5"),
        ("data.items.0.a", 4),
        ("", DOCUMENT),
        ("data.none", None),
        ("data.items.2.a", None),
        ("data.items.a", None),
        ("code.x", None),
        ("data.items.-1.a", None),
        ("data.items.٠.a", None),
    ],
)
def test_a_path_leads_to_what_stands_there_or_to_nothing(path, value):
    assert at(DOCUMENT, path) == value


@pytest.mark.parametrize(
    ("path", "ends"),
    [
        ("data.none.a", True),
        ("data.nothing.0.a", True),
        ("list.0", True),
        ("data.items.0.b", False),
        ("data.other.a", False),
        ("data.none", False),
        ("code.a", False),
        ("other.a.b", False),
    ],
)
def test_a_way_that_ends_in_nothing_is_told_from_one_that_is_not_there(path, ends):
    assert empty(DOCUMENT, path) is ends


@pytest.mark.parametrize(("value", "said"), [(4, "4"), (" a ", "a"), (True, ""), (None, ""), ([1], ""), ({}, "")])
def test_a_text_or_a_number_is_a_word(value, said):
    assert word(value) == said


@given(document=anything, path=st.sampled_from(["a", "a.b", "0.a", "a.0.b", "b.0"]))
def test_any_document_can_be_entered(document, path):
    at(document, path)
    assert empty(document, path) in (True, False)


@pytest.mark.parametrize("body", ["", "<p>", "{", "[" * 100_000, "9" * 5000])
def test_what_is_no_json_is_told_by_one_error(page, body):
    with pytest.raises(ValueError):
        document_of(page(body, "application/json"))


def test_json_is_read_in_nfc(page):
    assert document_of(page('{"a": "e\u0302"}', "application/json")) == {"a": "ê"}


@pytest.mark.parametrize("path", [".", "a..b", "a.", "a b", "a" * 81, ".".join("a" * 11)])
def test_a_path_that_is_none_is_refused(path):
    with pytest.raises(ValueError, match="status_path: must be names"):
        check_path("status_path", path)
