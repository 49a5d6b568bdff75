"""probes._procedures: the same procedure in every form of its code, and how two lists differ."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from probes._patterns import told
from probes._procedures import ANYWHERE, National, difference, joined, key, procedure

agencies = st.from_regex(r"\A[GH][0-9]{2}\Z")
numbers = st.from_regex(r"\A[1-3]\.[0-9]{6}\Z")
national = st.dictionaries(numbers, st.booleans(), max_size=20).map(
    lambda drawn: {number: National(number=number, withdrawn=gone) for number, gone in drawn.items()}
)


def forms(number, agency):
    return (number, f"{number}.{agency}", f"{number}.000.00.00.{agency}")


def row(number, **changes):
    return National(**{"number": number, **changes})


@pytest.mark.parametrize(
    ("code", "number", "agency", "old"),
    [
        ("1.001193", "1.001193", "", False),
        ("2.000889", "2.000889", "", False),
        ("1.001229.000.00.00.H56", "1.001229", "H56", True),
        ("2.002621.H56", "2.002621", "H56", False),
        (" 2.002621.G09 ", "2.002621", "G09", False),
    ],
)
def test_every_form_that_was_seen_is_read(code, number, agency, old):
    known = procedure(code)
    assert (known.number, known.agency, known.old) == (number, agency, old)


@pytest.mark.parametrize(
    "code", ["", "1.00119", "1.0011933", "10.001193", "1.001193.", "1.001193.H5", "1.001193.X56", "١.001193"]
)
def test_anything_else_is_no_code(code):
    assert procedure(code) is None
    assert key(code, "H56") == ""


@given(number=numbers, agency=agencies)
def test_all_forms_of_one_procedure_have_one_key(number, agency):
    assert {key(form, agency) for form in forms(number, agency)} == {number}


@given(number=numbers, agency=agencies, other=agencies)
def test_another_agencys_variant_is_not_this_agencys_procedure(number, agency, other):
    assert (key(f"{number}.{other}", agency) == number) is (other == agency)


@given(one=numbers, other=numbers, agency=agencies)
def test_other_numbers_are_other_procedures(one, other, agency):
    same = {key(form, agency) for form in forms(one, agency)} & {key(form, agency) for form in forms(other, agency)}
    assert bool(same) is (one == other)


@given(number=numbers, agency=agencies, around=st.sampled_from([" ", "<td>", '"', ",", "(", "\n", "ế "]))
def test_codes_are_found_on_a_page_in_every_form(number, agency, around):
    for form in forms(number, agency):
        assert list(told(ANYWHERE, f"{around}{form}{around}", 9)) == [form]


def test_what_only_holds_the_figures_of_a_code_is_none():
    assert list(told(ANYWHERE, "12.345678 1.0012 a1.001193 1.0011930", 9)) == []
    assert list(told(ANYWHERE, "MaDVC=2.000815.000.00.00.H55.02", 9)) == ["2.000815.000.00.00.H55"]


def test_what_is_missing_withdrawn_unknown_and_old_is_told_apart():
    known = {
        each.number: each
        for each in (row("1.000001"), row("1.000002"), row("1.000003", withdrawn=True), row("1.000004"))
    }
    seen = difference(known, ["1.000001", "1.000003.H26", "1.000004.000.00.00.H26", "9.999999", "1.000002.H57"], "H26")

    assert (seen.national, seen.listed) == (3, 4)
    assert seen.missing == ("1.000002",)
    assert seen.withdrawn == ("1.000003",)
    assert seen.unknown == ("9.999999",)
    assert seen.old_codes == ("1.000004",)
    assert seen.ratio == 0.5  # 1 and 4, of 1, 2, 3 and 4


def test_a_procedure_of_other_agencies_need_not_be_listed():
    known = {"1.000001": row("1.000001", agencies=frozenset({"H57"})), "1.000002": row("1.000002")}
    assert difference(known, ["1.000002"], "H26").missing == ()
    assert difference(known, ["1.000002"], "H57").missing == ("1.000001",)


def test_without_anything_to_list_there_is_no_ratio():
    assert difference({}, ["1.000001"], "H26").ratio is None
    assert difference({"1.000001": row("1.000001", withdrawn=True)}, [], "H26").ratio is None


@pytest.mark.parametrize(
    ("one", "other", "both"),
    [
        ({"withdrawn": True}, {}, {}),
        ({"agencies": frozenset({"H26"})}, {"agencies": frozenset({"H57"})}, {"agencies": frozenset({"H26", "H57"})}),
        ({"agencies": frozenset({"H26"})}, {}, {}),
        (
            {"withdrawn": True, "agencies": frozenset({"H26"})},
            {"agencies": frozenset({"H57"})},
            {"agencies": frozenset({"H57"})},
        ),
    ],
)
def test_two_rows_on_one_procedure_are_one(one, other, both):
    first, second, expected = (row("1.000001", **changes) for changes in (one, other, both))
    assert joined(first, second) == joined(second, first) == expected


@given(known=national, codes=st.lists(numbers, max_size=20), agency=agencies)
def test_the_ratio_is_a_part_of_one_and_whole_only_where_nothing_is_wrong(known, codes, agency):
    seen = difference(known, codes, agency)
    if seen.ratio is not None:
        assert 0 <= seen.ratio <= 1
        assert (seen.ratio == 1) is (not seen.missing and not seen.withdrawn)


@given(known=national, agency=agencies, form=st.integers(0, 2))
def test_whoever_lists_what_is_in_force_agrees_in_whatever_form(known, agency, form):
    codes = [forms(each.number, agency)[form] for each in known.values() if not each.withdrawn]
    seen = difference(known, codes, agency)
    assert seen.ratio in (None, 1)
    assert len(seen.old_codes) == (len(codes) if form == 2 else 0)
