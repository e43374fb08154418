"""What the server writes is read in the reader's language; what a sender writes stays as it is."""

from typing import Any

import orjson
import pytest
from django.conf import settings as django_settings
from django.utils import timezone
from pytest_django import Settings
from rest_framework.test import APIClient

from accounts.services import issue_access_tokens
from accounts.topics import user_topic
from accounts.users.profile import set_locale
from chat.rooms import services as rooms
from chat.rooms.models import Kind
from integrations import own_data
from notifications import texts, types
from notifications.jobs import services as jobs
from notifications.jobs.models import Status
from notifications.live.policies import InLanguage, UserTopics
from notifications.models import Batch, Notification
from notifications.services import Content, RecipientKind, Recipients, send
from realtime.protocol.messages import Publication, Topic
from tests.notifications.people import NOTIFICATIONS, ApiUser, Service

pytestmark = pytest.mark.django_db


@pytest.fixture
def korean(bob: ApiUser) -> ApiUser:
    set_locale(user_id=bob.id, wanted={"language": "ko"})
    return bob


def titles(person: ApiUser, path: str = "") -> list[str]:
    return [row["title"] for row in person.rows(path)]


def test_the_titles_of_types_are_each_readers_own(
    orders: Service, alice: ApiUser, korean: ApiUser
) -> None:
    answer = orders.post(
        {"user_ids": [alice.id, korean.id], "type": "ORDER_CREATED", "message": "7"}
    )
    orders.post({"broadcast": True, "type": "announcement", "message": "news"})
    assert titles(alice) == ["Announcement", "Order received"]
    assert titles(korean) == titles(korean, "/unread") == ["공지사항", "주문이 접수되었습니다"]
    read = korean.put(f"/{answer.json()['ids'][1]}/read").json()
    assert read["title"] == "주문이 접수되었습니다"
    assert "templates" not in read


def test_a_change_of_language_changes_what_was_sent_before(orders: Service, alice: ApiUser) -> None:
    orders.send(alice, title="")
    assert titles(alice) == ["Order received"]
    set_locale(user_id=alice.id, wanted={"language": "ko"})
    assert titles(alice) == ["주문이 접수되었습니다"]
    set_locale(user_id=alice.id, wanted={"language": "en"})
    assert titles(alice) == ["Order received"]


@pytest.mark.parametrize(
    "title", ["Order 7", "Order received", "주문", "Announcement", "%(author)s"]
)
def test_a_title_of_the_senders_is_never_touched(
    orders: Service, korean: ApiUser, title: str
) -> None:
    orders.send(korean, title=title)
    assert titles(korean) == [title]
    [event] = [event for event in korean.events() if event.type == "notification"]
    assert shown(event.data, "ko")["title"] == title


def test_whoever_has_set_no_language_is_answered_in_the_one_asked_for(
    orders: Service, alice: ApiUser, korean: ApiUser
) -> None:
    orders.post({"user_ids": [alice.id, korean.id], "type": "SYSTEM", "message": "hello"})
    asked = alice.client.get(NOTIFICATIONS, headers={"accept-language": "ko-KR,ko;q=0.9"})
    assert asked.json()["results"][0]["title"] == "시스템 알림"
    asked = korean.client.get(NOTIFICATIONS, headers={"accept-language": "en-US"})
    assert asked.json()["results"][0]["title"] == "시스템 알림", "the account's comes first"


def test_every_built_in_type_has_a_title_in_every_language() -> None:
    for language in dict(django_settings.LANGUAGES):
        for one in types.registered().values():
            title = texts.type_title(one.name, language)
            assert title
            assert (title == one.title) == (language == django_settings.LANGUAGE_CODE), title
            assert len(title) <= 200


def test_the_list_of_types_is_the_readers(alice: ApiUser, korean: ApiUser) -> None:
    def title(person: ApiUser) -> Any:
        return {one["name"]: one["title"] for one in person.get("/types").json()}["like"]

    assert (title(alice), title(korean)) == ("New like", "새로운 좋아요를 받았습니다")
    assert set(korean.get("/types").json()[0]) == {"name", "category", "title", "icon", "link"}


# --- rows and events from before ------------------------------------------------------------------


def test_a_default_title_from_before_is_recognised(alice: ApiUser, korean: ApiUser) -> None:
    for person in (alice, korean):
        old_row(person, title="Order received")
        old_row(person, title="Order 7")
    assert titles(alice) == ["Order 7", "Order received"]
    assert titles(korean) == ["Order 7", "주문이 접수되었습니다"]


def test_an_event_from_before_is_recognised() -> None:
    data = {"type": "ORDER_CREATED", "title": "Order received", "id": 7}
    assert shown(data, "ko")["title"] == "주문이 접수되었습니다"
    assert shown({**data, "title": "Order 7"}, "ko") == {**data, "title": "Order 7"}
    assert shown({**data, "type": "nobody's"}, "ko")["title"] == "Order received"


@pytest.mark.parametrize(
    "templates",
    [
        {"title": {"key": "a later version's"}},
        {"title": {"key": "rooms.mentioned.room", "values": {"other": "place"}}},
        {"message": {"key": "rooms.mentioned.room", "values": {}}},
    ],
)
def test_a_template_that_cannot_be_made_leaves_the_stored_text(templates: Any) -> None:
    data = {"type": "mention", "title": "Stored", "message": "too", "templates": templates}
    assert shown(data, "ko") == {"type": "mention", "title": "Stored", "message": "too"}


# --- texts that are not titles of types -----------------------------------------------------------


def test_room_notices_are_the_readers(alice: ApiUser, korean: ApiUser) -> None:
    room = rooms.create_room(user_id=alice.id, name="차 한잔", kind=Kind.GROUP)
    rooms.add_member(user_id=alice.id, room_id=room.pk, member_id=korean.id)
    rooms.post_message(user_id=alice.id, room_id=room.pk, content="@bob 100% {sure} %(x)s")
    assert titles(korean) == ["alice 님이 차 한잔에서 회원님을 언급했습니다"]
    set_locale(user_id=korean.id, wanted={"language": "en"})
    assert titles(korean) == ["alice mentioned you in 차 한잔"]
    assert korean.rows()[0]["message"] == "@bob 100% {sure} %(x)s"


def test_names_with_places_in_them_are_names(alice: ApiUser, korean: ApiUser) -> None:
    room = rooms.create_room(user_id=alice.id, name="%(author)s 100%", kind=Kind.GROUP)
    rooms.add_member(user_id=alice.id, room_id=room.pk, member_id=korean.id)
    rooms.post_message(user_id=alice.id, room_id=room.pk, content="hello")
    assert titles(korean) == ["%(author)s 100%에 새 메시지가 있습니다"]


def test_a_direct_message_is_told_in_the_readers_language(alice: ApiUser, korean: ApiUser) -> None:
    room = rooms.get_or_create_direct(user_id=alice.id, other_id=korean.id).room
    rooms.post_message(user_id=alice.id, room_id=room.pk, content="hello")
    assert titles(korean) == ["alice 님이 보낸 새 메시지가 있습니다"]


def test_the_end_of_a_job_without_words_is_told_in_the_readers_language(korean: ApiUser) -> None:
    to = Recipients(RecipientKind.USER_ID, [korean.id])
    for message in ("", "done"):
        job = jobs.create(sender="service:x", to=to, job=jobs.NewJob(title="Report"))
        done = jobs.Report(status=Status.SUCCEEDED, message=message or None)
        jobs.report(sender="service:x", job_id=job["id"], given=done)
    shown = [(row["title"], row["message"]) for row in korean.rows()]
    assert shown == [("Report", "done"), ("Report", "작업이 완료되었습니다")]


def test_a_long_name_leaves_a_title_of_its_greatest_length(korean: ApiUser) -> None:
    template = texts.Template("rooms.mentioned.room", {"author": "a" * 300, "room": "r" * 300})
    to = Recipients(RecipientKind.USER_ID, [korean.id])
    send(
        sender="service:x",
        to=to,
        content=Content(type="mention", message="m", title_template=template),
    )
    assert [len(title) for title in titles(korean)] == [200]
    assert [len(row.title) for row in Notification.objects.all()] == [200]


def test_the_assistant_reads_them_in_the_askers_language(orders: Service, korean: ApiUser) -> None:
    orders.send(korean, title="", message="Order 7")
    [affair] = own_data._notifications(korean.id)
    assert affair.title == "주문이 접수되었습니다"


# --- what a deployment registers ------------------------------------------------------------------


def test_a_deployments_own_titles_may_be_in_several_languages(
    settings: Settings, orders: Service, alice: ApiUser, korean: ApiUser
) -> None:
    settings.BELLWIRE_NOTIFICATION_TYPES = {
        "INVOICE_DUE": {"category": "billing", "title": {"en": "Invoice due", "ko": "납부 기한"}},
        "INVOICE_PAID": {"category": "billing", "title": "Invoice paid"},
        "like": {"category": "social", "title": "Thumbs up"},
        "comment": {"category": "social", "title": {"en": "Said"}},
    }
    for name in ("INVOICE_DUE", "INVOICE_PAID", "like", "comment"):
        orders.post({"user_ids": [alice.id, korean.id], "type": name, "message": "x"})
    assert titles(alice) == ["Said", "Thumbs up", "Invoice paid", "Invoice due"]
    assert titles(korean) == ["Said", "Thumbs up", "Invoice paid", "납부 기한"]


@pytest.mark.parametrize(
    "title", [{}, {"ko": "x"}, {"en": "x", "fr": "y"}, {"en": ""}, {"en": 7}, {"en": "x" * 201}, 7]
)
def test_faults_of_such_titles_are_named(title: Any) -> None:
    assert types.faults({"T": {"category": "c", "title": title}})
    assert not types.faults({"T": {"category": "c", "title": {"en": "x", "ko": "y"}}})


# --- on the stream's edge -------------------------------------------------------------------------


def test_a_change_is_an_event_after_which_the_topic_reads_otherwise(alice: ApiUser) -> None:
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {issue_access_tokens(users=[alice.user])[0]}")
    client.patch("/api/v1/auth/me", {"language": "ko", "time_zone": "Asia/Seoul"})
    client.patch("/api/v1/auth/me", {"language": "ko"})
    [event] = alice.events()
    assert (event.type, event.data) == ("profile", {"language": "ko", "time_zone": "Asia/Seoul"})
    policy = UserTopics()
    reported = Publication(user_topic(alice.id), "e", 1, "profile", orjson.dumps(event.data), 0.0)
    assert policy.changes_rendering(reported)
    assert policy.rendering_after(reported) == InLanguage("ko")
    assert not policy.changes_rendering(
        Publication(user_topic(alice.id), "e", 1, "preferences", b"{}", 0.0)
    )


def shown(data: dict[str, Any], language: str) -> dict[str, Any]:
    """What a reader of the language is shown of an event with this data."""
    publication = Publication(Topic("users/1"), "e", 1, "notification", orjson.dumps(data), 0.0)
    rendered: dict[str, Any] = orjson.loads(InLanguage(language).render(publication).data or b"")
    return rendered


def old_row(person: ApiUser, *, title: str) -> None:
    """As releases have stored it that kept no templates."""
    now = timezone.now()
    batch = Batch.objects.create(sender="service:orders", created_at=now, count=1)
    Notification.objects.create(
        user=person.user, batch=batch, type="ORDER_CREATED", title=title, message="m",
        created_at=now,
    )  # fmt: skip
