"""A document says that an agency has merged, and its former door is open: that is seen wherever one looks."""

import json
import shutil
from dataclasses import replace
from datetime import date

import pytest
from aiohttp import ClientSession

from monitor import commands, terminal
from monitor.bundled import config_folder
from monitor.metrics import page_text
from monitor.model import Answer, Attestation, Condition
from monitor.report import report
from monitor.server import shown
from monitor.settings import load
from monitor.testbed.faults import Fault
from monitor.web.serving import Site

VICTIM = "H49"
PAPER = Attestation(
    agency="",
    condition=Condition.MERGED,
    answer=Answer.YES,
    since=date(2023, 1, 1),
    document="1/SYNTHETIC",
    issued=date(2023, 1, 2),
    issuer="Example",
)
SERIES = f'npsp_agency_conflict{{agency="{VICTIM}",condition="merged",level="province"}} 1.0'


@pytest.fixture
async def attested(stage, round_of, tmp_path):
    """A service that looks at an estate where a door is open, before and after the document was added and reloaded."""
    folder = tmp_path / "config"
    shutil.copytree(config_folder(), folder)
    estate, service = await stage("one-drops-out", doors={"province": 63}, attested={})
    await estate.set_fault(VICTIM, Fault.SECOND_DOOR_OPEN)
    await round_of(service, VICTIM)
    before = report(service.store, service.config, service.now())
    commands.attest(folder, "quang ninh", PAPER)
    service.renew(replace(service.config, attestations=load(folder).attestations))
    service.plan()
    return before, service


async def test_a_document_against_an_open_door_is_a_conflict_wherever_one_looks(attested, capsys):
    before, service = attested
    found = report(service.store, service.config, service.now())
    verdict = next(each["merged"] for each in found["agencies"] if each["code"] == VICTIM)
    was = next(each["merged"] for each in before["agencies"] if each["code"] == VICTIM)
    metrics = page_text(service.store, service.vitals, service.config)
    capsys.readouterr()
    terminal.show(found, "table")
    table = capsys.readouterr().out
    pages = await pages_of(service)

    assert (was["answer"], was["conflict"]) == ("no", None)
    assert (verdict["answer"], verdict["because"]) == ("no", ["one_door"])  # `prefer: look`
    assert verdict["conflict"] == "1/SYNTHETIC of 02/01/2023, Example says yes, the looks say no"
    assert [
        line for line in metrics.splitlines() if line.startswith("npsp_agency_conflict{") and line.endswith(" 1.0")
    ] == [SERIES]
    assert "conflict: 1/SYNTHETIC of 02/01/2023" in table
    assert "a document against the looks: Quảng Ninh (H49)" in table
    told = "văn bản 1/SYNTHETIC ngày 2/1/2023 của Example ghi: đã; kết quả kiểm tra: chưa"
    assert all(told in page or verdict["conflict"] in page for page in pages.values())
    assert verdict["conflict_between"] == {
        "document": "1/SYNTHETIC",
        "issued": "2023-01-02",
        "issuer": "Example",
        "synthetic": False,
        "says": "yes",
        "looks": "no",
    }
    assert json.dumps(verdict["conflict"]) in pages["/api/v1/status"]


async def pages_of(service):
    site = Site(shown(service, None))
    address = await site.start("127.0.0.1:0")
    pages = {}
    async with ClientSession() as session:
        for path in ("/", f"/agency/{VICTIM}", "/api/v1/status"):
            async with session.get(f"http://{address}{path}") as answer:
                pages[path] = await answer.text()
    await site.stop()
    return pages


async def test_where_documents_are_preferred_the_conflict_stays(attested):
    _, service = attested
    service.renew(replace(service.config, prefer="document"))
    service.plan()
    held = service.store.standings[VICTIM].merged

    assert (held.answer, held.because) == (Answer.YES, ("document 1/SYNTHETIC",))
    assert held.conflict
