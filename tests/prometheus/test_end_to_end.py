"""From a fault in the testbed to the notice in the mailbox, through everything that is real on the way.

It is the code of `make stack`, with `--quick`, on loopback addresses of its own. The time of each stage is printed (`-s`)
and never asserted; bench/end_to_end.py measures it.
"""

import asyncio
import os
import re
import shutil
import sys
from contextlib import asynccontextmanager
from datetime import date

import pytest
import yaml
from aiohttp import ClientSession
from stack.addresses import free
from stack.course import Asking, Turn, until
from stack.edits import Quick
from stack.lineup import Plan, up

LIMIT = 300  # seconds, of one test
AGENCY, SYSTEM = "H26", "SIGNON"
SCENARIO = {
    "name": "end-to-end",
    "about": {"vi": "Mọi cơ quan đều tốt", "en": "All is well"},
    "synthetic": True,
    "day": date(2023, 6, 21),
    "seed": 5,
    "take": {"province": 4, "ministry": 2},
    "groups": {"named": {"codes": [AGENCY]}},
    "attested": {"province": ["merged"], "ministry": ["merged"]},
    "monitor": {"patience": {"fail": {"looks": 2, "of": 2}, "unknown": {"looks": 2, "of": 2}}},
}


@pytest.fixture(autouse=True)
def programs():
    for names in (("prometheus",), ("prometheus-alertmanager", "alertmanager")):
        if not any(map(shutil.which, names)):
            leave = pytest.fail if os.environ.get("CI") == "true" else pytest.skip
            leave(f"{names[0]} is not installed; `make debian-packages` installs it")


@pytest.fixture
def running(tmp_path):
    """`async with running(host) as (stack, ask)`: the whole stack at an address of its own, and ready."""

    @asynccontextmanager
    async def started(host):
        scenario = tmp_path / "end-to-end.yaml"
        scenario.write_text(yaml.safe_dump(SCENARIO, allow_unicode=True), encoding="utf-8")
        plan = Plan(addresses=free(host), quick=Quick(), scenario=str(scenario))
        async with asyncio.timeout(LIMIT), up(plan, tmp_path / "stack") as stack, ClientSession() as session:
            ask = Asking(stack, session)
            await ask.ready()
            yield stack, ask

    return started


def of_agencies(hooks, after):
    """(alert, agency) of what was told of agencies and systems since then, however often."""
    alerts = [each["labels"] for hook in hooks if hook.at >= after for each in hook.alerts]
    return {(labels["alertname"], labels.get("agency", "")) for labels in alerts if labels["level"] != "monitor"}


def to_home_affairs(hooks):
    """When each notice came to the Ministry's webhook, and what it says."""
    return [(hook.at, hook.payload["status"]) for hook in hooks if "home-affairs" in hook.payload["receiver"]]


async def test_a_lost_agency_is_told_by_webhook_and_by_mail_in_both_languages_and_so_is_its_return(running):
    async with running("127.77.7.1") as (stack, ask):
        lost = await ask.course(
            Turn(who=AGENCY, fault="refused", answer="no", alert="NpspAgencyLost", status="firing", subject="Hà Nội")
        )
        sys.stdout.write(f"lost: {lost}\n")
        back = await ask.course(
            Turn(
                who=AGENCY, fault="none", answer="yes", alert="NpspAgencyLost", status="resolved", subject="Đã kết thúc"
            )
        )
        sys.stdout.write(f"back: {back}\n")
        links = set(re.findall(r"http://\S+/runbooks/\w+", lost.mail.part("plain")))

        assert of_agencies(stack.catcher.hooks, lost.begun) >= {("NpspAgencyLost", AGENCY)}
        assert "mất kết nối với Cổng Dịch vụ công quốc gia" in lost.mail.subject
        assert "no longer connected to the National Public Service Portal" in lost.mail.subject
        for kind in ("plain", "html"):
            assert "Hà Nội (H26)" in " ".join(lost.mail.part(kind).split())
            assert "giờ Việt Nam" in lost.mail.part(kind)
            assert "ĐÃ KẾT THÚC".casefold() in back.mail.part(kind).casefold()
        assert links == {f"http://{stack.addresses.monitor}/runbooks/NpspAgencyLost"}
        assert links <= set(re.findall(r'href="([^"]+)"', lost.mail.part("html")))
        assert "NpspAgencyLost" in await ask.text(links.pop())


async def test_an_outage_of_a_national_system_is_one_notice_and_none_for_those_who_need_it(running):
    async with running("127.77.7.2") as (stack, ask):
        need = await ask.query(f'count(npsp_check_dependency_info{{system="{SYSTEM}"}})')
        down = await ask.course(
            Turn(
                who=SYSTEM,
                fault="refused",
                answer="no",
                alert="NpspNationalSystemDown",
                status="firing",
                subject="[NPSP]",
            )
        )
        sys.stdout.write(f"down: {down}\n")
        looks = 'npsp_check_failures_total{reason="upstream"}'
        await until(lambda: ask.query(f"{looks} > 0"))
        # Longer than any alert on agencies waits, so that one that were to come would have come.
        await until(lambda: ask.query("time() - (ALERTS_FOR_STATE{alertname='NpspNationalSystemDown'}) > 16"))
        back = await ask.course(
            Turn(
                who=SYSTEM,
                fault="none",
                answer="yes",
                alert="NpspNationalSystemDown",
                status="resolved",
                subject="Đã kết thúc",
            )
        )
        sys.stdout.write(f"back: {back}\n")

        def mails():
            return [
                mail for mail in stack.catcher.mails if mail.at >= down.begun and "home-affairs" in mail.recipients[0]
            ]

        def statuses():
            return [status for at, status in to_home_affairs(stack.catcher.hooks) if at >= down.begun]

        async def both_came():
            return len(mails()) > 1 and len(statuses()) > 1

        await until(both_came)  # the operators may be told before

        assert need
        assert of_agencies(stack.catcher.hooks, down.begun) == {("NpspNationalSystemDown", SYSTEM)}
        assert statuses() == ["firing", "resolved"]
        assert len(mails()) == 2
