"""Bytes cut and joined anywhere, and bytes that are no STOMP at all."""

import tracemalloc
from typing import Any, SupportsIndex

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from realtime.protocols.stomp.codec import (
    Parser,
    StompError,
    StompFrame,
    Version,
    encode,
)
from realtime.protocols.stomp.codec.limits import DEFAULTS, Limits
from tests.realtime.protocols.stomp.client import ALL, frame

pytestmark = pytest.mark.once

V10, V11, V12 = ALL


def frames(
    chunks: list[bytes], version: Version = V12, limits: Limits = DEFAULTS
) -> list[StompFrame]:
    parser = Parser(limits, version)
    found = []
    for chunk in chunks:
        parser.feed(chunk)
        while (got := parser.next_frame()) is not None:
            found.append(got)
    return found


def fault(data: bytes, version: Version = V12, limits: Limits = DEFAULTS) -> StompError:
    """The same one, whether it comes at once or byte by byte."""
    with pytest.raises(StompError) as whole:
        frames([data], version, limits)
    with pytest.raises(StompError) as cut:
        frames([data[i : i + 1] for i in range(len(data))], version, limits)
    assert vars(whole.value) == vars(cut.value)
    return whole.value


# --- what is a frame -------------------------------------------------------------------------


@pytest.mark.parametrize("eol", [b"\n", b"\r\n"])
def test_lines_end_with_lf_or_crlf(eol: bytes) -> None:
    data = eol.join([b"SEND", b"destination:/a", b"", b"hi\r\n\0"])
    assert frames([data]) == [frame("SEND", b"hi\r\n", destination="/a")]


def test_eols_between_frames_are_heart_beats_and_no_frames() -> None:
    assert frames([b"\n\r\n", b"\n" * 9, b"BEGIN\n\n\0\n\r", b"\nCOMMIT\n\n\0\n"]) == [
        StompFrame("BEGIN"),
        StompFrame("COMMIT"),
    ]


def test_a_body_with_a_length_may_hold_nuls() -> None:
    assert frames([b"SEND\ncontent-length:3\n\n\0\0\0\0"])[0].body == b"\0\0\0"


def test_a_body_without_a_length_ends_at_the_first_nul() -> None:
    assert [got.body for got in frames([b"SEND\n\nab\0\nSEND\n\n\0"])] == [b"ab", b""]


@pytest.mark.parametrize(
    ("version", "value"),
    [(V10, "a:b\\nc"), (V11, " a:b\nc "), (V12, " a:b\nc ")],
)
def test_later_versions_keep_blanks_and_undo_escapes(version: Version, value: str) -> None:
    (got,) = frames([b"SEND\nk: a:b\\nc \n\n\0"], version)
    assert got.get("k") == value


def test_connect_is_read_without_escapes_in_every_version() -> None:
    for version in ALL:
        assert frames([b"CONNECT\npasscode:a\\tb\n\n\0"], version)[0].get("passcode") == "a\\tb"


def test_the_version_may_change_between_two_frames_that_came_together() -> None:
    parser = Parser()
    parser.feed(b"CONNECT\n\n\0SEND\nk:a\\cb\n\n\0")
    assert parser.next_frame() == StompFrame("CONNECT")
    parser.version = V11
    assert parser.next_frame() == frame("SEND", k="a:b")


# --- what is none ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"SEND\ndestination\n\n\0", "A header has no colon"),
        (b"SEND\n:x\n\n\0", "A header has no name"),
        (b"SEND\nk:a\\tb\n\n\0", "Undefined escape in a header"),
        (b"SEND\nk:a\\\n\n\0", "Undefined escape in a header"),
        (b"SEND\nk:\xff\n\n\0", "A command or a header is not UTF-8"),
        (b"\xff\n\n\0", "A command or a header is not UTF-8"),
        (b"DISCONNECT\0", "A frame ended before its headers did"),
        (b"SEND\nk:v\0", "A frame ended before its headers did"),
        (b"SEND\ncontent-length:-1\n\n\0", "`content-length` is not a number of bytes"),
        (b"SEND\ncontent-length:\xc2\xb2\n\n\0", "`content-length` is not a number of bytes"),
        (b"SEND\ncontent-length:\n\n\0", "`content-length` is not a number of bytes"),
        (b"SEND\ncontent-length:1\n\nab\0", "The body does not end where `content-length` says"),
    ],
)
def test_a_malformed_frame_is_told_its_fault(data: bytes, message: str) -> None:
    error = fault(data)
    assert error.message == message
    assert not error.too_large


@pytest.mark.parametrize("version", [V11, V12])
def test_a_carriage_return_has_an_escape_in_1_2_only(version: Version) -> None:
    data = b"SEND\nk:a\\rb\n\n\0"
    if version is V12:
        assert frames([data])[0].get("k") == "a\rb"
    else:
        assert fault(data, version).message == "Undefined escape in a header"


def test_a_fault_names_the_receipt_that_was_read_before_it() -> None:
    assert fault(b"SEND\nreceipt:r1\nnonsense\n\n\0").receipt == "r1"
    assert fault(b"SEND\nreceipt:r1\ncontent-length:99999\n\n\0").receipt == "r1"
    assert fault(b"SEND\nnonsense\nreceipt:r1\n\n\0").receipt is None


def test_after_a_fault_nothing_is_read_or_kept() -> None:
    parser = Parser()
    parser.feed(b"\xff\nSEND\n\n\0")
    with pytest.raises(StompError):
        parser.next_frame()
    parser.feed(b"SEND\n\n\0")
    assert parser.next_frame() is None
    assert parser.held == 0


# --- limits ----------------------------------------------------------------------------------

SMALL = Limits(frame_bytes=200, command_bytes=10, line_bytes=50, header_bytes=100, headers=5)


@pytest.mark.parametrize(
    "data",
    [
        b"C" * 11,
        b"C" * 1000 + b"\n\n\0",
        b"SEND\nk:" + b"v" * 49,
        b"SEND\nk:" + b"v" * 49 + b"\n\n\0",
        b"SEND\n" + b"k:v\n" * 6 + b"\n\0",
        b"SEND\n" + (b"k:" + b"v" * 40 + b"\n") * 3 + b"\n\0",
        b"SEND\n\n" + b"x" * 194,
        b"SEND\n\n" + b"x" * 194 + b"\0",
        b"SEND\ncontent-length:175\n\n",
        b"SEND\ncontent-length:" + b"9" * 30 + b"\n\n",
    ],
)
def test_what_is_too_large_is_refused_before_it_is_whole(data: bytes) -> None:
    assert fault(data, limits=SMALL).too_large


@pytest.mark.parametrize(
    "data",
    [
        b"C" * 10 + b"\n\n\0",
        b"SEND\nk:" + b"v" * 48 + b"\n\n\0",
        b"SEND\n" + b"k:v\n" * 5 + b"\n\0",
        b"SEND\n" + (b"k:" + b"v" * 46 + b"\n") * 2 + b"\n\0",
        b"SEND\n\n" + b"x" * 193 + b"\0",
        b"SEND\ncontent-length:174\n\n" + b"x" * 174 + b"\0",
        b"SEND\ncontent-length:0000000000000000000000005\n\n12345\0",
    ],
)
def test_what_just_fits_is_taken(data: bytes) -> None:
    assert len(frames([data], limits=SMALL)) == 1
    assert len(data) <= SMALL.frame_bytes


def test_a_frame_may_have_exactly_the_bytes_that_a_message_may() -> None:
    full = b"SEND\n\n" + b"x" * (10_240 - 7) + b"\0"
    assert len(full) == 10_240
    assert len(frames([full])) == 1
    assert fault(b"SEND\n\nx" + full[6:]).too_large


# --- every split of every stream -------------------------------------------------------------

VALID = st.builds(
    lambda command, headers, body, eols, version: (
        encode(StompFrame(command, tuple(headers), body), version) + eols
    ),
    st.sampled_from(["SEND", "MESSAGE", "CONNECT", "SUBSCRIBE", "한글"]),
    st.lists(st.tuples(st.text(min_size=1, max_size=8), st.text(max_size=12)), max_size=4),
    st.binary(max_size=40) | st.just(b"\0\n\0"),
    st.sampled_from([b"", b"\n", b"\r\n", b"\n\n\r\n"]),
    st.just(V12),
)


@st.composite
def split_streams(draw: st.DrawFn) -> tuple[bytes, list[bytes]]:
    stream = b"".join(draw(st.lists(VALID, max_size=5)))
    cuts = sorted(draw(st.lists(st.integers(0, len(stream)), max_size=12)))
    return stream, [stream[i:j] for i, j in zip([0, *cuts], [*cuts, len(stream)], strict=True)]


@given(split_streams())
def test_every_split_gives_the_same_frames(case: tuple[bytes, list[bytes]]) -> None:
    stream, chunks = case
    whole = frames([stream])
    assert frames(chunks) == whole
    assert frames([stream[i : i + 1] for i in range(len(stream))]) == whole


NOISE = st.lists(
    st.binary(max_size=30)
    | st.sampled_from(
        [
            b"SEND\n",
            b"CONNECT\r\n",
            b"k:v\n",
            b"content-length:3\n",
            b"\n",
            b"\0",
            b"\\",
            b":",
            b"\r\n",
        ]
    ),
    max_size=30,
).map(b"".join)


@given(noise=NOISE, cut=st.integers(1, 20), version=st.sampled_from(ALL))
@example(b"SEND\ncontent-length:" + b"9" * 5000 + b"\n\n\0", 7, V12)
def test_no_bytes_raise_anything_else_nor_hold_more_than_a_frame(
    noise: bytes, cut: int, version: Version
) -> None:
    parser, reported = Parser(SMALL, version), ""
    try:
        for start in range(0, len(noise), cut):
            parser.feed(noise[start : start + cut])
            while parser.next_frame() is not None:
                pass
            assert parser.held <= SMALL.frame_bytes
    except StompError as error:
        reported = error.message + error.detail
    assert len(reported) < 300


@pytest.mark.parametrize(
    "repeated",
    [b"\n", b"\r\n", b"SEND\nk:v\n\nbody\0", b"SEND\ncontent-length:4\n\n\0\0\0\0\0"],
)
def test_memory_does_not_grow_with_what_has_been_read(repeated: bytes) -> None:
    parser = Parser()
    chunk = repeated * 1_000

    def take(times: int) -> None:
        for _ in range(times):
            parser.feed(chunk)
            while parser.next_frame() is not None:
                pass

    take(2)
    tracemalloc.start()
    try:
        take(20)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 8 * len(chunk) + 20_000


class Counting(bytearray):
    """A buffer that counts the bytes which are looked at, moved or copied."""

    work = 0

    def find(self, sub: Any, start: Any = 0, end: Any = None) -> int:
        stop = len(self) if end is None else min(end, len(self))
        found = super().find(sub, start, stop)
        Counting.work += (stop if found < 0 else found) - min(start, stop) + 1
        return found

    def __getitem__(self, key: Any) -> Any:
        got = super().__getitem__(key)
        Counting.work += len(got) if isinstance(key, slice) else 1
        return got

    def __delitem__(self, key: SupportsIndex | slice) -> None:
        Counting.work += 1
        super().__delitem__(key)


@pytest.mark.parametrize("step", [1, 7, 1000, 10**9])
@pytest.mark.parametrize(
    "stream",
    [
        b"SEND\n\n" + b"x" * 9_000 + b"\0",
        b"SEND\nk:" + b"v" * 6_000 + b"\n\n\0",
        b"SEND\ncontent-length:9000\n\n" + b"x" * 9_000 + b"\0",
        b"SEND\n" + b"k:v\n" * 60 + b"\n\0",
        b"BEGIN\n\n\0" * 1_000,
        b"\n" * 9_000,
    ],
    ids=["body", "line", "length", "headers", "frames", "heart-beats"],
)
def test_every_byte_is_looked_at_a_few_times_however_the_stream_is_cut(
    stream: bytes, step: int
) -> None:
    parser = Parser()
    parser._buffer = Counting()
    Counting.work = feeds = 0
    for start in range(0, len(stream), step):
        parser.feed(stream[start : start + step])
        feeds += 1
        while parser.next_frame() is not None:
            pass
    # Find LF, find NUL, copy: three looks at each byte; and a few at each feed.
    assert Counting.work <= 4 * len(stream) + 6 * feeds + 10
