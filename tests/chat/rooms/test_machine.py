"""Whatever happens, one by one or at once: a snapshot and the events since are a fresh GET."""

import itertools
import threading
from collections.abc import Callable
from contextlib import suppress

import pytest
from django.db import connections
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    rule,
    run_state_machine_as_test,
)

from accounts.models import User
from api.errors import ApiError
from chat.rooms import services
from chat.rooms.models import Kind, Message, Role
from chat.rooms.timer import Action
from notifications import selectors
from notifications.inbox import Inbox
from tests.chat.rooms.people import ApiUser, events, events_for
from tests.chat.rooms.subscriber import BareReader, Reader, fetched

_names = (f"machine{n}" for n in itertools.count())
Act = Callable[[], object]
WHO = st.integers(0, 3)
KINDS = {
    "message",
    "message.edited",
    "message.deleted",
    "member.joined",
    "member.left",
    "member.changed",
    "read",
    "settings",
    "room",
    "timer",
}
_seen: set[str] = set()


class Rooms(RuleBasedStateMachine):
    """Four people; the first owns the room, and looks at it all the time."""

    @initialize()
    def meet(self) -> None:
        self.people = [ApiUser(User.objects.create_user(next(_names))) for _ in range(4)]
        self.ids = [person.id for person in self.people]
        self.room_id = services.create_room(
            user_id=self.ids[0], name="F", kind=Kind.FOCUS, is_open=True
        ).pk
        services.join_room(user_id=self.ids[1], room_id=self.room_id)
        self.reader = Reader(self.people[0], self.room_id)
        self.bare = BareReader(self.people[0], self.room_id)

    @rule(data=st.data())
    def one_does_something(self, data: st.DataObject) -> None:
        self._do(data.draw(self._acts()))

    @rule(data=st.data())
    def some_do_something_at_once(self, data: st.DataObject) -> None:
        acts = data.draw(st.lists(self._acts(), min_size=2, max_size=4))
        start = threading.Barrier(len(acts))
        failed: list[BaseException] = []

        def work(act: Act) -> None:
            start.wait()
            try:
                self._do(act)
            except BaseException as error:
                failed.append(error)
            finally:
                connections.close_all()

        threads = [threading.Thread(target=work, args=[act]) for act in acts]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert not failed, failed

    @invariant()
    def what_is_shown_is_what_is(self) -> None:
        if hasattr(self, "reader"):
            assert self.reader.catch_up() == fetched(self.people[0], self.room_id)
            _seen.update(self.reader.kinds)

    @invariant()
    def what_a_bare_stream_adds_to_a_history_is_the_history(self) -> None:
        if hasattr(self, "bare"):
            assert self.bare.catch_up() == fetched(self.people[0], self.room_id)["messages"]

    @invariant()
    def nobody_is_replayed_what_was_edited_or_deleted(self) -> None:
        if hasattr(self, "reader"):
            shown = fetched(self.people[0], self.room_id)["messages"]
            for event in events(self.room_id):
                if event.type.startswith("message"):
                    assert event.data == shown[event.data["id"]]

    @invariant()
    def notifications_say_what_the_messages_say(self) -> None:
        for person in getattr(self, "people", ()):
            listed = Inbox(person.id)[:1000]
            texts = {row.pk: self._content(row.data["message_id"]) for row in listed}
            assert {row.pk: row.message for row in listed} == texts
            for event in events_for(person):
                if event.type in ("notification", "notification.updated"):
                    assert event.data["message"] == texts.get(event.data["id"], "")
            counted = sum(row.read_at is None for row in listed)
            assert selectors.unread(person.id).count == counted

    @staticmethod
    def _content(message_id: int) -> str:
        return Message.objects.values_list("content", flat=True).get(pk=message_id)

    def _do(self, act: Act) -> None:
        # Most of what they try, somebody may not: then nothing has happened.
        with suppress(ApiError):
            act()

    def _acts(self) -> st.SearchStrategy[Act]:
        return st.one_of(self._talk(), self._move(), self._change())

    def _talk(self) -> st.SearchStrategy[Act]:
        said = list(Message.objects.filter(room=self.room_id).values_list("pk", flat=True))
        which = st.sampled_from(said or [0])
        names = [person.name for person in self.people]
        text = st.sampled_from(
            ["one", f"two @{names[1]}", f"three @{names[2]}", f"four @{names[1]} @{names[2]}"]
        )
        room_id = self.room_id

        def send_message(who: int, content: str, client_id: str | None) -> Act:
            return lambda: services.post_message(
                user_id=self.ids[who], room_id=room_id, content=content, client_id=client_id
            )

        def edit(who: int, message_id: int, content: str) -> Act:
            return lambda: services.edit_message(
                user_id=self.ids[who], room_id=room_id, message_id=message_id, content=content
            )

        def delete(who: int, message_id: int) -> Act:
            return lambda: services.delete_message(
                user_id=self.ids[who], room_id=room_id, message_id=message_id
            )

        def read(who: int, offset: int) -> Act:
            return lambda: services.mark_read(user_id=self.ids[who], room_id=room_id, offset=offset)

        return st.one_of(
            st.builds(send_message, WHO, text, st.sampled_from([None, "a", "b"])),
            st.builds(edit, WHO, which, text),
            st.builds(delete, WHO, which),
            st.builds(read, WHO, st.integers(0, 40)),
        )

    def _move(self) -> st.SearchStrategy[Act]:
        room_id = self.room_id

        def join(who: int) -> Act:
            return lambda: services.join_room(user_id=self.ids[who], room_id=room_id)

        def leave(who: int) -> Act:
            return lambda: services.leave_room(user_id=self.ids[who], room_id=room_id)

        def invite(who: int, whom: int) -> Act:
            return lambda: services.add_member(
                user_id=self.ids[who], room_id=room_id, member_id=self.ids[whom]
            )

        def send_away(who: int, whom: int) -> Act:
            return lambda: services.remove_member(
                user_id=self.ids[who], room_id=room_id, member_id=self.ids[whom]
            )

        # The one who looks stays.
        others = st.integers(1, 3)
        return st.one_of(
            st.builds(join, others),
            st.builds(leave, others),
            st.builds(invite, WHO, others),
            st.builds(send_away, WHO, others),
        )

    def _change(self) -> st.SearchStrategy[Act]:
        room_id = self.room_id

        def give(who: int, whom: int, role: Role) -> Act:
            return lambda: services.change_role(
                user_id=self.ids[who], room_id=room_id, member_id=self.ids[whom], role=role
            )

        def change(who: int, name: str | None, seconds: int | None) -> Act:
            wanted = {"work_s": seconds, "timer_control": "members"}
            return lambda: services.update_room(
                user_id=self.ids[who], room_id=room_id, name=name, settings=wanted
            )

        def control(who: int, action: Action) -> Act:
            return lambda: services.control_timer(
                user_id=self.ids[who], room_id=room_id, action=action
            )

        return st.one_of(
            st.builds(give, WHO, WHO, st.sampled_from(Role)),
            st.builds(
                change, WHO, st.sampled_from([None, "A", "B"]), st.sampled_from([None, 900, 1200])
            ),
            st.builds(control, WHO, st.sampled_from(Action)),
        )


@pytest.mark.usefixtures("transactional_db")
def test_a_snapshot_and_the_events_since_are_a_fresh_get_after_anything() -> None:
    run_state_machine_as_test(
        Rooms,
        settings=settings(
            max_examples=8,
            stateful_step_count=12,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
    assert _seen <= KINDS


def test_every_kind_of_event_keeps_a_page_right(alice: ApiUser, bob: ApiUser) -> None:
    room = services.create_room(user_id=alice.id, name="F", kind=Kind.FOCUS, is_open=True).pk
    reader = Reader(alice, room)
    said: list[int] = []
    steps: list[Act] = [
        lambda: services.join_room(user_id=bob.id, room_id=room),
        lambda: said.append(bob.posts(room, "Hello @alice").pk),
        lambda: services.mark_read(user_id=alice.id, room_id=room, offset=2),
        lambda: services.edit_message(
            user_id=bob.id, room_id=room, message_id=said[0], content="Hi"
        ),
        lambda: services.update_room(
            user_id=alice.id, room_id=room, name="G", is_open=False, settings={"work_s": 60}
        ),
        lambda: services.change_role(
            user_id=alice.id, room_id=room, member_id=bob.id, role=Role.MODERATOR
        ),
        lambda: services.control_timer(user_id=alice.id, room_id=room, action=Action.START),
        lambda: services.delete_message(user_id=bob.id, room_id=room, message_id=said[0]),
        lambda: services.leave_room(user_id=bob.id, room_id=room),
    ]
    for step in steps:
        step()
        assert reader.catch_up() == fetched(alice, room)
    assert reader.kinds == KINDS
