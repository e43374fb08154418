"""No credential in any log line, whichever library wrote it."""

import io
import logging
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import structlog
from daphne.access import AccessLogGenerator
from hypothesis import given
from hypothesis import strategies as st

from config.logs import REDACTED, logging_config, redact

pytestmark = pytest.mark.once

SECRET = "tHe-s3cret_that.opens~doors"
JWT = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiI0MiJ9.c2lnbmF0dXJl-_x"
KEY = "bw_1a2b3c4d_" + "Zk-_9" * 8

CREDENTIALS = [
    f"/ws?token={SECRET}",
    f"/ws?access_token={SECRET}&since=e:1",
    f"/ws?since=e:1&ticket={SECRET}",
    f"/ws?TOKEN={SECRET}",
    f"wss://bell.example/api/v1/notifications/ws?token={SECRET}#top",
    f'127.0.0.1:5000 - "WebSocket /ws?token={SECRET}" [accepted]',
    f'127.0.0.1:5000 - "GET /sse?topic=users/1&access_token={SECRET} HTTP/1.1" 200',
    f"Authorization: Bearer {SECRET}",
    f"authorization: bearer   {SECRET}",
    f"Authorization: Api-Key {SECRET}",
    f"(b'authorization', b'Bearer {SECRET}')",
    f'{{"Authorization": "Api-Key {SECRET}"}}',
    f"Cookie: access_token={SECRET}; refresh_token={SECRET}; theme=dark",
    f"(b'cookie', b'theme=dark; refresh_token={SECRET}')",
    f"query_string=b'ticket={SECRET}'",
]


@pytest.mark.parametrize("line", CREDENTIALS)
def test_a_credential_in_a_url_or_a_header_is_taken_out(line: str) -> None:
    redacted = redact(line)
    assert SECRET not in redacted
    assert "s3cret" not in redacted
    assert REDACTED in redacted


@pytest.mark.parametrize("secret", [JWT, KEY, JWT.rpartition(".")[0] + "."])
@pytest.mark.parametrize(
    "line",
    ["{}", "refused: {}", "['{}']", '{{"refresh":"{}"}}', "<{}>", "token:{}", "a/{}/b", "x={}"],
)
def test_a_token_or_a_key_is_known_wherever_it_stands(secret: str, line: str) -> None:
    redacted = redact(line.format(secret))
    assert secret not in redacted
    assert redacted == line.format(REDACTED)


@pytest.mark.parametrize(
    "line",
    [
        "GET /api/v1/notifications?page=2&size=20&status=UNREAD",
        "GET /ws?since=a1b2c3:12;a1b2c3:7",
        "POST /api/v1/auth/token/refresh 200",
        "The token has expired",
        "Instance 0a1b2c is up; Redis: ok; send path: direct",
        "tokens=12 and a ticket for the theatre",
        "Bearer",
        "bw_",
        "안녕 🔔",
        "",
    ],
)
def test_everything_else_is_left_as_it_is(line: str) -> None:
    assert redact(line) == line


def test_what_stands_around_a_credential_is_kept() -> None:
    assert redact(f"GET /ws?a=1&token={SECRET}&b=2 200") == f"GET /ws?a=1&token={REDACTED}&b=2 200"
    assert redact(f"Bearer {SECRET}, then") == f"Bearer {REDACTED}, then"


@given(st.text(max_size=300))
def test_redacting_twice_is_redacting_once(text: str) -> None:
    once = redact(text)
    assert redact(once) == once


def test_a_long_line_takes_no_time() -> None:
    for line in ("eyJ" * 100_000, "Bearer " * 100_000, "token=" * 100_000, "bw_a" * 100_000):
        assert len(redact(line)) <= 100_000 * len("token=" + REDACTED)


# --- through the handler ---------------------------------------------------------------------

Log = Callable[[], str]


@pytest.fixture(params=[True, False], ids=["json", "console"])
def log(request: pytest.FixtureRequest) -> Iterator[Log]:
    """What a deployment's handler has written for the logger `test`."""
    configuration = logging_config(json=request.param, level="DEBUG")
    formatter: dict[str, Any] = dict(configuration["formatters"]["line"])
    factory = formatter.pop("()")
    output = io.StringIO()
    handler = logging.StreamHandler(output)
    handler.setFormatter(factory(**formatter))
    logger = logging.getLogger("test")
    logger.addHandler(handler)
    yield output.getvalue
    logger.removeHandler(handler)


@pytest.mark.parametrize("line", [*CREDENTIALS, JWT, KEY])
def test_no_message_no_argument_and_no_field_shows_it(log: Log, line: str) -> None:
    logger = logging.getLogger("test")
    logger.warning(line)
    logger.warning("%s", line)
    logger.warning("refused", extra={"request": {"line": line, "raw": line.encode()}})
    structlog.stdlib.get_logger("test").warning("refused", request=line)
    written = log()
    assert written.count(REDACTED) >= 4
    for secret in (SECRET, "s3cret", JWT, KEY):
        assert secret not in written


def test_no_traceback_shows_it(log: Log) -> None:
    def fails(url: str) -> None:
        raise ValueError(f"cannot read {url}")

    try:
        fails(f"/ws?token={SECRET}")
    except ValueError:
        logging.getLogger("test").exception("failed with Bearer %s", SECRET)
        logging.getLogger("test").warning("again", exc_info=True, stack_info=True)
    written = log()
    assert "ValueError" in written
    assert "Traceback" in written
    assert SECRET not in written
    assert "s3cret" not in written


def test_daphnes_access_log_shows_none() -> None:
    stream = io.StringIO()
    AccessLogGenerator(stream)(
        "websocket",
        "connected",
        {"client": "127.0.0.1:5000", "path": f"/ws?token={SECRET}"},
    )
    assert "/ws?token=" in stream.getvalue()
    assert "s3cret" not in stream.getvalue()


@pytest.mark.parametrize("name", ["uvicorn.error", "django.request", "django.server", "daphne"])
def test_no_library_writes_past_the_root(name: str) -> None:
    logger = logging.getLogger(name)
    while logger.parent is not None:
        assert logger.handlers == []
        assert logger.propagate
        logger = logger.parent
