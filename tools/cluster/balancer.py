"""deploy/nginx.conf on this machine: the deployment's balancer, without its containers."""

import os
import re
import socket
from collections.abc import Sequence
from pathlib import Path

from tools.cluster.processes import Process
from tools.paths import ROOT

CONFIGURATION = ROOT / "deploy" / "nginx.conf"
HOST = "127.0.0.1"
_SERVERS = re.compile(r"server web1:8000(.*);\s*server web2:8000.*;")
_PER_ADDRESS = re.compile(r"limit_conn clients \d+;")


def adapted(
    port: int, ports: Sequence[int], folder: Path, *, connections_per_address: int | None = None
) -> str:
    """Return the deployment's configuration with this machine's ports, and its files in `folder`.

    `connections_per_address` is for clients that all come from this machine.
    """
    text = CONFIGURATION.read_text().replace("/tmp/", f"{folder}/")  # noqa: S108
    text = text.replace("listen 8080;", f"listen {HOST}:{port};")
    text = _SERVERS.sub(
        lambda found: "".join(f"server {HOST}:{each}{found[1]};" for each in ports), text
    )
    # A reload gives the connections of before no more time than that.
    few = "worker_processes 1; worker_shutdown_timeout 100ms;"
    text = text.replace("worker_processes auto;", few)
    if connections_per_address is not None:
        text = _PER_ADDRESS.sub(f"limit_conn clients {connections_per_address};", text)
    text = text.replace("include /etc/nginx/mime.types;", "")
    return text.replace("/dev/stdout", str(folder / "nginx-access.log"))


def start(nginx: str, file: Path, *, port: int) -> Process:
    """Start nginx with a configuration that listens on `port`. Raises `StartError`."""
    folder = file.parent
    # As root, nginx would give its work to a user who cannot look into the folder.
    user = " user root;" if os.geteuid() == 0 else ""
    process = Process(
        [nginx, "-c", str(file), "-p", str(folder), "-g", f"daemon off;{user}"],
        log=folder / "nginx.log",
    )
    process.wait_until(lambda: listens(port))
    return process


def listens(port: int) -> bool:
    """Whether somebody takes connections on this port of the loopback."""
    with socket.socket() as probe:
        return probe.connect_ex((HOST, port)) == 0
