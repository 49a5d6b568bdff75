"""What deciding costs while nothing is wrong, and while much is: `python bench/deciding.py`. CPU time of the loop's thread.

`heed` is called once a second, on the loop that looks are made on. Also: a look's bookkeeping with a ledger and without,
in paired rounds (the look itself is made up: it costs nothing, so that the rest is to be seen).
"""

import asyncio
import gc
import sys
import time
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

ROOT = Path(__file__).parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "bench")]

from burning import Burning, Fire, config_of  # noqa: E402 - after the path
from figures import ratio, spread, table  # noqa: E402

from monitor import loop  # noqa: E402
from monitor.keeping import People  # noqa: E402
from monitor.log import configure  # noqa: E402
from monitor.model import Watch  # noqa: E402
from monitor.pauses import made_to_stay  # noqa: E402
from monitor.store.ledger import Ledger  # noqa: E402
from monitor.store.opening import open_ledger  # noqa: E402
from monitor.store.place import Place  # noqa: E402

SIZES = (84, 3_400, 100_000)
OPEN = (100, 1_000, 10_000)  # losses at once, of three times as many agencies
CALLS = 20
ROUNDS = 9
LOOKS = 10_000  # a round
MOST = 1000.0  # ms


class Kept:
    """A service with what it looks at."""

    def __init__(self, agencies: int, ledger: Ledger | None) -> None:
        config = config_of(agencies, "http://127.0.0.1:9/")
        self.service = Burning(config, lambda: config, ledger=ledger)
        self.service.fire = Fire(self.service.now, 0.0)
        self.service._runner = self.service.fire  # type: ignore[assignment]  # noqa: SLF001 - only the network is made up
        with made_to_stay():
            self.watches: Sequence[Watch] = self.service.plan()
        self.due = datetime.now(UTC) - timedelta(days=30)

    async def look(self) -> None:
        """At everything once."""
        self.due += timedelta(minutes=1)
        for watch in self.watches:
            await self.service.look(watch, self.due)

    async def heed(self) -> float:
        """CPU ms of one call; what it had to write is on the disk afterwards."""
        used = time.thread_time()
        self.service.heed()
        used = time.thread_time() - used
        while self.service.keeping.busy:  # noqa: ASYNC110 - a writer's end is nothing to be waited for elsewhere
            await asyncio.sleep(0.001)
        return 1000 * used

    async def begin(self, ledger: Ledger) -> None:
        self.service.recall(ledger.recall(), People())
        await self.look()
        for _ in range(3):
            await self.heed()


async def of_calm(folder: Path) -> None:
    rows = []
    for agencies in SIZES:
        ledger = open_ledger(Place(file=folder / f"calm{agencies}.db"), serving=True)
        kept = Kept(agencies, ledger)
        await kept.begin(ledger)
        rows.append([f"{agencies:,}", spread([await kept.heed() for _ in range(CALLS * 5)])])
        await kept.service.close()
    print(table(("agencies, nothing wrong", "heed, CPU ms"), rows), flush=True)


async def of_losses(folder: Path) -> None:
    rows = []
    for losses in OPEN:
        ledger = open_ledger(Place(file=folder / f"lost{losses}.db"), serving=True)
        kept = Kept(3 * losses, ledger)
        await kept.begin(ledger)
        kept.service.fire.lit = lambda number: number % 3 == 0
        for _ in range(6):
            await kept.look()
        gc.collect()
        first = await kept.heed()
        rows.append(
            [f"{losses:,} of {3 * losses:,}", f"{first:.1f}", spread([await kept.heed() for _ in range(CALLS)], 2)]
        )
        await kept.service.close()
    print(table(("lost, told, nothing new", "heed that tells them, CPU ms", "heed after, CPU ms"), rows), flush=True)


async def of_looks(folder: Path) -> None:
    ledger = open_ledger(Place(file=folder / "looks.db"), serving=True)
    both = {"with": Kept(1000, ledger), "without": Kept(1000, None)}
    await both["with"].begin(ledger)
    await both["without"].look()
    rows = []
    for words, part in (("all well", 0), ("one in twenty fails", 20)):
        used: dict[str, list[float]] = {name: [] for name in both}
        for turn in range(ROUNDS):
            for name, kept in sorted(both.items(), reverse=bool(turn % 2)):
                kept.service.fire.lit = lambda number, part=part: bool(part) and number % part == 0  # type: ignore[misc]
                gc.collect()
                begun = time.thread_time()
                for _ in range(LOOKS // 1000):
                    await kept.look()
                used[name].append(1e6 * (time.thread_time() - begun) / LOOKS)
        rows.append(
            [
                words,
                *(spread(used[name], 1) for name in ("with", "without")),
                f"{1 / ratio(used['with'], used['without']):.3f}",
            ]
        )
    print(table(("looks", "with a ledger, CPU µs", "without", "with / without"), rows), flush=True)
    for kept in both.values():
        await kept.service.close()


async def run() -> None:
    with TemporaryDirectory(prefix="npsp-deciding-") as folder:
        parts = {"calm": of_calm, "losses": of_losses, "looks": of_looks}
        for name, part in parts.items():
            if len(sys.argv) < 2 or name in sys.argv[1:]:
                await part(Path(folder))


if __name__ == "__main__":
    configure("console", "error")
    loop.run(run())
