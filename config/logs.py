"""Structured logs on standard output: cut to a few KiB, then freed of every credential.

One handler stands at the root and everything (Django, uvicorn, daphne, channels_redis, our own
structlog) goes through its formatter. A record's text is cut before any pattern sees it, and every
pattern takes time linear in what is left: a client decides how long a line would be.
"""

import logging
import logging.config
import re
from collections.abc import Mapping
from typing import Any, Final

import structlog
from daphne.access import AccessLogGenerator

REDACTED = "[redacted]"

# A message with the longest URL that proxies pass on (8 KiB) is cut; ours have 200 characters.
TEXT_CHARS: Final = 4_096
# The frames of a traceback that matter: the last ones, and the exception itself.
TRACEBACK_CHARS: Final = 12_288
# All text of one record, so that a hundred long fields are no long line.
RECORD_CHARS: Final = 16_384
# A record that is full already still shows its time, its level, and the end of its traceback.
SHORT_CHARS: Final = 64
TRACEBACK_LEAST_CHARS: Final = 2_048
# Of one record, or of a dictionary or list in it.
FIELDS: Final = 32
# Of dictionaries and lists in each other; what is deeper is shown as Python shows it.
DEPTH: Final = 3

# Every name and value ends where the next may begin, and no repetition gives back what it took
# (`++`, `*+`): so each character is looked at a fixed number of times. No branch asks for a word's
# beginning, as `\ntoken=` may be the escaped form of a line break and a name.
_SECRETS = re.compile(
    # Secrets that stand in a URL's query or in a cookie.
    r"(?P<query>(?:access_token|refresh_token|token|ticket)=)[^&\s\"'#,;)]++"
    # A name may be written with escapes, and is then whatever it decodes to.
    r"|(?P<escaped>[?&][^?&=%\s\"']*+%[^?&=\s\"']*+=)[^&\s\"'#,;)]++"
    r"|(?P<header>(?:Bearer|Api-Key)\s++)[^\s\"',;)]++"
    # A JWT, with what stands right before it; only the first `eyJ` of a word can begin one.
    r"|(?<![\w-])(?>(?P<before>[\w-]*?)eyJ)[\w-]{5,}+\.[\w-]++\.[\w-]*+"
    # A service key.
    r"|bw_[\w-]{8,}+",
    re.IGNORECASE,
)
# What may be the beginning of a JWT or a key, at the end of a text that was cut. The `.` belongs to
# it: a JWT is only known as one by its second dot.
_CUT_TOKEN = frozenset("-_.%~")
# Fields that structlog and `logging` fill with many lines.
_TRACEBACKS = frozenset({"exception", "stack", "stack_info"})
# Names of fields whose value is a secret whatever it looks like.
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
    """Replace credentials: tokens, tickets and keys. Takes time linear in the text."""
    return _SECRETS.sub(_replacement, text)


def _replacement(found: re.Match[str]) -> str:
    kept = found["query"] or found["escaped"] or found["header"] or found["before"] or ""
    return kept + REDACTED


def cut(text: str, most: int = TEXT_CHARS) -> str:
    """The first `most` characters of a text, and how many are left out.

    Where the cut falls into a word, the word goes too: it may be the beginning of a token that is
    no longer recognised as one.
    """
    if len(text) <= most:
        return text
    end = most
    while end and (text[end - 1].isalnum() or text[end - 1] in _CUT_TOKEN):
        end -= 1
    return f"{text[:end]}… [{len(text) - end} more characters]"


def cut_traceback(text: str, most: int = TRACEBACK_CHARS) -> str:
    """The last lines of a traceback, at most `most` characters, each line cut for itself."""
    if len(text) <= most:
        return text
    kept: list[str] = []
    room = most
    end = len(text)
    # From the end, so that no more is looked at than is kept.
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
        """The record, safe to be written."""
        safe: dict[str, Any] = {}
        for name, value in list(event.items())[:FIELDS]:
            if name in _TRACEBACKS and isinstance(value, str):
                most = min(TRACEBACK_CHARS, max(self._room, TRACEBACK_LEAST_CHARS))
                safe[name] = self._kept(cut_traceback(value, most))
            else:
                safe[self._text(name)] = self._named(name, value, DEPTH)
        if len(event) > FIELDS:
            safe["fields_left_out"] = len(event) - FIELDS
        return safe

    def _named(self, name: object, value: Any, depth: int) -> Any:
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
            return {self._text(key): self._named(key, each, depth - 1) for key, each in pairs}
        if depth and isinstance(value, list | tuple):
            return [self._value(each, depth - 1) for each in value[:FIELDS]]
        return self._text(_shown(value))

    def _text(self, value: object) -> str:
        text = value if isinstance(value, str) else _shown(value)
        return self._kept(cut(text, min(TEXT_CHARS, max(self._room, SHORT_CHARS))))

    def _kept(self, text: str) -> str:
        self._room = max(0, self._room - len(text))
        return redact(text)


def _shown(value: object) -> str:
    try:
        return repr(value)
    except Exception as error:  # a record is written whatever its values raise
        return f"<{type(value).__name__}, which raised {type(error).__name__}>"


def cut_and_redact(_: object, __: str, event: Any) -> dict[str, Any]:
    """The processor before the renderer: nothing that it lets through is long or secret."""
    return _Record().event(event)


class OncePerOutage(logging.Filter):
    """Drops channels_redis's traceback at every retry; realtime says once that Redis is away."""

    def filter(self, record: logging.LogRecord) -> bool:
        return not record.getMessage().startswith("Unexpected exception in receive task")


class NoTracebackOfRefusals(logging.Filter):
    """Django logs the traceback of what it refuses (403, 404, 400), and of every request while the
    database is away. Neither is a fault of ours, and both come by the thousand."""

    def filter(self, record: logging.LogRecord) -> bool:
        status = getattr(record, "status_code", 500)
        if record.name.startswith("django.") and isinstance(status, int):
            error = record.exc_info[1] if record.exc_info else None
            if status < 500 or _is_outage(error):
                record.exc_info = record.exc_text = None
        return True


def _is_outage(error: BaseException | None) -> bool:
    # Imported late: the settings import this module, and Django's databases need the settings.
    from realtime import is_unavailable

    return is_unavailable(error)


def _without_colours(_: object, __: str, event: dict[str, Any]) -> dict[str, Any]:
    """uvicorn brings its messages a second time, with escape codes."""
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
    """The `LOGGING` dictionary: JSON lines in production, readable ones in development."""
    renderer: Any = (
        structlog.processors.JSONRenderer(ensure_ascii=False)
        if json
        else structlog.dev.ConsoleRenderer(colors=False)
    )
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "filters": {
            "once_per_outage": {"()": OncePerOutage},
            "no_traceback_of_refusals": {"()": NoTracebackOfRefusals},
        },
        "formatters": {
            "line": {
                "()": structlog.stdlib.ProcessorFormatter,
                "foreign_pre_chain": _SHARED,
                "processors": [
                    structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                    _without_colours,
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
                "filters": ["once_per_outage", "no_traceback_of_refusals"],
            }
        },
        "root": {"handlers": ["out"], "level": level},
        "loggers": {
            # These come with handlers of their own; the root's is the only one that redacts.
            name: {"handlers": [], "propagate": True, "level": lowest}
            for name, lowest in {
                "django": level,
                "django.server": level,
                "uvicorn": level,
                # Its DEBUG lines are the frames and headers of every WebSocket, tokens and all.
                "uvicorn.error": "INFO" if level == "DEBUG" else level,
                "uvicorn.access": "WARNING",
                "daphne": level,
                "httpx": "WARNING",
            }.items()
        },
    }


def _redact_daphne() -> None:
    """daphne writes its access log past `logging`, whole URLs and all."""
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
