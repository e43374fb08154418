"""OpenAPI says of every endpoint what it takes, what it answers, and how it refuses."""

from typing import Any

import pytest

from tests.openapi.described import is_described, schema_of

pytestmark = pytest.mark.once

ENDPOINTS = {
    ("/api/v1/jobs", "get"): ["200", "400", "401", "403"],
    ("/api/v1/jobs", "post"): ["201", "400", "401", "403", "409", "413"],
    ("/api/v1/jobs/{job_id}", "get"): ["200", "401", "403", "404"],
    ("/api/v1/jobs/{job_id}", "patch"): ["200", "400", "401", "403", "404", "409", "413"],
    ("/api/v1/jobs/{job_id}/cancel", "post"): ["200", "401", "403", "404", "409"],
}


@pytest.fixture(scope="module")
def schema() -> dict[str, Any]:
    return schema_of()


@pytest.mark.parametrize(("endpoint", "statuses"), ENDPOINTS.items())
def test_every_endpoint_is_described(
    schema: dict[str, Any], endpoint: tuple[str, str], statuses: list[str]
) -> None:
    path, method = endpoint
    described = schema["paths"][path][method]
    is_described(described, statuses)
    if method in ("post", "patch") and not path.endswith("/cancel"):
        assert described["requestBody"]["content"]["application/json"]["examples"]


def test_the_recipients_are_described_as_one_or_a_list_of_a_hundred(schema: dict[str, Any]) -> None:
    fields = schema["components"]["schemas"]["JobInput"]["properties"]
    assert fields["user_id"]["type"] == "integer"
    assert fields["external_id"]["type"] == fields["username"]["type"] == "string"
    assert {fields[name]["maxItems"] for name in ("user_ids", "external_ids", "usernames")} == {100}
    assert (fields["progress"]["minimum"], fields["progress"]["maximum"]) == (0, 1)
