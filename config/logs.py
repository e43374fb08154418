"""Structured logs on standard output, with every credential taken out before a line is written.

One handler stands at the root and everything (Django, uvicorn, daphne, channels_redis, our own
structlog) goes through its formatter, so the redaction sees the finished text, tracebacks included.
"""

import logging
import logging.config
import re
from typing import Any

import structlog
from daphne.access import AccessLogGenerator

REDACTED = "[redacted]"
# Secrets that stand in a URL's query, in a header, or by themselves (a JWT, a service key).
_SECRETS = re.compile(
    r"(?P<query>\b(?:access_token|refresh_token|token|ticket)=)[^&\s\"'#,;)]+"
    # A name may be written with escapes, and is then whatever it decodes to.
    r"|(?P<escaped>[?&][^=&\s\"']*%[^=&\s\"']*=)[^&\s\"'#,;)]+"
    r"|(?P<header>\b(?:Bearer|Api-Key)\s+)[^\s\"',;)]+"
    r"|\beyJ[\w-]{5,}\.[\w-]+\.[\w-]*"
    r"|\bbw_[\w-]{8,}",
    re.IGNORECASE,
)


def redact(text: str) -> str:
    """Replace what could open a door: tokens, tickets and keys."""
    return _SECRETS.sub(
        lambda m: (m["query"] or m["escaped"] or m["header"] or "") + REDACTED, text
    )


class RedactingFormatter(structlog.stdlib.ProcessorFormatter):
    """Renders a record, then redacts the whole line."""

    def format(self, record: logging.LogRecord) -> str:
        return redact(super().format(record))


class OncePerOutage(logging.Filter):
    """Drops channels_redis's traceback at every retry; realtime says once that Redis is away."""

    def filter(self, record: logging.LogRecord) -> bool:
        return not record.getMessage().startswith("Unexpected exception in receive task")


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
        "filters": {"once_per_outage": {"()": OncePerOutage}},
        "formatters": {
            "line": {
                "()": RedactingFormatter,
                "foreign_pre_chain": _SHARED,
                "processors": [
                    structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                    _without_colours,
                    structlog.processors.format_exc_info,
                    renderer,
                ],
            }
        },
        "handlers": {
            "out": {
                "class": "logging.StreamHandler",
                "formatter": "line",
                "filters": ["once_per_outage"],
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

    def redacted(self: Any, host: str, date: Any, request: str, *rest: Any, **more: Any) -> None:
        write_entry(self, host, date, redact(request), *rest, **more)

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
