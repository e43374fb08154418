"""The provider against a real server that does everything wrong that a server can."""

import asyncio
import time
from typing import Any

import pytest

from chat.assistant.answerers import faults, provider
from chat.assistant.answerers.base import AnswererError, Brief, Usage
from chat.assistant.answerers.provider import Provider, Terms
from tests.chat.assistant.model_server import ModelServer, Script
from tests.processes import free_port

pytestmark = pytest.mark.once

BRIEF = Brief("How long?")


@pytest.fixture(autouse=True)
def _at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(provider, "BACKOFF_S", 0.01)


def asked(url: str, **terms: Any) -> Provider:
    usual = {
        "base_url": url,
        "api_key": "key",
        "model": "model",
        "first_token_s": 20.0,
        "stall_s": 20.0,
        "answer_s": 60.0,
        "retries": 2,
        "context_tokens": 8_000,
    }
    return Provider(Terms(**{**usual, **terms}))


async def said(model: ModelServer, **terms: Any) -> tuple[str, Usage | None, str]:
    """The text, what it has cost, and what went wrong."""
    answerer = asked(model.url, **terms)
    text, usage, fault = "", None, ""
    try:
        async for piece in answerer.stream(BRIEF):
            if isinstance(piece, Usage):
                usage = piece
            else:
                text += piece
    except AnswererError as error:
        fault = str(error)
    finally:
        await answerer.close()
    return text, usage, fault


async def test_text_and_usage_are_streamed(model: ModelServer) -> None:
    model.plays(Script(["Within ", "14일\u2028 ", "🙂"], torn=3))
    assert await said(model) == ("Within 14일\u2028 🙂", Usage(11, 3), "")
    [request] = model.requests
    assert (request["model"], request["stream"]) == ("model", True)
    assert request["stream_options"] == {"include_usage": True}
    assert model.keys == ["bearer key"]


@pytest.mark.parametrize(
    "script",
    [
        Script(["Hello"], usage=None),
        Script(["Hello"], end="done_only", usage=None),
        Script(["Hello"], streams=False, usage=None),
    ],
)
async def test_servers_that_say_less_are_understood(model: ModelServer, script: Script) -> None:
    model.plays(script)
    assert await said(model) == ("Hello", None, "")


@pytest.mark.parametrize("status", [429, 500, 503, 529])
async def test_what_passes_is_tried_again(model: ModelServer, status: int) -> None:
    model.plays(Script(["Hello"], statuses=[status, status]))
    assert (await said(model))[::2] == ("Hello", "")
    assert len(model.requests) == 3


async def test_what_does_not_pass_in_time_is_told(model: ModelServer) -> None:
    model.plays(Script(statuses=[500] * 9))
    assert (await said(model))[::2] == ("", faults.of_status(500))
    assert len(model.requests) == 3


async def test_as_long_as_the_server_asks_is_waited(model: ModelServer) -> None:
    model.plays(Script(["Hello"], statuses=[429], retry_after="1"))
    began = time.monotonic()
    assert (await said(model))[0] == "Hello"
    assert time.monotonic() - began >= 1


async def test_who_asks_for_too_much_patience_is_not_asked_again(model: ModelServer) -> None:
    model.plays(Script(statuses=[429], retry_after="3600"))
    assert (await said(model))[2] == faults.of_status(429)
    assert len(model.requests) == 1


@pytest.mark.parametrize("status", [400, 401, 403, 404, 422])
async def test_what_does_not_pass_is_told_at_once_and_without_the_servers_own_words(
    model: ModelServer, status: int
) -> None:
    model.plays(Script(statuses=[status]))
    fault = (await said(model))[2]
    assert fault == faults.of_status(status)
    assert "sk-" not in fault
    assert len(model.requests) == 1


@pytest.mark.parametrize(
    ("script", "fault"),
    [
        (Script(["Hel", "lo"], end="drop"), faults.CUT_OFF),
        (Script(["Hel", "lo"], end="close"), faults.CUT_OFF),
        (Script(["Hel", "lo"], end="garbled"), faults.GARBLED),
        (Script(["Hel", "lo"], end="shapeless"), faults.GARBLED),
        (Script(["Hel", "lo"], end="error"), faults.of_status(500)),
        (Script(["Hel", "lo"], end="length"), faults.CUT_SHORT),
    ],
)
async def test_after_the_first_token_nothing_is_tried_again(
    model: ModelServer, script: Script, fault: str
) -> None:
    model.plays(script)
    assert (await said(model))[::2] == ("Hello", fault)
    assert len(model.requests) == 1


async def test_a_connection_that_breaks_before_the_first_token_is_tried_again(
    model: ModelServer,
) -> None:
    model.plays(Script([], end="drop"))
    assert (await said(model))[::2] == ("", faults.UNREACHABLE)
    assert len(model.requests) == 3


async def test_an_answer_of_nothing_is_a_fault(model: ModelServer) -> None:
    model.plays(Script([]))
    assert (await said(model))[2] == faults.SILENT


async def test_a_stalled_model_is_given_up(model: ModelServer) -> None:
    model.plays(Script(["Hel", "lo"], end="stall"))
    assert (await said(model, stall_s=2.0))[::2] == ("Hello", faults.STALLED)
    assert len(model.requests) == 1


async def test_a_model_that_never_begins_is_given_up(model: ModelServer) -> None:
    model.plays(Script([], end="stall"))
    assert (await said(model, first_token_s=1.0, retries=1))[::2] == ("", faults.TOO_SLOW)
    assert len(model.requests) == 2


async def test_an_endless_answer_is_given_up(model: ModelServer) -> None:
    model.plays(Script(["x"] * 1_000, pace_s=0.01))
    text, _, fault = await said(model, answer_s=2.0)
    assert (set(text), fault) == ({"x"}, faults.ENDLESS)


async def test_nobody_there_is_told() -> None:
    answerer = asked(f"http://127.0.0.1:{free_port()}/v1", retries=1)
    with pytest.raises(AnswererError, match="cannot be reached"):
        async for _ in answerer.stream(BRIEF):
            pass
    await answerer.close()


async def test_who_stops_listening_hangs_up(model: ModelServer) -> None:
    model.plays(Script(["Hello"], end="stall"))
    answerer = asked(model.url)

    async def listen() -> None:
        async for _ in answerer.stream(BRIEF):
            pass

    listening = asyncio.create_task(listen())
    await asyncio.to_thread(model.waits_for, lambda: model.open == 1)
    listening.cancel()
    await asyncio.to_thread(model.waits_for, lambda: model.open == 0)
    await answerer.close()
