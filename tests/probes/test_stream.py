"""probes._stream over talks that are told beforehand: how the network cuts what comes must not matter."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from probes._stream import EndedError, Stream, TooMuchError


class Told:
    """A talk that says these pieces and then ends."""

    def __init__(self, *pieces):
        self.pieces = list(pieces)

    async def receive(self):
        return self.pieces.pop(0) if self.pieces else b""


async def lines(stream):
    found = []
    while True:
        try:
            found.append(await stream.line())
        except EndedError:
            return found


async def test_lines_end_in_lf_or_crlf_and_the_last_one_may_have_no_end():
    assert await lines(Stream(Told(b"a\nb\r\n\n\r\nc"), 100)) == [b"a", b"b", b"", b"", b"c"]


async def test_only_one_cr_is_of_the_end():
    assert await lines(Stream(Told(b"a\r\r\nb\rc\n"), 100)) == [b"a\r", b"b\rc"]


@given(data=st.binary(max_size=60).map(lambda data: data.replace(b"a", b"\n")), cuts=st.lists(st.integers(1, 7)))
async def test_lines_are_the_same_however_they_are_cut(data, cuts):
    pieces, rest = [], data
    for cut in cuts:
        if rest:
            pieces.append(rest[:cut])
            rest = rest[cut:]
    pieces += [rest] if rest else []

    assert await lines(Stream(Told(*pieces), 100)) == await lines(Stream(Told(*([data] if data else [])), 100))


async def test_a_measured_piece_is_taken_over_the_bounds_of_what_came():
    stream = Stream(Told(b"\x00", b"\x03ab", b"cde"), 100)

    assert await stream.exactly(2) == b"\x00\x03"
    assert await stream.exactly(3) == b"abc"
    with pytest.raises(EndedError) as ended:
        await stream.exactly(3)
    assert ended.value.rest == b"de"


async def test_what_is_kept_is_there_for_the_next():
    stream = Stream(Told(b"220 a\r\n250-b\r\n250 c\r\n"), 100)

    assert [await stream.line(), await stream.line()] == [b"220 a", b"250-b"]
    assert await stream.exactly(5) == b"250 c"


async def test_a_line_that_does_not_end_is_cut_off_at_the_cap():
    with pytest.raises(TooMuchError):
        await Stream(Told(*[b"x" * 10] * 11), 100).line()


async def test_the_cap_is_for_one_step_and_can_be_granted_again():
    stream = Stream(Told(b"x" * 100 + b"\n", b"y\n"), 101)
    await stream.line()
    with pytest.raises(TooMuchError):
        await stream.line()
    stream.allow()

    assert await stream.line() == b"y"


async def test_what_was_said_before_tls_is_forgotten():
    stream = Stream(Told(b"220 go\n250 evil\n", b"250 good\n"), 100)
    await stream.line()
    stream.forget()

    assert await stream.line() == b"250 good"
