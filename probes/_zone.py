"""What each of a zone's own name servers says of one name, asked directly, without recursion, over UDP.

The zone is the nearest above the name that a resolver knows name servers of. All its servers are asked at once, each for
the name and for the zone's SOA; an answer that was cut short is asked for again over TCP. One that answers for the zone
does so with authority (RFC 1035, 4.1.1); without it the zone was handed to a server that does not have it (lame).
"""

import asyncio
from collections.abc import Callable, Iterable, Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass, replace

from probes import Fact, Reason, Talk, Trouble, Way
from probes._answer import plain
from probes._name_server import NameServer, Transport, ask
from probes._records import Query, Question, Reply, UnreadableError

_PORT = 53
_MOST_SERVERS = 13  # as the root has; a zone of an agency has two to four
_MOST_STRAYS = 100
_SILENT = "stays silent"


@dataclass(frozen=True, slots=True, kw_only=True)
class Zone:
    name: str  # without its final dot
    servers: tuple[str, ...]  # names


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """What one server of a zone came to; `fault` says why it is no good."""

    reply: Reply | None = None  # to the question for the name
    serial: int | None = None
    fault: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Heard:
    """What came of all servers of a zone."""

    zone: Zone
    said: Mapping[str, Said]

    @property
    def good(self) -> dict[str, Reply]:
        return {name: said.reply for name, said in self.said.items() if said.reply and not said.fault}

    @property
    def bad(self) -> str:
        """Which are none, and why, in words; empty when all are good."""
        return "; ".join(f"{name} {said.fault}" for name, said in self.said.items() if said.fault)

    @property
    def facts(self) -> dict[str, Fact]:
        facts: dict[str, Fact] = {"dns_zone": plain(self.zone.name), "dns_zone_servers": len(self.zone.servers)}
        if bad := [name for name, said in self.said.items() if said.fault]:
            facts["dns_zone_servers_bad"] = plain(", ".join(bad))
        serials = {name: said.serial for name, said in self.said.items() if said.serial is not None}
        facts["dns_serials_differ"] = len(set(serials.values())) > 1
        if serials:
            facts["dns_serials"] = plain(", ".join(f"{name} {serial}" for name, serial in serials.items()))
        facts["dns_answers_differ"] = len(set(map(_told, self.good.values()))) > 1
        return facts


async def zone_of(way: Way, resolver: NameServer, name: str, transport: Transport) -> Zone | None:
    """The nearest above the name, itself included; none where the resolver knows none. A top-level domain is none."""
    labels = name.rstrip(".").split(".")
    for above in range(len(labels) - 1):
        zone = ".".join(labels[above:])
        told = await ask(way, resolver, _question(zone, "NS", recursion=True), transport, ours=True)
        found = [record for record in told.reply.answers if record.type == "NS" and _same(record.name, zone)]
        if found:
            servers = sorted({record.data.rstrip(".").lower() for record in found})
            return Zone(name=zone, servers=tuple(servers[:_MOST_SERVERS]))
    return None


async def hear(way: Way, zone: Zone, question: Question, trouble: Callable[[Heard], Trouble]) -> Heard:
    """What all servers say. Where the look's limit runs out over a silent one, it is `trouble` of what was heard."""
    said: dict[str, Said] = {}

    def cut_off() -> Trouble:
        silent = dict.fromkeys(zone.servers, Said(fault=_SILENT))
        return trouble(Heard(zone=zone, said={**silent, **said}))

    with way.meaning(cut_off):
        await _hear_all(way, zone, replace(question, recursion=False), said)
    return Heard(zone=zone, said={name: said[name] for name in zone.servers})


async def _hear_all(way: Way, zone: Zone, question: Question, said: dict[str, Said]) -> None:
    asked = (question, _question(zone.name, "SOA", recursion=False))
    async with AsyncExitStack() as stack:
        talks: dict[str, Talk] = {}
        for name in zone.servers:  # one after the other: to resolve, and to wait for its turn, a look does one thing
            try:
                talks[name] = await stack.enter_async_context(way.talk(name, _PORT, transport="udp"))
            except Trouble as met:
                if met.reason is Reason.OFFLINE:
                    raise
                said[name] = _of_trouble(met)
        async with asyncio.TaskGroup() as tasks:
            for name, talk in talks.items():
                tasks.create_task(_hear_into(said, name, talk, asked))
    for name in [name for name, each in said.items() if each.reply and each.reply.truncated]:
        said[name] = await _at_length(way, name, asked[0], said[name])


async def _hear_into(said: dict[str, Said], name: str, talk: Talk, asked: tuple[Question, Question]) -> None:
    try:
        said[name] = _of_replies(*await _replies(talk, [Query(question) for question in asked]))
    except Trouble as met:
        said[name] = _of_trouble(met)
    except UnreadableError:
        said[name] = Said(fault="answers with something that cannot be read")


async def _replies(talk: Talk, queries: list[Query]) -> list[Reply]:
    """In the order of the queries; what else comes is passed over, and beyond a number of it given up on."""
    for query in queries:
        await talk.send(query.wire)
    came: dict[int, Reply] = {}
    for _ in range(_MOST_STRAYS):
        data = await talk.receive()
        for number, query in enumerate(queries):
            if number not in came and (reply := query.reply(data)):
                came[number] = reply
        if len(came) == len(queries):
            return [came[number] for number in range(len(queries))]
    raise UnreadableError


def _of_replies(named: Reply, soa: Reply) -> Said:
    serial = next((record.serial for record in soa.answers if record.type == "SOA"), None)
    return Said(reply=named, serial=serial, fault=_unfit(soa) or _unfit(named))


def _unfit(reply: Reply) -> str:
    if reply.code not in ("NOERROR", "NXDOMAIN"):
        return f"answers {reply.code}"
    return "" if reply.authoritative else "does not have the zone"


def _of_trouble(met: Trouble) -> Said:
    return Said(fault=f"cannot be asked ({met.reason}: {plain(met.detail)})")


async def _at_length(way: Way, name: str, question: Question, said: Said) -> Said:
    try:
        told = await ask(way, NameServer(host=name, port=_PORT), question, "tcp", ours=False)
    except Trouble as met:
        return replace(said, fault=f"cuts its answer short, and over TCP: {met.reason}")
    return replace(said, reply=told.reply, fault=said.fault or _unfit(told.reply))


def _told(reply: Reply) -> tuple[str, frozenset[tuple[str, str, str]]]:
    """What may be compared between servers: neither order nor the seconds an answer may be kept."""
    records: Iterable[tuple[str, str, str]] = (
        (record.name.lower(), record.type, record.data.lower()) for record in reply.answers
    )
    return reply.code, frozenset(records)


def _same(name: str, zone: str) -> bool:
    return name.rstrip(".").lower() == zone.lower()


def _question(name: str, kind: str, *, recursion: bool) -> Question:
    return Question(name=name, type=kind, record_class="IN", recursion=recursion)
