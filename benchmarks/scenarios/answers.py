"""200 answers at once in one process: from the model's chunk to the client's.

The server runs alone on one core; the model, the clients, PostgreSQL and Redis share another. Each
token says whose it is and when the model sent it. A token of another's answer, one that is missing,
doubled or misplaced, or a stored answer that is another, ends the run. Between rounds the server's
memory is taken: it must not grow.
"""

import asyncio
import json
import statistics
import sys
import tempfile
import time
from contextlib import ExitStack
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import uvloop

from benchmarks import machine
from benchmarks.contenders import Installation, Running, running
from benchmarks.machine import BenchmarkError
from benchmarks.report import Outcome, table
from tests.support.processes import Process, free_port
from tools.paths import ROOT

ANSWERS = 200
# Ten tokens a second each, as from a shared model: 2,000 a second for the server.
PACE_S = 0.1
TOKENS = 150
ROUNDS = 4
CHAT = "/api/v1/chat"
# Growth of memory after the first round, over all further ones: pools and arenas still fill up.
GROWTH = 0.15
# If others used a larger share of the server's core, the times are invalid.
DISTURBED = 0.10


@dataclass(frozen=True, slots=True)
class Round:
    p50_ms: float
    p99_ms: float
    most_ms: float
    events: int
    server_busy: float
    others_busy: float
    mib: float


def run() -> Outcome:
    """Measure, print, compare with the targets. Raises `BenchmarkError`, `MissingPartError`."""
    server_core, load_core = machine.cores()
    with ExitStack() as ends:
        ends.enter_context(machine.pinned(load_core))
        folder = Path(ends.enter_context(tempfile.TemporaryDirectory(prefix="bellwire-bench-")))
        installation = Installation.make(ends, folder=folder, users=ANSWERS)
        port = free_port()
        model = Process(
            [sys.executable, "-m", "benchmarks.servers.model", str(port), str(TOKENS), str(PACE_S)],
            log=folder / "model.log",
            cwd=ROOT,
        )
        ends.callback(model.stop)
        terms = {"LLM_BASE_URL": f"http://127.0.0.1:{port}/v1", "LLM_MODEL": "model"}
        installation = replace(installation, environment={**installation.environment, **terms})
        contender = installation.bellwire()
        with running(contender, core=server_core, folder=folder) as server:
            rounds = uvloop.run(_rounds(server, installation.tokens, server_core))
    return _report(rounds)


async def _rounds(server: Running, tokens: Any, core: int) -> list[Round]:
    # The first answer imports the modules for answering.
    await _Listener(server.port, tokens[0], "warm").listen()
    return [await _round(server, tokens, core) for _ in range(ROUNDS)]


async def _round(server: Running, tokens: Any, core: int) -> Round:
    pid = server.process.pid
    cpu, core_busy, began = machine.cpu_s(pid), machine.core_busy_s(core), time.monotonic()
    listeners = [
        _Listener(server.port, token, f"question-{number}") for number, token in enumerate(tokens)
    ]
    await asyncio.gather(*(listener.listen() for listener in listeners))
    wall = time.monotonic() - began
    cpu, core_busy = machine.cpu_s(pid) - cpu, machine.core_busy_s(core) - core_busy
    await listeners[0].check_stored()
    late = [ms for listener in listeners for ms in listener.late_ms]
    percentiles = statistics.quantiles(late, n=100)
    done = Round(
        p50_ms=percentiles[49],
        p99_ms=percentiles[98],
        most_ms=max(late),
        events=sum(listener.events for listener in listeners),
        server_busy=cpu / wall,
        others_busy=max(core_busy - cpu, 0) / wall,
        mib=machine.memory_bytes(pid) / 2**20,
    )
    print(f"{done.p50_ms:6.0f} ms p50 {done.p99_ms:6.0f} ms p99 {done.mib:6.0f} MiB", flush=True)
    return done


class _Listener:
    """A client that asks, and checks every token."""

    def __init__(self, port: int, token: str, question: str) -> None:
        self._port = port
        self._token = token
        self._question = question
        self._text = ""
        self._began: dict[str, Any] = {}
        self.late_ms: list[float] = []
        self.events = 0

    async def listen(self) -> None:
        """Ask, and read the answer to its end. Raises `BenchmarkError`."""
        body = json.dumps({"message": self._question}).encode()
        reader, writer = await self._request("POST", f"{CHAT}/stream", body)
        ended = ""
        async for line in reader:
            if line.startswith(b"data: "):
                event = json.loads(line[6:])
                self.events += 1
                if event["type"] == "start":
                    self._began = event
                elif event["type"] == "token":
                    self._check_token(event["content"])
                elif event["type"] == "done":
                    ended = event["status"]
                    break
            elif line.startswith(b"HTTP/1.1 ") and b" 200 " not in line:
                raise BenchmarkError(f"{self._question}: {line!r}")
        writer.close()
        whole = len(self.late_ms) == TOKENS
        if ended != "complete" or not whole:
            raise BenchmarkError(f"{self._question}: {ended!r} after {len(self.late_ms)} tokens")

    def _check_token(self, content: str) -> None:
        now = time.time_ns()
        self._text += content
        for word in content.split():
            question, _, rest = word.partition(":")
            number, _, sent_at = rest.partition(":")
            if not sent_at:
                continue  # what the assistant says itself
            if question != self._question or int(number) != len(self.late_ms):
                raise BenchmarkError(f"{self._question} heard {word!r}")
            self.late_ms.append((now - int(sent_at)) / 1e6)

    async def check_stored(self) -> None:
        """Compare with the stored answer. Raises `BenchmarkError`."""
        path = f"{CHAT}/conversations/{self._began['conversation_id']}"
        reader, writer = await self._request("GET", path, b"")
        length = 0
        async for line in reader:
            if line.lower().startswith(b"content-length:"):
                length = int(line.partition(b":")[2])
            if line == b"\r\n":
                break
        stored = json.loads(await reader.readexactly(length))["messages"][-1]["content"]
        writer.close()
        if stored != self._text:
            raise BenchmarkError(f"{self._question}: what was heard is not what is stored")

    async def _request(
        self, method: str, path: str, body: bytes
    ) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        reader, writer = await asyncio.open_connection("127.0.0.1", self._port)
        head = [
            f"{method} {path} HTTP/1.1",
            "Host: localhost",
            f"Authorization: Bearer {self._token}",
            "Content-Type: application/json",
            f"Content-Length: {len(body)}",
        ]
        writer.write("\r\n".join([*head, "", ""]).encode() + body)
        return reader, writer


def _report(rounds: list[Round]) -> Outcome:
    rows = [
        [
            str(number),
            f"{one.p50_ms:.0f}",
            f"{one.p99_ms:.0f}",
            f"{one.most_ms:.0f}",
            f"{one.events:,}",
            f"{one.server_busy:.0%}",
            f"{one.others_busy:.0%}",
            f"{one.mib:.0f}",
        ]
        for number, one in enumerate(rounds, 1)
    ]
    print(
        f"\n{ANSWERS} answers at once of {TOKENS} tokens each, {1 / PACE_S:.0f} a second: from "
        f"the model's chunk to the client's, of all {ANSWERS * TOKENS:,} tokens of a round."
    )
    print(
        table(["round", "p50 ms", "p99 ms", "most ms", "events", "server", "others", "MiB"], rows)
    )
    growth = rounds[-1].mib / rounds[0].mib - 1
    held = growth <= GROWTH
    print(
        f"{'holds ' if held else 'MISSED'}  {growth:+.0%} memory from the first round to the last; "
        f"at most {GROWTH:.0%}"
    )
    print("        no token of another's answer was heard, none was missing, doubled or misplaced")
    if any(one.others_busy > DISTURBED for one in rounds):
        print("        the server was disturbed by other programs: its times are not its own")
    about = machine.description()
    print("\n" + ", ".join(f"{name} {value}" for name, value in about.items()))
    figures = {"machine": about, "rounds": [asdict(one) for one in rounds], "growth": growth}
    return Outcome(held, figures)
