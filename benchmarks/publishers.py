"""Publishers: a process of its own, or a connection to the server."""

import asyncio
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Protocol

from benchmarks.machine import BenchmarkError
from benchmarks.websocket_frames import frame, upgrade
from tools.paths import ROOT


class Publisher(Protocol):
    """Publishes through one server."""

    async def publish(self, first: int, count: int, size: int) -> float:
        """Publish events with numbers from `first`. Returns the time before it began."""
        ...

    async def close(self) -> None: ...


class ProcessPublisher:
    """`benchmarks.publish` as a process of its own, so that its work costs the server nothing."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process

    @classmethod
    async def start(
        cls, kind: str, *, environment: Mapping[str, str], log: Path
    ) -> "ProcessPublisher":
        with log.open("ab") as errors:
            process = await asyncio.create_subprocess_exec(
                *(sys.executable, "-m", "benchmarks.publish", kind),
                cwd=ROOT,
                env={**environment, "PYTHONPATH": str(ROOT)},
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                stderr=errors,
            )
        publisher = cls(process)
        if await publisher._line() != "ready":
            raise BenchmarkError(f"the publisher does not start; its log is {log}")
        return publisher

    async def publish(self, first: int, count: int, size: int) -> float:
        assert self._process.stdin
        self._process.stdin.write(f"{first} {count} {size}\n".encode())
        line = await self._line()
        if not line:
            raise BenchmarkError("the publisher has died")
        return float(line)

    async def close(self) -> None:
        assert self._process.stdin
        self._process.stdin.close()
        await self._process.wait()

    async def _line(self) -> str:
        assert self._process.stdout
        return (await self._process.stdout.readline()).decode().strip()


class SocketPublisher:
    """A connection to `/publish`, for servers without another way to publish."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer

    @classmethod
    async def start(cls, port: int) -> "SocketPublisher":
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(upgrade("/publish", {}))
        await reader.readuntil(b"\r\n\r\n")
        return cls(reader, writer)

    async def publish(self, first: int, count: int, size: int) -> float:
        began = time.monotonic()
        self._writer.write(frame(f"{first} {count} {size}".encode(), masked=True))
        return began

    async def close(self) -> None:
        self._writer.close()
