"""The runbooks as pages."""

import re

import pytest

from monitor.bundled import runbooks_folder
from monitor.remedies import Remedy, page_of
from monitor.web.runbooks import read, written

PAGES = sorted(runbooks_folder().glob("*.md"))


def links(body):
    return re.findall(r'href="([^"]*)"', body)


async def test_the_index_and_every_page_are_served_in_the_style_of_the_others(site, client, small_world):
    address = await site(small_world)
    for path in ("/runbooks", "/runbooks/", *(f"/runbooks/{page.stem}" for page in PAGES if page.stem != "README")):
        async with client.get(address + path) as answer:
            page = await answer.text()
        assert (answer.status, answer.content_type) == (200, "text/html"), path
        assert "/static/page.css" in page
        assert page.count("<h1") == 1
        assert "style=" not in page


async def test_every_link_between_the_pages_leads_to_a_page(site, client, small_world):
    address = await site(small_world)
    for page in PAGES:
        async with client.get(f"{address}/runbooks/{'' if page.stem == 'README' else page.stem}") as answer:
            found = links(await answer.text())
        for link in sorted({link.partition("#")[0] for link in found if link.startswith("/runbooks/")}):
            async with client.get(address + link) as answer:
                assert answer.status == 200, (page.name, link)


VIETNAMESE = sorted((runbooks_folder() / "vi").glob("*.md"))
HEADINGS = ["Ảnh hưởng đến người dân", "Việc cần làm", "Liên hệ"]


@pytest.mark.parametrize("name", sorted({page_of(remedy) for remedy in Remedy}))
async def test_whatever_a_notice_leads_to_is_there_in_vietnamese(site, client, small_world, name):
    async with client.get(f"{await site(small_world)}/runbooks/{name}?lang=vi") as answer:
        page = await answer.text()

    assert answer.status == 200
    assert '<article class="text" lang="vi">' in page
    assert all(f">{heading}</h2>" in page for heading in HEADINGS)
    assert f'<a href="/runbooks/{name}?lang=en" hreflang="en">' in page


@pytest.mark.parametrize("page", VIETNAMESE, ids=lambda page: page.stem)
def test_a_vietnamese_page_is_beside_an_english_one_and_leads_only_to_pages(page):
    text = page.read_text(encoding="utf-8")
    known = {each.stem for each in PAGES}

    assert page.stem in known
    assert set(re.findall(r"\]\((\w+)\.md", text)) <= known
    assert page.stem == "README" or [h for h in re.findall(r"(?m)^## (.+)$", text) if h in HEADINGS] == HEADINGS


async def test_who_reads_english_and_what_is_only_there_in_english(site, client, small_world):
    address = await site(small_world)
    for path in ("NpspAgencyLost?lang=en", "NpspWatchdog?lang=vi", "?lang=en"):
        async with client.get(f"{address}/runbooks/{path}") as answer:
            page = await answer.text()
        assert '<article class="text" lang="en">' in page, path
        assert 'hreflang="en">Bản' not in page


async def test_every_page_leads_to_them(site, client, small_world):
    async with client.get(await site(small_world) + "/agency/H26?lang=en") as answer:
        assert '<a href="/runbooks/?lang=en">What to do about alerts</a>' in await answer.text()


@pytest.mark.parametrize("name", ["README", "nothing", "..%2f..%2fREADME", "README.md", "x/y"])
async def test_what_is_no_page_is_not_there(site, client, small_world, name):
    async with client.get(f"{await site(small_world)}/runbooks/{name}") as answer:
        assert answer.status == 404
        assert "Traceback" not in await answer.text()


def test_pages_are_read_once_and_only_those_of_the_folder(tmp_path):
    (tmp_path / "here").mkdir()
    (tmp_path / "secret.md").write_text("# secret")
    (tmp_path / "here" / "README.md").write_text("# All\n\n[a](A.md) [up](../secret.md)")
    (tmp_path / "here" / "A.md").write_text("# A")
    (tmp_path / "here" / "notes.txt").write_text("# no page")
    pages = read(tmp_path / "here")

    assert set(pages) == {"README", "A"}
    assert links(pages["README"].body) == ["/runbooks/A"]


@pytest.mark.parametrize(
    ("link", "led"),
    [
        ("A.md", "/runbooks/A"),
        ("A.md#what-to-do", "/runbooks/A#what-to-do"),
        ("README.md", "/runbooks/"),
        ("#here", "#here"),
        ("https://prometheus.example/", "https://prometheus.example/"),
        ("B.md", None),
        ("../api.md", None),
        ("/etc/passwd", None),
        ("//evil.example", None),
        ("data:text/html,x", None),
    ],
)
def test_a_link_leads_to_a_page_or_out_to_the_web_or_is_text(link, led):
    body = written(f"[*words*]({link}) after", {"A", "README"}).body

    assert links(body) == ([] if led is None else [led])
    assert "<em>words</em>" in body
    assert " after" in body
    assert body.count("<a ") == body.count("</a>")


def test_html_in_a_page_is_text_and_a_picture_is_none():
    body = written("<script>alert(1)</script>\n\n![x](https://evil.example/x.png) [y](javascript:alert(1))", ()).body

    assert "<script" not in body
    assert "<img" not in body
    assert "javascript:" not in str(links(body))


def test_headings_can_be_linked_to_as_on_the_code_host():
    page = written("# What it *means*\n\n## Làm gì trước?\n", ())

    assert page.title == "What it means"
    assert 'id="what-it-means"' in page.body
    assert 'id="làm-gì-trước"' in page.body


def test_what_is_in_vietnamese_says_so_to_who_reads_it_aloud():
    body = written("# Lost\n\n**Một cơ quan**\n\nAn agency.\n\n| a |\n|---|\n| mất kết nối |\n", ()).body

    assert '<p lang="vi"><strong>Một' in body
    assert '<td lang="vi">mất' in body
    assert "<p>An agency" in body


def test_a_table_needs_no_style_of_its_own():
    body = written("| a | b |\n|:-:|--:|\n| 1 | 2 |\n", ()).body

    assert "style=" not in body
    assert body.count('<th scope="col">') == 2
