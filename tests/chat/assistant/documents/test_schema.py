"""OpenAPI says of every endpoint what it takes, what it answers, and how it refuses."""

from typing import Any

import pytest
from drf_spectacular.generators import SchemaGenerator

pytestmark = pytest.mark.once

# What config adds to every description.
STREAMS = ("/sse", "/long-polling", "/api/v1/chat/message", "/api/v1/chat/stream")
ONE = "/api/v1/chat/documents/{document_id}"
ENDPOINTS = {
    ("/api/v1/chat/documents", "get"): ["200", "400", "401", "403"],
    ("/api/v1/chat/documents", "post"): ["200", "201", "400", "401", "403", "413"],
    (ONE, "get"): ["200", "401", "403", "404"],
    (ONE, "delete"): ["204", "401", "403", "404"],
}


@pytest.fixture(scope="module")
def paths() -> dict[str, Any]:
    generator = SchemaGenerator(urlconf="tests.chat.assistant.documents.urls")  # type: ignore[no-untyped-call]
    schema: dict[str, Any] = generator.get_schema(request=None, public=True)  # type: ignore[no-untyped-call]
    found: dict[str, Any] = schema["paths"]
    return found


@pytest.mark.parametrize(("endpoint", "statuses"), ENDPOINTS.items())
def test_every_endpoint_is_described(
    paths: dict[str, Any], endpoint: tuple[str, str], statuses: list[str]
) -> None:
    described = paths[endpoint[0]][endpoint[1]]
    assert described["summary"]
    everywhere = {"400", *(("413", "415") if "requestBody" in described else ())}
    assert sorted(described["responses"]) == sorted({*statuses, *everywhere})
    for status, answer in described["responses"].items():
        if status != "204":
            assert answer["content"]["application/json"]["examples"], status


def test_nothing_else_is_there(paths: dict[str, Any]) -> None:
    ours = {path: item for path, item in paths.items() if not path.startswith(STREAMS)}
    found = {(path, method) for path, methods in ours.items() for method in methods}
    assert found == set(ENDPOINTS)


def test_a_document_is_sent_as_a_file_or_as_text(paths: dict[str, Any]) -> None:
    sent = paths["/api/v1/chat/documents"]["post"]["requestBody"]["content"]
    assert set(sent) == {"multipart/form-data", "application/json"}
    assert set(sent["application/json"]["examples"])
