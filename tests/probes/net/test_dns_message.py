"""Questions and answers of DNS, held against dnspython."""

import ipaddress
import itertools
import sys

import dns.flags
import dns.message
import dns.name
import dns.rdatatype
import dns.rrset
import pytest
from hypothesis import given
from hypothesis import strategies as st

from probes._net.dns_message import (
    AAAA,
    CNAME,
    NO_ERROR,
    NS,
    NX_DOMAIN,
    ROOT,
    A,
    NotAnAnswer,
    check,
    query,
    reply,
    wire_name,
)

HOST = "dichvucong.hanoi.gov.vn"
KINDS = {A: "A", AAAA: "AAAA"}
LABELS = st.from_regex(r"[a-z0-9_]([a-z0-9_-]{0,20}[a-z0-9_])?", fullmatch=True)
HOSTS = st.lists(LABELS, min_size=1, max_size=5).map(".".join)


def answer(*records, host=HOST, kind=A, number=7, code=0, flags=0):
    """In wire format, compressed as servers do; a record is (owner, type, text)."""
    asked = dns.message.from_wire(query(number, wire_name(host), kind))
    made = dns.message.make_response(asked)
    made.set_rcode(code)
    made.flags |= flags
    for owner, record, text in records:
        made.answer.append(dns.rrset.from_text(f"{owner}.", 60, "IN", record, text))
    return made.to_wire()


def read(data, host=HOST, kind=A, number=7):
    return reply(data, number, wire_name(host), kind)


@given(HOSTS, st.sampled_from([A, AAAA]), st.integers(0, 65535))
def test_a_question_is_read_by_others_as_it_was_meant(host, kind, number):
    seen = dns.message.from_wire(query(number, wire_name(host), kind))
    (question,) = seen.question
    assert (seen.id, str(question.name), question.rdtype) == (number, f"{host}.", kind)
    assert seen.flags == dns.flags.RD


@given(HOSTS, st.lists(st.ip_addresses(v=4).map(str), unique=True, max_size=5), st.integers(0, 65535))
def test_all_addresses_are_found(host, addresses, number):
    data = answer(*((host, "A", text) for text in addresses), host=host, number=number)
    assert read(data, host=host, number=number).addresses == tuple(addresses)


def test_addresses_of_version_6_are_found():
    data = answer((HOST, "AAAA", "2400::1"), (HOST, "A", "8.8.8.8"), kind=AAAA)
    assert read(data, kind=AAAA).addresses == ("2400::1",)


@given(st.lists(HOSTS, min_size=1, max_size=8, unique=True), st.randoms())
def test_aliases_are_followed_in_any_order(names, chance):
    chain = [HOST, *(name for name in names if name != HOST)]
    records = [(one, "CNAME", f"{other}.") for one, other in itertools.pairwise(chain)]
    records.append((chain[-1], "A", "8.8.8.8"))
    chance.shuffle(records)
    assert read(answer(*records)).addresses == ("8.8.8.8",)


def test_an_address_of_a_name_nobody_asked_for_is_not_believed():
    assert read(answer((HOST, "CNAME", "a.example."), ("b.example", "A", "8.8.8.8"))).addresses == ()


def test_aliases_in_a_circle_lead_nowhere():
    assert read(answer((HOST, "CNAME", "a.example."), ("a.example", "CNAME", f"{HOST}."))).addresses == ()


def test_a_name_is_the_same_in_any_case():
    assert read(answer((HOST.upper(), "A", "8.8.8.8"))).addresses == ("8.8.8.8",)


@pytest.mark.parametrize("code", [NO_ERROR, NX_DOMAIN, 2, 5])
def test_the_code_is_told(code):
    assert read(answer(code=code)).code == code


def test_an_answer_that_was_cut_off_says_so_and_is_not_read_further():
    found = read(answer((HOST, "A", "8.8.8.8"), flags=dns.flags.TC))
    assert (found.truncated, found.addresses) == (True, ())


@pytest.mark.parametrize(
    "data",
    [
        answer(number=8),
        answer(host="a.example"),
        answer(kind=AAAA),
        query(7, wire_name(HOST), A),
        b"",
        answer((HOST, "A", "8.8.8.8"))[:-1],
    ],
    ids=["another number", "another name", "another kind", "the question itself", "nothing", "half"],
)
def test_what_does_not_answer_the_question_is_no_answer(data):
    with pytest.raises(NotAnAnswer):
        read(data)


@given(st.binary(max_size=600), st.integers(0, 3))
def test_no_bytes_behind_a_right_head_are_an_error_of_any_other_kind(rest, records):
    whole = answer()
    data = whole[:6] + records.to_bytes(2) + whole[8:] + rest
    try:
        assert all(read(data).addresses)
    except NotAnAnswer:
        return


def test_pointers_in_a_circle_end():
    whole = answer()
    end = len(wire_name(HOST)) + 16
    with pytest.raises(NotAnAnswer):
        read(whole[:6] + b"\0\1" + whole[8:end] + b"\xc0" + bytes([end]) + b"\0\1\0\1\0\0\0\0\0\4\1\2\3\4")


# -- whole answers, as dnspython reads them

NAMES = ["a.example", "b.a.example", "c.example", "d.c.example", HOST]
TARGETS = st.dictionaries(st.sampled_from(NAMES), st.sampled_from(NAMES), max_size=5)
FOUND = st.lists(
    st.tuples(
        st.sampled_from(NAMES),
        st.one_of(
            st.tuples(st.just("A"), st.ip_addresses(v=4).map(str)),
            st.tuples(st.just("AAAA"), st.ip_addresses(v=6).map(str)),
            st.tuples(st.just("TXT"), st.just('"words"')),
            st.tuples(st.just("MX"), st.sampled_from(NAMES).map("10 {}.".format)),
        ),
    ),
    max_size=8,
)


def referred(data, kind):
    """What dnspython reads of an answer: addresses of the name, its aliases followed."""
    sets = dns.message.from_wire(data).answer
    owners, name = set(), dns.name.from_text(HOST)
    while name not in owners:
        owners.add(name)
        name = next((one[0].target for one in sets if one.name == name and one.rdtype == CNAME), name)
    return {ipaddress.ip_address(one.address) for some in sets for one in some if fits(some, owners, kind)}


def fits(records, owners, kind):
    return records.name in owners and records.rdtype == kind


@given(TARGETS, FOUND, st.sampled_from([A, AAAA]), st.randoms())
def test_any_answer_is_read_as_dnspython_reads_it(targets, found, kind, chance):
    records = [(owner, "CNAME", f"{target}.") for owner, target in targets.items()]
    records += [(owner, record, text) for owner, (record, text) in found]
    chance.shuffle(records)
    data = answer(*records, kind=kind)
    read_here = read(data, kind=kind).addresses
    assert {ipaddress.ip_address(text) for text in read_here} == referred(data, kind)
    assert len(set(read_here)) == len(read_here)


@given(st.binary(max_size=300))
def test_bytes_of_any_kind_are_an_answer_or_none(data):
    with pytest.raises(NotAnAnswer):
        read(data[:2] + b"\0" + data[3:])  # not even marked as an answer


@given(st.data())
def test_an_answer_that_was_spoilt_is_an_answer_or_none(data):
    records = [(HOST, "CNAME", "a.example."), ("a.example", "A", "8.8.8.8"), ("a.example", "TXT", '"words"')]
    spoilt = bytearray(answer(*records))
    for _ in range(data.draw(st.integers(1, 10))):
        spoilt[data.draw(st.integers(0, len(spoilt) - 1))] = data.draw(st.integers(0, 255))
    spoilt = bytes(spoilt[: data.draw(st.integers(0, len(spoilt)))])
    try:
        assert all(ipaddress.ip_address(text) for text in read(spoilt).addresses)
    except NotAnAnswer:
        return


def test_a_message_made_to_be_dear_is_read_or_dropped_at_once():
    """As many names as there is room for, each as long as a name may be, behind as many pointers as are followed."""
    begin = len(answer())
    names = bytearray(b"\1a" * 120 + b"\0")
    last = begin + 11
    for _ in range(30):
        here = begin + 11 + len(names)
        names += (0xC000 | last).to_bytes(2)
        last = here
    first = b"\0" + b"\0\x10\0\1" + bytes(4) + len(names).to_bytes(2) + bytes(names)
    each = (0xC000 | last).to_bytes(2) + b"\0\x10\0\1" + bytes(6)
    many = (65_000 - begin - len(first)) // len(each)
    whole = answer()
    data = whole[:6] + (many + 1).to_bytes(2) + whole[8:] + first + each * many
    assert calls(lambda: read(data)) < 500_000


def calls(work):
    """How many functions are called and left, Python's and C's; a figure that no busy machine can turn."""
    seen = [0]

    def count(*_):
        seen[0] += 1

    before = sys.getprofile()
    sys.setprofile(count)
    try:
        work()
    except NotAnAnswer:
        pass
    finally:
        sys.setprofile(before)
    return seen[0]


@pytest.mark.parametrize("code", [0, 2, 5])
def test_whatever_is_answered_about_the_root_is_an_answer(code):
    asked = dns.message.from_wire(query(7, ROOT, NS))
    assert (str(asked.question[0].name), asked.question[0].rdtype) == (".", dns.rdatatype.NS)
    made = dns.message.make_response(asked)
    made.set_rcode(code)
    check(made.to_wire(), 7, ROOT, NS)
    for number, name, kind in [(8, ROOT, NS), (7, ROOT, A), (7, wire_name(HOST), NS)]:
        with pytest.raises(NotAnAnswer):
            check(made.to_wire(), number, name, kind)
    with pytest.raises(NotAnAnswer):
        check(query(7, ROOT, NS), 7, ROOT, NS)
