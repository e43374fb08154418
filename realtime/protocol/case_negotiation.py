"""Read the presentation that a client requests in its URL: `?case=snake` or `?case=camel`."""

from collections.abc import Mapping
from typing import Final

from realtime.conf import conf
from realtime.protocol.presentation import CASES, Presentation

PARAMETER: Final = "case"


def presentation_of(query: Mapping[str, list[str]]) -> Presentation:
    """Return the presentation requested by `query`, or the deployment's default.

    Raises ValueError for an unknown case.
    """
    asked = query.get(PARAMETER)
    if asked is None:
        return default_presentation()
    if asked[0] not in CASES:
        raise ValueError(f"`{PARAMETER}` is not snake or camel")
    return Presentation(case=CASES[asked[0]])


def default_presentation() -> Presentation:
    """Return the deployment's default presentation (`BELLWIRE_JSON_CASE`)."""
    return Presentation(case=conf().json_case)
