"""SockJS's framing, byte for byte, and against anything that anybody could send."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from realtime.protocol.frames import Frame
from realtime.transports.sockjs import framing

pytestmark = pytest.mark.once

# JavaScript's strings: halves of pairs included.
ANY_TEXT = st.text(st.characters(exclude_categories=[]))


def frame_of(text: str) -> Frame:
    return Frame(text.encode("utf-8", "surrogatepass"))


@given(ANY_TEXT)
def test_a_message_arrives_as_it_was_sent(text: str) -> None:
    array = framing.array_of(frame_of(text)).payload
    assert array.startswith(b"a[")
    assert json.loads(array[1:]) == [text]
    # It can be split at line ends, and sent as UTF-8.
    assert not set(array.decode()) & {chr(code) for code in (*range(0x20), 0x2028, 0x2029, 0xFFFF)}


@given(st.lists(ANY_TEXT, min_size=1))
def test_several_messages_arrive_in_one_array(texts: list[str]) -> None:
    array = framing.joined([framing.array_of(frame_of(text)) for text in texts])
    assert json.loads(array.payload[1:]) == texts


@given(st.lists(ANY_TEXT), st.booleans())
def test_an_array_is_read_as_it_was_written(texts: list[str], ascii_only: bool) -> None:
    try:
        payload = json.dumps(texts, ensure_ascii=ascii_only).encode()
    except UnicodeEncodeError:
        return  # half a pair has no UTF-8
    read = [each.decode("utf-8", "surrogatepass") for each in framing.decode(payload)]
    assert read == texts


def test_a_single_string_is_read_as_one_message() -> None:
    assert framing.decode(b'"a"') == [b"a"]


@given(st.binary())
def test_anything_else_is_the_codecs_own_error(payload: bytes) -> None:
    try:
        messages = framing.decode(payload)
    except framing.PayloadError:
        return
    assert all(isinstance(each, bytes) for each in messages)


@pytest.mark.parametrize(
    "payload",
    [b"{}", b"[1]", b"[null]", b"null", b'["a"', b"\xff", b"[" * 65_536, b"[" + b"9" * 65_000],
)
def test_what_is_no_array_of_strings_is_broken(payload: bytes) -> None:
    with pytest.raises(framing.PayloadError, match="Broken JSON encoding"):
        framing.decode(payload)


def test_a_message_is_framed_once_for_all_sessions() -> None:
    frame = frame_of("news")
    assert framing.array_of(frame) is framing.array_of(frame)


def test_a_close_names_its_code_and_reason() -> None:
    assert framing.close(3000, 'Go "away"!').payload == b'c[3000,"Go \\"away\\"!"]'


@given(ANY_TEXT)
def test_no_message_ends_its_script(text: str) -> None:
    script = framing.script(framing.array_of(frame_of(text)).payload).decode()
    inside = script.removeprefix("<script>\n").removesuffix("\n</script>\r\n")
    assert "</" not in inside
    assert inside.startswith("p(")
    assert inside.endswith(");")
    literal = inside[2:-2].replace("<\\/", "</")
    assert json.loads(json.loads(literal)[1:]) == [text]


@given(ANY_TEXT)
def test_no_message_breaks_an_event(text: str) -> None:
    event = framing.event(framing.array_of(frame_of(text)).payload).decode()
    assert event.startswith("data: a[")
    assert event.endswith("]\r\n\r\n")
    assert event.count("\n") == 2
