"""Topics and positions as texts."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from realtime.protocol.messages import Position, parse_position, parse_topic

pytestmark = pytest.mark.once

GOOD_TOPICS = [
    "broadcast",
    "users/42",
    "rooms/1",
    "conversations/6f1c0f2e-0000-4000-8000-000000000000",
    "users/auth0:abc.DEF_1-2",
    "a" * 32 + "/" + "b" * 128,
]
BAD_TOPICS = [
    *("", "/", "users/", "/42", "users//42", "users/4/2", "Users/42", "users/42 ", " users/42"),
    *("users/4 2", "users/42\n", "users/\x00", "users/é", "users/٤٢", "us3rs/42", "users.42"),
    *("a" * 33, "a/" + "b" * 129, "users/*", "users/../admin", "users/42?x=1", "users/%34"),
]


@pytest.mark.parametrize("text", GOOD_TOPICS)
def test_what_names_a_topic(text: str) -> None:
    assert parse_topic(text) == text


@pytest.mark.parametrize("text", BAD_TOPICS, ids=repr)
def test_what_names_none(text: str) -> None:
    assert parse_topic(text) is None


@given(st.text(max_size=200))
def test_no_text_is_too_odd_to_be_asked_about(text: str) -> None:
    topic = parse_topic(text)
    assert topic is None or (topic == text and topic.isascii() and topic.isprintable())


@pytest.mark.parametrize(
    ("text", "position"),
    [
        ("0", Position(None, 0)),
        ("12", Position(None, 12)),
        ("007", Position(None, 7)),
        ("a1b2c3:12", Position("a1b2c3", 12)),
        ("-:0", Position("-", 0)),
        ("an:odd:epoch:3", Position("an:odd:epoch", 3)),
        ("e:" + "9" * 40, Position("e", int("9" * 40))),
    ],
)
def test_a_position_is_read(text: str, position: Position) -> None:
    assert parse_position(text) == position


@pytest.mark.parametrize(
    "text",
    [
        *("", ":", "e:", ":5", "-1", "e:-1", "+1", "1.0", "1e3", " 1", "1 ", "e: 1", "0x10"),
        *("٣", "e:٣", "²", "1_000", "e:1:", "null", "None", "1\x00", "9" * 41, "9" * 100_000),
    ],
    ids=lambda text: repr(text[:20]),
)
def test_what_is_no_position(text: str) -> None:
    with pytest.raises(ValueError, match="expected") as caught:
        parse_position(text)
    assert len(str(caught.value)) < 200


@given(
    st.one_of(st.none(), st.text(st.characters(categories=["L", "N"]), min_size=1, max_size=20)),
    st.integers(0, 10**39),
)
def test_a_position_written_is_the_position_read(epoch: str | None, offset: int) -> None:
    position = Position(epoch, offset)
    assert parse_position(str(position)) == position


@given(st.text(max_size=60))
def test_no_text_raises_anything_but_value_error(text: str) -> None:
    try:
        position = parse_position(text)
    except ValueError:
        return
    assert position.offset >= 0
