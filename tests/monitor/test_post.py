"""What receivers that forget are told again, and by which address it is linked."""

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import ClassVar

import pytest
from structlog.testing import capture_logs
from yarl import URL

from monitor.channels import Channel
from monitor.incidents import Loss
from monitor.model import Condition, Level
from monitor.notice import Event, Severity
from monitor.post import Post
from monitor.store.opening import open_ledger
from monitor.store.place import Place
from monitor.stories import Kind, Memory, Story, Subject

PAGE = URL("https://monitor.example/")


@dataclass(frozen=True)
class Forgetful:
    """Keeps what it is told again."""

    told: list = field(default_factory=list)
    audience: ClassVar = "machines"

    async def send(self, message, reach):
        raise AssertionError

    async def refresh(self, notices, reach):
        self.told.append(({notice.event: notice for notice in notices}, reach.page))


@pytest.fixture
def ledger(tmp_path):
    opened = open_ledger(Place(file=tmp_path / "monitor.db"))
    yield opened
    opened.close()


def remembered(*subjects):
    at = datetime(2023, 6, 21, tzinfo=UTC)
    story = Story(since=at, severity=Severity.WARNING, told_at=at, on=frozenset({"duty"}))
    return Memory(stories={Subject(kind=kind, value=value): story for kind, value in subjects})


@pytest.fixture
async def told(small_world, ledger):
    """`await told(memory, *pages)`: what the channel is told again under the latest of these addresses, and which it is."""
    posts = []

    async def once(memory, *pages):
        notifier = Forgetful()
        channel = Channel(name="duty", kind="forgetful", notifier=notifier)
        post = Post(ledger, small_world.vitals, lambda: small_world.now, lambda: memory, small_world.store)
        posts.append(post)
        for page in pages:
            await post.follow(replace(small_world.config, channels={"duty": channel}, url=page))
        await post._refresh(channel, post._office.reach)
        return notifier.told[0]

    yield once
    for post in posts:
        await post.stop(timedelta(seconds=5))


async def test_a_certificate_is_told_again_with_the_end_that_looks_saw(told, small_world):
    ends = small_world.now.replace(microsecond=0) + timedelta(days=5)
    watch = next(each for each in small_world.store.watches if each.key == ("G09", "tls"))
    small_world.look(watch, at=small_world.now, certificate_earliest_not_after=ends.timestamp())

    notices, _ = await told(remembered((Kind.CERTIFICATE, "G09")), PAGE)

    assert [(one.agency, one.expires) for one in notices[Event.CERTIFICATE].entries] == [("G09", ends)]


async def test_blindness_is_told_again_with_its_level_and_the_scores_of_now(told):
    notices, _ = await told(remembered((Kind.BLIND, "ministry")), PAGE)
    blind = notices[Event.BLIND]

    assert (blind.levels, blind.share) == ((Level.MINISTRY,), 1.0)
    assert {move.level: (move.after, move.unknown) for move in blind.moves} == {
        Level.PROVINCE: ((1, 2), 0),
        Level.MINISTRY: ((0, 1), 1),
    }


async def test_who_can_only_not_be_seen_is_told_again_as_such(told, small_world):
    """Nothing was ever looked at of this ministry."""
    lost = {("G09", Condition.CONNECTED): Loss(small_world.now, small_world.now)}
    notices, _ = await told(replace(remembered((Kind.LOSS, "G09")), lost=lost), PAGE)

    assert [one.unknown for one in notices[Event.STILL_LOST].entries] == [(Condition.CONNECTED,)]


@pytest.mark.parametrize(("pages", "linked"), [((PAGE,), PAGE), ((None, PAGE), PAGE), ((PAGE, None), None)])
async def test_links_lead_to_the_address_that_the_configuration_names_now(told, pages, linked):
    _, page = await told(remembered(), *pages)

    assert page == linked


async def test_a_mistake_with_what_waits_for_nobody_ends_nothing(told, small_world, monkeypatch):
    async def wrong(_):
        raise ZeroDivisionError

    monkeypatch.setattr("monitor.deliverers.Deliverers.forget", wrong)
    with capture_logs() as logs:
        await told(remembered(), PAGE)

    assert [each["event"] for each in logs] == ["strays_bug"]


@dataclass(frozen=True)
class HalfDead(Forgetful):
    async def refresh(self, notices, reach):
        await super().refresh(notices, reach)
        reach.warn("two.example:9093 does not answer")


async def test_what_is_not_well_with_what_is_delivered_is_in_the_log(told, monkeypatch):
    monkeypatch.setattr(f"{__name__}.Forgetful", HalfDead)
    with capture_logs() as logs:
        await told(remembered(), PAGE)
    assert [each["problem"] for each in logs if each["event"] == "told_with_trouble"] == [
        "two.example:9093 does not answer"
    ]
