"""Installs Python packages with uv, which pip installs into the venv."""

import os
import shutil
import subprocess
from pathlib import Path

from tools import pins
from tools.paths import BIN, PARTS, PYTHON
from tools.stamps import done, is_done, process_lock


class PackageError(Exception):
    """Packages could not be installed; the message is one line."""


def install(*arguments: str) -> None:
    """Run `pip install` with these arguments into the venv, by uv: 3 s where pip takes 33 s.

    If uv fails, pip is tried, because it reads settings that uv does not (pip.conf).
    """
    errors = []
    for command in (_uv(), _pip()):
        ran = subprocess.run(
            [*command, *arguments], env=_environment(), capture_output=True, text=True
        )
        if ran.returncode == 0:
            return
        errors.append(ran.stderr.strip())
    raise PackageError(f"pip could not install {' '.join(arguments)}: {errors[-1]}")


def install_to_folder(requirement: str, *, python: str = "") -> Path:
    """Install one package without dependencies into a folder of its own, and return the folder.

    For packages of which only an executable is needed: their modules must not mix with the venv.
    `python` is the version whose wheel to install, if not the running one.
    """
    folder = PARTS / requirement.replace("==", "-")
    with process_lock("parts"):
        if not (folder.is_dir() and is_done(folder.name, requirement)):
            shutil.rmtree(folder, ignore_errors=True)
            other = ["--python-version", python] if python else []
            install(
                "--no-deps", "--only-binary", ":all:", *other, "--target", str(folder), requirement
            )
            done(folder.name, requirement)
    return folder


def _uv() -> list[str]:
    uv = BIN / "uv"
    wanted = pins.UV.partition("==")[2]
    if not uv.exists() or wanted not in _output([str(uv), "--version"]):
        subprocess.run([*_pip(), pins.UV], env=_environment(), check=True)
    return [str(uv), "pip", "install", "--python", str(PYTHON), "--quiet"]


def _pip() -> list[str]:
    return [str(PYTHON), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]


def _environment() -> dict[str, str]:
    # The system's certificates: behind a company's proxy the bundled ones do not suffice.
    return {"UV_SYSTEM_CERTS": "1", "UV_PYTHON_DOWNLOADS": "never", **os.environ}


def _output(command: list[str]) -> str:
    return subprocess.run(command, capture_output=True, text=True).stdout
