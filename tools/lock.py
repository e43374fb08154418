"""`python -m tools.lock`: compile requirements*.in into *.txt, for Python 3.11 and newer."""

import os
import subprocess

from tools.paths import BIN, ROOT

if __name__ == "__main__":
    # requirements-dev.in is constrained by requirements.txt, so it comes second. The embeddings are
    # installed without their dependencies, and locked likewise.
    for name, options in (
        ("requirements", ()),
        ("requirements-dev", ()),
        ("requirements-embeddings", ("--no-deps",)),
    ):
        subprocess.run(
            [
                str(BIN / "uv"),
                "pip",
                "compile",
                "--quiet",
                "--universal",
                "--python-version",
                "3.11",
            ]
            # The hashes of every file of a release: what is installed is what was locked, whichever
            # index or mirror it comes from.
            + ["--generate-hashes", "--no-emit-index-url"]
            + ["--custom-compile-command", "make lock"]
            + [*options, f"{name}.in", "-o", f"{name}.txt"],
            cwd=ROOT,
            env={"UV_SYSTEM_CERTS": "1", "UV_PYTHON_DOWNLOADS": "never", **os.environ},
            check=True,
        )
