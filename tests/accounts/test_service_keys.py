from datetime import timedelta

import pytest
from django.contrib.auth.models import Permission
from django.utils import timezone
from rest_framework.test import APIClient

from accounts.credentials.service_keys import create_service_key, revoke_service_keys
from accounts.models import ServiceKey, User
from tests.accounts.people import ME, an_access_token, bearer

pytestmark = pytest.mark.django_db


def send(key: str) -> tuple[int, str]:
    answer = APIClient().post("/send", headers={"authorization": f"Api-Key {key}"})
    return answer.status_code, answer.json().get("code", "")


def test_a_key_of_all_scopes_or_of_the_right_one_may_send() -> None:
    _, everything = create_service_key(name="orders")
    _, sender = create_service_key(name="orders", scopes=["notifications:send", "jobs:write"])
    assert send(everything) == send(sender) == (200, "")


def test_the_service_is_the_caller() -> None:
    _, key = create_service_key(name="orders")
    answer = APIClient().post("/send", headers={"authorization": f"Api-Key {key}"})
    assert answer.json() == {"caller": "service orders", "kind": "api_key"}


def test_a_key_of_another_scope_may_not() -> None:
    _, key = create_service_key(name="worker", scopes=["jobs:write"])
    assert send(key) == (403, "FORBIDDEN")


def test_a_revoked_or_invented_key_is_401() -> None:
    row, key = create_service_key(name="orders")
    assert revoke_service_keys(keys=[row.pk]) == 1
    assert revoke_service_keys(keys=[row.pk]) == 0
    assert send(key) == (401, "AUTH_ERROR")
    assert send("bw_invented") == (401, "AUTH_ERROR")
    assert send("") == (401, "AUTH_ERROR")


def test_the_key_is_stored_hashed() -> None:
    row, key = create_service_key(name="orders")
    assert key.startswith(row.prefix)
    stored = str(ServiceKey.objects.values().get())
    assert key not in stored
    assert key.removeprefix(row.prefix) not in stored


def test_a_person_needs_the_permission(alice: User) -> None:
    headers = bearer(an_access_token(alice))
    assert APIClient().post("/send", headers=headers).status_code == 403
    alice.user_permissions.add(Permission.objects.get(codename="add_group"))
    assert APIClient().post("/send", headers=headers).status_code == 200


def test_a_service_has_no_profile_and_nobody_has_none() -> None:
    _, key = create_service_key(name="orders")
    answer = APIClient().get(ME, headers={"authorization": f"Api-Key {key}"})
    assert answer.status_code == 403
    assert APIClient().post("/send").status_code == 401


def test_its_last_use_is_noted_at_most_once_a_minute() -> None:
    row, key = create_service_key(name="orders")
    send(key)
    row.refresh_from_db()
    first = row.last_used_at
    assert first is not None
    send(key)
    row.refresh_from_db()
    assert row.last_used_at == first
    ServiceKey.objects.update(last_used_at=timezone.now() - timedelta(seconds=61))
    send(key)
    row.refresh_from_db()
    assert row.last_used_at is not None
    assert row.last_used_at > first


@pytest.mark.parametrize("name", ["", "x" * 101, "a\nb", " orders "])
def test_a_key_needs_a_usable_name(name: str) -> None:
    with pytest.raises(ValueError, match="expected a name"):
        create_service_key(name=name)


def test_an_unknown_scope_is_named() -> None:
    with pytest.raises(ValueError, match="got everything"):
        create_service_key(name="orders", scopes=["everything"])
