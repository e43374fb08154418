"""Structured logs on standard output: cut to a few KiB, then redacted.

One handler at the root formats everything (Django, uvicorn, daphne, channels_redis, our own
structlog). A record's text is cut before any pattern is applied, and every pattern takes linear
time, since clients decide how long a text is.
"""

import logging
import logging.config
import re
from collections.abc import Mapping
from typing import Any, Final

import structlog
from daphne.access import AccessLogGenerator

REDACTED = "[redacted]"

# The longest URL that proxies pass on (8 KiB) is cut; our own have 200 characters.
TEXT_CHARS: Final = 4_096
# Keeps the frames that matter: the last ones, and the exception itself.
TRACEBACK_CHARS: Final = 12_288
# All text of one record, so that a hundred long fields do not add up to a long line.
RECORD_CHARS: Final = 16_384
# A record that has used up `RECORD_CHARS` still shows its time, level, and end of its traceback.
SHORT_CHARS: Final = 64
TRACEBACK_LEAST_CHARS: Final = 2_048
# Entries of one record, or of one dictionary or list in it.
FIELDS: Final = 32
# Nesting of dictionaries and lists; deeper values are shown by `repr`.
DEPTH: Final = 3

# Every name and value ends where the next may begin, and no repetition backtracks (`++`, `*+`), so
# each character is read a fixed number of times. No branch requires a word boundary, as `\ntoken=`
# may be the escaped form of a line break and a name.
_SECRETS = re.compile(
    # Secrets in a URL's query or in a cookie.
    r"(?P<query>(?:access_token|refresh_token|token|ticket)=)[^&\s\"'#,;)]++"
    # A parameter's name may be percent-encoded, and may then decode to any of the names above.
    r"|(?P<escaped>[?&][^?&=%\s\"']*+%[^?&=\s\"']*+=)[^&\s\"'#,;)]++"
    r"|(?P<header>(?:Bearer|Api-Key)\s++)[^\s\"',;)]++"
    # A JWT, and the characters right before it; only the first `eyJ` of a word can begin one.
    r"|(?<![\w-])(?>(?P<before>[\w-]*?)eyJ)[\w-]{5,}+\.[\w-]++\.[\w-]*+"
    # A service key.
    r"|bw_[\w-]{8,}+",
    re.IGNORECASE,
)
# Characters that may belong to a JWT or a key at the end of a cut text. The `.` is one of them, as
# a JWT is recognised only by its second dot.
_CUT_TOKEN = frozenset("-_.%~")
# Fields that structlog and `logging` fill with many lines.
_TRACEBACKS = frozenset({"exception", "stack", "stack_info"})
# Names of fields whose value is always a secret.
_SECRET_NAMES = frozenset(
    {
        "access",
        "access_token",
        "api_key",
        "authorization",
        "cookie",
        "password",
        "refresh",
        "refresh_token",
        "secret",
        "secret_key",
        "ticket",
        "token",
    }
)


def redact(text: str) -> str:
    """Replace credentials (tokens, tickets, keys) in linear time."""
    return _SECRETS.sub(_replacement, text)


def _replacement(found: re.Match[str]) -> str:
    kept = found["query"] or found["escaped"] or found["header"] or found["before"] or ""
    return kept + REDACTED


def cut(text: str, most: int = TEXT_CHARS) -> str:
    """Return the first `most` characters of a text, and the number of characters left out.

    A word at the cut is left out whole: it may be the beginning of a token that is no longer
    recognisable as one.
    """
    if len(text) <= most:
        return text
    end = most
    while end and (text[end - 1].isalnum() or text[end - 1] in _CUT_TOKEN):
        end -= 1
    return f"{text[:end]}… [{len(text) - end} more characters]"


def cut_traceback(text: str, most: int = TRACEBACK_CHARS) -> str:
    """Return a traceback's last lines, at most `most` characters; each line is cut by itself."""
    if len(text) <= most:
        return text
    kept: list[str] = []
    room = most
    end = len(text)
    # From the end, so that no more is read than is kept.
    while end > 0 and room > 0:
        start = text.rfind("\n", 0, end) + 1
        line = cut(text[start:end], min(room, TEXT_CHARS))
        room -= len(line) + 1
        kept.append(line)
        end = start - 1
    if end > 0:
        kept.append(f"[{end} characters before]")
    return "\n".join(reversed(kept))


class _Record:
    """Cuts and redacts the values of one record, within `RECORD_CHARS` for all of them."""

    def __init__(self) -> None:
        self._room = RECORD_CHARS

    def event(self, event: Mapping[str, Any]) -> dict[str, Any]:
        """Return the record, cut and redacted."""
        safe: dict[str, Any] = {}
        for name, value in list(event.items())[:FIELDS]:
            if name in _TRACEBACKS and isinstance(value, str):
                most = min(TRACEBACK_CHARS, max(self._room, TRACEBACK_LEAST_CHARS))
                safe[name] = self._add(cut_traceback(value, most))
            else:
                safe[self._text(name)] = self._pair_value(name, value, DEPTH)
        if len(event) > FIELDS:
            safe["fields_left_out"] = len(event) - FIELDS
        return safe

    def _pair_value(self, name: object, value: Any, depth: int) -> Any:
        if isinstance(name, str) and name.lower() in _SECRET_NAMES and isinstance(value, str):
            return REDACTED
        return self._value(value, depth)

    def _value(self, value: Any, depth: int) -> Any:
        if isinstance(value, str):
            return self._text(value)
        if value is None or isinstance(value, bool | float):
            return value
        if isinstance(value, int) and abs(value) < 2**64:
            return value
        if depth and isinstance(value, dict):
            pairs = list(value.items())[:FIELDS]
            return {self._text(key): self._pair_value(key, each, depth - 1) for key, each in pairs}
        if depth and isinstance(value, list | tuple):
            return [self._value(each, depth - 1) for each in value[:FIELDS]]
        return self._text(_safe_repr(value))

    def _text(self, value: object) -> str:
        text = value if isinstance(value, str) else _safe_repr(value)
        return self._add(cut(text, min(TEXT_CHARS, max(self._room, SHORT_CHARS))))

    def _add(self, text: str) -> str:
        self._room = max(0, self._room - len(text))
        return redact(text)


def _safe_repr(value: object) -> str:
    try:
        return repr(value)
    except Exception as error:  # a record is written whatever its values raise
        return f"<{type(value).__name__}, which raised {type(error).__name__}>"


def cut_and_redact(_: object, __: str, event: Any) -> dict[str, Any]:
    """Cut and redact a record; the last processor before the renderer."""
    return _Record().event(event)


class DropRetryTracebacks(logging.Filter):
    """Drops channels_redis's traceback of every retry; realtime logs an outage of Redis once."""

    def filter(self, record: logging.LogRecord) -> bool:
        return not record.getMessage().startswith("Unexpected exception in receive task")


class DropExpectedTracebacks(logging.Filter):
    """Drops the tracebacks that Django logs for rejected requests (400, 403, 404) and for requests
    while the database is unreachable. Neither is a fault of the code, and both come by the
    thousand.
    """

    def filter(self, record: logging.LogRecord) -> bool:
        status = getattr(record, "status_code", 500)
        if record.name.startswith("django.") and isinstance(status, int):
            error = record.exc_info[1] if record.exc_info else None
            if status < 500 or _is_outage(error):
                record.exc_info = record.exc_text = None
        return True


def _is_outage(error: BaseException | None) -> bool:
    # The settings import this module, and `realtime` needs the settings.
    from realtime import is_unavailable

    return is_unavailable(error)


def _drop_color_message(_: object, __: str, event: dict[str, Any]) -> dict[str, Any]:
    """Remove uvicorn's second copy of the message, with escape codes."""
    event.pop("color_message", None)
    return event


_SHARED: list[Any] = [
    structlog.contextvars.merge_contextvars,
    structlog.stdlib.add_logger_name,
    structlog.stdlib.add_log_level,
    structlog.stdlib.ExtraAdder(),
    structlog.processors.TimeStamper(fmt="iso", utc=True),
]


def logging_config(*, json: bool, level: str) -> dict[str, Any]:
    """Return the `LOGGING` dictionary: JSON lines in production, readable ones in development."""
    renderer: Any = (
        structlog.processors.JSONRenderer(ensure_ascii=False)
        if json
        else structlog.dev.ConsoleRenderer(colors=False)
    )
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "filters": {
            "drop_retry_tracebacks": {"()": DropRetryTracebacks},
            "drop_expected_tracebacks": {"()": DropExpectedTracebacks},
        },
        "formatters": {
            "line": {
                "()": structlog.stdlib.ProcessorFormatter,
                "foreign_pre_chain": _SHARED,
                "processors": [
                    structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                    _drop_color_message,
                    structlog.processors.format_exc_info,
                    cut_and_redact,
                    renderer,
                ],
            }
        },
        "handlers": {
            "out": {
                "class": "logging.StreamHandler",
                "formatter": "line",
                "filters": ["drop_retry_tracebacks", "drop_expected_tracebacks"],
            }
        },
        "root": {"handlers": ["out"], "level": level},
        "loggers": {
            # These loggers have handlers of their own; only the root's redacts.
            name: {"handlers": [], "propagate": True, "level": lowest}
            for name, lowest in {
                "django": level,
                "django.server": level,
                "uvicorn": level,
                # Its DEBUG lines show the frames and headers of every WebSocket, tokens included.
                "uvicorn.error": "INFO" if level == "DEBUG" else level,
                "uvicorn.access": "WARNING",
                "daphne": level,
                "httpx": "WARNING",
            }.items()
        },
    }


def _redact_daphne() -> None:
    """Redact daphne's access log, which bypasses `logging` and shows whole URLs."""
    write_entry = AccessLogGenerator.write_entry
    if getattr(write_entry, "redacts", False):
        return

    def redacted(self: Any, host: str, date: Any, request: str, *rest: Any, **more: Any) -> None:
        write_entry(self, host, date, redact(cut(request)), *rest, **more)

    redacted.redacts = True  # type: ignore[attr-defined]
    AccessLogGenerator.write_entry = redacted


def configure(config: dict[str, Any]) -> None:
    """Set up logging and structlog; Django calls it with `LOGGING`."""
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *_SHARED,
            structlog.stdlib.PositionalArgumentsFormatter(),
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
    logging.config.dictConfig(config)
    _redact_daphne()
