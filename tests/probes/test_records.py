"""probes._records: questions and answers in bytes, and the rules for records."""

import pytest
from dnslib import QTYPE, RCODE, RR, DNSRecord
from hypothesis import given
from hypothesis import strategies as st

from probes._records import Query, Question, Record, Reply, Rules, UnreadableError, code_known

NAME = "dichvucong.hanoi.gov.vn"


def question(**changes):
    return Question(**{"name": NAME, "type": "A", "record_class": "IN", "recursion": True, **changes})


def answered(query, *zone, code=RCODE.NOERROR):
    """The answer that dnslib gives, with the records of these lines of a zone file."""
    reply = DNSRecord.parse(query.wire).reply()
    reply.header.rcode = code
    for line in zone:
        reply.add_answer(*RR.fromZone(line))
    return bytes(reply.pack())


def test_a_question_is_what_a_name_server_reads():
    asked = DNSRecord.parse(Query(question(type="soa", recursion=False)).wire)

    assert (str(asked.q.qname), QTYPE[asked.q.qtype], asked.q.qclass) == (f"{NAME}.", "SOA", 1)
    assert asked.header.rd == 0
    assert asked.ar == []
    assert DNSRecord.parse(Query(question()).wire).header.rd == 1


def test_a_name_with_marks_is_asked_for_in_punycode():
    assert b"xn--" in Query(question(name="dịchvụcông.vn")).wire


@pytest.mark.parametrize(
    "changes",
    [
        {"type": "AXFR"},
        {"type": "opt"},
        {"type": "nonsense"},
        {"record_class": "nonsense"},
        {"name": "a..b"},
        {"name": "x" * 64},
    ],
)
def test_what_cannot_be_asked_is_refused_by_its_setting(changes):
    with pytest.raises(ValueError, match=f"^{next(iter(changes))}: "):
        question(**changes)


@pytest.mark.parametrize(
    ("line", "text"),
    [
        ("60 IN A 192.0.2.1", "60\tIN\tA\t192.0.2.1"),
        ("60 IN AAAA 2001:db8:0:0::1", "60\tIN\tAAAA\t2001:db8::1"),
        ("60 IN CNAME Portal.Example.", "60\tIN\tCNAME\tPortal.Example."),
        ("60 IN MX 10 mail.example.", "60\tIN\tMX\t10 mail.example."),
        ('60 IN TXT "v=spf1 -all"', '60\tIN\tTXT\t"v=spf1 -all"'),
        ("60 IN SRV 1 2 3 x.example.", "60\tIN\tSRV\t1 2 3 x.example."),
        ('60 IN CAA 0 issue "ca.example"', '60\tIN\tCAA\t0 issue "ca.example"'),
        ("60 IN SOA ns.example. root.example. 7 1 2 3 4", "60\tIN\tSOA\tns.example. root.example. 7 1 2 3 4"),
        (f"60 IN DNSKEY 257 3 8 {'A' * 200}", f"60\tIN\tDNSKEY\t257 3 8 {'A' * 200}"),
    ],
)
def test_a_record_is_told_as_zone_files_have_it_with_tabs_and_unbroken(line, text):
    query = Query(question(type="ANY"))
    (record,) = query.reply(answered(query, f"{NAME} {line}")).answers

    assert record.text == f"{NAME}.\t{text}"


def test_records_are_counted_one_by_one_and_not_by_set():
    query = Query(question())
    reply = query.reply(answered(query, f"{NAME} 60 IN A 192.0.2.1", f"{NAME} 50 IN A 192.0.2.2"))

    assert [record.seconds for record in reply.answers] == [60, 50]


def test_the_serial_is_of_the_zone():
    query = Query(question(type="SOA"))
    (record,) = query.reply(answered(query, f"{NAME} 60 IN SOA ns.x. root.x. 2023062101 1 2 3 4")).answers

    assert record.serial == 2023062101


def test_a_code_comes_by_its_name():
    query = Query(question())

    assert query.reply(answered(query, code=RCODE.NXDOMAIN)).code == "NXDOMAIN"
    assert query.reply(answered(query, code=RCODE.SERVFAIL)).code == "SERVFAIL"
    assert code_known("nxdomain")
    assert not code_known("nonsense")


def test_whether_a_server_has_the_zone_is_told():
    query = Query(question())
    whole = answered(query)

    assert query.reply(whole).authoritative
    assert not query.reply(whole[:2] + bytes([whole[2] & ~4]) + whole[3:]).authoritative


def test_an_answer_to_another_question_is_none():
    query = Query(question())
    good = answered(query, f"{NAME} 60 IN A 192.0.2.1")

    assert query.reply(good)
    assert query.reply(bytes([good[0] ^ 1]) + good[1:]) is None, "another number"
    assert query.reply(query.wire) is None, "a question is no answer"
    assert query.reply(good.replace(b"hanoi", b"hanoj")) is None
    assert query.reply(good[:10]) is None
    assert query.reply(b"") is None


def test_an_error_may_come_without_the_question():
    query = Query(question())
    head = query.wire[:2] + b"\x81\x85" + b"\0" * 8

    assert query.reply(head).code == "REFUSED"


def test_an_answer_that_was_cut_short_says_so_wherever_it_ends():
    query = Query(question())
    whole = answered(query, f"{NAME} 60 IN A 192.0.2.1")
    marked = whole[:2] + bytes([whole[2] | 2]) + whole[3:]

    assert query.reply(marked[:-3]) == Reply(code="NOERROR", truncated=True, authoritative=True)


def test_an_answer_that_ends_too_early_and_does_not_say_so_cannot_be_read():
    query = Query(question())
    with pytest.raises(UnreadableError):
        query.reply(answered(query, f"{NAME} 60 IN A 192.0.2.1")[:-1])


@given(data=st.data())
def test_no_bytes_do_anything_else(data):
    query = Query(question(type="ANY"))
    wire = bytearray(answered(query, f"{NAME} 60 IN A 192.0.2.1", f'{NAME} 60 IN TXT "x"'))
    for _ in range(data.draw(st.integers(0, 4))):
        wire[data.draw(st.integers(2, len(wire) - 1))] = data.draw(st.integers(0, 255))
    try:
        reply = query.reply(bytes(wire))
    except UnreadableError:
        return
    assert reply is None or all(record.text for record in reply.answers)


def record(data, seconds=60):
    return Record(name="x.", seconds=seconds, record_class="IN", type="A", data=data)


ONE, TWO = record("192.0.2.1"), record("192.0.2.2", seconds=3600)


@pytest.mark.parametrize(
    ("rules", "records", "fault"),
    [
        ({}, [], ""),
        ({}, [ONE], ""),
        # some record, some pattern
        ({"matches_any": (r"2\.2$",)}, [ONE, TWO], ""),
        ({"matches_any": ("nothing", r"2\.1$")}, [ONE, TWO], ""),
        ({"matches_any": ("nothing",)}, [ONE], "no record matches “nothing”; the first is “x. 60 IN A 192.0.2.1”"),
        ({"matches_any": (".",)}, [], "there is no record"),
        # every record, every pattern
        ({"matches_all": (r"192\.0", "IN\tA")}, [ONE, TWO], ""),
        ({"matches_all": ("\t60\t",)}, [ONE, TWO], "“x. 3600 IN A 192.0.2.2” does not match “\t60\t”"),
        ({"matches_all": (".",)}, [], "there is no record"),
        # no record, no pattern
        ({"matches_not_any": ("nothing",)}, [ONE, TWO], ""),
        ({"matches_not_any": ("nothing", "3600")}, [ONE, TWO], "“x. 3600 IN A 192.0.2.2” matches “3600”"),
        ({"matches_not_any": (".",)}, [], ""),
        # not: every record, every pattern
        ({"matches_not_all": ("3600",)}, [ONE, TWO], ""),
        ({"matches_not_all": ("192", "3600")}, [ONE, TWO], ""),
        ({"matches_not_all": ("192", "IN")}, [ONE, TWO], "every record matches “192”"),
        ({"matches_not_all": (".",)}, [], ""),
    ],
)
def test_four_rules_say_what_records_should_be(rules, records, fault):
    assert Rules(**rules).fault(records) == fault


def test_a_record_is_shown_short():
    assert len(Rules(matches_not_any=(".",)).fault([record("9" * 5000)])) < 150
