"""DNS messages: the bytes of a question, what came back, and what records should say. By dnspython; no I/O.

The only file that knows the package. Its exceptions end here, and its merging of records into sets is switched off:
what came is counted and compared record by record.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import dns.exception
import dns.flags
import dns.message
import dns.name
import dns.rcode
import dns.rdataclass
import dns.rdatatype
import dns.rrset

from probes._answer import plain
from probes._patterns import found

_NOT_ASKED = ("AXFR", "IXFR", "OPT", "TSIG", "TKEY", "MAILA", "MAILB")  # more than one answer, or no record at all
_LONGEST_SHOWN = 100


class UnreadableError(Exception):
    """It is the answer to the question, and cannot be read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    name: str  # with its final dot
    seconds: int  # it may be kept
    record_class: str
    type: str
    data: str  # in the form of a zone file, long ones unbroken

    @property
    def text(self) -> str:
        """What patterns are held against: as blackbox_exporter prints it, with tabs."""
        return "\t".join((self.name, str(self.seconds), self.record_class, self.type, self.data))

    @property
    def serial(self) -> int:
        """Of the zone, where the record is of type SOA (RFC 1035, 3.3.13)."""
        return int(self.data.split()[2])


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """One answer of a name server."""

    code: str  # NOERROR, NXDOMAIN …
    truncated: bool = False  # then there are no records
    authoritative: bool = False  # of who has the zone, and not of who has heard of it
    answers: tuple[Record, ...] = ()
    authority: tuple[Record, ...] = ()
    additional: tuple[Record, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """ValueError that names the setting when a name server could not be asked so."""

    name: str
    type: str
    record_class: str
    recursion: bool

    def __post_init__(self) -> None:
        if self.type.upper() in _NOT_ASKED:
            raise ValueError(f"type: {self.type} cannot be asked for in one question")
        for setting, known in (("type", dns.rdatatype.from_text), ("record_class", dns.rdataclass.from_text)):
            try:
                known(getattr(self, setting))
            except (dns.exception.DNSException, ValueError):
                raise ValueError(f"{setting}: {plain(getattr(self, setting))!r} is not known") from None
        try:
            dns.name.from_text(self.name)
        except (dns.exception.DNSException, ValueError):
            raise ValueError(f"name: {plain(self.name)!r} cannot be a name") from None


class Query:
    """A question on its way to one server, under a number of its own."""

    def __init__(self, question: Question) -> None:
        self._message = dns.message.make_query(
            question.name,
            question.type,
            question.record_class,
            use_edns=False,  # else a server may add what nobody asked for; a long answer comes over TCP
            flags=dns.flags.RD if question.recursion else 0,
        )

    @property
    def wire(self) -> bytes:
        return self._message.to_wire()

    def reply(self, wire: bytes) -> Reply | None:
        """None when the bytes are no answer to this very question; raises `UnreadableError`."""
        head = _parsed(wire, only_head=True)
        if head is None or not self._message.is_response(head):
            return None
        if head.flags & dns.flags.TC:  # it may end anywhere
            return Reply(code=dns.rcode.to_text(head.rcode()), truncated=True, authoritative=_of_the_zone(head))
        whole = _parsed(wire, only_head=False)
        if whole is None:
            raise UnreadableError
        return Reply(
            code=dns.rcode.to_text(whole.rcode()),
            answers=_records(whole.answer),
            authority=_records(whole.authority),
            additional=_records(whole.additional),
            authoritative=_of_the_zone(whole),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """What the records of one section should say. No record at all satisfies neither of the first two."""

    matches_any: tuple[str, ...] = ()  # some record matches some pattern
    matches_all: tuple[str, ...] = ()  # every record matches every pattern
    matches_not_any: tuple[str, ...] = ()  # no record matches any pattern
    matches_not_all: tuple[str, ...] = ()  # not every record matches every pattern

    @property
    def patterns(self) -> Iterable[tuple[str, tuple[str, ...]]]:
        return ((name, getattr(self, name)) for name in self.__dataclass_fields__)

    def fault(self, records: Sequence[Record]) -> str:
        """What is wrong, in words; empty when nothing is."""
        if not records:
            return "there is no record" if self.matches_any or self.matches_all else ""
        return next(filter(None, map(self._of_one, records)), "") or self._too_many(records) or self._too_few(records)

    def _of_one(self, record: Record) -> str:
        text = record.text.encode()
        for pattern in self.matches_not_any:
            if found(pattern, text):
                return f"{_shown(record)} matches “{pattern}”"
        for pattern in self.matches_all:
            if not found(pattern, text):
                return f"{_shown(record)} does not match “{pattern}”"
        return ""

    def _too_many(self, records: Sequence[Record]) -> str:
        every = self.matches_not_all and all(
            found(pattern, record.text.encode()) for record in records for pattern in self.matches_not_all
        )
        return f"every record matches “{self.matches_not_all[0]}”" if every else ""

    def _too_few(self, records: Sequence[Record]) -> str:
        some = not self.matches_any or any(
            found(pattern, record.text.encode()) for record in records for pattern in self.matches_any
        )
        return "" if some else f"no record matches “{self.matches_any[0]}”; the first is {_shown(records[0])}"


def code_known(code: str) -> bool:
    try:
        dns.rcode.from_text(code)
    except (dns.exception.DNSException, ValueError):
        return False
    return True


def _of_the_zone(message: dns.message.Message) -> bool:
    return bool(message.flags & dns.flags.AA)


def _parsed(wire: bytes, *, only_head: bool) -> dns.message.Message | None:
    try:
        return dns.message.from_wire(wire, question_only=only_head, one_rr_per_rrset=True)
    except (dns.exception.DNSException, ValueError):
        return None


def _records(section: Iterable[dns.rrset.RRset]) -> tuple[Record, ...]:
    return tuple(
        Record(
            name=str(rrset.name),
            seconds=rrset.ttl,
            record_class=dns.rdataclass.to_text(rrset.rdclass),
            type=dns.rdatatype.to_text(rrset.rdtype),
            data=rdata.to_text(chunksize=0),
        )
        for rrset in section
        for rdata in rrset
    )


def _shown(record: Record) -> str:
    text = plain(record.text)
    return f"“{text[:_LONGEST_SHOWN]}…”" if len(text) > _LONGEST_SHOWN else f"“{text}”"
