"""The data behind each panel as a page, and pictures of it for the documentation.

To take the pictures anew after a wanted change: PANELS=write pytest tests/grafana/test_pictures.py
"""

import os
import shutil
from datetime import timedelta
from pathlib import Path

import pytest
from kit.dashboards import Span, choices, dashboards
from kit.history import BEGIN, END
from kit.picture import is_figure, page, stat_texts
from kit.servers import program
from kit.showing import shown
from playwright.async_api import async_playwright

FOLDER = Path(__file__).parents[2] / "docs" / "panels"
ALL = dashboards()
LARGEST = 400_000  # bytes of a picture
QUIET = (
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-sync",
    "--disable-lcd-text",
)
GONE = 'npsp_agency_reason{level="province",reason="refused"}'  # one that dropped out and is out at the end
# Few colours only, so that the pictures stay small.
FEW = "0 .14 .29 .43 .57 .71 .86 1"
STEPS = "".join(f'<feFunc{channel} type="discrete" tableValues="{FEW}"/>' for channel in "RGB")
POSTER = (
    '<svg width="0" height="0" style="position: absolute"><filter id="few" color-interpolation-filters="sRGB">'
    f"<feComponentTransfer>{STEPS}</feComponentTransfer></filter></svg><style>main, .head {{ filter: url(#few); }}</style>"
)


@pytest.fixture(params=ALL, ids=lambda each: each.name)
def dashboard(request):
    return request.param


@pytest.fixture
def choice(dashboard, of_prometheus):
    """As it opens; of one agency, that of one that dropped out."""
    held = choices(dashboard, of_prometheus)
    gone = of_prometheus.instant(GONE, END)[0].labels["agency"]
    return next((each for each in held if each.get("agency") == gone), held[0])


def test_the_data_behind_a_dashboard_can_be_shown(dashboard, choice, of_prometheus):
    made = page(dashboard, choice, of_prometheus)

    assert all(panel["title"] in made for panel in dashboard.panels)
    assert ("NOT Grafana" in made) != ("KHÔNG phải ảnh chụp Grafana" in made)
    assert "SYNTHETIC" in made


@pytest.mark.parametrize(
    ("minutes", "scores"), [(10, ["62/63", "10/21"]), (54, ["55/63", "10/21"]), (135, ["61/63", "10/21"])]
)
@pytest.mark.parametrize("language", ["vi", "en"])
def test_the_overview_says_how_many_of_how_many(of_prometheus, minutes, scores, language):
    (overview,) = (each for each in ALL if each.name == f"overview.{language}")
    span = Span(BEGIN, BEGIN + timedelta(minutes=minutes))
    texts = [panel for panel in overview.panels if panel["type"] == "stat" and is_figure(panel)]
    found = [stat_texts(panel, shown(overview, panel, {}, span, of_prometheus)) for panel in texts]

    assert [[text for _, text, _ in each] for each in found] == [[score] for score in scores]


async def test_every_dashboard_has_its_picture(of_prometheus):
    if os.environ.get("PANELS") == "write":
        await _take(of_prometheus)
    pictures = {path.stem for path in FOLDER.glob("*.png")}
    told = (FOLDER / "README.md").read_text(encoding="utf-8")

    assert pictures == {each.name for each in ALL}
    assert all(f"({name}.png)" in told for name in pictures)
    assert max(path.stat().st_size for path in FOLDER.glob("*.png")) < LARGEST


async def _take(source):
    shutil.rmtree(FOLDER, ignore_errors=True)
    FOLDER.mkdir()
    gone = source.instant(GONE, END)[0].labels["agency"]
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=program("chromium"), args=QUIET)
        sheet = await browser.new_page(viewport={"width": 1400, "height": 400})
        for each in ALL:
            held = choices(each, source)
            choice = next((one for one in held if one.get("agency") == gone), held[0])
            await sheet.set_content(page(each, choice, source) + POSTER)
            await sheet.screenshot(path=FOLDER / f"{each.name}.png", full_page=True)
        await browser.close()
    (FOLDER / "README.md").write_text(_told(), encoding="utf-8")


def _told():
    heads = (
        "# The data behind each panel\n\n"
        "**These are not screenshots of Grafana.** No registry that this project can reach has a Grafana server. Each picture\n"
        "shows what a panel's queries give, as asked of a real Prometheus over two hours of history, with the panel's own\n"
        "title, description, units, texts for values and text where there is nothing; how Grafana draws it was not seen here.\n\n"
        "Everything is **synthetic**: the history is the drill `tests/grafana/history.yaml`, run by the monitor's own checks on an\n"
        "emulated estate. What its fast clock has none of is made by hand: the scrapes' own series, the schedule's lag, an overrun, a\n"
        "reload that fails, a notice that waits, and the scores of ninety days before. Long tables are cut.\n\n"
        "`PANELS=write pytest tests/grafana/test_pictures.py` takes the pictures anew.\n"
    )
    parts = (f"\n## {each.held['title']}\n\n![{each.held['description']}]({each.name}.png)\n" for each in ALL)
    return heads + "".join(parts)
