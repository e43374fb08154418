from typing import Any

import pytest
from rest_framework.test import APIClient

from api.errors import STATUS, ApiError, Code


@pytest.mark.parametrize(
    ("name", "status", "body"),
    [
        ("conflict", 409, {"code": "CONFLICT", "message": "Already so"}),
        ("invalid", 400, {"code": "INVALID", "message": "No", "errors": {"title": ["Too long."]}}),
        ("limited", 429, {"code": "RATE_LIMITED", "message": "Slow down"}),
        ("unusual", 418, {"code": "INVALID", "message": "Teapot"}),
        ("401", 401, {"code": "AUTH_ERROR", "message": "Authentication failed"}),
        ("403", 403, {"code": "FORBIDDEN", "message": "Not yours"}),
        ("403-django", 403, {"code": "FORBIDDEN", "message": "Forbidden"}),
        ("404", 404, {"code": "NOT_FOUND", "message": "Not found"}),
        ("404-drf", 404, {"code": "NOT_FOUND", "message": "Not found"}),
        ("throttled", 429, {"code": "RATE_LIMITED", "message": "Too many requests"}),
        ("too-big", 413, {"code": "MESSAGE_TOO_LARGE", "message": "Request body too large"}),
        ("suspicious", 400, {"code": "INVALID", "message": "Bad request"}),
    ],
)
def test_whatever_goes_wrong_is_said_in_one_shape(
    client: APIClient, name: str, status: int, body: dict[str, Any]
) -> None:
    answer = client.get(f"/raise/{name}")
    assert answer.status_code == status
    assert answer["Content-Type"] == "application/json"
    assert answer.json() == body


@pytest.mark.parametrize(
    ("name", "errors"),
    [
        ("drf", {"a.b": ["x"], "list.1.c": ["y"]}),
        ("drf-list", {"non_field_errors": ["x", "y"]}),
        ("drf-index", {"ids.3": ["not a number"]}),
        ("django", {"title": ["x"], "non_field_errors": ["y"]}),
        ("django-text", {"non_field_errors": ["x"]}),
    ],
)
def test_field_errors_are_flat(client: APIClient, name: str, errors: dict[str, list[str]]) -> None:
    answer = client.get(f"/raise/{name}")
    assert answer.status_code == 400
    assert answer.json() == {"code": "INVALID", "message": "Invalid input", "errors": errors}


def test_a_401_says_how_to_authenticate_and_a_429_when_to_come_back(client: APIClient) -> None:
    assert client.get("/raise/401")["WWW-Authenticate"] == 'Bearer realm="bellwire"'
    assert client.get("/raise/limited")["Retry-After"] == "3"
    assert client.get("/raise/throttled")["Retry-After"] == "2"


def test_other_methods_and_media_are_refused_in_the_same_shape(client: APIClient) -> None:
    wrong_method = client.put("/echo", {})
    assert (wrong_method.status_code, wrong_method.json()["code"]) == (405, "INVALID")
    assert "POST" in wrong_method["Allow"]
    wrong_media = client.post("/echo", "a=1", content_type="application/x-www-form-urlencoded")
    assert (wrong_media.status_code, wrong_media.json()["code"]) == (415, "INVALID")
    other_format = client.get("/instants", headers={"accept": "text/csv"})
    assert other_format.status_code == 200
    assert other_format["Content-Type"] == "application/json"


@pytest.mark.parametrize("name", ["500", "500-drf"])
def test_a_fault_of_ours_stays_a_500(client: APIClient, name: str) -> None:
    assert client.get(f"/raise/{name}").status_code == 500


def test_every_code_has_its_status() -> None:
    for code in Code:
        assert ApiError(code, "x").status_code == STATUS[code]
