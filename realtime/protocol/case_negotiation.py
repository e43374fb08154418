"""Which presentation a client asks for in the query of its URL: `?case=snake`, `?case=camel`."""

from collections.abc import Mapping
from typing import Final

from django.conf import settings

from realtime.protocol.presentation import CASES, Presentation

PARAMETER: Final = "case"


def presentation_of(query: Mapping[str, list[str]]) -> Presentation:
    """What the query asks for, in the deployment's own case where it does not say.

    Raises ValueError for a case that there is not.
    """
    asked = query.get(PARAMETER)
    if asked is None:
        return default_presentation()
    if asked[0] not in CASES:
        raise ValueError(f"`{PARAMETER}` is not snake or camel")
    return Presentation(case=CASES[asked[0]])


def default_presentation() -> Presentation:
    """The deployment's own (`BELLWIRE_JSON_CASE`)."""
    return Presentation(case=settings.BELLWIRE_JSON_CASE)
