"""OpenAPI says of every endpoint what it takes, what it answers, and how it refuses."""

from typing import Any

import pytest

from tests.openapi.described import endpoints_of, is_described, schema_of

pytestmark = pytest.mark.once

ONE = "/api/v1/chat/documents/{document_id}"
ENDPOINTS = {
    ("/api/v1/chat/documents", "get"): ["200", "400", "401", "403"],
    ("/api/v1/chat/documents", "post"): ["200", "201", "400", "401", "403", "413", "503"],
    (ONE, "get"): ["200", "401", "403", "404"],
    (ONE, "delete"): ["204", "401", "403", "404"],
}


@pytest.fixture(scope="module")
def paths() -> dict[str, Any]:
    found: dict[str, Any] = schema_of("tests.chat.assistant.documents.urls")["paths"]
    return found


@pytest.mark.parametrize(("endpoint", "statuses"), ENDPOINTS.items())
def test_every_endpoint_is_described(
    paths: dict[str, Any], endpoint: tuple[str, str], statuses: list[str]
) -> None:
    is_described(paths[endpoint[0]][endpoint[1]], statuses)


def test_nothing_else_is_there(paths: dict[str, Any]) -> None:
    assert endpoints_of(paths) == set(ENDPOINTS)


def test_a_document_is_sent_as_a_file_or_as_text(paths: dict[str, Any]) -> None:
    sent = paths["/api/v1/chat/documents"]["post"]["requestBody"]["content"]
    assert set(sent) == {"multipart/form-data", "application/json"}
    assert set(sent["application/json"]["examples"])
