from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import User
from accounts.users.directory import ensure_external_users

pytestmark = pytest.mark.django_db


def test_the_unknown_are_created_and_the_known_found() -> None:
    known = User.objects.create_user("kim", external_id="k-1")
    ids = ensure_external_users(external_ids=["k-1", "n-1", "n-1", "n-2"])
    assert ids.keys() == {"k-1", "n-1", "n-2"}
    assert ids["k-1"] == known.pk
    assert User.objects.get(pk=ids["n-1"]).external_id == "n-1"
    assert ensure_external_users(external_ids=["n-2", "n-1"]) == {
        "n-1": ids["n-1"],
        "n-2": ids["n-2"],
    }


def test_somebody_elses_username_is_not_taken() -> None:
    local = User.objects.create_user("n-1")
    ids = ensure_external_users(external_ids=["n-1"])
    assert ids["n-1"] != local.pk
    assert User.objects.get(pk=ids["n-1"]).username.startswith("n-1-")


def test_thousands_take_as_many_statements_as_one() -> None:
    def asked(*external_ids: str) -> int:
        with CaptureQueriesContext(connection) as statements:
            assert len(ensure_external_users(external_ids=external_ids)) == len(external_ids)
        return len(statements)

    thousands = [f"e-{number}" for number in range(5_000)]
    assert asked("new") == asked(*thousands)
    assert asked("new") == asked(*thousands)  # who is there by now
    # Those of whom one is called otherwise: somebody else has the username.
    for name in ("taken", "t-7"):
        User.objects.create_user(name)
    assert asked("taken") == asked(*(f"t-{number}" for number in range(5_000)))


@pytest.mark.django_db(transaction=True)
def test_at_once_in_any_order_nobody_is_made_twice(at_once: Callable[..., list[Any]]) -> None:
    names = [f"e-{number}" for number in range(200)]
    results = at_once(lambda: ensure_external_users(external_ids=set(names)), 5)
    assert all(result == results[0] for result in results)
    assert User.objects.count() == 200


def test_who_has_no_full_name_is_shown_by_username() -> None:
    assert User(username="kim").display_name == "kim"
    assert User(username="kim", first_name="Kim", last_name="Lee").display_name == "Kim Lee"
