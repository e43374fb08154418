"""Error messages for failures of a provider. The provider's own messages go only to the log."""

import re
import time
from collections.abc import Sequence
from email.utils import parsedate_to_datetime
from typing import Any, Final

UNREACHABLE: Final = "The model cannot be reached; try again later"
TOO_SLOW: Final = "The model did not answer in time; try again later"
STALLED: Final = "The model stopped in the middle of its answer"
CUT_OFF: Final = "The connection to the model broke in the middle of the answer"
GARBLED: Final = "The model's server sent something that cannot be understood"
ENDLESS: Final = "The model's answer did not come to an end"
SILENT: Final = "The model gave no answer"
CUT_SHORT: Final = "The model's answer was cut off: it reached its longest length"
FILTERED: Final = "The model's provider withheld the answer"

_BY_STATUS: Final[Sequence[tuple[frozenset[int], str]]] = (
    (frozenset({401, 403}), "The model's server does not accept our key"),
    (frozenset({404}), "The model's server does not know this model"),
    (frozenset({408, 504}), TOO_SLOW),
    (frozenset({429}), "The model has too much to do; try again in a minute"),
    (frozenset({400, 413, 422}), "The model's server does not accept this question"),
)
_SERVER: Final = "The model's server has failed; try again later"
_SECONDS: Final = re.compile(r"[0-9]{1,8}(?:\.[0-9]{1,6})?")
# Statuses after which a retry may succeed.
_TRANSIENT: Final = frozenset({408, 409, 429})


def of_status(status: int) -> str:
    """The error message for an HTTP status."""
    return next((words for codes, words in _BY_STATUS if status in codes), _SERVER)


def is_transient(status: int) -> bool:
    """Whether a retry may succeed."""
    return status in _TRANSIENT or status >= 500


def retry_after_s(headers: Any, now: float | None = None) -> float:
    """Seconds to wait by `Retry-After` (seconds or a date) or `retry-after-ms`; 0 without."""
    milliseconds = _number(headers.get("retry-after-ms", ""))
    if milliseconds is not None:
        return milliseconds / 1000
    text = headers.get("retry-after", "")
    seconds = _number(text)
    if seconds is not None:
        return seconds
    try:
        moment = parsedate_to_datetime(text)
    except ValueError:
        return 0.0
    return max(0.0, moment.timestamp() - (time.time() if now is None else now))


def _number(text: str) -> float | None:
    return float(text) if _SECONDS.fullmatch(text) else None
