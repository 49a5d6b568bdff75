"""Bodies that were packed well and then damaged, and bombs: never more than the cap, in bytes and in memory."""

import gzip
import tracemalloc
import zlib

import brotli
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from probes import Reason
from probes._net.coding import Body
from probes._net.faults import Fault

PACKERS = {"gzip": gzip.compress, "deflate": zlib.compress, "br": brotli.compress}
CAP = 4000


def collect(coding, data, step, cap=CAP):
    body = Body(coding, cap)
    for start in range(0, len(data), step):
        body.feed(data[start : start + step])
    return body.end()


@settings(max_examples=200, deadline=None)
@given(st.sampled_from(sorted(PACKERS)), st.binary(max_size=CAP), st.integers(1, 5000))
def test_whatever_was_packed_is_unpacked(coding, data, step):
    assert collect(coding, PACKERS[coding](data), step) == data


@settings(max_examples=400, deadline=None)
@given(
    st.sampled_from(sorted(PACKERS)),
    st.binary(min_size=1, max_size=600),
    st.lists(st.tuples(st.integers(0, 10_000), st.integers(0, 255)), min_size=1, max_size=4),
    st.integers(1, 700),
)
def test_damage_is_read_or_is_a_fault(coding, data, damage, step):
    packed = bytearray(PACKERS[coding](data * 3))
    for at, byte in damage:
        packed[at % len(packed)] = byte
    try:
        assert len(collect(coding, bytes(packed), step)) <= CAP
    except Fault as fault:
        assert fault.reason in (Reason.PROTOCOL, Reason.TOO_LARGE)  # noqa: PT017 - both ends are right


@settings(max_examples=100, deadline=None)
@given(st.sampled_from(sorted(PACKERS)), st.binary(min_size=1, max_size=100), st.integers(1, 20))
def test_a_body_that_is_cut_short_is_a_fault(coding, data, missing):
    packed = PACKERS[coding](data)
    kept = packed[: max(1, len(packed) - missing)]
    with pytest.raises(Fault) as caught:
        collect(coding, kept, 50)
    assert caught.value.reason is Reason.PROTOCOL


@settings(max_examples=60, deadline=None)
@given(st.sampled_from(sorted(PACKERS)), st.integers(1, 20_000), st.integers(100_000, 2_000_000), st.integers(1, 9))
def test_no_bomb_goes_beyond_the_cap(coding, cap, size, step):
    data = PACKERS[coding](b"\0" * size)
    tracemalloc.start()
    try:
        with pytest.raises(Fault) as caught:
            collect(coding, data, step * 1000, cap)
        assert caught.value.reason is Reason.TOO_LARGE
        assert tracemalloc.get_traced_memory()[1] < 10 * cap + 300_000
    finally:
        tracemalloc.stop()
