"""What alerting remembers, as rows of the table `memory`: only what differs is written."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from monitor.incidents import Cause, Incident, Loss, Sharing
from monitor.model import Level
from monitor.notice import Event
from monitor.store.documents import Document
from monitor.stories import Digested, Kind, Memory, Story, Subject

Row = tuple[str, str, str | None]  # kind, key, document; none: it is forgotten


@dataclass(frozen=True, slots=True, kw_only=True)
class _Rest:
    """What there is one of."""

    began: bool = False
    daily: datetime | None = None
    weekly: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Part:
    """One kind of row."""

    of: Callable[[Memory], Mapping[Any, Any]]
    key: Callable[[Any], str]
    back: Callable[[str], Any]
    document: Document[Any]


def _two(key: str) -> tuple[str, str]:
    first, _, rest = key.partition(" ")
    return first, rest


def _subject(key: str) -> Subject:
    kind, value = _two(key)
    return Subject(kind=Kind(kind), value=value)


def _cause(key: str) -> Cause:
    sharing, value = _two(key)
    return Cause(sharing=Sharing(sharing), value=value)


def _digested(key: str) -> Digested:
    event, level, channel = key.split(" ", 2)
    return Event(event), Level(level), channel


def _incidents(memory: Memory) -> Mapping[Cause, Incident]:
    return {incident.cause: incident for incident in memory.incidents}


def _rest(memory: Memory) -> Mapping[str, _Rest]:
    return {"rest": _Rest(began=memory.began, daily=memory.daily, weekly=memory.weekly)}


_PARTS: Mapping[str, _Part] = {
    "lost": _Part(of=lambda memory: memory.lost, key=" ".join, back=_two, document=Document(Loss)),
    "story": _Part(of=lambda memory: memory.stories, key=str, back=_subject, document=Document(Story)),
    "incident": _Part(
        of=_incidents, key=lambda cause: f"{cause.sharing} {cause.value}", back=_cause, document=Document(Incident)
    ),
    "score": _Part(of=lambda memory: memory.scores, key=str, back=Level, document=Document(tuple[int, int])),
    "counted": _Part(of=lambda memory: memory.counted, key=str, back=str, document=Document(Level)),
    "digested": _Part(
        of=lambda memory: memory.digested, key=" ".join, back=_digested, document=Document(tuple[int, int])
    ),
    "rest": _Part(of=_rest, key=str, back=str, document=Document(_Rest)),
}


def difference(before: Memory, after: Memory) -> Iterator[Row]:
    """What has to be written so that `after` is remembered where `before` was."""
    if before is after:
        return
    for kind, part in _PARTS.items():
        was, now = part.of(before), part.of(after)
        for key in _differing(was, now):
            yield kind, part.key(key), part.document.text(now[key]) if key in now else None


def _differing(before: Mapping[Any, Any], after: Mapping[Any, Any]) -> Iterator[Any]:
    """Keys. Of ten thousand values mostly none is another object: that is seen without looking anything up."""
    if before is after:
        return
    aside = [
        key
        for (was, old), (key, new) in zip(before.items(), after.items(), strict=False)
        if was is not key or old is not new
    ]
    aside += list(after)[len(before) :]
    yield from (key for key in aside if key not in before or before[key] != after[key])
    if aside or len(before) > len(after):
        yield from (key for key in before if key not in after)


def recalled(rows: Iterable[tuple[str, str, str]], where: str) -> Memory:
    """Raises LedgerError."""
    found: dict[str, dict[Any, Any]] = {kind: {} for kind in _PARTS}
    for kind, key, document in rows:
        part = _PARTS[kind]
        found[kind][part.back(key)] = part.document.value(document, f"{where}, {kind} {key}")
    rest = found["rest"].get("rest", _Rest())
    return Memory(
        lost=found["lost"],
        stories=found["story"],
        incidents=tuple(sorted(found["incident"].values(), key=lambda each: (each.since, each.cause))),
        scores=found["score"],
        counted=found["counted"],
        digested=found["digested"],
        began=rest.began,
        daily=rest.daily,
        weekly=rest.weekly,
    )
