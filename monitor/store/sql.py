"""The ledger in SQL: SQLite in one file, or PostgreSQL, by the same statements."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from types import MappingProxyType
from typing import Any, Final

from sqlalchemy import Connection, Select, delete, select, update

from monitor.notice import Notice
from monitor.store import remembered
from monitor.store.documents import plain
from monitor.store.engines import engine_of, name_of, writing
from monitor.store.ledger import Ack, Act, Batch, Delivery, Fate, Ordered, Recalled, Verdicts, Window
from monitor.store.lock import FileLock, SessionLock
from monitor.store.place import Place, made_private
from monitor.store.rows import NOTICE, STATE, VERDICTS, WINDOW, add_act, delivery, looks, order, remember
from monitor.store.same_file import SameFile
from monitor.store.statements import prune, put
from monitor.store.tables import (
    ACKS,
    ACTS,
    CHECKS,
    DELIVERIES,
    LIFE,
    MEMORY,
    NOTICES,
    STANDINGS,
    STATES,
    WINDOWS,
)
from monitor.store.troubles import told
from monitor.store.upgrade import upgrade
from monitor.stories import Memory

_NONE: Final[Mapping[int, Notice]] = MappingProxyType({})


class SqlLedger:
    """See Ledger. `serving`: whoever opens it judges, so nobody else may open it so at the same time."""

    def __init__(self, place: Place, *, serving: bool = False) -> None:
        """Raises LedgerError: whatever may be wrong with the place, in words that say what to do."""
        self.where = name_of(place)
        self._file = place.file
        self._lock: FileLock | SessionLock | None = None
        self._same: SameFile | None = None
        self._engine = engine_of(place)
        try:
            with told(self.where, self._file):
                self._open(serving=serving)
        except BaseException:
            self.close()
            raise
        self._writing = writing(self._engine)

    def _open(self, *, serving: bool) -> None:
        if serving and self._file:
            self._lock = FileLock(self._file)
        elif serving:
            self._lock = SessionLock(self._engine)
        if self._file:
            made_private(self._file)
        upgrade(self._engine)
        self._same = SameFile(self._file) if self._file else None

    @contextmanager
    def _read(self) -> Iterator[Connection]:
        with told(self.where, self._file):
            self._check()
            with self._engine.connect() as connection:
                yield connection

    @contextmanager
    def _write(self) -> Iterator[Connection]:
        """One transaction."""
        with told(self.where, self._file):
            self._check()
            with self._writing.begin() as connection:
                yield connection

    def _check(self) -> None:
        """What is written to a file that is gone, nobody will read."""
        if self._same:
            self._same.check()

    @contextmanager
    def _write_as_judge(self) -> Iterator[Connection]:
        if not isinstance(self._lock, SessionLock):
            with self._write() as connection:
                yield connection
            return
        with told(self.where):
            connection = self._lock.connection()
            with connection.begin():
                yield connection

    def recall(self) -> Recalled:
        with self._read() as db:
            return Recalled(
                at=db.scalar(select(LIFE.c.at)),
                states={
                    (agency, name): STATE.value(text, f"the state of {agency}, {name}")
                    for agency, name, text in db.execute(select(STATES))
                },
                standings=_standings(db),
                memory=_memory(db),
                checks={row.name: row.meaning for row in db.execute(select(CHECKS))},
            )

    def standings(self) -> Mapping[str, Verdicts]:
        with self._read() as db:
            return _standings(db)

    def alive(self) -> datetime | None:
        with self._read() as db:
            return db.scalar(select(LIFE.c.at))

    def memory(self) -> Memory:
        with self._read() as db:
            return _memory(db)

    def write(self, batch: Batch) -> None:
        with self._write_as_judge() as db:
            put(db, LIFE, [{"id": 1, "at": batch.at}])
            looks(db, batch)
            remember(db, batch)
            order(db, batch.orders, batch.at)

    # -- deliveries

    def pending(self, channel: str | None = None, limit: int = 1000) -> Sequence[Delivery]:
        # What may go first is read first: a thousand that wait for the morning must not hide what is critical.
        wanted = _with_notices().where(DELIVERIES.c.fate == Fate.PENDING.value)
        found = self._deliveries(channel, wanted.order_by(DELIVERIES.c.not_before, DELIVERIES.c.id), limit)
        return sorted(found, key=lambda each: each.id)

    def had(self, notices: Sequence[str], channels: Sequence[str]) -> Mapping[str, str]:
        delivered = DELIVERIES.c.fate == Fate.DELIVERED.value
        whose = DELIVERIES.c.notice.in_(notices), DELIVERIES.c.channel.in_(channels)
        with self._read() as db:
            found = db.execute(select(DELIVERIES.c.notice, DELIVERIES.c.channel).where(delivered, *whose))
            return {row.notice: row.channel for row in found}

    def awaited(self) -> frozenset[str]:
        with self._read() as db:
            wanted = select(DELIVERIES.c.channel).where(DELIVERIES.c.fate == Fate.PENDING.value).distinct()
            return frozenset(db.scalars(wanted))

    def latest(self, channel: str | None = None, limit: int = 1000) -> Sequence[Delivery]:
        return self._deliveries(channel, _with_notices().order_by(DELIVERIES.c.id.desc()), limit)

    def _deliveries(self, channel: str | None, wanted: Any, limit: int) -> Sequence[Delivery]:
        if channel is not None:
            wanted = wanted.where(DELIVERIES.c.channel == channel)
        with self._read() as db:
            return [delivery(row) for row in db.execute(wanted.limit(limit)).mappings()]

    def settle(
        self,
        ids: Sequence[int],
        fate: Fate,
        at: datetime,
        problem: str = "",
        orders: Sequence[Ordered] = (),
        retold: Mapping[int, Notice] = _NONE,
    ) -> None:
        tried = fate in (Fate.DELIVERED, Fate.REFUSED)
        settled = (
            update(DELIVERIES)
            .where(DELIVERIES.c.fate == Fate.PENDING.value)
            .values(fate=fate.value, settled=at, problem=plain(problem), tries=DELIVERIES.c.tries + int(tried))
        )
        with self._write() as db:
            for portion in _portions(ids):
                db.execute(settled.where(DELIVERIES.c.id.in_(portion)))
            for id_, notice in retold.items():
                db.execute(update(DELIVERIES).where(DELIVERIES.c.id == id_).values(retold=NOTICE.text(notice)))
            order(db, orders, at)

    def again(self, id_: int, not_before: datetime, problem: str) -> None:
        with self._write() as db:
            db.execute(
                update(DELIVERIES)
                .where(DELIVERIES.c.id == id_, DELIVERIES.c.fate == Fate.PENDING.value)
                .values(not_before=not_before, problem=plain(problem), tries=DELIVERIES.c.tries + 1)
            )

    def rename(self, former: str, channel: str, at: datetime) -> None:
        waiting = update(DELIVERIES).where(DELIVERIES.c.channel == former, DELIVERIES.c.fate == Fate.PENDING.value)
        its = DELIVERIES.alias("its")
        has = select(its.c.notice).where(its.c.channel == channel)
        with self._write() as db:
            db.execute(waiting.where(DELIVERIES.c.notice.not_in(has)).values(channel=channel))
            db.execute(waiting.values(fate=Fate.MERGED.value, settled=at))

    def order(self, orders: Sequence[Ordered], at: datetime) -> None:
        with self._write() as db:
            order(db, orders, at)

    # -- what people do

    def acks(self) -> Sequence[Ack]:
        with self._read() as db:
            return [Ack(**row) for row in db.execute(select(ACKS).order_by(ACKS.c.at, ACKS.c.agency)).mappings()]

    def ack(self, ack: Ack) -> None:
        row = {"agency": ack.agency, "by": plain(ack.by), "reason": plain(ack.reason), "at": ack.at}
        with self._write() as db:
            put(db, ACKS, [row])
            add_act(db, Act(at=ack.at, who=ack.by, what="ack", about=ack.agency, reason=ack.reason))

    def unack(self, agencies: Sequence[str], act: Act | None = None) -> None:
        with self._write() as db:
            gone = sum(
                db.execute(delete(ACKS).where(ACKS.c.agency.in_(portion))).rowcount for portion in _portions(agencies)
            )
            add_act(db, act if gone else None)

    def windows(self) -> Sequence[Window]:
        with self._read() as db:
            rows = db.execute(select(WINDOWS).order_by(WINDOWS.c.id))
            return [WINDOW.value(text, f"the window {id_}") for id_, text in rows]

    def open_window(self, window: Window, act: Act) -> None:
        with self._write() as db:
            put(db, WINDOWS, [{"id": window.id, "document": WINDOW.text(window)}])
            add_act(db, act)

    def close_window(self, id_: str, act: Act) -> None:
        with self._write() as db:
            add_act(db, act if db.execute(delete(WINDOWS).where(WINDOWS.c.id == id_)).rowcount else None)

    def act(self, act: Act) -> None:
        with self._write() as db:
            add_act(db, act)

    def acts(self, limit: int = 100) -> Sequence[Act]:
        wanted = select(ACTS).order_by(ACTS.c.id.desc()).limit(limit)
        with self._read() as db:
            return [
                Act(at=at, who=who, what=what, about=about, reason=why)
                for _, at, who, what, about, why in db.execute(wanted)
            ]

    def prune(self, before: datetime, portion: int = 1000) -> int:
        with self._write() as db:
            return prune(db, before, portion)

    def close(self) -> None:
        if self._lock:
            self._lock.close()
            self._lock = None
        self._engine.dispose()


def _standings(db: Connection) -> Mapping[str, Verdicts]:
    return {agency: VERDICTS.value(text, f"the standing of {agency}") for agency, text in db.execute(select(STANDINGS))}


def _memory(db: Connection) -> Memory:
    return remembered.recalled(((kind, key, text) for kind, key, text in db.execute(select(MEMORY))), "memory")


def _with_notices() -> Select[Any]:
    return select(DELIVERIES, NOTICES.c.document).join(NOTICES)


def _portions(many: Sequence[Any], size: int = 500) -> Iterator[Sequence[Any]]:
    """A statement takes only so many values."""
    return (many[start : start + size] for start in range(0, len(many), size))
