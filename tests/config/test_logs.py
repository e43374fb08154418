"""What is written to the logs: no credential, and nothing that takes long to look through."""

import logging
import sys
import time

import pytest

from config.logs import REDACTED, DropExpectedTracebacks, redact

pytestmark = pytest.mark.once


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("GET /ws?token=abc.def", f"GET /ws?token={REDACTED}"),
        ("GET /ws?to%6ben=abc", f"GET /ws?to%6ben={REDACTED}"),
        ("Authorization: Bearer abc", f"Authorization: Bearer {REDACTED}"),
        ("key bw_0123456789abcdef is", f"key {REDACTED} is"),
    ],
)
def test_redact_replaces_credentials(text: str, expected: str) -> None:
    assert redact(text) == expected


@pytest.mark.parametrize(
    "text",
    ["?" * 3_000 + "%" * 3_000, "&" * 3_000 + "%" * 3_000, "eyJ" * 20_000, "Bearer " * 10_000],
    ids=["question marks", "ampersands", "tokens", "headers"],
)
def test_redact_is_quick_whatever_the_text(text: str) -> None:
    """A pattern that backtracks took ten seconds for the first of these."""
    began = time.thread_time()
    redact(text)
    assert time.thread_time() - began < 2.0


@pytest.mark.parametrize(
    ("logger", "status", "is_kept"),
    [
        ("django.request", 403, False),
        ("django.request", 404, False),
        ("django.security.SuspiciousOperation", 400, False),
        ("django.request", 500, True),
        ("django.request", None, True),
        ("bellwire", 403, True),
    ],
)
def test_a_refusal_leaves_no_traceback(logger: str, status: int | None, is_kept: bool) -> None:
    try:
        [].pop()
    except IndexError:
        exc_info = sys.exc_info()
    record = logging.LogRecord(logger, logging.WARNING, "", 0, "Forbidden: /x", (), exc_info)
    if status is not None:
        record.status_code = status
    assert DropExpectedTracebacks().filter(record)
    assert bool(record.exc_info) is is_kept
