"""deploy/nginx.conf in front of servers of this test, changed only where ports and paths differ."""

import os
import re
import socket
import subprocess
from collections.abc import Sequence
from pathlib import Path

from tests.processes import Process, StartError, free_port
from tools.paths import ROOT

CONFIGURATION = ROOT / "deploy" / "nginx.conf"
TRIES = 5


class Balancer:
    """An nginx that hands requests to `ports` in turn."""

    def __init__(self, nginx: str, ports: Sequence[int], *, folder: Path) -> None:
        self._nginx = nginx
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

    def end(self) -> None:
        self._process.stop(timeout_s=10)

    def _start(self) -> Process:
        file = self._folder / "nginx.conf"
        file.write_text(adapted(self.port, self._ports, self._folder))
        # As root, nginx would give its work to a user who cannot look into the folder.
        user = " user root;" if os.geteuid() == 0 else ""
        process = Process(
            [self._nginx, "-c", str(file), "-p", str(self._folder), "-g", f"daemon off;{user}"],
            log=self._folder / "nginx.log",
        )
        process.wait_until(self._listens)
        return process

    def _listens(self) -> bool:
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", self.port)) == 0


def adapted(port: int, ports: Sequence[int], folder: Path) -> str:
    """The deployment's configuration with this machine's ports, and its files in `folder`."""
    text = CONFIGURATION.read_text().replace("/tmp/", f"{folder}/")  # noqa: S108
    text = text.replace("listen 8080;", f"listen 127.0.0.1:{port};")
    options = re.search(r"server web1:8000(.*);", text)
    servers = "".join(f"server 127.0.0.1:{each}{options[1] if options else ''};" for each in ports)
    text = re.sub(r"server web1:8000.*;\s*server web2:8000.*;", servers, text)
    text = text.replace("worker_processes auto;", "worker_processes 1;")
    text = text.replace("include /etc/nginx/mime.types;", "")
    return text.replace("/dev/stdout", str(folder / "nginx-access.log"))


def checked(nginx: str, file: Path) -> str:
    """What `nginx -t` says about a configuration. Raises `AssertionError` if it is not valid."""
    ran = subprocess.run(
        [nginx, "-t", "-c", str(file), "-p", str(file.parent)], capture_output=True, text=True
    )
    assert ran.returncode == 0, ran.stderr
    return ran.stderr
