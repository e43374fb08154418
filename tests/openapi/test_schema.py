"""The description is whole: every path, every operation with examples and errors, no warning."""

from collections.abc import Iterator
from typing import Any

import pytest
from drf_spectacular.drainage import GENERATOR_STATS
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.validation import validate_schema

pytestmark = pytest.mark.once

METHODS = {"get", "put", "post", "patch", "delete"}


@pytest.fixture(scope="module")
def schema() -> dict[str, Any]:
    GENERATOR_STATS.reset()
    generator = SchemaGenerator()  # type: ignore[no-untyped-call]
    made: dict[str, Any] = generator.get_schema(request=None, public=True)  # type: ignore[no-untyped-call]
    return made


def operations(schema: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    for path, item in schema["paths"].items():
        for method, operation in item.items():
            if method in METHODS:
                yield f"{method} {path}", operation


def test_it_is_valid_and_its_maker_warns_of_nothing(schema: dict[str, Any]) -> None:
    validate_schema(schema)  # type: ignore[no-untyped-call]
    assert not GENERATOR_STATS


def test_every_operation_has_a_name_of_its_own_a_summary_and_errors(
    schema: dict[str, Any],
) -> None:
    found = list(operations(schema))
    assert len(found) > 50
    names = [operation["operationId"] for _, operation in found]
    assert len(names) == len(set(names))
    assert [name for name in names if "api_v1" in name or name.endswith("_retrieve")] == []
    for name, operation in found:
        assert operation.get("summary"), name
        assert "400" in operation["responses"], name
        for status in ("429", "503"):
            assert "Retry-After" in operation["responses"][status]["headers"], name


def test_every_body_of_a_write_takes_no_other_fields(schema: dict[str, Any]) -> None:
    # Categories are the deployment's own names; unknown ones are refused by name.
    maps = {"notifications_set_preferences"}
    shapes = schema["components"]["schemas"]
    open_bodies = []
    for name, operation in operations(schema):
        for content in operation.get("requestBody", {}).get("content", {}).values():
            wanted = content["schema"]
            for each in wanted.get("oneOf", [wanted]):
                shape = shapes.get(each.get("$ref", "").rpartition("/")[2])
                if shape is None:  # one of several shapes, by a name of their own
                    continue
                for member in shape.get("oneOf", [each]):
                    leaf = shapes[member["$ref"].rpartition("/")[2]]
                    if leaf.get("additionalProperties") is not False:
                        open_bodies.append((name, member["$ref"]))
    left = [each for each in open_bodies if each[0].split("_at_the_")[0] not in maps]
    assert left == []


def test_every_answer_with_a_body_has_an_example(schema: dict[str, Any]) -> None:
    lacking = [
        f"{name} {status}"
        for name, operation in operations(schema)
        for status, answer in operation["responses"].items()
        for kind in answer.get("content", {}).values()
        if not (kind.get("examples") or kind.get("example"))
    ]
    assert lacking == []


def test_every_body_has_an_example(schema: dict[str, Any]) -> None:
    lacking = [
        name
        for name, operation in operations(schema)
        for kind in operation.get("requestBody", {}).get("content", {}).values()
        if not (kind.get("examples") or kind.get("example"))
    ]
    assert lacking == []


@pytest.mark.parametrize(
    "path",
    [
        "/sse",
        "/sse/notifications",
        "/sse/chat-rooms/{id}/messages",
        "/long-polling/notifications",
        "/long-polling/chat-rooms/{id}/messages",
        "/api/v1/chat/message",
        "/api/v1/chat/stream",
        "/api/v1/chat/messages/{message_id}/stream",
        "/api/v1/notifications/send",
        "/notification/api/v1/notifications/send",
        "/notification/send",
    ],
)
def test_what_no_view_answers_and_what_answers_twice_is_described_too(
    schema: dict[str, Any], path: str
) -> None:
    assert path in schema["paths"]
