"""OpenAPI with field names in camelCase, for clients that ask for them (api/case.py)."""

from collections.abc import Callable
from typing import Any

from api.case import CAMEL, names_of
from api.conf import conf
from api.names import NONE, Names
from api.pagination import first_page

_COMPONENT = "#/components/schemas/"


def rename(result: dict[str, Any], generator: Any = None, **_: Any) -> dict[str, Any]:
    """Rename fields to the generator's case, else to the deployment's.

    A hook of drf-spectacular, which runs before `openapi.complete` so that the latter copies
    renamed paths.
    """
    case = getattr(generator, "case", conf().json_case)
    if case != CAMEL:
        return result
    renaming = _Renaming(result.get("components", {}).get("schemas", {}))
    for path, _regex, method, callback in generator.endpoints if generator else ():
        # Not every endpoint is described: the one of the document itself is not.
        if operation := result["paths"].get(path, {}).get(method.lower()):
            renaming.operation(operation, names_of(callback.cls))
    return result


class _Renaming:
    def __init__(self, components: dict[str, Any]) -> None:
        self._components = components
        self._done: set[tuple[str, int]] = set()

    def operation(self, operation: dict[str, Any], names: Names) -> None:
        _describe(operation, names)
        for parameter in operation.get("parameters", ()):
            if parameter["in"] == "query":
                _rename_parameter(parameter, names)
        if "requestBody" in operation:
            self._body(operation["requestBody"], names, names.camel)
        for status, answer in operation["responses"].items():
            if status < "300":
                self._body(answer, names, names.camel)
            else:
                self._body(answer, NONE, lambda value: _refusal(value, names))

    def _body(self, body: dict[str, Any], names: Names, example: Callable[[Any], Any]) -> None:
        for content in body.get("content", {}).values():
            self._schema(content.get("schema", {}), names)
            for each in content.get("examples", {}).values():
                each["value"] = example(each["value"])

    def _schema(self, schema: dict[str, Any], names: Names) -> None:
        if names is NONE:
            return
        name = schema.get("$ref", "").removeprefix(_COMPONENT)
        if name and (name, id(names)) not in self._done:
            self._done.add((name, id(names)))
            self._schema(self._components[name], names)
        for each in [
            *(schema.get(kind, ()) for kind in ("allOf", "anyOf", "oneOf")),
            [schema["items"]] if isinstance(schema.get("items"), dict) else (),
        ]:
            for part in each:
                self._schema(part, names)
        if "properties" in schema:
            self._properties(schema, names)
        _describe(schema, names)

    def _properties(self, schema: dict[str, Any], names: Names) -> None:
        renamed = {}
        for name, held in schema["properties"].items():
            self._schema(held, names.within.get(name, NONE))
            _describe(held, names)
            renamed[names.camel_path(name)] = held
        schema["properties"] = renamed
        if "required" in schema:
            schema["required"] = [names.camel_path(name) for name in schema["required"]]


def _rename_parameter(parameter: dict[str, Any], names: Names) -> None:
    parameter["name"] = names.camel_path(parameter["name"])
    if parameter["name"] == "page":
        first = first_page(camel=True)
        parameter["description"] = f"The page, from {first}."
        parameter["schema"] = {**parameter["schema"], "minimum": first, "default": first}


def _describe(part: dict[str, Any], names: Names) -> None:
    """Rename fields that a text mentions in backquotes."""
    for kind in ("summary", "description"):
        text = part.get(kind)
        if isinstance(text, str):
            for field in names.fields:
                text = text.replace(f"`{field}`", f"`{names.camel_path(field)}`")
            part[kind] = text


def _refusal(value: Any, names: Names) -> Any:
    if not isinstance(value, dict) or "errors" not in value:
        return value
    errors = {names.camel_path(path): faults for path, faults in value["errors"].items()}
    return {**value, "errors": errors}
