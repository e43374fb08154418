"""Every copy of a message's text follows its edit: the log's, and those in notifications."""

from collections.abc import Callable
from typing import Any

import orjson
import pytest

from accounts.models import User
from chat.assistant import consent
from chat.rooms import notices, services
from chat.rooms.live import stream_views
from chat.rooms.models import Message
from chat.rooms.notices import Notice
from integrations import own_data
from notifications import selectors
from notifications import services as inbox
from notifications.inbox import Inbox
from notifications.models import Notification
from realtime.protocol.messages import Publication
from realtime.protocol.presentation import AS_LOGGED
from tests.chat.rooms.people import ApiUser, event_types, events, events_for, give_role
from tests.support.events import publications_of
from tests.support.threads import Run

CARD = "4111-1111-1111-1111"
SAID = f"@bob card {CARD}"


def edit(person: ApiUser, message: Message, content: str) -> None:
    answer = person.patch(f"/rooms/{message.room_id}/messages/{message.pk}", content=content)
    assert answer.status_code == 200, answer.content


def listed(person: ApiUser) -> list[str]:
    """What the person's notifications say, the newest first."""
    return [row.message for row in Inbox(person.id)[:20]]


def unread(person: ApiUser) -> int:
    return selectors.unread(person.id).count


def rung(person: ApiUser) -> int:
    """How often the person's bell has rung."""
    return [event.type for event in events_for(person)].count("notification")


# --- the room's log --------------------------------------------------------------------------


def test_what_it_said_leaves_the_log_at_each_edit(alice: ApiUser, closed: int) -> None:
    said = alice.posts(closed, SAID)
    other = alice.posts(closed, f"not about {said.pk}")
    for text in (f"my card: {CARD}", "(removed)"):
        edit(alice, said, text)
    assert CARD not in str(events(closed))
    shown = [event.data for event in events(closed) if event.data.get("id") == said.pk]
    assert len(shown) == 3
    assert shown[0] == shown[1] == shown[2]
    assert (shown[0]["content"], shown[0]["mentions"]) == ("(removed)", [])
    assert shown[0]["edited_at"]
    kept = [event.data for event in events(closed) if event.data.get("id") == other.pk]
    assert [data["content"] for data in kept] == [f"not about {said.pk}"]
    assert event_types(closed)[-1] == "message.edited"


def test_an_edit_that_changes_nothing_tells_nothing(alice: ApiUser, closed: int) -> None:
    said = alice.posts(closed, SAID)
    before = events(closed)
    edit(alice, said, SAID)
    assert events(closed) == before


def test_bare_streams_show_what_has_become_of_a_message(alice: ApiUser, closed: int) -> None:
    said = alice.posts(closed, "first")
    edit(alice, said, "second")
    alice.delete(f"/rooms/{closed}/messages/{said.pk}")
    services.mark_read(user_id=alice.id, room_id=closed, offset=99)
    shown = [_bare(one) for one in publications_of(f"rooms/{closed}")]
    bodies = [body for body in shown if body is not None]
    assert [body["id"] for body in bodies] == [said.pk] * 3
    assert {body["content"] for body in bodies} == {""}


def _bare(publication: Publication) -> Any:
    body = stream_views.bare(publication, AS_LOGGED)
    return None if body is None else orjson.loads(body)


def test_a_resend_is_answered_with_what_it_says_now(
    alice: ApiUser, bob: ApiUser, closed: int
) -> None:
    said = alice.posts(closed, SAID, client_id="c")
    edit(alice, said, "(removed)")
    again = alice.post(f"/rooms/{closed}/messages", content=SAID, client_id="c")
    assert (again.status_code, again.json()["content"]) == (200, "(removed)")
    assert event_types(closed).count("message") == 1
    assert listed(bob) == []


def test_lists_and_histories_show_the_new_text(alice: ApiUser, bob: ApiUser, closed: int) -> None:
    said = alice.posts(closed, SAID)
    alice.posts(closed, "and?", reply_to=said.pk)
    edit(alice, said, "(removed)")
    assert bob.receives(closed) == ["(removed)", "and?"]
    last = alice.posts(closed, CARD)
    edit(alice, last, "gone")
    assert bob.room(closed)["last_message"]["content"] == "gone"
    assert CARD not in str([bob.rooms(), listed(bob), bob.room(closed)])


# --- notifications ---------------------------------------------------------------------------


def test_who_is_named_no_longer_loses_the_notification(
    alice: ApiUser, bob: ApiUser, closed: int
) -> None:
    said = alice.posts(closed, SAID)
    assert (listed(bob), unread(bob)) == ([SAID], 1)
    edit(alice, said, "(removed)")
    assert (listed(bob), unread(bob)) == ([], 0)
    assert events_for(bob)[-1].type == "notification.deleted"
    assert CARD not in str(events_for(bob))
    # Nor do those see it who look after notifications.
    assert not Notification.objects.filter(message__contains=CARD).exists()


def test_who_is_still_named_keeps_it_with_the_new_text(
    alice: ApiUser, bob: ApiUser, closed: int
) -> None:
    said = alice.posts(closed, SAID)
    edit(alice, said, "@bob call me")
    assert (listed(bob), unread(bob), rung(bob)) == (["@bob call me"], 1, 1)
    event = events_for(bob)[-1]
    assert (event.type, event.data["message"]) == ("notification.updated", "@bob call me")
    assert event.data["status"] == "UNREAD"
    assert event.data["id"] == event.data["notification_id"] == Inbox(bob.id)[:1][0].pk
    edit(alice, said, "@bob never mind")
    assert (listed(bob), rung(bob)) == (["@bob never mind"], 1)
    shown = [event.data for event in events_for(bob) if event.type.startswith("notification")]
    assert {data["message"] for data in shown} == {"@bob never mind"}
    alice.delete(f"/rooms/{closed}/messages/{said.pk}")
    assert "never mind" not in str(events_for(bob))
    assert (listed(bob), unread(bob)) == ([], 0)


def test_one_that_was_read_follows_in_silence(alice: ApiUser, bob: ApiUser, closed: int) -> None:
    said = alice.posts(closed, SAID)
    inbox.mark_read(user_id=bob.id, notification_id=Inbox(bob.id)[:1][0].pk)
    edit(alice, said, "@bob call me")
    assert (listed(bob), unread(bob), rung(bob)) == (["@bob call me"], 0, 1)
    assert events_for(bob)[-1].data["status"] == "READ"
    edit(alice, said, "(removed)")
    assert (listed(bob), unread(bob)) == ([], 0)


def test_one_that_its_reader_deleted_stays_so(alice: ApiUser, bob: ApiUser, closed: int) -> None:
    said = alice.posts(closed, SAID)
    inbox.delete(user_id=bob.id, notification_id=Inbox(bob.id)[:1][0].pk)
    edit(alice, said, "@bob call me")
    assert (listed(bob), rung(bob)) == ([], 1)
    assert not Notification.objects.filter(message__contains="bob").exists()


def test_whom_an_edit_names_is_told_once(alice: ApiUser, bob: ApiUser, closed: int) -> None:
    said = alice.posts(closed, "Look")
    services.mark_read(user_id=bob.id, room_id=closed, offset=99)
    edit(alice, said, "Look @bob and @alice")
    assert (listed(bob)[0], rung(alice)) == ("Look @bob and @alice", 0)
    reported_before = rung(bob)
    edit(alice, said, "Look")
    assert "Look @bob and @alice" not in listed(bob)
    edit(alice, said, "Look again @bob")
    assert rung(bob) == reported_before
    assert "again" not in str(listed(bob))


def test_who_was_away_is_named_in_place_of_new_messages(
    alice: ApiUser, bob: ApiUser, closed: int
) -> None:
    said = alice.posts(closed, f"card {CARD}")
    assert [row.title for row in Inbox(bob.id)[:5]] == ["New messages in Closed"]
    edit(alice, said, "card (removed)")
    assert (listed(bob), rung(bob)) == (["card (removed)"], 1)
    edit(alice, said, "card of @bob")
    assert [row.title for row in Inbox(bob.id)[:5]] == ["Alice A. mentioned you in Closed"]
    assert (unread(bob), rung(bob)) == (1, 2)
    assert CARD not in str(events_for(bob))


def test_who_blocks_the_author_is_not_told_and_loses_what_they_had(
    alice: ApiUser, bob: ApiUser, closed: int
) -> None:
    first, second = alice.posts(closed, "@bob one"), alice.posts(closed, "two")
    bob.put(f"/users/{alice.id}/block")
    before = rung(bob)
    edit(alice, second, "@bob two")
    assert rung(bob) == before
    edit(alice, first, "(removed)")
    assert listed(bob) == []


@pytest.mark.parametrize("how", ["left", "sent away"])
def test_who_is_in_the_room_no_longer_sees_neither_text(
    alice: ApiUser, bob: ApiUser, closed: int, how: str
) -> None:
    mention, away = alice.posts(closed, SAID), alice.posts(closed, f"my {CARD}")
    if how == "left":
        services.leave_room(user_id=bob.id, room_id=closed)
    else:
        services.remove_member(user_id=alice.id, room_id=closed, member_id=bob.id)
    for message in (mention, away):
        edit(alice, message, "@bob between us now")
    assert (listed(bob), unread(bob)) == ([], 0)
    assert CARD not in str(events_for(bob))
    assert "between us" not in str(events_for(bob))


@pytest.mark.parametrize("how", ["hidden", "by a moderator", "with the room"])
def test_what_others_delete_is_gone_as_well(
    alice: ApiUser, bob: ApiUser, carol: ApiUser, closed: int, how: str
) -> None:
    services.add_member(user_id=alice.id, room_id=closed, member_id=carol.id)
    said = alice.posts(closed, f"{SAID} and @carol")
    alice.posts(closed, "@bob another")
    if how == "hidden":
        services.hide_message(message_id=said.pk)
    elif how == "by a moderator":
        give_role(carol, closed, "moderator")
        carol.delete(f"/rooms/{closed}/messages/{said.pk}")
    else:
        services.delete_room(user_id=alice.id, room_id=closed)
    for person in (bob, carol):
        assert CARD not in str([listed(person), events_for(person)])
    assert unread(bob) == (0 if how == "with the room" else 1)
    assert not Notification.objects.filter(message__contains=CARD).exists()


def test_a_notifier_that_fails_does_not_keep_the_old_text(
    alice: ApiUser, bob: ApiUser, carol: ApiUser, closed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    services.add_member(user_id=alice.id, room_id=closed, member_id=carol.id)
    said = alice.posts(closed, SAID)

    def fail(notice: Notice) -> None:
        raise RuntimeError("no")

    monkeypatch.setattr(notices, "_notifiers", [fail])
    edit(alice, said, "@bob and @carol")
    assert bob.receives(closed) == ["@bob and @carol"]
    assert listed(bob) == ["@bob and @carol"]


def test_the_assistant_finds_nothing_of_the_old_text(
    alice: ApiUser, bob: ApiUser, closed: int
) -> None:
    consent.set_consent(user_id=bob.id, given=True)
    said = alice.posts(closed, f"@bob rhubarb {CARD}")
    assert own_data.search(bob.id, "rhubarb", 5)
    edit(alice, said, "@bob apples")
    assert not own_data.search(bob.id, "rhubarb", 5)
    assert own_data.search(bob.id, "apples", 5)


# --- reading ---------------------------------------------------------------------------------


@pytest.mark.parametrize("how", ["rest", "socket"])
def test_reading_a_room_reads_what_told_of_it(
    alice: ApiUser, bob: ApiUser, closed: int, direct: int, how: str
) -> None:
    first, second = alice.posts(closed, "@bob one"), alice.posts(closed, "@bob two")
    alice.posts(direct, "elsewhere")
    assert unread(bob) == 3
    _read(bob, closed, first.offset, how)
    assert unread(bob) == 2
    assert events_for(bob)[-1].type == "notification.read"
    _read(bob, closed, second.offset, how)
    assert unread(bob) == 1
    status = {row.message: str(row.status) for row in Inbox(bob.id)[:5]}
    assert status == {"@bob one": "READ", "@bob two": "READ", "elsewhere": "UNREAD"}
    before = len(events_for(bob))
    _read(bob, closed, second.offset, how)
    assert len(events_for(bob)) == before


def _read(person: ApiUser, room_id: int, offset: int, how: str) -> None:
    if how == "rest":
        person.does(f"/rooms/{room_id}/read", offset=offset)
    else:
        from chat.rooms.live import commands

        commands.mark_read(person.principal, str(room_id), {"offset": offset})


def test_what_an_edit_adds_to_what_was_read_is_read_with_the_room(
    alice: ApiUser, bob: ApiUser, closed: int
) -> None:
    said = alice.posts(closed, "Look")
    alice.posts(closed, "there")
    services.mark_read(user_id=bob.id, room_id=closed, offset=99)
    edit(alice, said, "Look @bob")
    assert unread(bob) == 1
    # The cursor is beyond it already, and stands still.
    services.mark_read(user_id=bob.id, room_id=closed, offset=said.offset + 1)
    assert unread(bob) == 0


def test_muted_ones_are_read_too(alice: ApiUser, bob: ApiUser, closed: int) -> None:
    said = alice.posts(closed, "@bob one")
    inbox.set_preferences(user_id=bob.id, wanted={"social": False})
    services.mark_read(user_id=bob.id, room_id=closed, offset=said.offset)
    inbox.set_preferences(user_id=bob.id, wanted={"social": True})
    assert unread(bob) == 0


# --- at once ---------------------------------------------------------------------------------


@pytest.mark.parametrize("last", ["edit", "delete"])
def test_edits_deletions_reading_and_mentions_at_once_leave_nothing_behind(
    alice: ApiUser, bob: ApiUser, closed: int, at_once: Run, last: str
) -> None:
    said = [alice.posts(closed, f"@bob {CARD} {n}") for n in range(3)]

    def change(message: Message, content: str) -> Callable[[], object]:
        return lambda: services.edit_message(
            user_id=alice.id, room_id=closed, message_id=message.pk, content=content
        )

    def remove(message: Message) -> Callable[[], object]:
        return lambda: services.delete_message(
            user_id=alice.id, room_id=closed, message_id=message.pk
        )

    end = change(said[2], "(removed)") if last == "edit" else remove(said[2])
    at_once(
        [
            change(said[0], "(removed)"),
            change(said[1], "@bob (removed)"),
            end,
            lambda: services.mark_read(user_id=bob.id, room_id=closed, offset=99),
            lambda: services.post_message(user_id=alice.id, room_id=closed, content="@bob new"),
            lambda: inbox.mark_all_read(user_id=bob.id),
        ]
    )
    assert CARD not in str([events(closed), events_for(bob), listed(bob)])
    assert set(listed(bob)) == {"@bob (removed)", "@bob new"}
    counted = sum(row.read_at is None for row in Inbox(bob.id)[:20])
    assert unread(bob) == counted


def test_an_account_that_goes_takes_its_notifications_along(
    alice: ApiUser, bob: ApiUser, closed: int
) -> None:
    said = alice.posts(closed, SAID)
    User.objects.filter(pk=bob.id).delete()
    edit(alice, said, "(removed)")
    assert CARD not in str(events(closed))
