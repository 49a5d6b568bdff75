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

A UDP answer that was cut short is asked for again over TCP, as RFC 7766 has it (blackbox_exporter takes the piece for
the whole). Without rules for records an answer without any is in order, if its code is.
"""

from dataclasses import dataclass, field
from typing import ClassVar

from probes import Fact, Observation, Reason, Target, Terms, TlsTerms, Trouble, Way
from probes._answer import plain
from probes._hosts import plain_host, under
from probes._name_server import NameServer, Told, Transport, ask
from probes._patterns import check
from probes._records import Question, Reply, Rules, code_known
from probes._terms import OneFamily, check_tls

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
    codes: tuple[str, ...] = ("NOERROR",)  # that are right
    answers: Rules = field(default_factory=Rules)
    authority: Rules = field(default_factory=Rules)
    additional: Rules = field(default_factory=Rules)
    family: OneFamily = "any"  # of the server's addresses, where it is given by name
    fallback: bool = False
    tls: TlsTerms = field(default_factory=TlsTerms)

    def __post_init__(self) -> None:
        check_tls(self.tls)
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
                return self._judge(told.reply, server, question, target, facts)
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
            unsure = reply.code == "NXDOMAIN" and question.name in target.guessed
            reason = Reason.HOST_UNSURE if unsure else Reason.DNS_CODE
            detail = f"{said}; {', '.join(self._codes)} was expected"
            return Observation(reason=reason, detail=detail, facts=facts)
        if fault := self._fault(reply):
            return Observation(reason=Reason.DNS_RECORDS, detail=f"{said}; in {fault}", facts=facts)
        return Observation(reason=Reason.OK, detail=f"{said}, as expected", facts=facts)

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
    return facts


def _left(met: list[tuple[NameServer, Trouble]]) -> dict[str, Fact]:
    """Who was in trouble before."""
    return (
        {"dns_servers_left": plain(", ".join(f"{server} {trouble.reason}" for server, trouble in met))} if met else {}
    )


def _own(name: str, target: Target) -> bool:
    return under(name.lower().rstrip("."), (*target.hosts, plain_host(target.portal)))
