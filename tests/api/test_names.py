"""Fields in two cases: what is listed is renamed, and nothing else is touched."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.names import NONE, NamedTwiceError, Names, camel_case
from chat.rooms.live import names as rooms
from notifications.live import names as notifications

pytestmark = pytest.mark.once

_TEXTS = st.text(max_size=8) | st.sampled_from(
    ["user_id", "userId", "read_at", "readAt", "data", "work_s", "last_message", "_", "a_b", ""]
)
# What a sender may put into `data`: any JSON object, with keys that look like fields of ours.
_JSON: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | _TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_TEXTS, inner, max_size=3),
    max_leaves=12,
)
OBJECTS = st.dictionaries(_TEXTS, _JSON, max_size=4)

A_ROOM = Names("last_message", "user_id", last_message=Names("room_id", "reply_to"))


@pytest.mark.parametrize(
    ("snake", "camel"),
    [
        ("reference_id", "referenceId"),
        ("work_s", "workS"),
        ("long_break_s", "longBreakS"),
        ("up_to", "upTo"),
        ("id", "id"),
    ],
)
def test_a_name_in_camel_case(snake: str, camel: str) -> None:
    assert camel_case(snake) == camel


def test_fields_are_renamed_as_deep_as_the_shape_goes() -> None:
    shown = A_ROOM.camel([{"user_id": 1, "last_message": {"room_id": 2, "other_key": 3}}])
    assert shown == [{"userId": 1, "lastMessage": {"roomId": 2, "other_key": 3}}]
    assert A_ROOM.snake(shown) == [{"user_id": 1, "last_message": {"room_id": 2, "other_key": 3}}]


def test_input_may_name_fields_either_way() -> None:
    assert A_ROOM.snake({"userId": 1}) == A_ROOM.snake({"user_id": 1}) == {"user_id": 1}


@pytest.mark.parametrize(("one", "other"), [(1, 1), ([1], [1]), (None, None), ({"a": 1}, {"a": 1})])
def test_a_field_named_both_ways_with_one_value_is_that_field(one: Any, other: Any) -> None:
    assert A_ROOM.snake({"userId": one, "user_id": other}) == {"user_id": one}


@pytest.mark.parametrize(("one", "other"), [(1, 2), (1, "1"), (True, 1), (None, 1), ([1], [1, 2])])
def test_a_field_named_both_ways_with_two_values_is_refused(one: Any, other: Any) -> None:
    with pytest.raises(NamedTwiceError, match="`user_id` and `userId`"):
        A_ROOM.snake({"userId": one, "user_id": other})


def test_a_clients_own_key_gives_way_to_the_field() -> None:
    assert rooms.SETTINGS.camel({"workS": "mine", "work_s": 60}) == {"workS": 60}
    assert rooms.SETTINGS.camel({"workS": "mine", "my_key": 1}) == {"workS": "mine", "my_key": 1}


@pytest.mark.parametrize(
    ("path", "shown"),
    [
        ("user_id", "userId"),
        ("settings.long_break_s", "settings.longBreakS"),
        ("settings.my_own", "settings.my_own"),
        ("unknown_field", "unknown_field"),
        ("0.user_id", "0.userId"),
        ("3", "3"),
    ],
)
def test_a_fault_names_its_field_in_camel_case(path: str, shown: str) -> None:
    assert rooms.ROOM.camel_path(path) == shown


@pytest.mark.parametrize(
    ("sentence", "shown"),
    [
        ("Expected one of user_id, name.", "Expected one of userId, name."),
        (
            "`last_message`: `long_break_s` is not a number",
            "`lastMessage`: `longBreakS` is not a number",
        ),
        (
            "my_user_id, user_ids and User_id are others",
            "my_user_id, user_ids and User_id are others",
        ),
        ("`user_id` and `userId` are the same", "`user_id` and `userId` are the same"),
        ("Field «user_id»", "Field «userId»"),
        # What the client has sent stays as it was sent.
        ("No such user: user_id", "No such user: user_id"),
        ("No such user: `user_id`: last_message", "No such user: `user_id`: last_message"),
        ("Expected user_id, got user_id.", "Expected userId, got user_id."),
        ('"user_id" is not a valid choice.', '"user_id" is not a valid choice.'),
        ("`user_id`: 'user_id' is nobody's", "`userId`: 'user_id' is nobody's"),
        ("A room's user_id isn't known", "A room's userId isn't known"),
        ("", ""),
    ],
)
def test_a_sentence_names_fields_in_camel_case(sentence: str, shown: str) -> None:
    assert rooms.ROOM.camel_text(sentence) == shown
    assert NONE.camel_text(sentence) == sentence


def test_a_fault_within_a_senders_data_keeps_its_keys() -> None:
    assert notifications.SEND.camel_path("data.user_id.up_to") == "data.user_id.up_to"


@given(data=OBJECTS)
def test_a_senders_data_passes_through_untouched(data: dict[str, Any]) -> None:
    shape = {"id": 1, "user_id": 2, "reference_id": "a", "data": data, "read_at": None}
    shown = notifications.NOTIFICATION_EVENT.camel({**shape, "notification_id": 1})
    assert shown["data"] == data
    assert set(shown) == {"id", "userId", "referenceId", "data", "readAt", "notificationId"}
    sent = notifications.SEND.snake({"userIds": [1], "data": data})
    assert sent == {"user_ids": [1], "data": data}


@given(value=OBJECTS)
def test_what_was_named_in_camel_case_is_understood(value: dict[str, Any]) -> None:
    given_back = {
        name: held for name, held in value.items() if name not in {"userId", "lastMessage"}
    }
    assert A_ROOM.snake(A_ROOM.camel(given_back)) == A_ROOM.snake(given_back)
