"""Several processes behind one listening socket, each with its own hub."""

import logging
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Sequence
from types import FrameType

logger = logging.getLogger(__name__)

# The interval of checks, so that a worker that dies at once is not restarted in a busy loop.
RESTART_S = 1.0


def supervise(count: int, listener: socket.socket, command: Sequence[str]) -> None:
    """Keep `count` processes running `command --fd N` until SIGTERM or SIGINT, then drain them."""
    listener.set_inheritable(True)
    line = [sys.executable, *command, "--fd", str(listener.fileno())]
    stopping = False

    def start() -> subprocess.Popen[bytes]:
        return subprocess.Popen(line, pass_fds=[listener.fileno()])  # noqa: S603

    def stop(signum: int, frame: FrameType | None) -> None:
        nonlocal stopping
        stopping = True
        for worker in workers:
            worker.send_signal(signal.SIGTERM)

    workers: list[subprocess.Popen[bytes]] = []
    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    workers.extend(start() for _ in range(count))
    while not stopping:
        for number, worker in enumerate(workers):
            if worker.poll() is not None and not stopping:
                logger.error(
                    "Worker %d ended with %d: starting another", worker.pid, worker.returncode
                )
                workers[number] = start()
        time.sleep(RESTART_S)
    for worker in workers:
        worker.wait()
