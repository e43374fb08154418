"""In which case a request names the fields of §6 and §7: `snake` or `camel`.

The deployment's own (`BELLWIRE_JSON_CASE`), unless the request asks for one: `?case=snake`, or
`Accept: application/json; case=snake`. Pages are counted from 1 in snake and, as Spring's clients
do, from 0 in camel.
"""

from collections.abc import Mapping
from typing import Any, Final

from django.conf import settings
from django.http import HttpRequest
from rest_framework.request import Request

from api.errors import invalid
from api.names import NONE, NamedTwiceError, Names

SNAKE: Final = "snake"
CAMEL: Final = "camel"
CASES: Final = (SNAKE, CAMEL)
PARAMETER: Final = "case"
# The attribute of a view that has the names of what it takes and answers.
ATTRIBUTE: Final = "json_names"


def case_of(request: Request | HttpRequest) -> str:
    """`snake` or `camel`. Raises `ApiError` (INVALID) where the query asks for another."""
    asked: str | None = request.GET.get(PARAMETER)
    if asked is not None and asked not in CASES:
        raise invalid({PARAMETER: ["Expected snake or camel."]})
    return asked or _accepted(request) or settings.BELLWIRE_JSON_CASE


def is_camel(request: Request | HttpRequest | None) -> bool:
    """Whether the request's fields are in camelCase; where it asks for nonsense, the default."""
    asked = None if request is None else request.GET.get(PARAMETER)
    if request is None or (asked is not None and asked not in CASES):
        return bool(settings.BELLWIRE_JSON_CASE == CAMEL)
    return case_of(request) == CAMEL


def names_of(view: Any) -> Names:
    """The names of what a view takes and answers; nothing is renamed where it has none."""
    names: Names = getattr(view, ATTRIBUTE, NONE)
    return names


def understood(given: Mapping[str, Any], request: Request | None, names: Names) -> dict[str, Any]:
    """A body or a query with its fields as the code names them.

    Raises `ApiError` (INVALID) for a field that came in both cases, with different values.
    """
    if not is_camel(request):
        return dict(given)
    try:
        found: dict[str, Any] = names.snake(given)
    except NamedTwiceError as error:
        raise invalid({error.path: [str(error)]}) from None
    return found


def _accepted(request: Request | HttpRequest) -> str | None:
    http = request._request if isinstance(request, Request) else request
    for accepted in http.accepted_types:
        # The stubs call it bytes.
        asked = str(accepted.params.get(PARAMETER, ""))
        if asked in CASES:
            return asked
    return None
