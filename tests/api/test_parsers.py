import json
from typing import Any

import pytest
from pytest_django import Settings
from rest_framework.test import APIClient

from api import limits


def post(client: APIClient, body: bytes, to: str = "/echo") -> Any:
    return client.post(to, body, content_type="application/json")


@pytest.mark.parametrize(
    "value",
    [
        {},
        {"text": "한국어 🔔", "n": [1, 2.5, None, True]},
        {"escaped": "a backslash before u0000: \\u0000"},
        {"many": [{"id": number} for number in range(200)]},
    ],
)
def test_a_json_object_is_taken(client: APIClient, value: dict[str, Any]) -> None:
    answer = post(client, json.dumps(value).encode())
    assert answer.status_code == 200
    assert answer.json() == value


def test_no_body_is_an_empty_one(client: APIClient) -> None:
    assert client.post("/echo").json() == {}


@pytest.mark.parametrize(
    "body",
    [
        b"{",
        b"not json",
        b"\xff\xfe",
        b'{"a": NaN}',
        b'{"a": "\xed\xa0\x80"}',
        rb'{"a": "\ud800"}',
        rb'{"\udfff": 1}',
        b'{"a": "\0"}',
        rb'{"a": "\u0000"}',
        rb'{"a\u0000": 1}',
        rb'{"a": [{"b": ["x\u0000y"]}]}',
        b"[]",
        b'"text"',
        b"7",
        b"null",
        b"[" * 100_000,
        b'{"a":' * 100_000,
        b'{"a":' * 500 + b"1" + b"}" * 500,
        b'{"a":' + b"[" * 64 + b"]" * 64 + b"}",
    ],
)
def test_what_is_no_storable_json_object_is_400(client: APIClient, body: bytes) -> None:
    answer = post(client, body)
    assert answer.status_code == 400
    assert answer.json()["code"] == "INVALID"


def test_nesting_is_allowed_up_to_the_limit(client: APIClient) -> None:
    inner = limits.MAX_JSON_DEPTH - 1
    assert post(client, b'{"a":' + b"[" * inner + b"]" * inner + b"}").status_code == 200


def test_a_body_over_the_limit_is_413(client: APIClient, settings: Settings) -> None:
    settings.BELLWIRE_MAX_BODY_BYTES = 100
    assert post(client, b'{"a":"' + b"x" * 92 + b'"}').status_code == 200
    answer = post(client, b'{"a":"' + b"x" * 93 + b'"}')
    assert answer.status_code == 413
    assert answer.json()["code"] == "MESSAGE_TOO_LARGE"


def test_ten_thousand_recipients_fit(client: APIClient) -> None:
    ids = [f"{number:0>255}" for number in range(10_000)]
    assert post(client, json.dumps({"external_ids": ids}).encode()).status_code == 200


def test_a_serializers_complaints_name_the_fields(client: APIClient) -> None:
    answer = post(client, b'{"title": "too long", "count": "x"}', to="/checked")
    assert answer.status_code == 400
    assert answer.json()["errors"].keys() == {"title", "count"}
