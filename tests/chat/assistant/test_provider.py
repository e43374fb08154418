"""The provider against a real server that does everything wrong that a server can."""

import asyncio
import json
import time
from datetime import UTC, datetime
from typing import Any

import pytest

from chat.assistant.generators import faults, provider
from chat.assistant.generators.base import GenerationContext, GenerationError, Usage
from chat.assistant.generators.provider import Provider, ProviderConfig
from tests.chat.assistant.model_server import ModelServer, Script
from tests.support.processes import free_port

pytestmark = pytest.mark.once

CONTEXT = GenerationContext("How long?")


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
    return Provider(ProviderConfig(**{**usual, **terms}))


async def said(model: ModelServer, **terms: Any) -> tuple[str, Usage | None, str]:
    """The text, what it has cost, and what went wrong."""
    generator = asked(model.url, **terms)
    text, usage, fault = "", None, ""
    try:
        async for piece in generator.stream(CONTEXT):
            if isinstance(piece, Usage):
                usage = piece
            else:
                text += piece
    except GenerationError as error:
        fault = str(error)
    finally:
        await generator.close()
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


# --- servers that take less, and send otherwise ------------------------------------------------


EXTRA = '{"detail":[{"type":"extra_forbidden","loc":["body","stream_options"],"msg":"x"}]}'
UNKNOWN = '{"error":{"message":"Unrecognized request argument supplied: stream_options"}}'
MISTRAL = '{"object":"error","message":{"detail":[{"type":"extra_forbidden","loc":["body"]}]}}'


@pytest.mark.parametrize(
    ("status", "body"),
    [(422, EXTRA), (400, UNKNOWN), (422, MISTRAL), (400, ""), (400, "Bad Request")],
)
async def test_stream_options_are_left_out_for_a_server_that_refuses_them_and_this_is_remembered(
    model: ModelServer, status: int, body: str
) -> None:
    refuses = lambda request: (status, body) if "stream_options" in request else None  # noqa: E731
    model.plays(Script(["Hello"], usage=None, refuses=refuses))
    assert await said(model, retries=0) == ("Hello", None, "")
    assert await said(model, retries=0) == ("Hello", None, "")
    assert ["stream_options" in each for each in model.requests] == [True, False, False]


async def test_what_a_server_refuses_for_another_reason_is_not_remembered(
    model: ModelServer,
) -> None:
    model.plays(Script(["Hello"], refuses=lambda _: (400, "Bad Request")))
    assert (await said(model))[2] == faults.of_status(400)
    assert len(model.requests) == 2
    model.plays(Script(["Hello"]))
    assert await said(model) == ("Hello", Usage(11, 3), "")


@pytest.mark.parametrize(
    "body",
    [
        '{"error":{"message":"This model\'s maximum context length is 8 tokens","code":"invalid"}}',
        '{"error":{"message":"The model `x` is unsupported"}}',
        '{"error":{"message":"Invalid prompt: content_filter"}}',
    ],
)
async def test_a_request_that_is_refused_for_what_it_asks_is_not_made_again(
    model: ModelServer, body: str
) -> None:
    model.plays(Script(refuses=lambda _: (400, body)))
    assert (await said(model))[2] == faults.of_status(400)
    assert len(model.requests) == 1


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (400, "System role not supported"),
        (
            500,
            '{"error":{"message":"Only user, assistant and tool roles are supported, got system"}}',
        ),
        (400, "Conversation roles must alternate user/assistant/user/assistant/..."),
    ],
)
async def test_a_template_without_a_system_role_is_given_the_instructions_with_the_question(
    model: ModelServer, status: int, body: str
) -> None:
    def refuses(request: dict[str, Any]) -> tuple[int, str] | None:
        roles = [each["role"] for each in request["messages"]]
        return (status, body) if roles != ["user"] else None

    model.plays(Script(["Hello"], refuses=refuses))
    for _ in range(2):
        assert (await said(model, retries=0))[::2] == ("Hello", "")
    assert len(model.requests) == 3
    [message] = model.requests[-1]["messages"]
    assert message["content"].startswith("You answer questions")
    assert message["content"].endswith(f"\n\n{CONTEXT.question}")


@pytest.mark.parametrize("field", ["reasoning_content", "reasoning", "content"])
async def test_reasoning_is_a_sign_of_life(model: ModelServer, field: str) -> None:
    # Five pauses, together much longer than the first token may take.
    texts = ["<think>so", "so", "so", "so</think>"]
    model.plays(Script(["Hello"], reasons=[{field: each} for each in texts], pace_s=0.7))
    assert (await said(model, first_token_s=2.0, retries=0))[::2] == ("Hello", "")


async def test_a_model_that_stops_reasoning_is_given_up(model: ModelServer) -> None:
    script = Script([], reasons=[{"reasoning_content": "so"}], end="stall")
    model.plays(script)
    assert (await said(model, first_token_s=1.0, retries=0))[::2] == ("", faults.TOO_SLOW)


WHOLE = b'data: {"choices":[{"delta":{"content":"Hello"},"finish_reason":"stop"}]}\n\n'


@pytest.mark.parametrize("behind", [b"", b"data: [DONE]\n\n", b"data: {\n\n"])
async def test_an_answer_that_is_whole_waits_for_nothing(
    model: ModelServer, behind: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(provider, "USAGE_S", 0.5)
    model.plays(Script(raw=WHOLE + behind, held=True))
    # The connection stays open: without a limit of its own this would take `stall_s`.
    assert await said(model, stall_s=3_600.0, answer_s=1_800.0) == ("Hello", None, "")


@pytest.mark.parametrize(("status", "requests"), [(400, 1), (429, 3), (503, 3), (None, 3)])
async def test_an_error_inside_the_stream_counts_by_its_status(
    model: ModelServer, status: int | None, requests: int
) -> None:
    error = json.dumps({"error": {"message": "sk-secret", "code": status}})
    model.plays(Script(raw=f"data: {error}\n\n".encode()))
    assert (await said(model))[2] == faults.of_status(status or 500)
    assert len(model.requests) == requests


async def test_an_endless_line_and_an_endless_stream_are_given_up(model: ModelServer) -> None:
    model.plays(Script(raw=b"data: " + b"x" * 5_000, held=True))
    assert (await said(model, event_bytes=1_000))[2] == faults.GARBLED
    model.plays(Script(raw=b": keep-alive\n\n" * 1_000, held=True))
    assert (await said(model, stream_bytes=5_000))[2] == faults.ENDLESS
    assert len(model.requests) == 2


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({}, 0),
        ({"retry-after": "7"}, 7),
        ({"retry-after": "1.5"}, 1.5),
        ({"retry-after": "7", "retry-after-ms": "250"}, 0.25),
        ({"retry-after": "Mon, 30 Nov 2026 16:00:05 GMT"}, 5),
        ({"retry-after": "Mon, 30 Nov 2026 15:00:00 GMT"}, 0),
        ({"retry-after": "soon"}, 0),
        ({"retry-after": "-1"}, 0),
        ({"retry-after": "١"}, 0),
    ],
)
def test_as_long_as_the_headers_ask_is_waited(headers: dict[str, str], seconds: float) -> None:
    now = datetime(2026, 11, 30, 16, tzinfo=UTC).timestamp()
    assert faults.retry_after_s(headers, now) == seconds


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
    generator = asked(f"http://127.0.0.1:{free_port()}/v1", retries=1)
    with pytest.raises(GenerationError, match="cannot be reached"):
        async for _ in generator.stream(CONTEXT):
            pass
    await generator.close()


async def test_who_stops_listening_hangs_up(model: ModelServer) -> None:
    model.plays(Script(["Hello"], end="stall"))
    generator = asked(model.url)

    async def listen() -> None:
        async for _ in generator.stream(CONTEXT):
            pass

    listening = asyncio.create_task(listen())
    await asyncio.to_thread(model.waits_for, lambda: model.open == 1)
    listening.cancel()
    await asyncio.to_thread(model.waits_for, lambda: model.open == 0)
    await generator.close()
