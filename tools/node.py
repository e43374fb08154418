"""Finds a Node.js that can build the portal, or installs one into the venv."""

import os
import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from tools import pins
from tools.packages import install
from tools.paths import BIN

# Vite's requirement.
OLDEST = (20, 19)
# The system's certificates on Debian and its derivatives.
CERTIFICATES = Path("/etc/ssl/certs/ca-certificates.crt")


@dataclass(frozen=True, slots=True)
class Node:
    """A Node.js and its npm."""

    version: str
    npm: Path


def find_node() -> Node:
    """Return the Node.js on PATH if it is new enough, else the venv's, installing it if
    necessary.
    """
    for path in (os.environ.get("PATH", ""), str(BIN)):
        if found := _node_on(path):
            return found
    print(f"bellwire: no Node >= {OLDEST[0]}.{OLDEST[1]} on PATH, installing {pins.NODE} …")
    install(pins.NODE)
    found = _node_on(str(BIN))
    if not found:
        raise RuntimeError(f"{pins.NODE} is installed, but gives no working `node` and `npm`")
    return found


def npm_environment(node: Node) -> dict[str, str]:
    """Return an environment in which npm and its scripts use this Node.js."""
    path = os.pathsep.join([str(node.npm.parent), os.environ.get("PATH", "")])
    # Node's bundled certificates lack those of a company's proxy.
    system = {"NODE_EXTRA_CA_CERTS": str(CERTIFICATES)} if CERTIFICATES.is_file() else {}
    return {**system, **os.environ, "PATH": path, "npm_config_update_notifier": "false"}


def _node_on(path: str) -> Node | None:
    node, npm = shutil.which("node", path=path), shutil.which("npm", path=path)
    if not node or not npm:
        return None
    ran = subprocess.run([node, "--version"], capture_output=True, text=True)
    version = re.match(r"v(\d+)\.(\d+)\.\d+", ran.stdout)
    if not version or (int(version[1]), int(version[2])) < OLDEST:
        return None
    return Node(version=version[0], npm=Path(npm))
