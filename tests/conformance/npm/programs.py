"""Node programs that a test talks to in lines of JSON."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from tests.support.deadlines import PATIENCE_S
from tools.node import find_node, npm_environment
from tools.stamps import done, fingerprint, is_done, process_lock

FOLDER = Path(__file__).resolve().parent


class Program:
    """`received` is all that it told: arrays whose first element says what happened."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self.received: list[list[Any]] = []
        self._process = process

    def all_of(self, kind: str) -> list[list[Any]]:
        """What it told of one kind, without the kind."""
        return [rest for what, *rest in self.received if what == kind]

    async def receives(self, kind: str, count: int = 1) -> list[list[Any]]:
        """Wait for so many of a kind altogether. Returns all of them."""
        assert self._process.stdout is not None
        while len(self.all_of(kind)) < count:
            try:
                async with asyncio.timeout(PATIENCE_S):
                    line = await self._process.stdout.readline()
            except TimeoutError:
                line = b""
            assert line, f"expected {kind}; it told nothing more after {self.received[-3:]}"
            self.received.append(json.loads(line))
        return self.all_of(kind)

    def does(self, what: str, **arguments: Any) -> None:
        """Give it a command."""
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps({"do": what, **arguments}).encode() + b"\n")


@asynccontextmanager
async def program(script: str, *arguments: str) -> AsyncIterator[Program]:
    """Run it with the Node that the page is built with, until the block ends."""
    node = find_node()
    process = await asyncio.create_subprocess_exec(
        str(node.npm.parent / "node"),
        str(FOLDER / script),
        *arguments,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        env=npm_environment(node),
        limit=2**20,
    )
    try:
        yield Program(process)
    finally:
        if process.returncode is None:
            process.kill()
        await process.communicate()


async def install() -> None:
    """`npm ci`, once for each state of the lock file, whoever else wants the same."""
    with process_lock("npm-clients"):
        mark = fingerprint([FOLDER / "package-lock.json"])
        if is_done("npm-clients", mark) and (FOLDER / "node_modules").is_dir():
            return
        node = find_node()
        ran = await asyncio.create_subprocess_exec(
            str(node.npm),
            "ci",
            "--ignore-scripts",
            cwd=FOLDER,
            env=npm_environment(node),
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )
        output, _ = await ran.communicate()
        assert ran.returncode == 0, output.decode()
        done("npm-clients", mark)
