"""What kinds of probe judge alike in an answer, without a server where none is needed."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from yarl import URL

from probes import Page
from probes._answer import Answer, plain, visit, without_query

HANOI = "dichvucong.hanoi.gov.vn"


async def test_refreshes_that_never_end_are_left_after_three(serve, shows, network):
    asked = []

    async def handler(request):
        asked.append(request.path)
        return await shows(f"<meta http-equiv=refresh content='0;url=/{len(asked)}'>")(request)

    await serve(handler)
    answer = await visit(network().trip(), URL(f"https://{HANOI}/"), follow=lambda _: True)

    assert asked == ["/", "/1", "/2", "/3"]
    assert answer.leads_to == URL(f"https://{HANOI}/4")


async def test_a_refresh_on_a_page_that_failed_is_not_followed(serve, shows, network):
    await serve(shows("<meta http-equiv=refresh content='0;url=/x'>", status=500))
    answer = await visit(network().trip(), URL(f"https://{HANOI}/"), follow=lambda _: True)

    assert answer.leads_to is None
    assert answer.facts == {"http_status": 500, "url": f"https://{HANOI}/"}


@pytest.mark.parametrize(
    ("told", "fact"), [("120", 120), ("Wed, 21 Jun 2023 07:28:00 GMT", "Wed, 21 Jun 2023 07:28:00 GMT"), ("²", "²")]
)
async def test_when_to_come_back_is_a_number_or_what_was_said(serve, shows, network, told, fact):
    await serve(shows("<p>Đợi", status=503, headers={"Retry-After": told}))
    answer = await visit(network().trip(), URL(f"https://{HANOI}/"), follow=lambda _: True)

    assert answer.facts["retry_after"] == fact


@given(st.text(max_size=1000))
def test_a_plain_text_is_short_and_on_one_line(text):
    told = plain(text)

    assert len(told) <= 200
    assert not set(told) & {"\n", "\r", "\x1b", "\x85", "\u2028", "\u202e", "\ud800"}
    assert plain(told) == told


@pytest.mark.parametrize(
    ("address", "told"),
    [
        ("https://a.example/b?token=1#c", "https://a.example/b"),
        ("https://u:p@a.example:8443/b", "https://a.example:8443/b"),
    ],
)
def test_what_may_identify_somebody_is_left_out_of_an_address(address, told):
    assert without_query(URL(address)) == told


def an_answer(**headers):
    url = URL("https://a.example/")
    return Page(url=url, status=200, headers=headers, body=b"<title>T", asked=(url,))


def test_a_page_is_read_when_it_is_first_asked_for_and_once(monkeypatch):
    asked = []
    monkeypatch.setattr("probes._answer.read", lambda page: asked.append(page) or object())
    answer = Answer(page=an_answer())

    assert asked == []
    assert answer.html is answer.html
    assert len(asked) == 1


def test_a_bare_answer_tells_nothing_of_what_is_on_the_page():
    assert Answer(page=an_answer()).facts["page_title"] == "T"
    assert Answer(page=an_answer(), bare=True).facts == {"http_status": 200, "url": "https://a.example/"}


@given(
    st.text(max_size=60) | st.from_regex(r"[A-Z][a-z]{2}, [0-9]{1,3} Jun [0-9]{1,6} [0-9:]{1,9} (GMT|[+-][0-9]{1,6})")
)
def test_any_text_is_the_moment_of_a_change_or_none(told):
    facts = Answer(page=an_answer(**{"last-modified": told})).last_modified

    assert facts.keys() <= {"last_modified"}
    assert all(isinstance(value, float) for value in facts.values())
