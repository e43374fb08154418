"""What every refusal that passes with time has: a code of the catalogue, and when to try again."""

import json
from collections.abc import Mapping

from api.errors import Code
from realtime.protocol.errors import ErrorCode

CODES = {*map(str, Code), *map(str, ErrorCode), "UNAVAILABLE"}


def is_explained(status: int, headers: Mapping[str, str], body: str | bytes) -> bool:
    """Whether an answer says what was refused and when it may be tried again."""
    reported = json.loads(body)
    assert status in {429, 503}, (status, reported)
    assert int(headers["retry-after"]) >= 1, headers
    assert reported["code"] in CODES, reported
    assert reported["message"], reported
    return True
