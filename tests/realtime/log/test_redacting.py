"""Events are redacted one by one in many topics: those that are meant, and no others."""

from typing import Any

import pytest

from realtime import redaction
from realtime.log import event_log
from realtime.protocol.messages import Topic
from realtime.publishing import publish, unit_of_work
from realtime.redaction import Sought, redact_all, redact_first
from tests.support.events import events_on

pytestmark = pytest.mark.django_db

ONE, OTHER = Topic("users/1"), Topic("users/2")


@pytest.fixture(autouse=True)
def _epoch(epoch: None) -> None:
    """The log has one."""


def message_of(topic: str, number: int, text: str, kind: str = "said") -> None:
    with unit_of_work():
        publish(topic, kind, {"id": number, "text": text})


def sought(topic: Topic, number: int, after: int = 0) -> Sought:
    return Sought(topic, after, f'{{"id":{number},')


def blank(data: dict[str, Any]) -> dict[str, Any]:
    return {**data, "text": ""}


def texts(topic: str) -> list[str]:
    return [event.data["text"] for event in events_on(topic)]


def test_only_what_begins_so_is_redacted_in_each_topic() -> None:
    for topic in (ONE, OTHER):
        for number in (1, 2, 12):
            message_of(topic, number, f"secret {number}")
    with unit_of_work():
        found = redact_first([sought(ONE, 1), sought(OTHER, 2)], event_type="said", change=blank)
    assert found == 2
    assert texts(ONE) == ["", "secret 2", "secret 12"]
    assert texts(OTHER) == ["secret 1", "", "secret 12"]
    assert [event.offset for event in events_on(ONE)] == [1, 2, 3]


def test_what_a_sender_has_written_into_its_data_hides_nothing() -> None:
    """Neither a text that looks like what is sought, nor one with characters of a pattern."""
    message_of(ONE, 7, '{"id":8,"text":"no"}')
    message_of(ONE, 8, "se%cr_t")
    with unit_of_work():
        assert redact_first([sought(ONE, 8)], event_type="said", change=blank) == 1
        wild = Sought(ONE, 0, '{"id":%')
        assert redact_all([wild], types=["said"], change=blank) == 0
    assert texts(ONE) == ['{"id":8,"text":"no"}', ""]


def test_other_types_and_what_stands_before_are_left() -> None:
    message_of(ONE, 1, "before")
    message_of(ONE, 1, "another kind", kind="heard")
    message_of(ONE, 1, "first")
    message_of(ONE, 1, "second")
    with unit_of_work():
        assert redact_first([sought(ONE, 1, after=1)], event_type="said", change=blank) == 1
    assert texts(ONE) == ["before", "another kind", "", "second"]
    with unit_of_work():
        assert redact_all([sought(ONE, 1, after=1)], types=["said"], change=blank) == 2
    assert texts(ONE) == ["before", "another kind", "", ""]


def test_what_the_unit_of_work_has_yet_to_append_is_redacted_too() -> None:
    with unit_of_work():
        publish(ONE, "said", {"id": 1, "text": "secret"})
        publish(ONE, "said", {"id": 2, "text": "kept"})
        assert redact_first([sought(ONE, 1)], event_type="said", change=blank) == 1
    assert texts(ONE) == ["", "kept"]


def test_nothing_far_behind_is_looked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is older than the log reaches back is not looked for in all of it."""
    monkeypatch.setattr(redaction, "NEAR", 2)
    for number in (1, 2, 3):
        message_of(ONE, number, "text")
    with unit_of_work():
        wanted = [sought(ONE, 2), sought(ONE, 3)]
        assert redact_first(wanted, event_type="said", change=blank) == 1
        assert redact_all([sought(ONE, 3)], types=["said"], change=blank) == 1
        assert redact_all([], types=["said"], change=blank) == 0
    assert texts(ONE) == ["text", "", ""]
    assert event_log.heads([ONE])[1] == {ONE: 3}
