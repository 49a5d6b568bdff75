"""Content codings."""

import gzip
import tracemalloc
import zlib

import brotli
import pytest
from hypothesis import given
from hypothesis import strategies as st

from probes import Reason
from probes._net.coding import Body
from probes._net.faults import Fault

PAGE = "Cổng dịch vụ công".encode() * 50


def bare(data):
    packer = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    return packer.compress(data) + packer.flush()


CODINGS = {
    "": bytes,
    "identity": bytes,
    "gzip": gzip.compress,
    "x-gzip": gzip.compress,
    " GZIP ": gzip.compress,
    "deflate": zlib.compress,
    "br": brotli.compress,
}


def collect(coding, data, step=7, cap=10_000):
    body = Body(coding, cap)
    for start in range(0, len(data), step):
        body.feed(data[start : start + step])
    return body.end()


@pytest.mark.parametrize("coding", CODINGS)
@pytest.mark.parametrize("step", [1, 7, 10_000])
def test_every_coding_that_is_offered_is_read_in_pieces_of_any_size(coding, step):
    assert collect(coding, CODINGS[coding](PAGE), step) == PAGE


@pytest.mark.parametrize("step", [1, 2, 7, 10_000])
def test_deflate_without_its_header_is_read_too(step):
    assert collect("deflate", bare(PAGE), step) == PAGE


@pytest.mark.parametrize("coding", CODINGS)
def test_nothing_at_all_is_an_empty_body(coding):
    assert collect(coding, b"") == b""


def test_a_gzip_body_may_have_members_and_padding():
    assert collect("gzip", gzip.compress(b"one ") + gzip.compress(b"two") + b"\0\0\0") == b"one two"


def test_too_many_members_are_not_gzip_any_more():
    with pytest.raises(Fault, match="not what its content coding says"):
        collect("gzip", gzip.compress(b"") * 100, step=10_000)


@pytest.mark.parametrize("coding", ["zstd", "compress", "gzip, gzip"])
def test_a_coding_that_was_not_offered_is_a_fault(coding):
    with pytest.raises(Fault) as caught:
        Body(coding, 1)
    assert caught.value.reason is Reason.PROTOCOL


@pytest.mark.parametrize("coding", ["gzip", "deflate"])
def test_a_body_that_is_not_what_it_says_is_a_fault(coding):
    with pytest.raises(Fault) as caught:
        collect(coding, b"<html>" * 10)
    assert caught.value.reason is Reason.PROTOCOL


@pytest.mark.parametrize("coding", ["gzip", "deflate"])
@pytest.mark.parametrize("kept", [1, 20])
def test_a_compressed_body_that_ends_too_early_is_a_fault(coding, kept):
    with pytest.raises(Fault, match="ended too early"):
        collect(coding, CODINGS[coding](PAGE)[:kept])


@pytest.mark.parametrize("coding", ["", "gzip", "deflate"])
def test_a_body_may_be_as_large_as_the_cap_and_no_larger(coding):
    assert len(collect(coding, CODINGS[coding](b"x" * 1000), cap=1000)) == 1000
    with pytest.raises(Fault) as caught:
        collect(coding, CODINGS[coding](b"x" * 1001), cap=1000)
    assert caught.value.reason is Reason.TOO_LARGE


def test_a_bomb_stays_small_in_memory():
    bomb = gzip.compress(b"\0" * 50_000_000)
    body = Body("gzip", 100_000)
    tracemalloc.start()
    try:
        with pytest.raises(Fault, match="beyond the cap"):
            body.feed(bomb)
        assert tracemalloc.get_traced_memory()[1] < 2_000_000
    finally:
        tracemalloc.stop()


@given(st.sampled_from(["", "gzip", "deflate", "br"]), st.lists(st.binary()))
def test_nothing_that_is_fed_does_anything_else_than_be_read_or_be_a_fault(coding, pieces):
    body = Body(coding, 1000)
    try:
        for piece in pieces:
            body.feed(piece)
        assert len(body.end()) <= 1000
    except Fault:
        pass
