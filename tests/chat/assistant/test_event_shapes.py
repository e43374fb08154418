"""What each kind of server sends is understood, wherever the network cuts it."""

from collections.abc import Iterable
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chat.assistant.generators.base import Usage
from chat.assistant.generators.completion_stream import (
    CompletionStream,
    FailedError,
    GarbledError,
    Signal,
)
from tests.chat.assistant.event_shapes import (
    ERRORS,
    SHAPES,
    TEXT,
    Shape,
)

pytestmark = pytest.mark.once


def received(
    pieces: Iterable[bytes], event_bytes: int = 1 << 20
) -> tuple[list[object], CompletionStream]:
    completion = CompletionStream(event_bytes)
    found: list[object] = []
    for piece in pieces:
        found += completion.feed(piece)
    return [*found, *completion.finish()], completion


def is_as_expected(shape: Shape, pieces: Iterable[bytes]) -> None:
    found, completion = received(pieces)
    usages = [None, *(each for each in found if isinstance(each, Usage))]
    assert "".join(each for each in found if isinstance(each, str)) == shape.text
    assert completion.reason == shape.reason
    assert usages[-1] == (shape.usage and Usage(*shape.usage))
    assert (Signal.REASONING in found) == shape.reasons
    assert Signal.FINISHED in found


@pytest.mark.parametrize("shape", SHAPES, ids=lambda shape: shape.name)
def test_each_shape_is_understood_cut_at_every_byte(shape: Shape) -> None:
    stream = shape.stream
    for cut in range(len(stream) + 1):
        is_as_expected(shape, [stream[:cut], stream[cut:]])


@pytest.mark.parametrize("size", [1, 2, 3, 7, 64])
@pytest.mark.parametrize("shape", SHAPES, ids=lambda shape: shape.name)
def test_each_shape_is_understood_in_pieces_of_any_size(shape: Shape, size: int) -> None:
    stream = shape.stream
    is_as_expected(shape, [stream[at : at + size] for at in range(0, len(stream), size)])


@pytest.mark.parametrize("end", [b"\n", b"\r", b"\r\n"])
@pytest.mark.parametrize("shape", [each for each in SHAPES if b"\r" not in each.stream])
def test_each_shape_is_understood_with_any_line_end(shape: Shape, end: bytes) -> None:
    stream = shape.stream.replace(b"\n", end)
    for size in (1, 2, len(stream)):
        is_as_expected(shape, [stream[at : at + size] for at in range(0, len(stream), size)])


@pytest.mark.parametrize("name", ERRORS)
def test_an_error_inside_a_stream_is_a_failure_cut_at_every_byte(name: str) -> None:
    stream, status = ERRORS[name]
    before = SHAPES[0].stream.partition("🙂".encode())[0].rpartition(b"data:")[0]
    for text in (b"", before):
        for cut in range(len(text + stream) + 1):
            with pytest.raises(FailedError) as caught:
                received([(text + stream)[:cut], (text + stream)[cut:]])
            assert caught.value.status == status


# --- reasoning -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        ("<think>The user asks.</think>14 days.", "14 days."),
        ("  \n<think>\na < b\n</think>\n\n14 days.", "14 days."),
        ("<think></think>\n\n14 days.", "14 days."),
        ("<think>one</think><think>two</think> 14 days.", "14 days."),
        ("<THINK>x</Think>14 days.", "14 days."),
        ("<thinking>x</think></thinking>14 days.", "14 days."),
        ("[THINK]x[/THINK]14 days.", "14 days."),
        ("14 <think>or 15?</think>days.", "14 days."),
        ("<think>never ends", ""),
        (" 14 days, a < b <thin", " 14 days, a < b <thin"),
        ("Models write `<think>` and `</think>`.", "Models write `<think>` and `</think>`."),
        ("The tag <think> begins it.", "The tag <think> begins it."),
        ("<thin>k</thin>", "<thin>k</thin>"),
        ("\u0130 <think>x</think>y", "\u0130 y"),
    ],
)
def test_reasoning_is_not_part_of_the_answer_cut_at_every_character(said: str, shown: str) -> None:
    for cut in range(len(said) + 1):
        assert text_of([said[:cut], said[cut:]]) == shown
    assert text_of(said) == shown


def text_of(contents: Iterable[str]) -> str:
    completion = CompletionStream()
    found: list[object] = []
    for content in contents:
        found += completion.parse_value({"choices": [{"delta": {"content": content}}]})
    completion.reason = "stop"
    found += completion.finish()
    return "".join(each for each in found if isinstance(each, str))


def test_reasoning_that_was_cut_off_in_the_middle_of_an_answer_is_not_shown() -> None:
    completion = CompletionStream()
    found = list(completion.parse_value({"choices": [{"delta": {"content": "14 <think>or"}}]}))
    found += completion.parse_value({"choices": [{"finish_reason": "length"}]})
    found += completion.finish()
    assert [each for each in found if isinstance(each, str)] == ["14 "]


@given(st.text("<think>/\n `xİ", max_size=30), st.lists(st.integers(0, 30), max_size=5))
def test_what_is_shown_does_not_depend_on_the_cuts(said: str, cuts: list[int]) -> None:
    places = [0, *sorted(cut % (len(said) + 1) for cut in cuts), len(said)]
    pieces = [said[at:to] for at, to in pairwise(places)]
    assert text_of(pieces) == text_of([said])


# --- halves of characters, and bounds --------------------------------------------------------


@pytest.mark.parametrize(
    ("contents", "shown"),
    [
        ([r"\ud83d", r"\ude00"], "😀"),
        ([r"a\ud83d", r"\ude00b"], "a😀b"),
        ([r"\ud83d", "", r"\ude00"], "😀"),
        ([r"\ud83d"], "\ufffd"),
        ([r"\ude00"], "\ufffd"),
        ([r"\ud83d", "x"], "\ufffdx"),
        ([r"\ud83d", r"\ud83d", r"\ude00"], "\ufffd😀"),
        ([r"\ud83d\ude00"], "😀"),
    ],
)
def test_halves_of_a_character_are_joined_or_replaced(contents: list[str], shown: str) -> None:
    line = 'data: {"choices":[{"delta":{"content":"%s"}}]}\n\n'
    found, _ = received([(line % content).encode() for content in contents])
    assert "".join(each for each in found if isinstance(each, str)) == shown


def test_bytes_that_are_no_utf_8_are_replaced() -> None:
    found, _ = received([b'data: {"choices":[{"delta":{"content":"a\xf0\x9f b"}}]}\n\n'])
    assert found == ["a\ufffd b"]


@pytest.mark.parametrize(
    "stream",
    [
        b"data: " + b"x" * 1_100,
        b"x" * 1_100,
        b'data: {"a":\n' * 1_100,
        b"data: " + b"[" * 1_100 + b"\n",
        b": " + b"x" * 1_100 + b"\n\n",
    ],
)
def test_a_line_and_an_event_are_bounded(stream: bytes) -> None:
    for size in (1, 100, len(stream)):
        with pytest.raises(GarbledError):
            received([stream[at : at + size] for at in range(0, len(stream), size)], 1_000)


def test_json_nested_too_deeply_is_refused() -> None:
    with pytest.raises(GarbledError):
        received([b"data: {" + b'"a":[' * 100_000 + b"\n\n"])


def test_nothing_is_read_behind_the_end() -> None:
    found, completion = received([SHAPES[0].stream, b'data: {"error":{"message":"late"}}\n\n'])
    assert "".join(each for each in found if isinstance(each, str)) == TEXT
    assert completion.done
