"""A process beside the servers that changes the same database: `python -m …backstage`.

It reads one JSON object a line, `{"call": name, …}`, and answers each with a line. What it
publishes reaches the servers as what any other process of the deployment does.
"""

import json
import sys
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import django


def person(name: str) -> dict[str, Any]:
    """A user and an access token."""
    from accounts.models import User
    from accounts.services import issue_access_tokens

    user = User.objects.create(username=name)
    return {"id": user.pk, "name": name, "token": issue_access_tokens(users=[user])[0]}


def speaks(user_id: int, language: str) -> None:
    """They read in this language from now on."""
    from accounts.users.profile import set_locale

    set_locale(user_id=user_id, wanted={"language": language})


def token(user_id: int, seconds: float) -> str:
    """Another access token, which expires so soon."""
    from accounts.models import User
    from accounts.services import issue_access_tokens

    users = [User.objects.get(pk=user_id)]
    return issue_access_tokens(users=users, lifetime=timedelta(seconds=seconds))[0]


def key() -> str:
    """The key of a new internal service."""
    from accounts.credentials.service_keys import create_service_key

    return create_service_key(name="orders")[1]


def publish(events: list[tuple[str, str, dict[str, Any]]], at_once: bool) -> None:
    """Append events `[topic, type, data]`, in one transaction or each in its own."""
    from realtime.publishing import publish, unit_of_work

    for part in [events] if at_once else [[event] for event in events]:
        with unit_of_work():
            for topic, kind, data in part:
                publish(topic, kind, data)


def disconnect(user_id: int, token: str) -> None:
    """Staff disconnect, in the admin, a connection that this token has opened."""
    import jwt
    from django.test import Client

    from accounts.models import User
    from realtime.cluster import roster
    from realtime.cluster.roster import Listed

    sid = jwt.decode(token, options={"verify_signature": False})["sid"]
    one = Listed("c" * 32, user_id, "alice", "websocket", "elsewhere", 0.0, None, login_id=sid)
    roster.set_local_source("here", lambda: [one])
    staff, _ = User.objects.get_or_create(username="staff", is_staff=True, is_superuser=True)
    client = Client(headers={"host": "localhost"})
    client.force_login(staff)
    answer = client.post(f"/admin/realtime/liveconnection/{one.connection_id}/disconnect/")
    assert answer.status_code == 302, answer.content


def head(topic: str) -> str:
    """The topic's position."""
    from realtime.log import event_log
    from realtime.protocol.messages import Topic

    epoch, heads = event_log.heads([Topic(topic)])
    return f"{epoch}:{heads.get(Topic(topic), 0)}"


def room(owner_id: int, member_ids: list[int], is_open: bool) -> int:
    """A room with members."""
    from chat.rooms import services
    from chat.rooms.models import Kind

    made = services.create_room(user_id=owner_id, name="tea", kind=Kind.GROUP, is_open=is_open)
    for member_id in member_ids:
        services.add_member(user_id=owner_id, room_id=made.pk, member_id=member_id)
    return made.pk


def post(user_id: int, room_id: int, texts: list[str]) -> None:
    """Say something in a room."""
    from chat.rooms import services

    for text in texts:
        services.post_message(user_id=user_id, room_id=room_id, content=text)


def edit_last(user_id: int, room_id: int, text: str) -> None:
    """Change what one has said last."""
    from chat.rooms import services
    from chat.rooms.models import Message

    said = Message.objects.filter(user=user_id, room=room_id).latest("pk")
    services.edit_message(user_id=user_id, room_id=room_id, message_id=said.pk, content=text)


def delete_said(user_id: int, room_id: int, text: str) -> None:
    """Take back the one thing in a room that says this."""
    from chat.rooms import services
    from chat.rooms.models import Message

    said = Message.objects.get(room=room_id, content=text)
    services.delete_message(user_id=user_id, room_id=room_id, message_id=said.pk)


def send_away(user_id: int, room_id: int) -> None:
    """Take a member out of a room."""
    from chat.rooms import services

    services.expel_member(room_id=room_id, user_id=user_id)


def close_room(room_id: int) -> None:
    """Delete a room."""
    from chat.rooms import services

    services.close_room(room_id=room_id)


CALLS: dict[str, Callable[..., Any]] = {
    call.__name__: call
    for call in (
        person,
        speaks,
        token,
        key,
        publish,
        disconnect,
        head,
        room,
        post,
        edit_last,
        delete_said,
        send_away,
        close_room,
    )
}


def main() -> None:
    django.setup()
    for line in sys.stdin:
        asked = json.loads(line)
        answer = CALLS[asked.pop("call")](**asked)
        print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    main()
