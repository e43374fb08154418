"""A model that answers at a steady pace: `python -m benchmarks.servers.model PORT TOKENS PACE_S`.

Each token says whose it is, which it is, and when it was sent: `question:number:nanoseconds `.
"""

import asyncio
import json
import sys
import time

_HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n"


async def main(port: int, tokens: int, pace_s: float) -> None:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                head = (await reader.readuntil(b"\r\n\r\n")).lower()
                length = int(head.partition(b"content-length: ")[2].partition(b"\r\n")[0])
                request = json.loads(await reader.readexactly(length))
                await _answer(writer, request["messages"][-1]["content"], tokens, pace_s)
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", port, backlog=1024)
    await server.serve_forever()


async def _answer(writer: asyncio.StreamWriter, question: str, tokens: int, pace_s: float) -> None:
    writer.write(_HEAD)
    next_at = time.monotonic()
    for number in range(tokens):
        next_at += pace_s
        await asyncio.sleep(max(next_at - time.monotonic(), 0))
        _send_chunk(writer, {"content": f"{question}:{number}:{time.time_ns()} "})
        await writer.drain()
    _send_chunk(writer, {}, "stop")
    writer.write(b"e\r\ndata: [DONE]\n\n\r\n0\r\n\r\n")
    await writer.drain()


def _send_chunk(
    writer: asyncio.StreamWriter, delta: dict[str, str], reason: str | None = None
) -> None:
    choices = [{"index": 0, "delta": delta, "finish_reason": reason}]
    body = json.dumps({"id": "c", "object": "chat.completion.chunk", "choices": choices})
    data = f"data: {body}\n\n".encode()
    writer.write(b"%x\r\n%b\r\n" % (len(data), data))


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]), int(sys.argv[2]), float(sys.argv[3])))
