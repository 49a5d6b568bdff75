import pytest

from monitor.figures import figures_lines

SCORE = {
    "agencies": 63,
    "integrated": 58,
    "merged": 60,
    "connected": 58,
    "not_integrated": 2,
    "unknown": 3,
    "unknown_merged": 0,
    "unknown_connected": 3,
}
DECLARED = {
    "as_of": "2023-06-21",
    "agencies": 63,
    "integrated": 62,
    "tasks_planned": None,
    "tasks_completed": None,
    "source": "x",
}
AGENCIES = [{"code": "H26", "name": "Hà Nội"}, {"code": "H57", "name": "Thừa Thiên Huế"}]


def lines(score=SCORE, declared=DECLARED):
    return list(figures_lines("provinces", score, declared, AGENCIES))


def test_declared_and_measured_stand_in_one_line():
    assert lines() == ["provinces: declared 62/63 on 21/6/2023, measured 58/63 now, 3 unknown"]


def test_where_nothing_is_unknown_nothing_is_said_of_it():
    assert lines({**SCORE, "unknown": 0}) == ["provinces: declared 62/63 on 21/6/2023, measured 58/63 now"]


def test_where_nothing_is_declared_that_is_said():
    assert lines(declared=None) == ["provinces: nothing declared, measured 58/63 now, 3 unknown"]


@pytest.mark.parametrize("fields", [{}, {"difference": None, "differences": None}])  # of an older server, and of ours
def test_figures_of_another_roster_are_not_compared(fields):
    assert lines({**SCORE, "agencies": 34, "integrated": 30, "unknown": 0}, {**DECLARED, **fields}) == [
        "provinces: declared 62/63 on 21/6/2023 (63 then, 34 now): not comparable; measured 30/34 now"
    ]


def test_who_differs_stands_below_where_it_is_known():
    differences = {"declared_not_measured": ["H26", "H57"], "measured_not_declared": [], "declared_unknown": ["H99"]}
    assert lines(declared={**DECLARED, "differences": differences})[1:] == [
        "  declared integrated, measured as not: Hà Nội (H26), Thừa Thiên Huế (H57)",
        "  declared integrated, unknown to us: H99 (H99)",
    ]
