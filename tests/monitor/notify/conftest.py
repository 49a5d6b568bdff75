"""Notices and messages to deliver, made by hand, and a plain way to the loopback."""

import contextlib
import os
import subprocess
from dataclasses import replace
from datetime import UTC, datetime

import aiohttp
import pytest

from monitor.incidents import Sharing
from monitor.model import Condition, Level
from monitor.notice import Entry, Event, Group, Move, Notice, Severity, key_of
from monitor.notify import Message, Reach
from monitor.reach import reaching
from monitor.words import Language
from probes._net.settings import NetworkSettings

AT = datetime.now(UTC).replace(microsecond=0)  # Alertmanager goes by its own clock


def make_entry(code="H26", **more):
    ministry = code.startswith("G")
    return Entry(
        **{
            "agency": code,
            "name": "Bộ Nội vụ" if ministry else "Hà Nội",
            "name_en": "Ministry of Home Affairs" if ministry else "Hanoi",
            "level": Level.MINISTRY if ministry else Level.PROVINCE,
            "conditions": (Condition.CONNECTED,),
            "since": AT,
            "because": ("sign_on",),
            "reasons": ("sign_on_refused",),
            **more,
        }
    )


def make_notice(event=Event.LOST, *codes, **more):
    codes = codes or ("H26",)
    return Notice(
        **{
            "key": key_of(event, AT, codes),
            "event": event,
            "at": AT,
            "severity": Severity.CRITICAL,
            "entries": tuple(map(make_entry, codes)),
            **more,
        }
    )


def make_message(notice=None, **more):
    return Message(
        **{
            "notice": notice or make_notice(),
            "channel": "duty",
            "language": Language.VI,
            "subject": "Hà Nội (H26): mất kết nối với Cổng Dịch vụ công quốc gia",
            "text": "Hà Nội (H26) mất kết nối.\nCăn cứ: sign_on.\n",
            "html": "<p>Hà Nội (H26) mất kết nối.</p>",
            **more,
        }
    )


@pytest.fixture
def entry():
    return make_entry


@pytest.fixture
def notice():
    return make_notice


@pytest.fixture
def message():
    return make_message


@pytest.fixture
def every_notice():
    """One of each event, with names that no label may hold."""
    odd = make_entry(name='Hà "Nội"\n{x}', name_en="<Hanoi> & more", conditions=tuple(Condition), expires=AT)
    group = Group(sharing=Sharing.ISSUER, value="CN=Some CA, O=Ngân hàng", since=AT, down=40, of=63)
    others = tuple(replace(group, sharing=sharing, value=value) for sharing, value in _CAUSES)
    move = Move(level=Level.PROVINCE, before=(62, 63), after=(61, 63), unknown=1)
    return [
        make_notice(
            event,
            entries=(odd,),
            groups=(group, *others),
            moves=(move,),
            channel="duty",
            problem="a text with spaces",
            share=0.4,
            since=AT,
            synthetic="june-2023",
        )
        for event in Event
    ]


_CAUSES = (
    (Sharing.MONITOR, ""),
    (Sharing.NATIONAL, "NPSP"),
    (Sharing.NETWORK, "203.0.113.0/24"),
    (Sharing.PLATFORM, "igate"),
    (Sharing.LEVEL, "province"),
)


@pytest.fixture
def warnings():
    return []


@pytest.fixture
async def reach(warnings):
    async def none(host, port):
        raise AssertionError

    async with aiohttp.ClientSession() as session:
        yield Reach(connect=none, http=session, now=lambda: datetime.now(UTC), warn=warnings.append)


@pytest.fixture
def small_disk(tmp_path):
    """A file system of its own, of one megabyte. Only root may mount one."""
    if os.geteuid() != 0:
        pytest.skip("only root may mount a file system")
    folder = tmp_path / "disk"
    folder.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", str(folder)], check=True)
    yield folder
    subprocess.run(["umount", "--lazy", str(folder)], check=True)


@pytest.fixture
def not_ours(tmp_path):
    """A folder that this process may not write to, also where it is root's."""
    folder = tmp_path / "theirs"
    folder.mkdir(mode=0o555)
    if os.geteuid() != 0:
        yield folder
        return
    for parent in (tmp_path, *tmp_path.parents[:2]):
        parent.chmod(0o755)
    os.seteuid(65534)
    yield folder
    os.seteuid(0)


@pytest.fixture
async def way(routes, ca_file):
    """`await way(**changes)`: the monitor's own way out to what is served so far; trusts the authority of the tests."""
    async with contextlib.AsyncExitStack() as stack:

        async def build(now=lambda: AT, **changes):
            settings = NetworkSettings(contact="ops@monitor.example", ca_file=ca_file, connect_to=routes.connect_to)
            return await stack.enter_async_context(reaching(replace(settings, **changes), now))

        yield build
