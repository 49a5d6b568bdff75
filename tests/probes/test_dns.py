"""probes.dns against real name servers in this process: good, bad, slow, cut short, forged, over UDP, TCP and TLS."""

import asyncio
import contextlib
import re
import socket
from collections.abc import Callable

import pytest
from dnslib import QTYPE, RCODE, RR, DNSRecord

from monitor.testbed.authority import CertificateFault
from probes import Reason, TlsTerms
from probes._name_server import NameServer
from probes._records import Rules
from probes.dns import Probe

HANOI = "dichvucong.hanoi.gov.vn"
SERVER, OTHER = "192.0.2.53", "192.0.2.54"
RIGHT = f"{HANOI} 60 IN A 203.0.113.7"
SOA = f"{HANOI} 60 IN SOA ns.hanoi.gov.vn. root.hanoi.gov.vn. 2023062101 1 2 3 4"


def answer(*zone, code=RCODE.NOERROR, authority=(), additional=()):
    """What a well-behaved server does: the records of these lines of zone files."""

    def of(asked: DNSRecord) -> list[bytes]:
        reply = asked.reply()
        reply.header.rcode = code
        for add, lines in ((reply.add_answer, zone), (reply.add_auth, authority), (reply.add_ar, additional)):
            for line in lines:
                add(*RR.fromZone(line))
        return [bytes(reply.pack())]

    return of


def cut_short(asked):
    reply = asked.reply()
    reply.header.tc = 1
    return [bytes(reply.pack())]


def nothing(_):
    return []


class Datagrams(asyncio.DatagramProtocol):
    def __init__(self, say, asked):
        self.say, self.asked = say, asked

    def connection_made(self, transport):
        self.transport = transport

    def datagram_received(self, data, address):
        question = DNSRecord.parse(data)
        self.asked.append(("udp", str(question.q.qname), QTYPE[question.q.qtype], question.header.rd))
        for wire in self.say(question):
            self.transport.sendto(wire, address)


def bound(sock, address):
    """Whether it could be; the ports of UDP and of TCP are given out apart."""
    try:
        sock.bind(("127.0.0.1", int(address.rpartition(":")[2])))
    except OSError:
        return False
    return True


@pytest.fixture
async def name_server_at(serve_raw, routes):
    """`asked = await name_server_at(udp=…, tcp=…, host=…, tls=False)`: says what these make of a question."""
    async with contextlib.AsyncExitStack() as stack:

        async def start(
            udp: Callable = nothing,
            tcp: Callable = nothing,
            *,
            host=SERVER,
            tls=False,
            names=(),
            fault=None,
            asked=None,
        ):
            asked = [] if asked is None else asked
            port = 853 if tls else 53

            async def stream(reader, writer):
                while True:
                    size = int.from_bytes(await reader.readexactly(2), "big")
                    question = DNSRecord.parse(await reader.readexactly(size))
                    asked.append(("tcp", str(question.q.qname), QTYPE[question.q.qtype], question.header.rd))
                    if (said := tcp(question)) is None:
                        return
                    for wire in said:
                        writer.write(len(wire).to_bytes(2, "big") + wire)

            async def streams():
                """The address where they are served."""
                await serve_raw(stream, *(names or (host,)), tls=tls, port=port, fault=fault)
                return routes.entries[(names or (host,))[0], port]

            led = await streams()
            if not tls:
                sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
                while not bound(sock, led):
                    led = await streams()
                loop = asyncio.get_running_loop()
                transport, _ = await loop.create_datagram_endpoint(lambda: Datagrams(udp, asked), sock=sock)
                stack.callback(transport.close)
            routes.add(host, port, led)
            return asked

        yield start


def probe(**settings):
    return Probe(**{"servers": (SERVER,), **settings})


async def test_a_right_answer_is_right_and_its_records_are_counted(name_server_at, look, target):
    asked = await name_server_at(
        answer(RIGHT, authority=[SOA], additional=["ns.x 60 IN A 192.0.2.9", "ns.x 60 IN A 192.0.2.8"])
    )
    observation, trip = await look(probe(), target())

    assert observation.reason is Reason.OK
    assert observation.detail == f"{SERVER}:53 answered NOERROR to {HANOI} A, as expected"
    assert observation.facts == {
        "dns_query_succeeded": 1,
        "dns_code": "NOERROR",
        "dns_truncated": False,
        "dns_answer_rrs": 1,
        "dns_authority_rrs": 1,
        "dns_additional_rrs": 2,
        "dns_server": f"{SERVER}:53",
        "ipv4_addresses": "203.0.113.7",
        "dns_ipv4": 1,
        "dns_ipv6": 0,
    }
    assert asked == [("udp", f"{HANOI}.", "A", 1), ("udp", f"{HANOI}.", "AAAA", 1)]
    assert trip.facts["address"] == "127.0.0.1"


async def test_what_is_asked_is_a_setting(name_server_at, look, target):
    asked = await name_server_at(answer("other.vn 60 IN MX 1 mail.other.vn."))
    await look(probe(name="other.vn", type="mx", recursion=False), target())

    assert asked == [("udp", "other.vn.", "MX", 0)]


async def test_the_serial_of_the_zone_is_a_fact_where_it_was_asked_for(name_server_at, look, target):
    await name_server_at(answer(SOA))

    assert (await look(probe(type="SOA"), target()))[0].facts["dns_serial"] == 2023062101
    assert "dns_serial" not in (await look(probe(type="ANY"), target()))[0].facts


async def test_addresses_and_a_foreign_alias_of_the_agencys_own_name_are_facts(name_server_at, look, target):
    await name_server_at(
        answer(
            f"{HANOI} 60 IN CNAME hanoi.cdn.example.",
            "hanoi.cdn.example 60 IN A 203.0.113.7",
            "hanoi.cdn.example 60 IN A 203.0.113.8",
            "hanoi.cdn.example 60 IN AAAA 2001:db8::7",
        )
    )
    facts = (await look(probe(type="ANY"), target()))[0].facts

    assert facts["ipv4_addresses"] == "203.0.113.7, 203.0.113.8"
    assert facts["ipv6_addresses"] == "2001:db8::7"
    assert facts["cname"] == facts["dns_cname_foreign"] == "hanoi.cdn.example"


async def test_an_alias_within_the_agencys_own_names_is_none_of_a_foreign_host(name_server_at, look, target):
    await name_server_at(answer(f"{HANOI} 60 IN CNAME www.{HANOI}."))

    assert "cname" not in (await look(probe(), target()))[0].facts


async def test_an_alias_of_a_national_system_is_not_foreign(name_server_at, look, target):
    await name_server_at(
        answer(f"{HANOI} 60 IN CNAME cho.dichvucong.gov.vn.", "cho.dichvucong.gov.vn 60 IN A 203.0.113.7")
    )
    facts = (await look(probe(), target()))[0].facts

    assert facts["cname"] == "cho.dichvucong.gov.vn"
    assert "dns_cname_foreign" not in facts


async def test_facts_of_another_name_are_not_of_the_agency(name_server_at, look, target):
    await name_server_at(answer("other.vn 60 IN A 203.0.113.7"))

    assert "ipv4_addresses" not in (await look(probe(name="other.vn"), target()))[0].facts


WRONG_CODES = {
    "NXDOMAIN": Reason.DNS_NO_NAME,
    "SERVFAIL": Reason.DNS_TROUBLE,
    "NOTZONE": Reason.DNS_CODE,
}


@pytest.mark.parametrize("code", WRONG_CODES)
@pytest.mark.parametrize("recursion", [True, False])
async def test_another_code_than_wanted_is_told_with_both(name_server_at, look, target, code, recursion):
    await name_server_at(answer(code=getattr(RCODE, code)))
    observation, _ = await look(probe(codes=("NOERROR", "notauth"), recursion=recursion), target())

    assert observation.reason is WRONG_CODES[code]
    assert observation.detail == f"{SERVER}:53 answered {code} to {HANOI} A; NOERROR, NOTAUTH was expected"
    assert observation.facts["dns_code"] == code
    assert observation.facts["dns_query_succeeded"] == 1


def by_type(**zones):
    """The records by the type that is asked for."""
    return lambda asked: answer(*zones.get(QTYPE[asked.q.qtype], ()))(asked)


SIX = f"{HANOI} 60 IN AAAA 2001:db8::7"


@pytest.mark.parametrize(
    ("zones", "kind", "reason", "counts"),
    [
        ({"A": [RIGHT], "AAAA": [SIX]}, "A", Reason.OK, (1, 1)),
        ({"A": [RIGHT]}, "AAAA", Reason.OK, (1, 0)),
        ({"AAAA": [SIX]}, "a", Reason.OK, (0, 1)),
        ({}, "A", Reason.DNS_NO_ADDRESS, (0, 0)),
        ({}, "AAAA", Reason.DNS_NO_ADDRESS, (0, 0)),
    ],
)
async def test_the_portals_own_name_has_an_address_of_some_family(
    name_server_at, look, target, zones, kind, reason, counts
):
    await name_server_at(by_type(**zones))
    observation, _ = await look(probe(type=kind), target())

    assert observation.reason is reason
    assert (observation.facts["dns_ipv4"], observation.facts["dns_ipv6"]) == counts


async def test_a_name_server_that_stumbles_over_the_other_family_is_no_fault(name_server_at, look, target):
    stumbles = lambda asked: answer(code=RCODE.SERVFAIL if asked.q.qtype == QTYPE.AAAA else RCODE.NOERROR)(asked)  # noqa: E731 - short
    await name_server_at(stumbles)
    observation, _ = await look(probe(), target())

    assert observation.reason is Reason.OK
    assert observation.facts["dns_ipv4"] == 0
    assert "dns_ipv6" not in observation.facts


async def test_a_guessed_name_without_an_address_proves_nothing(name_server_at, look, target):
    await name_server_at(answer())

    assert (await look(probe(), target(guessed=frozenset({HANOI}))))[0].reason is Reason.HOST_UNSURE


async def test_a_code_can_be_what_is_wanted(name_server_at, look, target):
    await name_server_at(answer(code=RCODE.NXDOMAIN))

    assert (await look(probe(codes=("nxdomain",)), target()))[0].reason is Reason.OK


async def test_a_name_that_was_only_guessed_may_not_exist(name_server_at, look, target):
    await name_server_at(answer(code=RCODE.NXDOMAIN))
    guessed = target(guessed=frozenset({HANOI}))

    assert (await look(probe(), guessed))[0].reason is Reason.HOST_UNSURE


SECTIONS = {
    "answers": answer(RIGHT),
    "authority": answer(authority=[RIGHT]),
    "additional": answer(additional=[RIGHT]),
}


@pytest.mark.parametrize("section", SECTIONS)
async def test_the_records_of_each_section_have_their_rules(name_server_at, look, target, section):
    await name_server_at(SECTIONS[section])
    wrong, _ = await look(probe(name=HANOI, **{section: Rules(matches_all=(r"203\.0\.113\.8$",))}), target())

    assert wrong.reason is Reason.DNS_RECORDS
    assert wrong.detail == (
        f"{SERVER}:53 answered NOERROR to {HANOI} A; in {section} "
        f"“{HANOI}. 60 IN A 203.0.113.7” does not match “203\\.0\\.113\\.8$”"
    )
    assert (await look(probe(name=HANOI, **{section: Rules(matches_all=("\tIN\tA\t203",))}), target()))[
        0
    ].reason is Reason.OK


async def test_a_wrong_code_comes_before_wrong_records(name_server_at, look, target):
    await name_server_at(answer(code=RCODE.SERVFAIL))
    observation, _ = await look(probe(answers=Rules(matches_any=(".",))), target())

    assert observation.reason is Reason.DNS_TROUBLE


async def test_an_answer_without_records_is_in_order_unless_a_rule_wants_some(name_server_at, look, target):
    await name_server_at(answer())

    assert (await look(probe(name=HANOI), target()))[0].reason is Reason.OK
    assert (await look(probe(name=HANOI, answers=Rules(matches_any=(".",))), target()))[0].reason is Reason.DNS_RECORDS


def forged(asked):
    """An answer with another number, one to another question, garbage, an echo; then the right one."""
    (right,) = answer(RIGHT)(asked)
    (lie,) = answer(f"{HANOI} 60 IN A 203.0.113.66")(asked)
    other = DNSRecord.question("evil.example")
    other.header.id = asked.header.id
    return [
        bytes([lie[0] ^ 0xFF]) + lie[1:],
        *answer("evil.example 60 IN A 203.0.113.66")(other),
        b"",
        b"\x00",
        lie[:11],
        bytes(asked.pack()),
        right,
    ]


@pytest.mark.parametrize("transport", ["udp", "tcp"])
async def test_what_is_no_answer_to_the_question_is_passed_over(name_server_at, look, target, transport):
    await name_server_at(forged, forged)
    observation, _ = await look(probe(transport=transport), target())

    assert observation.reason is Reason.OK
    assert observation.facts["ipv4_addresses"] == "203.0.113.7"


async def test_a_flood_of_strays_is_cut_off_by_their_number(name_server_at, look, target):
    await name_server_at(tcp=lambda _: [b"\0" * 12] * 2000)
    observation, _ = await look(probe(transport="tcp", recursion=False), target())

    assert observation.reason is Reason.DNS_TROUBLE
    assert observation.detail == "sent 1000 messages that are no answer to the question"


async def test_an_answer_that_was_cut_short_is_asked_for_again_over_tcp(name_server_at, look, target):
    many = [f"{HANOI} 60 IN A 203.0.113.{last}" for last in range(1, 101)]
    asked = await name_server_at(cut_short, answer(*many))
    observation, _ = await look(probe(name=HANOI), target())

    assert [over for over, *_ in asked] == ["udp", "tcp"]
    assert observation.reason is Reason.OK
    assert observation.facts["dns_truncated"] is True
    assert observation.facts["dns_answer_rrs"] == 100


async def test_an_answer_that_breaks_off_is_the_servers_trouble(name_server_at, look, target):
    await name_server_at(lambda asked: [answer(RIGHT)(asked)[0][:-2]])
    observation, _ = await look(probe(recursion=False), target())

    assert (observation.reason, observation.detail) == (Reason.DNS_TROUBLE, "its answer cannot be read")


async def test_a_server_that_hangs_up_without_an_answer_is_told(name_server_at, look, target):
    await name_server_at(tcp=lambda _: None)

    assert (await look(probe(transport="tcp", recursion=False), target()))[0].reason is Reason.RESET


async def test_a_question_can_go_over_tls(name_server_at, look, target):
    asked = await name_server_at(tcp=answer(RIGHT), tls=True, names=("dns.example",))
    terms = TlsTerms(server_name="dns.example")
    observation, trip = await look(probe(name=HANOI, transport="tls", tls=terms), target())

    assert observation.reason is Reason.OK
    assert observation.facts["dns_server"] == f"{SERVER}:853"
    assert trip.facts["tls_version"] == "TLSv1.3"
    assert [over for over, *_ in asked] == ["tcp"]


async def test_a_bad_certificate_of_an_authority_is_its_own(name_server_at, look, target):
    await name_server_at(
        tcp=answer(RIGHT),
        tls=True,
        host="ns.hanoi.example",
        names=("ns.hanoi.example",),
        fault=CertificateFault.EXPIRED,
    )
    at = Probe(servers=("ns.hanoi.example",), transport="tls", recursion=False)

    assert (await look(at, target()))[0].reason is Reason.TLS_EXPIRED


# -- whose trouble it is


async def test_a_resolver_of_ours_that_is_not_there_says_nothing_of_the_agency(look, target, routes, free_port):
    routes.add(SERVER, 53, f"127.0.0.1:{free_port}")
    observation, _ = await look(probe(transport="tcp"), target())

    assert observation.reason is Reason.OFFLINE
    assert observation.detail.startswith("no name server of the monitor's own answers: ")
    assert observation.facts["dns_query_succeeded"] == 0


async def test_a_resolver_of_ours_that_stays_silent_says_nothing_of_the_agency(name_server_at, look, target):
    await name_server_at()

    assert (await look(probe(), target(), at="processing"))[0].reason is Reason.OFFLINE


@pytest.mark.parametrize("code", ["REFUSED", "NOTIMP", "FORMERR"])
async def test_a_resolver_that_will_not_serve_us_says_nothing_of_the_agency(name_server_at, look, target, code):
    await name_server_at(answer(code=getattr(RCODE, code)))
    observation, _ = await look(probe(), target())

    assert observation.reason is Reason.OFFLINE
    assert f"will not serve ({code})" in observation.detail
    assert observation.facts["dns_code"] == code
    assert (await look(probe(codes=(code,)), target()))[0].reason is Reason.OK


async def test_an_authority_that_is_not_there_is_the_agencys(look, target, routes, free_port):
    routes.add(SERVER, 53, f"127.0.0.1:{free_port}")
    observation, _ = await look(probe(transport="tcp", recursion=False), target())

    assert observation.reason is Reason.REFUSED
    assert observation.facts["dns_query_succeeded"] == 0


async def test_an_authority_that_stays_silent_is_the_agencys(name_server_at, look, target):
    await name_server_at()

    assert (await look(probe(recursion=False), target(), at="processing"))[0].reason is Reason.TIMEOUT_RESPONSE


async def test_an_authority_that_refuses_its_own_zone_is_the_agencys(name_server_at, look, target):
    await name_server_at(answer(code=RCODE.REFUSED))

    assert (await look(probe(recursion=False), target()))[0].reason is Reason.DNS_CODE


@pytest.mark.parametrize("recursion", [True, False])
async def test_who_is_in_trouble_is_left_for_the_next_and_named(
    name_server_at, look, target, routes, free_port, recursion
):
    routes.add(OTHER, 53, f"127.0.0.1:{free_port}")
    await name_server_at(tcp=answer(RIGHT))
    observation, _ = await look(probe(servers=(OTHER, SERVER), transport="tcp", recursion=recursion), target())

    assert observation.reason is Reason.OK
    assert observation.facts["dns_server"] == f"{SERVER}:53"
    assert observation.facts["dns_servers_left"].startswith(f"{OTHER}:53 ")


async def test_a_closed_udp_port_is_known_at_once(name_server_at, look, target, routes, free_port):
    routes.add(OTHER, 53, f"127.0.0.1:{free_port}")
    await name_server_at(answer(RIGHT))

    assert (await look(probe(servers=(OTHER, SERVER)), target()))[0].reason is Reason.OK


async def test_without_servers_those_of_the_monitor_are_asked(name_server_at, look, target):
    await name_server_at(answer(RIGHT))
    observation, _ = await look(Probe(), target(), resolver=(SERVER,))

    assert (observation.reason, observation.facts["dns_server"]) == (Reason.OK, f"{SERVER}:53")


@pytest.mark.parametrize("server", ["2001:db8::53", "[2001:db8::53]:53", "ns.hanoi.example"])
async def test_a_server_may_be_named_in_any_way_an_address_can(name_server_at, look, target, server):
    await name_server_at(answer(RIGHT), host=NameServer.of(server, "udp").host)

    assert (await look(probe(servers=(server,)), target()))[0].reason is Reason.OK


async def test_tls_of_a_server_may_be_on_terms_of_its_own(name_server_at, look, target):
    await name_server_at(tcp=answer(RIGHT), tls=True, names=("dns.example",), fault=CertificateFault.SELF_SIGNED)
    unverified = TlsTerms(server_name="dns.example", verify=False)

    assert (await look(probe(transport="tls"), target()))[0].reason is Reason.OFFLINE
    assert (await look(probe(transport="tls", tls=unverified), target()))[0].reason is Reason.OK


# -- by the zone's own name servers

NS1, NS2 = "ns1.hanoi.gov.vn", "ns2.hanoi.gov.vn"
DELEGATION = [f"hanoi.gov.vn 60 IN NS {name}." for name in (NS2, NS1)]


def zone(*records, serial=7, code=RCODE.NOERROR, lame=False):
    """A server that has the zone, or only says so."""
    soa = f"hanoi.gov.vn 60 IN SOA {NS1}. root.hanoi.gov.vn. {serial} 1 2 3 4"

    def of(asked):
        lines = [soa] if asked.q.qtype == QTYPE.SOA else records
        (wire,) = answer(*lines, code=code)(asked)
        return [wire[:2] + bytes([wire[2] & ~4]) + wire[3:]] if lame else [wire]

    return of


def resolver(asked):
    name, kind = str(asked.q.qname), QTYPE[asked.q.qtype]
    known = {(f"{HANOI}.", "A"): [RIGHT], ("hanoi.gov.vn.", "NS"): DELEGATION}
    return answer(*known.get((name, kind), ()))(asked)


@pytest.fixture
def by_its_own(name_server_at, look, target):
    """`await by_its_own(first, second, **settings)`: a look at a zone of two servers; None: no server is there.

    Who stays silent is waited for till the limit, which runs out when both have been asked all that they are asked.
    """

    async def seen(*servers, **settings):
        await name_server_at(resolver)
        theirs = []
        for name, says in zip((NS1, NS2), servers, strict=True):
            if says:
                more = says if isinstance(says, dict) else {"udp": says}
                await name_server_at(**{"host": name, "asked": theirs, **more})
        at = (lambda _: len(theirs) == 4) if nothing in servers else None
        return (await look(probe(authoritative=True, **settings), target(), at=at))[0]

    return seen


async def test_each_name_server_of_the_zone_is_asked_without_recursion(name_server_at, look, target):
    asked = await name_server_at(resolver)
    theirs = []
    for name in (NS1, NS2):
        await name_server_at(zone(RIGHT), host=name, asked=theirs)
    observation, _ = await look(probe(authoritative=True), target())

    assert observation.reason is Reason.OK
    assert observation.detail.endswith(", as expected, by each of 2 name servers of hanoi.gov.vn too")
    assert [each[1:3] for each in asked] == [
        (f"{HANOI}.", "A"),
        (f"{HANOI}.", "AAAA"),
        (f"{HANOI}.", "NS"),
        ("hanoi.gov.vn.", "NS"),
    ]
    assert sorted(theirs) == 2 * [("udp", f"{HANOI}.", "A", 0)] + 2 * [("udp", "hanoi.gov.vn.", "SOA", 0)]
    assert (
        observation.facts.items()
        >= {
            "dns_zone": "hanoi.gov.vn",
            "dns_zone_servers": 2,
            "dns_serials": f"{NS1} 7, {NS2} 7",
            "dns_serials_differ": False,
            "dns_answers_differ": False,
        }.items()
    )


BAD_SERVERS = {
    "silent": (nothing, f"{NS2} stays silent"),
    "lame": (zone(RIGHT, lame=True), f"{NS2} does not have the zone"),
    "refusing": (zone(code=RCODE.REFUSED), f"{NS2} answers REFUSED"),
    "broken": (zone(code=RCODE.SERVFAIL), f"{NS2} answers SERVFAIL"),
    "unreadable": (lambda asked: [zone(RIGHT)(asked)[0][:-2]], f"{NS2} answers with something that cannot be read"),
    "babbling": (lambda _: [b"\0" * 12] * 200, f"{NS2} answers with something that cannot be read"),
    "cut short for ever": (
        {"udp": cut_short, "tcp": lambda _: None},
        f"{NS2} cuts its answer short, and over TCP: reset",
    ),
}


@pytest.mark.parametrize("name", BAD_SERVERS)
async def test_one_that_is_no_good_is_named_though_the_others_answer(by_its_own, name):
    says, told = BAD_SERVERS[name]
    observation = await by_its_own(zone(RIGHT), says)

    assert observation.reason is Reason.DNS_SERVER
    assert told in observation.detail
    assert NS1 not in observation.detail
    assert observation.detail.endswith("; every name server of hanoi.gov.vn was expected to answer for it")
    assert observation.facts["dns_zone_servers_bad"] == NS2


async def test_the_first_being_silent_hides_nothing_of_the_second(by_its_own):
    observation = await by_its_own(nothing, zone(RIGHT, serial=9))

    assert observation.reason is Reason.DNS_SERVER
    assert observation.facts["dns_zone_servers_bad"] == NS1
    assert observation.facts["dns_serials"] == f"{NS2} 9"


async def test_one_whose_own_name_leads_nowhere_or_that_is_not_there_is_named(by_its_own, routes, free_port):
    routes.add(NS2, 53, f"127.0.0.1:{free_port}")
    observation = await by_its_own(zone(RIGHT), None)

    assert observation.reason is Reason.DNS_SERVER
    assert f"{NS2} cannot be asked (refused" in observation.detail


async def test_one_that_leads_to_a_private_address_is_not_asked(name_server_at, look, target, name_server):
    """It stays guarded: nobody's zone makes the monitor ask a host of its own network."""
    inside = [f"hanoi.gov.vn 60 IN NS {name}." for name in (NS1, "inside.hanoi.gov.vn")]
    await name_server_at(lambda asked: answer(*inside if asked.q.qtype == QTYPE.NS else [RIGHT])(asked))
    await name_server_at(zone(RIGHT), host=NS1)
    found, _ = await look(probe(authoritative=True), target(), resolver=(name_server,))

    assert found.reason is Reason.DNS_SERVER
    assert "inside.hanoi.gov.vn cannot be asked (forbidden_address" in found.detail


@pytest.mark.parametrize("says", [nothing, zone(code=RCODE.REFUSED), zone(RIGHT, lame=True)])
async def test_where_none_answers_us_and_the_resolver_does_it_is_our_own_network(by_its_own, says):
    observation = await by_its_own(says, says)

    assert observation.reason is Reason.OFFLINE
    assert observation.detail.startswith("none answers the monitor directly, though a resolver has an answer: ")


async def test_answers_and_serials_that_differ_are_facts(by_its_own):
    observation = await by_its_own(zone(RIGHT), zone(f"{HANOI} 60 IN A 203.0.113.8", serial=6))

    assert observation.reason is Reason.OK
    assert observation.facts["dns_serials_differ"] is True
    assert observation.facts["dns_serials"] == f"{NS1} 7, {NS2} 6"
    assert observation.facts["dns_answers_differ"] is True


async def test_neither_order_nor_case_nor_time_to_live_makes_a_difference(by_its_own):
    first = (RIGHT, f"{HANOI} 60 IN A 203.0.113.8")
    second = (f"{HANOI} 9 IN A 203.0.113.8", f"{HANOI.upper()} 8 IN A 203.0.113.7")

    assert (await by_its_own(zone(*first), zone(*second))).facts["dns_answers_differ"] is False


@pytest.mark.parametrize("other", [zone(), zone(code=RCODE.NXDOMAIN), zone(f"{HANOI} 60 IN A 203.0.113.66")])
async def test_records_that_are_wanted_and_one_server_lacks_are_a_fault(by_its_own, other):
    rules = Rules(matches_any=(r"203\.0\.113\.7$",))
    observation = await by_its_own(zone(RIGHT), other, answers=rules)

    assert observation.reason is Reason.DNS_RECORDS
    assert observation.detail.startswith(f"{NS2} answered ")


async def test_an_alias_into_another_zone_is_all_that_a_server_can_know(by_its_own):
    alias = zone(f"{HANOI} 60 IN CNAME hanoi.cdn.example.")
    rules = Rules(matches_any=(r"203\.0\.113\.7$",))

    assert (await by_its_own(alias, alias, answers=rules)).reason is Reason.OK


async def test_a_long_answer_of_an_authority_is_asked_for_again_over_tcp(by_its_own):
    long = {
        "udp": lambda asked: zone(RIGHT)(asked) if asked.q.qtype == QTYPE.SOA else cut_short(asked),
        "tcp": zone(RIGHT),
    }
    observation = await by_its_own(zone(RIGHT), long)

    assert observation.reason is Reason.OK
    assert observation.facts["dns_answers_differ"] is False


async def test_a_resolver_that_knows_no_servers_of_the_zone_says_nothing_of_the_agency(name_server_at, look, target):
    await name_server_at(by_type(A=[RIGHT]))

    assert (await look(probe(authoritative=True), target()))[0].reason is Reason.OFFLINE


async def test_what_the_resolver_finds_wrong_comes_first(name_server_at, look, target):
    asked = await name_server_at(answer(code=RCODE.NXDOMAIN))

    assert (await look(probe(authoritative=True), target()))[0].reason is Reason.DNS_NO_NAME
    assert len(asked) == 1


def test_there_is_always_a_name_to_ask_for(target):
    assert Probe().applies(target())


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"name": "a..b"}, "name: "),
        ({"type": "AXFR"}, "type: "),
        ({"record_class": "x"}, "record_class: "),
        ({"servers": ("192.0.2.1", "192.0.2.1:0")}, "servers.2: "),
        ({"servers": ("2001:db8::1:53x",)}, "servers.1: "),
        ({"servers": ("[2001:db8::1]:99999",)}, "servers.1: "),
        ({"servers": (":53",)}, "servers.1: "),
        ({"authoritative": True, "recursion": False}, "authoritative: "),
        ({"authoritative": True, "record_class": "CH"}, "authoritative: "),
        ({"codes": ()}, "codes: "),
        ({"codes": ("nonsense",)}, "codes: "),
        ({"answers": Rules(matches_any=("(",))}, "answers.matches_any.1: "),
        ({"additional": Rules(matches_not_all=("a", "("))}, "additional.matches_not_all.2: "),
        ({"tls": TlsTerms(least="TLSv1.3", most="TLSv1.2")}, "tls.least: "),
    ],
)
def test_settings_that_make_no_sense_are_refused(settings, message):
    with pytest.raises(ValueError, match=f"^{re.escape(message)}"):
        Probe(**settings)


@pytest.mark.parametrize(
    ("server", "shown"),
    [
        ("192.0.2.1", "192.0.2.1:53"),
        ("192.0.2.1:5353", "192.0.2.1:5353"),
        ("2001:db8::1", "[2001:db8::1]:53"),
        ("[2001:db8::1]:5353", "[2001:db8::1]:5353"),
        ("ns.example", "ns.example:53"),
    ],
)
def test_servers_are_named_as_everywhere_in_the_configuration(server, shown):
    assert str(NameServer.of(server, "udp")) == shown
