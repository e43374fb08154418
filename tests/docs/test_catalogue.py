"""The client library knows the server's vocabulary: neither can change without the other."""

import pytest

from realtime.protocol.messages import Push
from tools.catalogue import FILE, REPLIES, catalogue, events

pytestmark = pytest.mark.once


def test_the_librarys_catalogue_is_the_servers() -> None:
    assert FILE.read_text() == catalogue(), "run `make generate`"


def test_the_catalogue_misses_no_event_and_no_reply() -> None:
    assert {"notification", "notification.deleted", "job", "message"} <= set(events())
    logged_or_state = {"Publication", "State"}
    assert len(REPLIES) == len({one.__name__ for one in Push.__args__} - logged_or_state)
