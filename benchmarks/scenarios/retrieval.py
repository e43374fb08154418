"""How well the assistant finds the passage that answers, in English and in Korean, by words, by
meaning, and by both; on SQLite and on PostgreSQL, which must do alike.

Also how often `is_confident` is right about questions that the documents answer, and about those
that they do not. The embeddings' extra is installed apart if this environment has none.
"""

import json
import os
import subprocess
import sys
import tempfile
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from benchmarks.machine import BenchmarkError
from benchmarks.report import Outcome, table
from benchmarks.retrieval import LANGUAGES
from tests.support.databases import (
    DatabaseMaker,
    PostgreSQLMaker,
    SQLiteMaker,
    manage,
)
from tests.support.kinds import neutral_environment, postgresql_url
from tools.packages import PackageError, install_to_folder
from tools.paths import ROOT

TARGET = 0.9
EXTRA = ROOT / "requirements-embeddings.txt"


def run() -> Outcome:
    """Print all; the target is a recall of `TARGET` by both, in each language, on each database."""
    with ExitStack() as ends:
        folder = Path(ends.enter_context(tempfile.TemporaryDirectory()))
        environment = {**neutral_environment(), **_with_embeddings(), "DEBUG": "1"}
        makers: dict[str, DatabaseMaker] = {
            "SQLite": SQLiteMaker(folder),
            "PostgreSQL": PostgreSQLMaker(postgresql_url(ends, folder)),
        }
        found = {name: _measured(maker, environment, ends) for name, maker in makers.items()}
    for name, figures in found.items():
        print(table([name, "recall@5", "MRR"], _quality_rows(figures)), flush=True)
        print(table(["is_confident is right", "answered", "beyond"], _sure_rows(figures)))
        print(f"{figures['milliseconds']:.0f} ms a question\n", flush=True)
    recalls = [
        figures["quality"][language]["both"]["recall"]
        for figures in found.values()
        for language in LANGUAGES
        if "both" in figures["quality"][language]
    ]
    if not recalls:
        print("Embeddings could not be installed: only full text was measured.", flush=True)
    return Outcome(held=all(recall >= TARGET for recall in recalls), figures=found)


def _with_embeddings() -> dict[str, str]:
    """Return an environment with the embeddings extra, if it can be installed."""
    pins = [line for line in EXTRA.read_text().splitlines() if line and line[0] not in "# "]
    try:
        folders = [str(install_to_folder(pin)) for pin in pins]
    except PackageError as error:
        print(f"No embeddings: {error}", flush=True)
        folders = []
    return {"PYTHONPATH": os.pathsep.join([str(ROOT), *folders])}


def _measured(maker: DatabaseMaker, environment: dict[str, str], ends: ExitStack) -> dict[str, Any]:
    url = maker.create()
    ends.callback(maker.drop, url)
    environment = {**environment, "DATABASE_URL": url}
    manage("migrate", "-v0", env=environment)
    # A process for each database, as Django has one default database.
    command = [sys.executable, "-m", "benchmarks.retrieval.measure"]
    ran = subprocess.run(command, env=environment, cwd=ROOT, capture_output=True, text=True)
    if ran.returncode:
        raise BenchmarkError(f"the search could not be measured:\n{ran.stderr}")
    figures: dict[str, Any] = json.loads(ran.stdout)
    return figures


def _quality_rows(figures: dict[str, Any]) -> list[list[str]]:
    return [
        [f"{LANGUAGES[language]}, {way}", f"{found['recall']:.3f}", f"{found['mrr']:.3f}"]
        for language, ways in figures["quality"].items()
        for way, found in ways.items()
    ]


def _sure_rows(figures: dict[str, Any]) -> list[list[str]]:
    return [
        [LANGUAGES[language], f"{sure['answered']:.2f}", f"{sure['beyond']:.2f}"]
        for language, sure in figures["sure"].items()
    ]
