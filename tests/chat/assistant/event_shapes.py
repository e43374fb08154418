"""What servers of OpenAI's chat completions send, one stream each, in the shape that each has.

Each answers "How long?" with `TEXT`, and `expected` is what is to be understood of it. The shapes
follow the servers' documents and public bug reports about clients that could not read them.
"""

import json
from dataclasses import dataclass
from typing import Any

TEXT = "Within 14일 🙂"
PIECES = ["Within ", "14일 ", "🙂"]


@dataclass(frozen=True)
class Shape:
    """One stream. `usage` is prompt and completion tokens as they are told last."""

    name: str
    stream: bytes
    text: str = TEXT
    usage: tuple[int, int] | None = (11, 3)
    reason: str = "stop"
    reasons: bool = False


def _chunk(delta: Any = None, reason: str | None = None, **more: Any) -> dict[str, Any]:
    choice = {"index": 0, "delta": {} if delta is None else delta, "finish_reason": reason}
    return {"id": "c1", "object": "chat.completion.chunk", "created": 1, "model": "m"} | {
        "choices": [choice],
        **more,
    }


def _usage(prompt: int = 11, completion: int = 3, **more: Any) -> dict[str, Any]:
    counts = {"prompt_tokens": prompt, "completion_tokens": completion}
    return {**counts, "total_tokens": prompt + completion, **more}


def _lines(*events: Any, end: str = "\n", escaped: bool = False, space: str = " ") -> bytes:
    """Events as `data:` lines; a text is a line of its own."""
    texts = [
        each if isinstance(each, str) else f"data:{space}{json.dumps(each, ensure_ascii=escaped)}"
        for each in events
    ]
    return "".join(f"{text}{end}{end}" for text in texts).encode()


def _broken_into_lines(*events: dict[str, Any]) -> bytes:
    lines = [json.dumps(event, indent=1).splitlines() for event in events]
    return "".join("".join(f"data: {line}\n" for line in event) + "\n" for event in lines).encode()


def _texts(**more: Any) -> list[dict[str, Any]]:
    return [_chunk({"content": piece}, **more) for piece in PIECES]


_DONE = "data: [DONE]"
_FIRST = _chunk({"role": "assistant", "content": ""})
_FILTERS = {"hate": {"filtered": False, "severity": "safe"}}

SHAPES = [
    Shape(
        "OpenAI",
        _lines(
            _chunk(
                {"role": "assistant", "content": "", "refusal": None},
                usage=None,
                service_tier="default",
                obfuscation="x7",
            ),
            *_texts(usage=None, system_fingerprint="fp", obfuscation="aB3dE"),
            _chunk({}, "stop", usage=None),
            _chunk(usage=_usage(prompt_tokens_details={"cached_tokens": 0})) | {"choices": []},
            _DONE,
        ),
    ),
    Shape(
        "OpenAI, the model refuses",
        _lines(
            _chunk({"role": "assistant", "content": None, "refusal": ""}),
            _chunk({"refusal": "I cannot "}),
            _chunk({"refusal": "help with that."}),
            _chunk({}, "stop"),
            _DONE,
        ),
        text="I cannot help with that.",
        usage=None,
    ),
    Shape(
        "Azure OpenAI, which begins with its filter's verdict and without a choice",
        _lines(
            _chunk(model="", prompt_filter_results=[{"prompt_index": 0, "filter": _FILTERS}])
            | {"choices": []},
            _chunk({"role": "assistant", "content": ""}),
            *[
                each | {"choices": [each["choices"][0] | {"content_filter_results": _FILTERS}]}
                for each in _texts()
            ],
            {"choices": [{"index": 0, "finish_reason": None, "content_filter_offsets": {}}]},
            _chunk({}, "stop"),
            _chunk(usage=_usage()) | {"choices": []},
            _DONE,
            escaped=True,
        ),
    ),
    Shape(
        "Azure OpenAI, filtered",
        _lines(_FIRST, *_texts(), _chunk({}, "content_filter"), _DONE),
        usage=None,
        reason="content_filter",
    ),
    Shape(
        "vLLM, with usage in every chunk",
        _lines(
            _chunk({"role": "assistant", "content": ""}, usage=_usage(11, 0)),
            *[_chunk({"content": p}, usage=_usage(11, n)) for n, p in enumerate(PIECES, 1)],
            _chunk({"content": ""}, "stop", stop_reason=None, usage=_usage()),
            _chunk(usage=_usage()) | {"choices": []},
            _DONE,
        ),
    ),
    Shape(
        "vLLM, with a reasoning parser",
        _lines(
            _FIRST,
            _chunk({"reasoning_content": "The user "}),
            _chunk({"reasoning": "asks…", "content": None}),
            *_texts(),
            _chunk({"content": ""}, "stop"),
            _DONE,
        ),
        usage=None,
        reasons=True,
    ),
    Shape(
        "vLLM, without a reasoning parser",
        _lines(
            _FIRST,
            *[_chunk({"content": p}) for p in ("<", "think", ">\nThe user", " asks\n</th", "ink>")],
            _chunk({"content": "\n\n"}),
            *_texts(),
            _chunk({"content": ""}, "stop"),
            _DONE,
        ),
        usage=None,
        reasons=True,
    ),
    Shape(
        "llama.cpp, with timings and a null content at first",
        _lines(
            _chunk({"role": "assistant", "content": None}),
            *_texts(),
            _chunk({}, "stop", timings={"predicted_n": 3, "predicted_per_second": 41.5}),
            _chunk(usage=_usage(), timings={"prompt_n": 11}) | {"choices": []},
            _DONE,
        ),
    ),
    Shape(
        "llama.cpp with byte tokens: an emoji as two halves, and half of one",
        _lines(
            _FIRST,
            _chunk({"content": "ok "}),
            r'data: {"choices":[{"index":0,"delta":{"content":"\ud83d"},"finish_reason":null}]}',
            r'data: {"choices":[{"index":0,"delta":{"content":"\ude00"},"finish_reason":null}]}',
            r'data: {"choices":[{"index":0,"delta":{"content":" \ud83d"},"finish_reason":null}]}',
            _chunk({}, "stop"),
            _DONE,
        ),
        text="ok 😀 \ufffd",
        usage=None,
    ),
    Shape(
        "Ollama",
        _lines(
            *[_chunk({"role": "assistant", "content": p}, system_fingerprint="x") for p in PIECES],
            _chunk({"role": "assistant", "content": ""}, "stop"),
            _chunk(usage=_usage()) | {"choices": []},
            _DONE,
        ),
    ),
    Shape(
        "LM Studio, with CRLF and without a space behind the colon",
        _lines(
            _FIRST,
            *_texts(logprobs=None),
            _chunk({}, "stop", stats={}),
            "data:[DONE]",
            end="\r\n",
            space="",
        ),
        usage=None,
    ),
    Shape(
        "Gemini's compatible endpoint: whole sentences, usage each time, no [DONE]",
        _lines(
            _chunk({"role": "assistant", "content": "Within 14일 "}, usage=_usage(11, 2)),
            _chunk({"role": "assistant", "content": "🙂"}, "stop", usage=_usage()),
            escaped=True,
        ),
    ),
    Shape(
        "Gemini's compatible endpoint, thinking in the text",
        _lines(
            _chunk({"role": "assistant", "content": "<thought>The user asks"}),
            _chunk({"role": "assistant", "content": " how long.</thought>Within 14일 🙂"}, "stop"),
            _DONE,
        ),
        usage=None,
        reasons=True,
    ),
    Shape(
        "Gemini's compatible endpoint, filtered",
        _lines(_chunk({"content": TEXT}, "content_filter: RECITATION"), _DONE),
        usage=None,
        reason="content_filter",
    ),
    Shape(
        "Anthropic's compatible endpoint: everything once more beside what is known",
        _lines(
            _chunk({"role": "assistant", "content": "", "tool_calls": None, "audio": None}),
            *[_chunk({"content": p, "role": None, "function_call": None}) for p in PIECES],
            _chunk({"content": None}, "stop", usage=None),
            _chunk(usage=_usage()) | {"choices": None},
            _DONE,
        ),
    ),
    Shape(
        "OpenRouter: comments, reasoning in two fields, usage with the cost",
        _lines(
            ": OPENROUTER PROCESSING",
            ": OPENROUTER PROCESSING",
            _chunk(
                {
                    "role": "assistant",
                    "content": "",
                    "reasoning": "Hm.",
                    "reasoning_details": [{"type": "reasoning.text", "text": "Hm."}],
                },
                provider="P",
            ),
            *[_chunk({"role": "assistant", "content": p}, provider="P") for p in PIECES],
            _chunk({"role": "assistant", "content": ""}, "stop", native_finish_reason="end_turn"),
            _chunk({"content": ""}, usage=_usage(cost=0.0001, is_byok=False)),
            _DONE,
        ),
        reasons=True,
    ),
    Shape(
        "DeepSeek: keep-alives, and reasoning with a null content",
        _lines(
            ": keep-alive",
            _chunk({"role": "assistant", "content": None, "reasoning_content": ""}),
            _chunk({"content": None, "reasoning_content": "The user asks"}),
            ": keep-alive",
            *[_chunk({"content": p, "reasoning_content": None}) for p in PIECES],
            _chunk({"content": "", "reasoning_content": None}, "stop", usage=_usage()),
            _DONE,
        ),
        reasons=True,
    ),
    Shape(
        "Mistral: content as a list of parts, usage with the last choice",
        _lines(
            _chunk({"role": "assistant", "content": ""}),
            _chunk(
                {
                    "content": [
                        {"type": "thinking", "thinking": [{"type": "text", "text": "The user"}]}
                    ]
                }
            ),
            _chunk({"content": [{"type": "text", "text": "Within "}]}),
            _chunk(
                {
                    "content": [
                        {"type": "text", "text": "14일 "},
                        {"type": "reference", "reference_ids": [1]},
                    ]
                }
            ),
            _chunk({"content": "🙂"}, "stop", usage=_usage()),
            _DONE,
        ),
        reasons=True,
    ),
    Shape(
        "Mistral, cut off by the model's own length",
        _lines(_FIRST, *_texts(), _chunk({"content": ""}, "model_length"), _DONE),
        usage=None,
        reason="length",
    ),
    Shape(
        "a gateway with CR line ends, empty data lines, events' names and a byte order mark",
        b"\xef\xbb\xbf"
        + _lines(
            "retry: 3000",
            "data:",
            "id: 1\revent: message",
            _FIRST,
            "data: ",
            *_texts(),
            "data: ping",
            _chunk({}, "stop"),
            _DONE,
            end="\r",
        ),
        usage=None,
    ),
    Shape(
        "a gateway that separates events by one line end",
        _lines(_FIRST, *_texts(), _chunk({}, "stop"), _DONE).replace(b"\n\n", b"\n"),
        usage=None,
    ),
    Shape(
        "a gateway that breaks an event's JSON into lines",
        _broken_into_lines(_FIRST, *_texts(), _chunk({}, "stop", usage=_usage())),
    ),
    Shape(
        "a server that says only [DONE], and its last line has no end",
        _lines(*_texts()) + b"data: [DONE]",
        usage=None,
    ),
]

# Errors inside a stream whose status was 200, with the HTTP status that each means.
ERRORS = {
    "OpenAI": (_lines({"error": {"message": "x", "type": "server_error", "code": None}}), 500),
    "vLLM": (_lines({"error": {"message": "x", "type": "BadRequestError", "code": 400}}), 400),
    "vLLM, older": (_lines({"object": "error", "message": "x", "code": 429}), 429),
    "llama.cpp, older": (b'error: {"code":503,"message":"x","type":"unavailable_error"}\n\n', 503),
    "llama.cpp": (_lines({"error": {"code": 500, "message": "x", "type": "server_error"}}), 500),
    "Ollama": (b'{"error":"an unknown error was encountered"}\n', 500),
    "LM Studio": (b'event: error\ndata: {"message":"Model unloaded"}\n\n', 500),
    "Gemini": (_lines([{"error": {"code": 503, "message": "overloaded", "status": "X"}}]), 503),
    "Anthropic": (
        b'event: error\r\ndata: {"type":"error","error":{"type":"overloaded_error"}}\r\n\r\n',
        500,
    ),
    "OpenRouter": (
        _lines(_chunk({"content": ""}, "error", error={"code": 502, "message": "x"})),
        502,
    ),
    "DeepSeek": (_lines(_chunk({}, "insufficient_system_resource")), 500),
    "a proxy": (b"event: error\ndata: upstream timed out\n\n", 500),
}
