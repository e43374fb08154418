"""With consent the assistant reads the asker's own notifications and jobs, and nobody else's."""

from typing import Any

import pytest

from accounts.models import User
from chat.assistant import consent
from chat.assistant.answers.context import context_of
from chat.assistant.retrieval import is_confident, retrieve
from notifications import services as notifications
from notifications.jobs import services as jobs
from notifications.services import Content, RecipientKind, Recipients
from tests.chat.assistant.people import ApiUser, asks

CONSENT = "/api/v1/chat/consent"
QUESTION = "Where is my order?"


@pytest.fixture
def alice(db: None) -> ApiUser:
    return ApiUser(User.objects.create_user("alice"))


@pytest.fixture
def bob(db: None) -> ApiUser:
    return ApiUser(User.objects.create_user("bob"))


def writes(person: ApiUser, message: str, **more: Any) -> int:
    content = Content(type="DELIVERY_STARTED", message=message, reference_type="order", **more)
    to = Recipients(RecipientKind.USER_ID, [person.id])
    return notifications.send(sender="service:orders", to=to, content=content).ids[0]


def found(person: ApiUser, question: str = QUESTION) -> list[str]:
    return [passage.text for passage in retrieve(user_id=person.id, question=question)]


def test_without_consent_nothing_is_read(alice: ApiUser) -> None:
    writes(alice, "It left our house.")
    assert found(alice) == []
    consent.set_consent(user_id=alice.id, given=True)
    assert found(alice) == ["It left our house.\norder"]
    consent.set_consent(user_id=alice.id, given=False)
    assert found(alice) == []


def test_only_ones_own_is_found(alice: ApiUser, bob: ApiUser) -> None:
    for person in (alice, bob):
        consent.set_consent(user_id=person.id, given=True)
    writes(bob, "Bob's parcel", reference_id="B-7")
    writes(alice, "Alice's parcel", reference_id="A-1")
    jobs.create(
        sender="service:reports",
        to=Recipients(RecipientKind.USER_ID, [bob.id]),
        job=jobs.NewJob(title="Order statistics"),
    )
    assert found(alice) == ["Alice's parcel\norder A-1"]
    assert {text.split()[0] for text in found(bob)} == {"Bob's", "queued,"}
    assert found(alice, "Where is B-7?") == []


def test_what_is_deleted_or_muted_is_not_found(alice: ApiUser) -> None:
    consent.set_consent(user_id=alice.id, given=True)
    gone = writes(alice, "Gone")
    writes(alice, "There")
    notifications.delete(user_id=alice.id, notification_id=gone)
    assert found(alice) == ["There\norder"]
    notifications.set_preferences(user_id=alice.id, wanted={"shopping": False})
    assert found(alice) == []


def test_a_job_is_found_with_how_far_it_is(alice: ApiUser) -> None:
    consent.set_consent(user_id=alice.id, given=True)
    jobs.create(
        sender="service:reports",
        to=Recipients(RecipientKind.USER_ID, [alice.id]),
        job=jobs.NewJob(title="Quarterly report", message="Page 7 of 12", progress=0.5),
    )
    [passage] = retrieve(user_id=alice.id, question="How far is the quarterly report?")
    assert passage.text == "Page 7 of 12\nqueued, 50%"
    assert passage.place.startswith("Your jobs")
    assert is_confident([passage])


@pytest.mark.usefixtures("at_work")
def test_an_answer_is_made_from_it(alice: ApiUser) -> None:
    consent.set_consent(user_id=alice.id, given=True)
    number = writes(alice, "It left our house.", link="/orders/7")
    context = context_of(asks(alice, QUESTION).pk)
    assert context is not None
    [passage] = context.passages
    assert (passage.document_id, passage.url) == (f"notification:{number}", "/orders/7")


def test_consent_is_asked_for_and_set_by_rest(alice: ApiUser) -> None:
    assert alice.client.get(CONSENT).json() == {"own_data": False}
    for given in (True, True, False):
        answer = alice.client.put(CONSENT, {"own_data": given}, format="json")
        assert answer.json() == {"own_data": given} == alice.client.get(CONSENT).json()
    bodies: list[Any] = [{}, {"own_data": "yes"}, {"own_data": None}, []]
    for wrong in bodies:
        answer = alice.client.put(CONSENT, wrong, format="json")
        assert (answer.status_code, answer.json()["code"]) == (400, "INVALID")
