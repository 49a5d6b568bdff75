"""Notices as mail programs show them, in a real browser."""

import base64

import pytest
from yarl import URL

from monitor.notice import Event
from monitor.saying.message import message
from monitor.saying.samples import samples
from monitor.words import Language


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_a_letter_fits_a_phone_fetches_nothing_and_can_be_read(browser, scheme):
    context = await browser.new_context(viewport={"width": 360, "height": 800}, color_scheme=scheme)
    page, complaints, asked = await context.new_page(), [], []
    page.on("console", lambda said: complaints.append(said.text))
    page.on("request", lambda request: asked.append(request.url))
    for event in Event:
        said = message(samples()[event], "email", Language.VI, URL("https://monitor.example/"))
        await page.set_content(inline(said))
        assert await page.evaluate("document.documentElement.scrollWidth") == 360, event
        assert await page.evaluate(FAINTEST) >= 4.5, event
    assert complaints == []
    assert {url.split(",")[0] for url in asked} <= {"data:image/png;base64"}
    await context.close()


def inline(said):
    html = said.html
    for picture in said.pictures:
        packed = base64.b64encode(picture.png).decode()
        html = html.replace(f"cid:{picture.name}", f"data:image/png;base64,{packed}")
    assert "cid:" not in html
    return html


# The least contrast of any text against what is behind it (WCAG 2.2, 1.4.3).
FAINTEST = """() => {
  const parts = colour => (colour.match(/[\\d.]+/g) || []).map(Number);
  const light = ([r, g, b]) => [r, g, b].map(v => v / 255)
    .map(v => v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4)
    .reduce((sum, v, i) => sum + v * [0.2126, 0.7152, 0.0722][i], 0);
  const behind = element => {
    for (let at = element; at; at = at.parentElement) {
      const colour = parts(getComputedStyle(at).backgroundColor);
      if (colour.length === 3 || colour[3] > 0) return colour;
    }
    return [255, 255, 255];
  };
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  let least = 21;
  while (walker.nextNode()) {
    if (!walker.currentNode.data.trim()) continue;
    const element = walker.currentNode.parentElement;
    const pair = [light(parts(getComputedStyle(element).color)), light(behind(element))].sort((a, b) => b - a);
    least = Math.min(least, (pair[0] + 0.05) / (pair[1] + 0.05));
  }
  return least;
}"""
