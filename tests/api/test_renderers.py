import uuid
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal

import pytest
from django.utils.translation import gettext_lazy
from rest_framework.test import APIClient

from api.media.renderers import JsonRenderer, iso_utc


@pytest.mark.parametrize(
    ("instant", "text"),
    [
        (datetime(2026, 1, 31, 12, 0, 0, 120, tzinfo=UTC), "2026-01-31T12:00:00.000120Z"),
        (datetime(2026, 1, 31, 12, tzinfo=UTC), "2026-01-31T12:00:00.000000Z"),
        (
            datetime(2026, 1, 31, 21, tzinfo=timezone(timedelta(hours=9))),
            "2026-01-31T12:00:00.000000Z",
        ),
        (datetime(2026, 1, 31, 12), "2026-01-31T12:00:00.000000Z"),  # noqa: DTZ001
    ],
)
def test_instants_have_one_shape(instant: datetime, text: str) -> None:
    assert iso_utc(instant) == text
    assert JsonRenderer().render({"at": instant}) == f'{{"at":"{text}"}}'.encode()


def test_what_views_return_is_json() -> None:
    identity = uuid.uuid4()
    value = {1: Decimal("1.50"), "id": identity, "lazy": gettext_lazy("user"), "set": {2, 1}}
    expected = f'{{"1":"1.50","id":"{identity}","lazy":"user","set":[1,2]}}'
    assert JsonRenderer().render(value) == expected.encode()


def test_nothing_is_no_body() -> None:
    assert JsonRenderer().render(None) == b""


def test_what_json_cannot_carry_is_a_mistake_of_ours() -> None:
    with pytest.raises(TypeError):
        JsonRenderer().render({"x": object()})


def test_answers_are_utf8_json(client: APIClient) -> None:
    answer = client.get("/instants")
    assert answer["Content-Type"] == "application/json"
    assert answer.json() == {"at": "2026-01-31T12:00:00.000000Z"}
