"""Who may listen to which topic, and what goes with it."""

import orjson
import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.topics import user_topic
from notifications import services
from notifications.live.topics import personal_topics
from realtime.fanout import subscriber
from realtime.protocol.errors import RealtimeError
from realtime.protocol.principal import Principal
from realtime.registries import topics
from tests.notifications.people import ApiUser, send_to, some_users

MUTED = 'SELECT "notifications_mutedcategory"'
ALICE = Principal(user_id=7, username="alice", login_id="", expires_at=0)


def test_everyone_has_two_topics() -> None:
    assert personal_topics(ALICE) == ["users/7", "broadcast"]
    for topic in personal_topics(ALICE):
        assert topics.authorized(ALICE, topic) == topic


@pytest.mark.parametrize("topic", ["users/8", "users", "users/07", "users/7.0", "users/alice"])
def test_a_topic_of_anothers_is_forbidden(topic: str) -> None:
    with pytest.raises(RealtimeError) as refused:
        topics.authorized(ALICE, topic)
    assert refused.value.code == "FORBIDDEN"


def test_there_is_one_broadcast_only() -> None:
    with pytest.raises(RealtimeError) as refused:
        topics.authorized(ALICE, "broadcast/7")
    assert refused.value.code == "NOT_FOUND"


def test_the_unread_count_goes_with_ones_own_topic(alice: ApiUser, bob: ApiUser) -> None:
    (sent,) = send_to(alice.id).ids
    send_to(alice.id)
    services.mark_read(user_id=alice.id, notification_id=sent)
    states = topics.states([user_topic(alice.id), user_topic(bob.id), *personal_topics(ALICE)[1:]])
    assert {
        topic: [(state.type, orjson.loads(state.data)) for state in facts]
        for topic, facts in states.items()
    } == {
        f"users/{alice.id}": [("unread_count", {"count": 1, "version": 3})],
        f"users/{bob.id}": [("unread_count", {"count": 0, "version": 0})],
    }


def test_the_counts_of_all_are_one_query(db: None) -> None:
    wanted = [user_topic(user.pk) for user in some_users(500)]
    with CaptureQueriesContext(connection) as asked:
        assert len(topics.states(wanted)) == 500
    assert len(asked) == 1


def test_preferences_of_both_topics_are_read_once(alice: ApiUser) -> None:
    wanted = dict.fromkeys([user_topic(alice.id), *personal_topics(ALICE)[1:]])
    with CaptureQueriesContext(connection) as asked:
        found = subscriber._read_all(ALICE, wanted, subscriber._First.SNAPSHOTS, ())
    assert list(found.filters) == list(found.renderings) == list(wanted)
    statements = [query["sql"] for query in asked]
    assert len([one for one in statements if one.startswith(MUTED)]) == 1
    assert len([one for one in statements if "accounts_user" in one and "language" in one]) == 1
