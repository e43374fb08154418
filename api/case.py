"""The case of a request's field names, of contract §6 and §7: `snake` or `camel`.

The deployment's default (`BELLWIRE_JSON_CASE`), unless the request asks for one: `?case=snake`, or
`Accept: application/json; case=snake`. Pages are counted from 1 in snake and from 0 in camel, as
Spring's clients count.
"""

from collections.abc import Mapping
from typing import Any, Final

from django.http import HttpRequest
from rest_framework.request import Request

from api.conf import conf
from api.errors import invalid
from api.names import NONE, NamedTwiceError, Names

SNAKE: Final = "snake"
CAMEL: Final = "camel"
CASES: Final = (SNAKE, CAMEL)
PARAMETER: Final = "case"
# The attribute of a view with the `Names` of its request and response fields.
ATTRIBUTE: Final = "json_names"


def case_of(request: Request | HttpRequest) -> str:
    """Return `snake` or `camel`. Raises `ApiError` (INVALID) if the query asks for anything
    else.
    """
    requested: str | None = request.GET.get(PARAMETER)
    if requested is not None and requested not in CASES:
        raise invalid({PARAMETER: ["Expected snake or camel."]})
    return requested or _accepted(request) or conf().json_case


def is_camel(request: Request | HttpRequest | None) -> bool:
    """Whether fields are in camelCase; the default, if the query's `case` is unknown."""
    requested = None if request is None else request.GET.get(PARAMETER)
    if request is None or (requested is not None and requested not in CASES):
        return conf().json_case == CAMEL
    return case_of(request) == CAMEL


def names_of(view: Any) -> Names:
    """Return the `Names` of a view's fields; nothing is renamed where it declares none."""
    names: Names = getattr(view, ATTRIBUTE, NONE)
    return names


def snake_fields(data: Mapping[str, Any], request: Request | None, names: Names) -> dict[str, Any]:
    """Return a body or query with its fields in the case of the code.

    Raises `ApiError` (INVALID) for a field given in both cases with different values.
    """
    if not is_camel(request):
        return dict(data)
    try:
        renamed: dict[str, Any] = names.snake(data)
    except NamedTwiceError as error:
        raise invalid({error.path: [str(error)]}) from None
    return renamed


def _accepted(request: Request | HttpRequest) -> str | None:
    http = request._request if isinstance(request, Request) else request
    for accepted in http.accepted_types:
        # The stubs type it as bytes.
        requested = str(accepted.params.get(PARAMETER, ""))
        if requested in CASES:
            return requested
    return None
