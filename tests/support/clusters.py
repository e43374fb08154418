"""`make cluster` as its own process, and the addresses that it prints."""

import re
import sys
from pathlib import Path
from typing import Self

from tests.support.databases import manage
from tests.support.kinds import neutral_environment
from tools.cluster.processes import Process, free_port
from tools.paths import ROOT

_SETTINGS = {"DEBUG": "1", "DJANGO_SETTINGS_MODULE": "config.settings"}


class LocalCluster:
    """A running `python -m tools.cluster` with a balancer and `instances` behind it."""

    def __init__(self, folder: Path, *, instances: int = 2, **settings: object) -> None:
        """Raises `StartError`."""
        self.port = free_port()
        own = {name: str(value) for name, value in settings.items()}
        self.process = Process(
            [sys.executable, "-m", "tools.cluster"],
            log=folder / "cluster.log",
            env={
                **neutral_environment(),
                **own,
                "PORT": str(self.port),
                "INSTANCES": str(instances),
            },
            cwd=ROOT,
        )
        self.process.wait_until(lambda: "Ctrl-C" in self.process.log())
        printed = self.process.log()
        found = re.findall(r"instance \d+: http://127.0.0.1:(\d+) \(pid (\d+)", printed)
        # Of each instance.
        self.ports = [int(port) for port, _ in found]
        self.pids = [int(pid) for _, pid in found]
        self._urls = dict(re.findall(r"(DATABASE_URL|REDIS_URL)=(\S+)", printed))

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def ws_url(self) -> str:
        return f"ws://127.0.0.1:{self.port}"

    def manage(self, *arguments: str) -> str:
        """`manage.py …` of this installation. Returns its standard output."""
        return manage(*arguments, env={**neutral_environment(), **self._urls, **_SETTINGS})

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.process.stop()
