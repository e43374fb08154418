"""REST of notifications and jobs in camelCase, both directions."""

from typing import Any

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from pytest_django import Settings

from accounts.credentials.service_keys import create_service_key
from notifications import types
from tests.api.test_names import OBJECTS
from tests.notifications.people import NOTIFICATIONS, ApiUser, Service
from tests.support.snake_keys import camel, snake_keys

DATA = {"user_id": 1, "routing": {"type": "order", "path": "/o/1", "params": {"tab_name": "x"}}}
# None of them is a field of §6.
OWN_TYPES = {"INVOICE_DUE": {"category": "my_category", "title": "Invoice due"}}


@pytest.fixture
def camel_case(settings: Settings) -> None:
    settings.BELLWIRE_JSON_CASE = "camel"


def _a_send(*to: ApiUser, **more: Any) -> dict[str, Any]:
    return {
        "userIds": [person.id for person in to],
        "type": "ORDER_CREATED",
        "message": "Two items",
        "referenceId": "7",
        "referenceType": "order",
        "collapseKey": "order:7",
        "expiresAt": "2100-01-01T00:00:00Z",
        "data": DATA,
        **more,
    }


def test_what_is_sent_in_camel_case_is_shown_in_each_case(
    camel_case: None, settings: Settings, alice: ApiUser, orders: Service
) -> None:
    answer = orders.post(_a_send(alice))
    assert answer.status_code == 201, answer.content
    assert set(answer.json()) == {"batchId", "count", "ids"}
    [shown] = alice.rows()
    assert shown["userId"] == alice.id
    assert (shown["referenceId"], shown["referenceType"]) == ("7", "order")
    assert shown["data"] == DATA
    assert shown["readAt"] is None
    assert shown["createdAt"]
    assert snake_keys(shown) == []
    settings.BELLWIRE_JSON_CASE = "snake"
    [plain] = alice.rows()
    assert camel(plain) == shown


def test_the_log_has_snake_case_whatever_the_instance_speaks(
    camel_case: None, alice: ApiUser, orders: Service
) -> None:
    orders.post(_a_send(alice))
    [event] = alice.events()
    assert {"user_id", "reference_id", "notification_id"} <= set(event.data)
    assert event.data["data"] == DATA


def test_snake_case_is_understood_as_well(
    camel_case: None, alice: ApiUser, orders: Service
) -> None:
    body = {"user_ids": [alice.id], "type": "ORDER_CREATED", "message": "m", "reference_id": "7"}
    assert orders.post(body).status_code == 201
    assert alice.rows()[0]["referenceId"] == "7"


def test_one_key_and_one_body_in_either_case_are_one_send(
    camel_case: None, alice: ApiUser, orders: Service
) -> None:
    snake = {"user_ids": [alice.id], "type": "ORDER_CREATED", "message": "m"}
    first = orders.post({**snake, "reference_id": "7"}, key="once")
    again = {"userIds": [alice.id], "type": "ORDER_CREATED", "message": "m", "referenceId": "7"}
    assert orders.post(again, key="once").json() == first.json()
    assert len(alice.rows()) == 1


@pytest.mark.parametrize(
    "twin",
    [
        {"reference_id": "8"},
        {"user_ids": []},
        {"expires_at": None},
    ],
)
def test_a_field_in_both_cases_with_two_values_is_refused(
    camel_case: None, alice: ApiUser, orders: Service, twin: dict[str, Any]
) -> None:
    answer = orders.post(_a_send(alice, **twin))
    assert answer.status_code == 400
    assert answer.json()["code"] == "INVALID"
    [(field, [fault])] = answer.json()["errors"].items()
    assert field == camel({next(iter(twin)): 0}).popitem()[0]
    assert "the same field" in fault
    assert alice.rows() == []


def test_faults_are_named_as_the_client_names_fields(
    camel_case: None, alice: ApiUser, orders: Service
) -> None:
    body = _a_send(alice, referenceId=["no text"], data={"routing": {"path": "javascript:x"}})
    answer = orders.post(body).json()
    assert set(answer["errors"]) == {"referenceId", "data.routing.path"}
    nobody = orders.post(_a_send(alice, userIds=[2**40])).json()
    assert set(nobody["errors"]) == {"userIds"}


def test_an_instance_in_snake_case_takes_no_other(alice: ApiUser, orders: Service) -> None:
    answer = orders.post(_a_send(alice))
    assert answer.status_code == 400


def test_pages_are_counted_from_zero(camel_case: None, alice: ApiUser, orders: Service) -> None:
    for number in range(5):
        orders.post({"userIds": [alice.id], "type": "SYSTEM", "message": str(number)})
    seen: list[str] = []
    answer = alice.get("", page=0, size=2).json()
    assert answer["previous"] is None
    assert alice.get("", size=2).json()["results"] == answer["results"]
    while True:
        seen += [row["message"] for row in answer["results"]]
        if answer["next"] is None:
            break
        following = alice.client.get(answer["next"]).json()
        assert alice.client.get(following["previous"]).json() == answer
        answer = following
    assert seen == ["4", "3", "2", "1", "0"]
    assert alice.get("", page=1, size=2).json()["results"][0]["message"] == "2"
    assert alice.get("", page=-1).status_code == 400


@pytest.mark.parametrize("own", ["snake", "camel"])
@pytest.mark.parametrize("asked", ["snake", "camel"])
def test_a_client_may_ask_for_a_case(
    settings: Settings, alice: ApiUser, orders: Service, own: str, asked: str
) -> None:
    orders.post({"user_ids": [alice.id], "type": "SYSTEM", "message": "m"})
    settings.BELLWIRE_JSON_CASE = own
    wanted = "userId" if asked == "camel" else "user_id"
    answers = [
        alice.get("", case=asked),
        alice.client.get(NOTIFICATIONS, headers={"Accept": f"application/json; case={asked}"}),
        alice.client.get(NOTIFICATIONS, headers={"Accept": f"text/*;q=0.1, */*;case={asked}"}),
    ]
    for answer in answers:
        assert answer.status_code == 200, answer.content
        assert answer.headers["Content-Type"] == "application/json"
        assert wanted in answer.json()["results"][0]
    first = 0 if asked == "camel" else 1
    assert alice.get("", case=asked, page=first).json()["previous"] is None


def test_the_links_of_a_page_keep_the_case(alice: ApiUser, orders: Service) -> None:
    for _ in range(3):
        orders.send(alice)
    answer = alice.get("", case="camel", size=1).json()
    following = alice.client.get(answer["next"]).json()
    assert "userId" in following["results"][0]
    assert following["results"][0] != answer["results"][0]


def test_a_case_that_there_is_not_is_refused(alice: ApiUser, orders: Service) -> None:
    answer = alice.get("", case="kebab")
    assert answer.status_code == 400
    assert set(answer.json()["errors"]) == {"case"}
    header = {"Accept": "application/json; case=kebab"}
    assert alice.client.get(NOTIFICATIONS, headers=header).status_code == 200


@pytest.mark.parametrize("path", ["/api/v1/notifications/send", "/api/v1/jobs"])
@pytest.mark.parametrize("case", ["camel", "snake"])
def test_sentences_name_fields_as_the_client_does(
    alice: ApiUser, orders: Service, path: str, case: str
) -> None:
    service = Service(
        create_service_key(name="both", scopes=["notifications:send", "jobs:write"])[1]
    )
    several = {"usernames": ["alice"], "userIds" if case == "camel" else "user_ids": [alice.id]}
    answer = service.post(
        {**several, "title": "t", "message": "m", "type": "SYSTEM"}, path=f"{path}?case={case}"
    )
    assert answer.status_code == 400
    text = str(answer.json())
    wanted, other = ("userIds", "user_ids") if case == "camel" else ("user_ids", "userIds")
    assert wanted in text
    assert "externalIds" in text if case == "camel" else "external_ids" in text
    assert other not in text


def test_sentences_keep_what_is_no_field(camel_case: None, alice: ApiUser, orders: Service) -> None:
    answer = orders.post(_a_send(alice, my_own=1, data={"up_to": 1}, user_idx=2))
    assert answer.status_code == 400
    assert set(answer.json()["errors"]) == {"my_own", "user_idx"}


def test_categories_are_no_fields(camel_case: None, settings: Settings, alice: ApiUser) -> None:
    settings.BELLWIRE_NOTIFICATION_TYPES = OWN_TYPES
    shown = alice.put("/preferences", {"my_category": False}).json()
    assert shown["my_category"] is False
    assert set(shown) == set(types.categories())
    assert set(alice.put("/preferences", {"myCategory": False}).json()["errors"]) == {"myCategory"}
    [changed] = [event for event in alice.events() if event.type == "preferences"]
    assert "my_category" in changed.data


def test_jobs_in_camel_case(camel_case: None, alice: ApiUser) -> None:
    service = Service(create_service_key(name="prism", scopes=["jobs:write"])[1])
    made = service.client.post("/api/v1/jobs", {"userId": alice.id, "title": "Report"})
    assert made.status_code == 201, made.content
    job = made.json()
    assert (job["userId"], snake_keys(job)) == (alice.id, [])
    delta = service.client.patch(f"/api/v1/jobs/{job['id']}", {"progress": 0.5}).json()
    assert delta["updatedAt"] > job["updatedAt"]
    listed = alice.client.get("/api/v1/jobs", {"page": 0}).json()["results"]
    assert listed == [delta]
    both = {"userId": alice.id, "user_id": alice.id + 1, "title": "Report"}
    assert service.client.post("/api/v1/jobs", both).status_code == 400


def test_reading_in_camel_case(camel_case: None, alice: ApiUser, orders: Service) -> None:
    orders.post(_a_send(alice))
    [row] = alice.rows()
    assert alice.put(f"/{row['id']}/read").json()["readAt"]
    assert "readAt" in alice.put("/read-all").json()


def test_a_batch_in_camel_case(camel_case: None, alice: ApiUser, orders: Service) -> None:
    batch = orders.post(_a_send(alice)).json()["batchId"]
    shown = orders.client.get(f"{NOTIFICATIONS}/sent/{batch}").json()
    assert shown["batchId"] == batch


def test_the_older_form_of_a_send_keeps_its_names(
    camel_case: None, alice: ApiUser, orders: Service
) -> None:
    body = {"memberId": alice.id, "message": "Welcome", "redirectPath": "/welcome"}
    assert orders.post(body, path="/notification/send").status_code == 201
    assert alice.rows()[0]["link"] == "/welcome"


def test_signing_in_keeps_its_names(camel_case: None, alice: ApiUser) -> None:
    shown = alice.client.get("/api/v1/auth/me").json()
    assert {"display_name", "external_id", "is_staff"} <= set(shown)


@hypothesis_settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=OBJECTS)
def test_any_data_of_a_sender_is_stored_and_shown_untouched(
    camel_case: None, alice: ApiUser, orders: Service, data: dict[str, Any]
) -> None:
    answer = orders.post({"userIds": [alice.id], "type": "SYSTEM", "message": "m", "data": data})
    routing = data.get("routing")
    if answer.status_code == 400:  # a NUL, or a path that leads nowhere
        assert "\0" in repr(data) or "\\x00" in repr(data) or routing
        return
    assert alice.rows(size=1)[0]["data"] == data
