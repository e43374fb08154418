"""Who is told of a message elsewhere, within its transaction, and never at its cost."""

import orjson
import pytest
from django.db import connection

from accounts.models import User
from chat.rooms import limits, notices, services
from chat.rooms.models import Message
from chat.rooms.notices import Notice, Reason
from integrations.room_notifications import notify
from notifications import selectors
from notifications.inbox import Inbox
from notifications.models import Notification
from realtime.cluster import presence
from tests.chat.rooms.people import ApiUser, event_types, events_for

Given = list[tuple[Reason, list[int]]]


@pytest.fixture
def given(monkeypatch: pytest.MonkeyPatch) -> Given:
    """What a notifier was asked to tell."""
    received: Given = []

    def note(notice: Notice) -> None:
        received.append((notice.reason, list(notice.user_ids)))

    monkeypatch.setattr(notices, "_notifiers", [note])
    return received


def test_who_is_named_is_told_and_who_was_away_once_until_they_have_read(
    alice: ApiUser, bob: ApiUser, carol: ApiUser, closed: int, given: Given
) -> None:
    services.add_member(user_id=alice.id, room_id=closed, member_id=carol.id)
    alice.posts(closed, "Hello @bob and @alice")
    assert given == [(Reason.MENTIONED, [bob.id]), (Reason.AWAY, [carol.id])]
    given.clear()
    alice.posts(closed, "Still there?")
    assert given == []
    alice.posts(closed, "@bob!")
    assert given == [(Reason.MENTIONED, [bob.id])]
    given.clear()
    head = alice.room(closed)["head"]
    services.mark_read(user_id=carol.id, room_id=closed, offset=head)
    alice.posts(closed, "And now?")
    assert given == [(Reason.AWAY, [carol.id])]


def test_who_looks_is_not_away(
    alice: ApiUser, bob: ApiUser, closed: int, given: Given, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(presence, "online", lambda _: frozenset({bob.id}))
    alice.posts(closed, "Hello")
    assert given == []


def test_a_resend_and_what_was_refused_are_told_to_nobody(
    alice: ApiUser, closed: int, given: Given
) -> None:
    alice.posts(closed, "Hello @bob", client_id="c")
    given.clear()
    alice.posts(closed, "Hello @bob", client_id="c")
    assert alice.post(f"/rooms/{closed}/messages", content="").status_code == 400
    assert given == []


def test_who_blocks_the_author_hears_nothing_of_them(
    alice: ApiUser, bob: ApiUser, closed: int, given: Given
) -> None:
    bob.put(f"/users/{alice.id}/block")
    alice.posts(closed, "Hello @bob")
    assert given == []


def test_in_a_large_room_only_those_are_told_whom_a_message_names(
    alice: ApiUser, bob: ApiUser, closed: int, given: Given
) -> None:
    for n in range(limits.OFFLINE_NOTICES):
        other = User.objects.create(username=f"m{n}")
        services.add_member(user_id=alice.id, room_id=closed, member_id=other.pk)
    alice.posts(closed, "Hello all")
    alice.posts(closed, "Hello @bob")
    assert given == [(Reason.MENTIONED, [bob.id])]


@pytest.mark.parametrize("fault", ["python", "database"])
def test_a_notifier_that_fails_costs_nothing_but_its_own_writes(
    alice: ApiUser, closed: int, monkeypatch: pytest.MonkeyPatch, fault: str
) -> None:
    def fail(notice: Notice) -> None:
        User.objects.create(username="half-done")
        if fault == "python":
            raise RuntimeError("no")
        with connection.cursor() as cursor:
            cursor.execute("SELECT nothing FROM nowhere")

    monkeypatch.setattr(notices, "_notifiers", [fail])
    assert alice.post(f"/rooms/{closed}/messages", content="@bob").status_code == 201
    assert event_types(closed, after=1) == ["message"]
    assert Message.objects.count() == 1
    assert not User.objects.filter(username="half-done").exists()


# --- what becomes of it ----------------------------------------------------------------------


def test_a_notice_becomes_a_notification_that_leads_to_the_room(
    alice: ApiUser, bob: ApiUser, closed: int, direct: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(notices, "_notifiers", [notify])
    said = alice.posts(closed, "Hello @bob")
    alice.posts(direct, "<b>Psst</b>")
    alice.posts(direct, "Psst again")
    rows = Notification.objects.filter(user=bob.id).order_by("id")
    assert [(row.type, row.title, row.message, row.link) for row in rows] == [
        ("mention", "Alice A. mentioned you in Closed", "Hello @bob", f"/rooms/{closed}"),
        ("mention", "New messages from Alice A.", "<b>Psst</b>", f"/rooms/{direct}"),
    ]
    types = [event.type for event in events_for(bob)]
    assert types.count("notification") == 2
    assert rows[0].reference_id == str(closed)
    assert said.mentions == [bob.id]
    assert not Notification.objects.filter(user=alice.id).exists()


@pytest.mark.parametrize("how", ["author", "moderator"])
def test_what_was_told_of_a_message_goes_with_it(
    alice: ApiUser,
    bob: ApiUser,
    carol: ApiUser,
    closed: int,
    monkeypatch: pytest.MonkeyPatch,
    how: str,
) -> None:
    monkeypatch.setattr(notices, "_notifiers", [notify])
    services.add_member(user_id=alice.id, room_id=closed, member_id=carol.id)
    kept = bob.posts(closed, "@alice look")
    said = bob.posts(closed, "@alice and @carol: the code is 1234")
    assert len(listed(alice)) == 2
    assert said.pk in listed(carol)
    if how == "author":
        assert bob.delete(f"/rooms/{closed}/messages/{said.pk}").status_code == 204
    else:
        services.hide_message(message_id=said.pk)
    assert listed(alice) == [kept.pk]
    assert said.pk not in listed(carol)
    assert [event.type for event in events_for(alice)].count("notification.deleted") == 1
    assert selectors.unread(alice.id).count == 1
    # Nor does a replay show it.
    for person in (alice, carol):
        assert "1234" not in str(events_for(person))
    assert "@alice look" in str(events_for(alice))


def listed(person: ApiUser) -> list[int]:
    """Of which messages their notifications tell."""
    return [orjson.loads(row.data_json)["message_id"] for row in Inbox(person.id)[:10]]


@pytest.mark.parametrize(
    ("first_name", "room", "title"),
    [
        ("Carol\u202e", "Team", "\u2068Carol\u2069 mentioned you in Team"),
        ("\u2067عمر", "Team\u2066", "\u2068عمر\u2069 mentioned you in \u2068Team\u2069"),
        ("אבי", "צוות 7", "\u2068אבי\u2069 mentioned you in \u2068צוות 7\u2069"),
        ("Carol", "Team", "Carol mentioned you in Team"),
        ("👨‍👩‍👧" * 13, "Team", "👨‍👩‍👧" * 11 + "… mentioned you in Team"),
    ],
    ids=ascii,
)
def test_names_keep_their_direction_to_themselves(
    alice: ApiUser, bob: ApiUser, closed: int, first_name: str, room: str, title: str
) -> None:
    services.update_room(user_id=alice.id, room_id=closed, name=room)
    User.objects.filter(pk=alice.id).update(first_name=first_name, last_name="")
    alice.posts(closed, "@bob " + "👩‍🚀" * 99)
    row = Notification.objects.get(user=bob.id)
    assert row.title == title
    # 200 characters hold 65 astronauts.
    assert row.message == "@bob " + "👩‍🚀" * 65
