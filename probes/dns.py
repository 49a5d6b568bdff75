"""Does a name server answer one question as it should? Its code and its records, by default of the portal's own name.

Whose trouble it is, and where it is written down: in `recursion`.

- With recursion (the default) the server is a resolver of the operator's choice. That it does not take a connection,
  refuses to serve us, or breaks its own protocol says nothing of any agency: the look is `offline`. What it answers
  about the name does, and is judged.
- Without recursion the server is asked as an authority for the name, and that is the agency's: its trouble passes, and
  is the agency's.

Servers are tried in order; who is in trouble is left for the next, and named in the facts. One that stays silent is not
left: the look's limit, the only clock there is, ends the look with it. No datagram is sent twice for the same reason; a
lost one is what the patience of k of n looks is for.

With `authoritative` every name server of the name's zone is asked besides, directly, once the resolver's answer is right.
One that is silent, or does not have the zone, is the agency's fault, though people notice only half of the time. Silent
ones are waited for till the look's limit; all are asked at once, so that the others are heard. Where none answers us as
it should and the resolver does have an answer, it is our own network that lets no such questions out: `offline`. That
answers or serials differ is a fact; records that a rule wants and one server lacks are a fault.

Of the portal's own name a resolver is asked for both families of addresses, and it is a fault when there is neither.

A UDP answer that was cut short is asked for again over TCP, as RFC 7766 has it (blackbox_exporter takes the piece for
the whole). Without rules for records an answer without any is in order, if its code is.
"""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import ClassVar

from probes import Fact, Observation, Reason, Target, Terms, TlsTerms, Trouble, Way
from probes._answer import plain
from probes._hosts import plain_host, under
from probes._name_server import NameServer, Told, Transport, ask
from probes._patterns import check
from probes._records import Question, Reply, Rules, code_known
from probes._terms import OneFamily, check_tls
from probes._zone import Heard, hear, zone_of

_CODES = MappingProxyType({"NXDOMAIN": Reason.DNS_NO_NAME, "SERVFAIL": Reason.DNS_TROUBLE})  # others: dns_code
_OTHER_FAMILY = MappingProxyType({"A": "AAAA", "AAAA": "A"})
_FAMILY_FACTS = MappingProxyType({"A": "dns_ipv4", "AAAA": "dns_ipv6"})

# What a resolver says that will not work for us, whatever the name.
_NOT_FOR_US = frozenset({"REFUSED", "NOTIMP", "FORMERR"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Probe:
    """Codes, types and classes by their names, as in zone files."""

    asks_pages: ClassVar[bool] = False

    name: str = ""  # none: the portal's host
    type: str = "A"
    record_class: str = "IN"
    servers: tuple[str, ...] = ()  # ADDRESS or ADDRESS:PORT; none: those the monitor itself goes by
    transport: Transport = "udp"
    recursion: bool = True
    authoritative: bool = False  # true: and by each name server of the zone
    codes: tuple[str, ...] = ("NOERROR",)  # that are right
    answers: Rules = field(default_factory=Rules)
    authority: Rules = field(default_factory=Rules)
    additional: Rules = field(default_factory=Rules)
    family: OneFamily = "any"  # of the server's addresses, where it is given by name
    fallback: bool = False
    tls: TlsTerms = field(default_factory=TlsTerms)

    def __post_init__(self) -> None:
        check_tls(self.tls)
        if self.authoritative and not (self.recursion and self.record_class.upper() == "IN"):
            raise ValueError("authoritative: needs recursion and the class IN: a resolver tells which servers they are")
        self._question(self.name or ".")
        for number, server in enumerate(self.servers, 1):
            try:
                NameServer.of(server, self.transport)
            except ValueError as error:
                raise ValueError(f"servers.{number}: {error}") from None
        if not self.codes or not all(map(code_known, self.codes)):
            raise ValueError("codes: must be names of DNS codes, such as NOERROR or NXDOMAIN")
        for section, rules in self._sections.items():
            for rule, patterns in rules.patterns:
                check(f"{section}.{rule}", patterns)

    def applies(self, target: Target) -> bool:  # noqa: ARG002 - every agency has a name to ask for
        return True

    async def look(self, target: Target, way: Way) -> Observation:
        way = self._outward(way)
        question = self._question(self.name or plain_host(target.portal))
        met: list[tuple[NameServer, Trouble]] = []
        for text in self.servers or way.name_servers:
            server = NameServer.of(text, self.transport)
            try:
                told = await self._served(way, server, question)
            except Trouble as trouble:
                met.append((server, trouble))
            else:
                facts = {**_facts(told, question), "dns_server": str(server), **_left(met)}
                facts |= await self._families(way, server, question, told.reply)
                observation = self._judge(told.reply, server, question, target, facts)
                if self.authoritative and observation.reason is Reason.OK:
                    return await self._by_its_own(way, server, question, observation)
                return observation
        return self._nobody(met)

    async def _served(self, way: Way, server: NameServer, question: Question) -> Told:
        told = await ask(way, server, question, self.transport, ours=self.recursion)
        code = told.reply.code
        if self.recursion and code in _NOT_FOR_US and code not in self._codes:
            raise Trouble(Reason.DNS_TROUBLE, server.host, f"will not serve ({code})", **_facts(told, question))
        return told

    def _nobody(self, met: list[tuple[NameServer, Trouble]]) -> Observation:
        last = met[-1][1]
        facts = {"dns_query_succeeded": 0, **last.facts, **_left(met)}
        if not self.recursion:
            raise Trouble(last.reason, last.host, last.detail, **facts)
        detail = f"no name server of the monitor's own answers: {last.host}: {last.detail}"
        return Observation(reason=Reason.OFFLINE, detail=detail, facts=facts)

    def _judge(
        self, reply: Reply, server: NameServer, question: Question, target: Target, facts: dict[str, Fact]
    ) -> Observation:
        if _own(question.name, target):
            facts |= _addresses(reply, target)
        said = f"{server} answered {reply.code} to {question.name} {question.type}"
        if reply.code not in self._codes:
            return _absent(
                _CODES.get(reply.code, Reason.DNS_CODE),
                f"{said}; {', '.join(self._codes)} was expected",
                question,
                target,
                facts,
            )
        if facts.get("dns_ipv4") == facts.get("dns_ipv6") == 0:
            return _absent(
                Reason.DNS_NO_ADDRESS, f"{said} and knows no address; one was expected", question, target, facts
            )
        if fault := self._fault(reply):
            return Observation(reason=Reason.DNS_RECORDS, detail=f"{said}; in {fault}", facts=facts)
        return Observation(reason=Reason.OK, detail=f"{said}, as expected", facts=facts)

    async def _families(self, way: Way, server: NameServer, question: Question, reply: Reply) -> dict[str, Fact]:
        """How many addresses of each family the portal's own name has, as far as a resolver tells."""
        kind = question.type.upper()
        other = _OTHER_FAMILY.get(kind)
        if other is None or self.name or not self.recursion or reply.code != "NOERROR":
            return {}
        counts = {kind: _count(reply, kind)}
        with suppress(Trouble):  # the question itself was answered
            told = await ask(way, server, replace(question, type=other), self.transport, ours=True)
            if told.reply.code == "NOERROR":
                counts[other] = _count(told.reply, other)
        return {_FAMILY_FACTS[each]: count for each, count in counts.items()}

    async def _by_its_own(self, way: Way, resolver: NameServer, question: Question, found: Observation) -> Observation:
        """The same, as the zone's own servers have it."""
        zone = await zone_of(way, resolver, question.name, self.transport)
        if zone is None:
            detail = f"{resolver} knows no name server of any zone above {question.name}"
            return Observation(reason=Reason.OFFLINE, detail=detail, facts=found.facts)

        def fault(heard: Heard) -> Trouble:
            reason, detail = _unheard(heard)
            return Trouble(reason, question.name, detail, **{**found.facts, **heard.facts})

        heard = await hear(way, zone, question, fault)
        if heard.bad:
            raise fault(heard)
        facts = {**found.facts, **heard.facts}
        for name, reply in heard.good.items():
            if wrong := "" if _leads_out(reply, question) else self._fault(reply):
                detail = f"{name} answered {reply.code} to {question.name} {question.type}; in {wrong}"
                return Observation(reason=Reason.DNS_RECORDS, detail=detail, facts=facts)
        return Observation(
            reason=Reason.OK,
            detail=f"{found.detail}, by each of {len(zone.servers)} name servers of {zone.name} too",
            facts=facts,
        )

    def _fault(self, reply: Reply) -> str:
        for section, rules in self._sections.items():
            if fault := rules.fault(getattr(reply, section)):
                return f"{section} {fault}"
        return ""

    @property
    def _sections(self) -> dict[str, Rules]:
        return {"answers": self.answers, "authority": self.authority, "additional": self.additional}

    @property
    def _codes(self) -> tuple[str, ...]:
        return tuple(code.upper() for code in self.codes)

    def _question(self, name: str) -> Question:
        return Question(name=name, type=self.type, record_class=self.record_class, recursion=self.recursion)

    def _outward(self, way: Way) -> Way:
        terms = Terms(family=self.family, fallback=self.fallback, tls=self.tls)
        return way if terms == Terms() else way.under(terms)


def _facts(told: Told, question: Question) -> dict[str, Fact]:
    reply = told.reply
    facts: dict[str, Fact] = {
        "dns_query_succeeded": 1,
        "dns_code": reply.code,
        "dns_truncated": told.truncated,
        "dns_answer_rrs": len(reply.answers),
        "dns_authority_rrs": len(reply.authority),
        "dns_additional_rrs": len(reply.additional),
    }
    serials = [record.serial for record in reply.answers if record.type == "SOA"]
    if serials and question.type.upper() == "SOA":
        facts["dns_serial"] = serials[-1]
    return facts


def _addresses(reply: Reply, target: Target) -> dict[str, Fact]:
    """Of the agency's own name, as far as the answer has them, and whose name it leads to when that is not its own."""
    facts: dict[str, Fact] = {}
    for name, kind in (("ipv4_addresses", "A"), ("ipv6_addresses", "AAAA")):
        if found := [record.data for record in reply.answers if record.type == kind]:
            facts[name] = plain(", ".join(found))
    aliases = [record.data.rstrip(".").lower() for record in reply.answers if record.type == "CNAME"]
    if aliases and not _own(aliases[-1], target):
        facts["cname"] = plain(aliases[-1])
        if not under(aliases[-1], target.national_hosts):
            facts["dns_cname_foreign"] = plain(aliases[-1])
    return facts


def _absent(reason: Reason, detail: str, question: Question, target: Target, facts: Mapping[str, Fact]) -> Observation:
    """What a broken link of our own may look like is raised, so that the runner sees to that."""
    if reason is Reason.DNS_CODE:
        return Observation(reason=reason, detail=detail, facts=facts)
    if question.name in target.guessed and reason is not Reason.DNS_TROUBLE:
        return Observation(reason=Reason.HOST_UNSURE, detail=detail, facts=facts)
    raise Trouble(reason, question.name, detail, **facts)


def _unheard(heard: Heard) -> tuple[Reason, str]:
    expected = f"every name server of {heard.zone.name} was expected to answer for it"
    if heard.good:
        return Reason.DNS_SERVER, f"{plain(heard.bad)}; {expected}"
    return (
        Reason.OFFLINE,
        f"none answers the monitor directly, though a resolver has an answer: {plain(heard.bad)}; {expected}",
    )


def _leads_out(reply: Reply, question: Question) -> bool:
    """Only an alias, of a name whose zone the server may not have: it knows none of the records that are wanted."""
    types = {record.type for record in reply.answers}
    return "CNAME" in types and question.type.upper() not in types


def _count(reply: Reply, kind: str) -> int:
    return sum(record.type == kind for record in reply.answers)


def _left(met: list[tuple[NameServer, Trouble]]) -> dict[str, Fact]:
    """Who was in trouble before."""
    return (
        {"dns_servers_left": plain(", ".join(f"{server} {trouble.reason}" for server, trouble in met))} if met else {}
    )


def _own(name: str, target: Target) -> bool:
    return under(name.lower().rstrip("."), (*target.hosts, plain_host(target.portal)))
