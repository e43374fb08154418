"""`python3 -m tools.environment run|dev|embeddings|frontend …`: make what is missing.

run         .venv with requirements.txt
dev         .venv with requirements-dev.txt, which has requirements.txt in it
embeddings  .venv with requirements-embeddings.txt, on top of one of the two
frontend    node_modules, and frontend/dist built from the present sources

Runs on the machine's own Python, before there is a virtual environment.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path

from tools import pins
from tools.node import Node, find_node, npm_environment
from tools.packages import PackageError, install
from tools.paths import FRONTEND, PYTHON, ROOT, STAMPS, VENV
from tools.stamps import done, fingerprint, is_done, process_lock

LOCKS = {
    "run": ROOT / "requirements.txt",
    "dev": ROOT / "requirements-dev.txt",
    "embeddings": ROOT / "requirements-embeddings.txt",
}
# The model's package depends on torch, which nothing here uses.
NO_DEPENDENCIES = {LOCKS["embeddings"]}
# Output of a build is not a source of the next one.
NOT_SOURCES = {"node_modules", "dist", "dist-lib", "coverage", "test-results"}


def main() -> int:
    try:
        with process_lock("environment"):
            for target in sys.argv[1:]:
                if target == "frontend":
                    build_frontend()
                else:
                    install_requirements(LOCKS[target])
    except KeyboardInterrupt:
        return 130
    except PackageError as error:
        return _refuse(str(error))
    except subprocess.CalledProcessError as error:
        return _refuse(f"`{' '.join(map(str, error.cmd))}` failed; its own words stand above.")
    return 0


def install_requirements(lock: Path) -> None:
    """Create the virtual environment and install what `lock` pins, unless that is done already."""
    mark = fingerprint([lock], pins.UV, sys.version)
    if _venv_works() and is_done(lock.name, mark):
        return
    if not _venv_works():
        _make_venv()
    _print(f"installing {lock.name}")
    alone = ["--no-deps"] if lock in NO_DEPENDENCIES else []
    install("--require-hashes", *alone, "-r", str(lock))
    done(lock.name, mark)


def build_frontend() -> None:
    """Install the npm packages and build the portal, each only if its sources have changed."""
    node = find_node()
    packages = [FRONTEND / "package.json", FRONTEND / "package-lock.json"]
    mark = fingerprint(packages, node.version)
    if not ((FRONTEND / "node_modules").is_dir() and is_done("node_modules", mark)):
        _print(f"installing the page's packages with Node {node.version}")
        _npm(node, "ci", "--no-audit", "--no-fund")
        done("node_modules", mark)
    mark = fingerprint(_frontend_sources(), node.version)
    if not ((FRONTEND / "dist-lib").is_dir() and is_done("frontend", mark)):
        _print("building the page")
        _npm(node, "run", "build")
        done("frontend", mark)


def _frontend_sources() -> list[Path]:
    sources = []
    for folder, folders, files in os.walk(FRONTEND):
        folders[:] = [name for name in folders if name not in NOT_SOURCES]
        sources += [Path(folder) / name for name in files]
    return sources


def _npm(node: Node, *arguments: str) -> None:
    subprocess.run([str(node.npm), *arguments], cwd=FRONTEND, env=npm_environment(node), check=True)


def _venv_works() -> bool:
    """Whether the venv works; not if its Python was removed, or the checkout was moved."""
    if not PYTHON.exists():
        return False
    probe = "import sys, pip; raise SystemExit(sys.version_info < (3, 11))"
    return subprocess.run([str(PYTHON), "-c", probe], capture_output=True).returncode == 0


def _make_venv() -> None:
    _print(f"making .venv with Python {sys.version.split()[0]}")
    shutil.rmtree(STAMPS, ignore_errors=True)
    made = subprocess.run(
        [sys.executable, "-m", "venv", "--clear", str(VENV)], capture_output=True, text=True
    )
    if made.returncode:
        raise PackageError(
            "this Python cannot make a virtual environment (on Debian: apt-get install "
            f"python3-venv): {made.stdout.strip() or made.stderr.strip()}"
        )


def _print(step: str) -> None:
    print(f"bellwire: {step} …", flush=True)


def _refuse(why: str) -> int:
    print(f"bellwire: {why}", file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main())
