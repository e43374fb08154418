"""The description has its fields in the case that is asked for, else in the deployment's."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.test import Client
from pytest_django import Settings

from tests.support.snake_keys import camel, snake_keys

pytestmark = pytest.mark.once

# docs/contract.md §2 and §8 keep their names.
KEPT = ("/api/v1/auth/", "/api/v1/chat/")


def described(**query: str) -> Any:
    answer = Client().get("/api/schema/", {"format": "json", **query})
    assert answer.status_code == 200
    return answer.json()


@pytest.fixture(scope="module")
def descriptions() -> dict[str, Any]:
    return {case: described(case=case) for case in ("snake", "camel")}


def operations(schema: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    for path, methods in schema["paths"].items():
        for method, operation in methods.items():
            yield path, method, operation


def examples(operation: dict[str, Any]) -> Iterator[Any]:
    answers = [operation.get("requestBody", {}), *operation["responses"].values()]
    for answer in answers:
        for content in answer.get("content", {}).values():
            for example in content.get("examples", {}).values():
                yield example["value"]


def properties(schema: dict[str, Any], part: Any, seen: frozenset[str] = frozenset()) -> set[str]:
    """The names of all properties that a part of the description leads to."""
    if isinstance(part, list):
        return {name for each in part for name in properties(schema, each, seen)}
    if not isinstance(part, dict):
        return set()
    found = set(part["properties"]) if isinstance(part.get("properties"), dict) else set()
    reference = part.get("$ref")
    if reference and reference not in seen:
        component = schema["components"]["schemas"][reference.rpartition("/")[2]]
        found |= properties(schema, component, seen | {reference})
    for name, held in part.items():
        if name not in ("examples", "example"):
            found |= properties(schema, held, seen)
    return found


def test_only_the_names_of_fields_differ(descriptions: dict[str, Any]) -> None:
    plain, shown = descriptions["snake"], descriptions["camel"]
    assert list(plain["paths"]) == list(shown["paths"])
    assert set(plain["components"]["schemas"]) == set(shown["components"]["schemas"])
    for path, method, operation in operations(plain):
        twin = shown["paths"][path][method]
        assert twin["operationId"] == operation["operationId"]
        assert set(twin["responses"]) == set(operation["responses"])
        if path.startswith(KEPT):
            assert properties(shown, twin) == properties(plain, operation)
        else:
            assert {camel({name: 0}).popitem()[0] for name in properties(plain, operation)} == (
                properties(shown, twin)
            ), path


def test_no_field_is_left_in_snake_case(descriptions: dict[str, Any]) -> None:
    shown = descriptions["camel"]
    for path, method, operation in operations(shown):
        if path.startswith(KEPT):
            continue
        assert {name for name in properties(shown, operation) if "_" in name} == set(), path
        for example in examples(operation):
            if isinstance(example, dict):
                assert snake_keys(example) == [], (path, method)
        names = [each["name"] for each in operation.get("parameters", ()) if each["in"] == "query"]
        assert [name for name in names if "_" in name] == []


def test_what_is_required_is_there(descriptions: dict[str, Any]) -> None:
    for schema in descriptions.values():
        for name, component in schema["components"]["schemas"].items():
            missing = set(component.get("required", ())) - set(component.get("properties", {}))
            assert missing == set(), name


def test_pages_are_described_as_they_are_counted(descriptions: dict[str, Any]) -> None:
    for case, first in (("snake", 1), ("camel", 0)):
        pages = [
            parameter
            for _, _, operation in operations(descriptions[case])
            for parameter in operation.get("parameters", ())
            if parameter["name"] == "page"
        ]
        assert pages
        for page in pages:
            assert (page["schema"]["minimum"], page["schema"]["default"]) == (first, first)
            assert f"from {first}" in page["description"]


def test_examples_keep_a_senders_data(descriptions: dict[str, Any]) -> None:
    listed = descriptions["camel"]["paths"]["/api/v1/notifications"]["get"]
    [page] = [value for value in examples(listed) if "results" in value]
    assert page["results"][0]["data"]["routing"]["params"] == {"tab": "parcel"}
    assert page["results"][0]["referenceId"] == "1001"


def test_the_deployments_own_case_is_shown(
    descriptions: dict[str, Any], settings: Settings
) -> None:
    assert described() == descriptions["snake"]
    settings.BELLWIRE_JSON_CASE = "camel"
    assert described() == descriptions["camel"]


def test_a_description_in_a_case_that_there_is_not_is_refused() -> None:
    answer = Client().get("/api/schema/", {"format": "json", "case": "kebab"})
    assert answer.status_code == 400
