"""A server that speaks OpenAI's chat completions, as well and as badly as a test wants.

    with ModelServer() as server:
        server.plays(Script(["Hello", " there"]))
        ... LLM_BASE_URL=server.url ...
        server.requests[0]["messages"]

It runs in a thread of its own, on the loopback, with raw sockets: what a real server or the network
before it may do wrong, no framework would.
"""

import asyncio
import json
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, Literal, Self

from tests.support.processes import free_port

End = Literal[
    "stop", "length", "done_only", "drop", "close", "stall", "garbled", "shapeless", "error"
]
Request = dict[str, Any]


@dataclass(frozen=True)
class Script:
    """One completion.

    Errors with `statuses` come first, one for each request. `gated`: each piece waits for
    `ModelServer.lets(…)`. `end` is what comes behind the pieces.
    """

    pieces: Sequence[str] = ("Hello", " there", ".")
    end: End = "stop"
    statuses: Sequence[int] = ()
    retry_after: str = ""
    pace_s: float = 0.0
    gated: bool = False
    usage: tuple[int, int] | None = (11, 3)
    streams: bool = True
    # Bytes that are written at once; 0 for a chunk at a time.
    torn: int = 0
    # Deltas before the pieces, at the same pace.
    reasons: Sequence[dict[str, Any]] = ()
    # In place of all that: the bytes of the body; the connection is closed behind them unless
    # `held` leaves it open.
    raw: bytes = b""
    held: bool = False
    # Status and body for a request that the server does not accept, None for one that it does.
    refuses: Callable[[Request], tuple[int, str] | None] = lambda _: None


@dataclass
class _State:
    script: Script
    left: list[int] = field(default_factory=list)
    gate: asyncio.Semaphore | None = None


class ModelServer:
    """`requests` are the bodies that came; `sent_at[question]` when each piece was sent,
    `open` how many completions are under way.
    """

    def __init__(self) -> None:
        self.port = 0
        self.requests: list[Request] = []
        self.keys: list[str] = []
        self.sent_at: dict[str, list[float]] = {}
        self.open = 0
        self._state = _State(Script())
        self._by_question: Callable[[str], Script | None] = lambda _: None
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._ready = threading.Event()
        self._changed = threading.Condition()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/v1"

    # --- what a test says ---------------------------------------------------------------------

    def plays(self, script: Script) -> None:
        """From now on, answer like this."""
        self._on_loop(lambda: self._set(script))

    def plays_for(self, chosen: Callable[[str], Script | None]) -> None:
        """From now on, answer a question with the script of its own, if it has one."""
        self._by_question = chosen

    def lets(self, pieces: int = 1) -> None:
        """Let so many gated pieces go."""

        def release() -> None:
            for _ in range(pieces):
                if self._state.gate is not None:
                    self._state.gate.release()

        self._on_loop(release)

    def waits_for(self, found: Callable[[], Any], *, within_s: float = 20.0) -> None:
        """Wait until something is so, asked whenever a request comes or ends."""
        with self._changed:
            assert self._changed.wait_for(lambda: bool(found()), within_s), (
                "the model was not asked"
            )

    def __enter__(self) -> Self:
        self._thread.start()
        assert self._ready.wait(20)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()

    # --- the server ---------------------------------------------------------------------------

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        self._loop.run_until_complete(self._listen())
        self._ready.set()
        self._loop.run_forever()
        self._server.close()
        tasks = asyncio.all_tasks(self._loop)
        for task in tasks:
            task.cancel()
        self._loop.run_until_complete(asyncio.gather(*tasks, return_exceptions=True))
        self._loop.close()

    async def _listen(self) -> None:
        while True:
            self.port = free_port()
            try:
                self._server = await asyncio.start_server(self._serve, "127.0.0.1", self.port)
                return
            except OSError:
                continue

    def _set(self, script: Script) -> None:
        gate = asyncio.Semaphore(0) if script.gated else None
        self._state = _State(script, list(script.statuses), gate)

    def _on_loop(self, work: Callable[[], None]) -> None:
        done = threading.Event()

        def run() -> None:
            work()
            done.set()

        self._loop.call_soon_threadsafe(run)
        assert done.wait(20)

    def _count(self, change: int) -> None:
        with self._changed:
            self.open += change
            self._changed.notify_all()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while await self._answer(reader, writer):
                pass
        except (ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
            pass
        finally:
            writer.close()

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        head = (await reader.readuntil(b"\r\n\r\n")).decode().lower()
        headers = dict(line.split(": ", 1) for line in head.split("\r\n")[1:] if ": " in line)
        request = json.loads(await reader.readexactly(int(headers["content-length"])))
        with self._changed:
            self.requests.append(request)
            self.keys.append(headers.get("authorization", ""))
            self._changed.notify_all()
        question = request["messages"][-1]["content"]
        refusal = self._state.script.refuses(request)
        if refusal is not None:
            writer.write(_response(*refusal))
            await writer.drain()
            return True
        state = self._state
        own = self._by_question(question)
        if own is not None:
            state = _State(own)
        if state.left:
            writer.write(_failure(state.left.pop(0), state.script.retry_after))
            await writer.drain()
            return True
        if not state.script.streams:
            writer.write(_whole(state.script))
            await writer.drain()
            return True
        return await self._streamed(reader, writer, state, question)

    async def _streamed(
        self,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        state: _State,
        question: str,
    ) -> bool:
        """The whole completion, or as much of it as the client waits for."""
        self._count(1)
        stream = self._stream_raw if state.script.raw else self._stream
        streaming = asyncio.ensure_future(stream(writer, state, question))
        leaving = asyncio.ensure_future(reader.read(1))
        try:
            await asyncio.wait([streaming, leaving], return_when=asyncio.FIRST_COMPLETED)
            return streaming.done() and streaming.result()
        finally:
            for task in (streaming, leaving):
                task.cancel()
            await asyncio.gather(streaming, leaving, return_exceptions=True)
            self._count(-1)

    async def _stream(self, writer: asyncio.StreamWriter, state: _State, question: str) -> bool:
        script = state.script
        # Without a length and without chunks its end is the connection's: as an old proxy does.
        framed = script.end != "close"
        writer.write(_head(framed=framed))
        sent_at = self.sent_at.setdefault(question, [])

        async def send_message(text: str) -> None:
            data = text.encode()
            step = script.torn or len(data)
            for start in range(0, len(data), step):
                part = data[start : start + step]
                writer.write(b"%x\r\n%b\r\n" % (len(part), part) if framed else part)
                await writer.drain()
                if script.torn:
                    await asyncio.sleep(0)

        await send_message(_chunk({"role": "assistant", "content": ""}))
        for delta in [*script.reasons, *({"content": piece} for piece in script.pieces)]:
            if state.gate is not None:
                await state.gate.acquire()
            if script.pace_s:
                await asyncio.sleep(script.pace_s)
            sent_at.append(time.time())
            await send_message(_chunk(delta))
        if script.end == "drop":
            writer.transport.abort()
            return False
        if script.end == "close":
            return False
        if script.end == "stall":
            await asyncio.sleep(3600)
        await send_message(_ending(script))
        writer.write(b"0\r\n\r\n")
        await writer.drain()
        return False

    async def _stream_raw(self, writer: asyncio.StreamWriter, state: _State, _: str) -> bool:
        raw = state.script.raw
        writer.write(_head(framed=True) + b"%x\r\n%b\r\n" % (len(raw), raw))
        await writer.drain()
        if state.script.held:
            await asyncio.sleep(3600)
        writer.write(b"0\r\n\r\n")
        await writer.drain()
        return False


def _head(*, framed: bool) -> bytes:
    kind = "text/event-stream; charset=utf-8"
    framing = "Transfer-Encoding: chunked\r\n" if framed else ""
    head = f"HTTP/1.1 200 OK\r\nContent-Type: {kind}\r\nConnection: close\r\n{framing}\r\n"
    return head.encode()


def _ending(script: Script) -> str:
    done = "data: [DONE]\n\n"
    match script.end:
        case "garbled":
            return 'data: {"choices": [{"del\n\n'
        case "shapeless":
            return 'data: {"choices": [{"delta": "no object"}]}\n\n'
        case "error":
            return 'data: {"error": {"message": "overloaded", "code": 529}}\n\n'
        case "done_only":
            return done
    usage = "" if script.usage is None else _usage(script.usage)
    return _chunk({}, script.end) + usage + done


def _chunk(delta: dict[str, Any], reason: str | None = None) -> str:
    # Not escaped: what is a line's end to some must not be one here (U+2028).
    choice = {"index": 0, "delta": delta, "finish_reason": reason}
    body = {"id": "c", "object": "chat.completion.chunk", "created": 1, "model": "m"}
    return f"data: {json.dumps({**body, 'choices': [choice]}, ensure_ascii=False)}\n\n"


def _usage(usage: tuple[int, int]) -> str:
    counts = _counts(usage)
    body = {"id": "c", "object": "chat.completion.chunk", "created": 1, "model": "m"}
    return f"data: {json.dumps({**body, 'choices': [], 'usage': counts})}\n\n"


def _counts(usage: tuple[int, int]) -> dict[str, int]:
    prompt, completion = usage
    total = prompt + completion
    return {"prompt_tokens": prompt, "completion_tokens": completion, "total_tokens": total}


def _whole(script: Script) -> bytes:
    said = {"role": "assistant", "content": "".join(script.pieces)}
    choice = {"index": 0, "message": said, "finish_reason": "stop"}
    body: dict[str, Any] = {"id": "c", "object": "chat.completion", "choices": [choice]}
    if script.usage is not None:
        body["usage"] = _counts(script.usage)
    return _response(200, json.dumps(body))


def _failure(status: int, retry_after: str) -> bytes:
    secret = "sk-a-secret-that-nobody-must-see"
    body = json.dumps({"error": {"message": f"failed with {secret}", "type": "x", "code": "y"}})
    more = f"Retry-After: {retry_after}\r\n" if retry_after else ""
    return _response(status, body, more)


def _response(status: int, body: str, more: str = "") -> bytes:
    head = f"HTTP/1.1 {status} Said\r\nContent-Type: application/json\r\n{more}"
    return f"{head}Content-Length: {len(body.encode())}\r\n\r\n{body}".encode()
