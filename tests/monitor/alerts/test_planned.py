"""Who moved a score in maintenance that was announced is not blamed for it in the notices of others."""

from datetime import timedelta

import pytest

from monitor.saying.message import message
from monitor.store.ledger import Window
from monitor.words import Language


@pytest.fixture
def planned(course):
    it = course()
    it.traits = {}
    begin = it.at.replace(tzinfo=None)
    works = {"lasts": timedelta(hours=2), "zone": "UTC", "reason": "nâng cấp"}
    it.seen["windows"] = (Window(id="w", begin=begin, agencies=frozenset({"H04"}), **works),)
    it.run(1)
    return it


@pytest.mark.parametrize(
    ("language", "blamed", "excused"),
    [
        (Language.VI, "kết quả tổng hợp giảm vì", "giảm vì H04 đang bảo trì theo kế hoạch đã báo trước."),
        (Language.EN, "The scores also fell by H0", "The scores also fell by H04: maintenance that was announced."),
    ],
)
def test_the_notice_of_another_says_that_it_is_maintenance(planned, language, blamed, excused):
    planned.turn(H04="no")
    planned.run(5)
    planned.turn(H01="no")
    planned.run(1)
    (lost,) = planned.notices
    text = message(lost, "duty", language, None).text

    assert [(entry.agency, entry.held) for entry in lost.others] == [("H04", "nâng cấp")]
    assert excused in text
    assert blamed not in text.replace(excused, "")


def test_who_fell_for_another_reason_is_told_beside_it(planned):
    planned.answers["H05", "connected"] = "no"  # and no change is told of it
    planned.turn(H04="no")
    planned.run(1)
    planned.turn(H01="no")
    planned.run(1)
    text = message(planned.notices[-1], "duty", Language.EN, None).text

    assert "The scores also fell by H05.\n" in text
    assert "by H04: maintenance" in text
