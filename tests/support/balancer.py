"""deploy/nginx.conf in front of servers of this test, changed only where ports and paths differ."""

import re
import signal
import subprocess
from collections.abc import Sequence
from pathlib import Path

from tests.support.processes import Process, StartError, free_port
from tools.cluster import balancer
from tools.cluster.balancer import CONFIGURATION

__all__ = ["BLOCKS", "CONFIGURATION", "Balancer", "adapted", "checked"]

TRIES = 5
# Not those of the instances, which are set further inside.
_CLIENTS_DEADLINES = re.compile(
    r"^(    (?:client_header_timeout|client_body_timeout|send_timeout|keepalive_timeout)) \w+;",
    re.MULTILINE,
)
# How proxies break what they do not know: a handshake that is answered with an error, a path that
# somebody forbids.
BLOCKS = {
    "websocket": 'if ($http_upgrade) { return 403 "no upgrade here"; }',
    # It names itself to the instances, and not the host that the browser asked for.
    "origin": (
        "proxy_set_header Host localhost:1; proxy_set_header Upgrade $http_upgrade; "
        "proxy_set_header Connection $connection_header;"
    ),
    "sse": 'if ($uri ~ "^/sse") { return 403 "no streams here"; }',
}


class Balancer:
    """An nginx that hands requests to `ports` in turn. `deadlines_s` are other seconds than the
    configuration's for a client's head, its body, taking its answer, and its next request."""

    def __init__(
        self, nginx: str, ports: Sequence[int], *, folder: Path, deadlines_s: int | None = None
    ) -> None:
        self._nginx = nginx
        self._deadlines_s = deadlines_s
        self._ports = ports
        self._folder = folder
        self.access_log = folder / "nginx-access.log"
        for last in (False,) * (TRIES - 1) + (True,):
            self.port = free_port()
            try:
                self._process = self._start()
                break
            except StartError as error:
                if last or "in use" not in str(error):
                    raise

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def ws_url(self) -> str:
        return f"ws://127.0.0.1:{self.port}"

    def blocks(self, *what: str) -> None:
        """Let nothing through of `BLOCKS` but what is not named, from now on."""
        self._write(blocked=what)
        before = self._workers()
        self._process.signal(signal.SIGHUP)
        self._process.wait_until(lambda: not before & self._workers())

    def _workers(self) -> set[str]:
        children = Path(f"/proc/{self._process.pid}/task/{self._process.pid}/children")
        return set(children.read_text().split())

    def restart(self) -> None:
        """End it, with all its connections, and start it on the same port."""
        self.end()
        self._process = self._start()

    def end(self) -> None:
        self._process.stop(timeout_s=10)

    def _write(self, *, blocked: Sequence[str] = ()) -> None:
        text = adapted(self.port, self._ports, self._folder, blocked=blocked)
        if self._deadlines_s is not None:
            text = _CLIENTS_DEADLINES.sub(rf"\1 {self._deadlines_s}s;", text)
        self._file.write_text(text)

    def _start(self) -> Process:
        self._file = self._folder / "nginx.conf"
        self._write()
        return balancer.start(self._nginx, self._file, port=self.port)


def adapted(port: int, ports: Sequence[int], folder: Path, *, blocked: Sequence[str] = ()) -> str:
    """The deployment's configuration with this machine's ports, and some paths closed."""
    refusals = "".join(BLOCKS[name] for name in blocked)
    text = balancer.adapted(port, ports, folder)
    return text.replace("location / {", "location / {" + refusals)


def checked(nginx: str, file: Path) -> str:
    """What `nginx -t` says about a configuration. Raises `AssertionError` if it is not valid."""
    ran = subprocess.run(
        [nginx, "-t", "-c", str(file), "-p", str(file.parent)], capture_output=True, text=True
    )
    assert ran.returncode == 0, ran.stderr
    return ran.stderr
