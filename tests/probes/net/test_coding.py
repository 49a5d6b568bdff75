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


# -- br


def test_a_brotli_bomb_stays_small_in_memory():
    bomb = brotli.compress(b"\0" * 50_000_000)
    assert len(bomb) < 1000
    body = Body("br", 100_000)
    tracemalloc.start()
    try:
        with pytest.raises(Fault, match="beyond the cap") as caught:
            body.feed(bomb)
        assert caught.value.reason is Reason.TOO_LARGE
        assert tracemalloc.get_traced_memory()[1] < 2_000_000
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("step", [1, 3, 1000])
def test_a_brotli_bomb_is_cut_off_however_it_is_cut(step):
    with pytest.raises(Fault, match="beyond the cap"):
        collect("br", brotli.compress(b"\0" * 5_000_000), step, cap=100_000)


@pytest.mark.parametrize("step", [1, 10_000])
def test_a_brotli_body_may_be_as_large_as_the_cap_and_no_larger(step):
    assert len(collect("br", brotli.compress(b"x" * 1000), step, cap=1000)) == 1000
    with pytest.raises(Fault) as caught:
        collect("br", brotli.compress(b"x" * 1001), step, cap=1000)
    assert caught.value.reason is Reason.TOO_LARGE


def test_the_cap_of_a_brotli_body_counts_all_its_pieces():
    body = Body("br", 1000)
    first, second, third, _ = in_pieces([b"x" * 400] * 3)
    body.feed(first)
    body.feed(second)
    with pytest.raises(Fault, match="beyond the cap"):
        body.feed(third)


def in_pieces(parts):
    """Compressed so that each part can be read as soon as it comes."""
    packer = brotli.Compressor()
    for part in parts:
        yield packer.process(part) + packer.flush()
    yield packer.finish()


def test_a_brotli_body_that_comes_part_by_part_is_whole():
    body = Body("br", 10_000)
    for piece in in_pieces([PAGE[:50], PAGE[50:]]):
        body.feed(piece)
    assert body.end() == PAGE


@pytest.mark.parametrize("kept", [1, 5, -1])
def test_a_brotli_body_that_ends_too_early_is_a_fault(kept):
    with pytest.raises(Fault, match="ended too early") as caught:
        collect("br", brotli.compress(PAGE)[:kept])
    assert caught.value.reason is Reason.PROTOCOL


def test_a_brotli_body_without_its_last_block_is_a_fault():
    *parts, _last = in_pieces([PAGE])
    with pytest.raises(Fault, match="ended too early"):
        collect("br", b"".join(parts))


@pytest.mark.parametrize("step", [1, 10_000])
def test_a_body_that_is_not_brotli_is_a_fault(step):
    with pytest.raises(Fault) as caught:
        collect("br", b"\xff" * 100, step)
    assert caught.value.reason is Reason.PROTOCOL
