"""The pages in a real browser."""

from monitor.bundled import runbooks_folder

RUNBOOKS = [f"/runbooks/{page.stem}" for page in runbooks_folder().glob("Npsp*.md")]
PHONE = {"viewport": {"width": 390, "height": 844}, "device_scale_factor": 2, "is_mobile": True, "has_touch": True}


async def test_the_page_shows_the_scores_and_fits_a_phone(site, browser, headline_world):
    address = await site(headline_world)
    context = await browser.new_context(**PHONE, locale="vi-VN", color_scheme="dark")
    page, complaints, asked = await context.new_page(), [], []
    page.on("console", lambda message: complaints.append(message.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("request", lambda request: asked.append(request.url))
    for path in ("/runbooks/", *RUNBOOKS, "/?refresh=off", "/agency/H57", "/?lang=en&refresh=off"):
        # After the last of what a page brings a browser waits half a second for more; of the many alike it need not.
        await page.goto(address + path, wait_until="load" if path in RUNBOOKS else "networkidle")
        for width in (360, 390):
            await page.set_viewport_size({"width": width, "height": 844})
            assert await page.evaluate("document.documentElement.scrollWidth") == width, path
    figures = await page.locator(".figure").all_inner_texts()
    assert figures == ["62/63", "10/21"]
    assert await page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(20, 23, 27)"  # style applied
    assert complaints == []
    assert {url.startswith(address) for url in asked} == {True}
    await context.close()


async def test_the_tables_heads_are_read_to_the_blind_on_a_phone_too(site, browser, small_world):
    context = await browser.new_context(**PHONE, locale="vi-VN")
    page = await context.new_page()
    await page.goto(await site(small_world))
    assert "Hợp nhất" in await page.get_by_role("columnheader").all_inner_texts()
    await context.close()
