"""Prebuilt WebSocket frames, against the websockets library's own writer and parser."""

from collections.abc import Generator
from typing import TypeVar

import pytest
from hypothesis import given
from hypothesis import strategies as st
from websockets.frames import Frame as TheirFrame
from websockets.frames import Opcode
from websockets.streams import StreamReader

from realtime.protocol.frames import Frame, header

pytestmark = pytest.mark.once

T = TypeVar("T")

LENGTHS = [0, 1, 125, 126, 127, 128, 255, 256, 65_534, 65_535, 65_536, 65_537, 1_000_000]


def finished(parser: Generator[None, None, T]) -> T:
    """What a parser makes of bytes that are all there."""
    try:
        next(parser)
    except StopIteration as done:
        result: T = done.value
        return result
    raise AssertionError("the frame is not whole")


def parsed(encoded: bytes) -> TheirFrame:
    view_factory = StreamReader()
    view_factory.feed_data(encoded)
    view_factory.feed_eof()
    frame = finished(TheirFrame.parse(view_factory.read_exact, mask=False))
    assert finished(view_factory.at_eof()), "there is more than a frame"
    return frame


@pytest.mark.parametrize("length", LENGTHS)
def test_a_frame_is_what_the_library_would_have_written(length: int) -> None:
    payload = b"x" * length
    frame = Frame(payload)
    assert frame.encoded == TheirFrame(Opcode.TEXT, payload).serialize(mask=False)
    assert frame.encoded == header(length) + payload
    assert len(frame) == length


@pytest.mark.parametrize("length", LENGTHS)
def test_a_frame_is_read_back_whole(length: int) -> None:
    frame = parsed(Frame(b"x" * length).encoded)
    assert (frame.opcode, frame.fin, len(frame.data)) == (Opcode.TEXT, True, length)
    assert [frame.rsv1, frame.rsv2, frame.rsv3] == [False] * 3


@pytest.mark.parametrize("length", [2**31, 2**32, 2**63 - 1])
def test_the_longest_header_holds_any_length(length: int) -> None:
    assert header(length) == b"\x81\x7f" + length.to_bytes(8, "big")


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_the_text_is_the_payload(text: str) -> None:
    frame = Frame(text.encode())
    assert frame.text == text
    assert frame.text is frame.text
    assert bytes(parsed(frame.encoded).data) == text.encode()
