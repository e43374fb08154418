"""Paths of the checkout and of generated files."""

from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
BIN = VENV / "bin"
PYTHON = BIN / "python"
FRONTEND = ROOT / "frontend"
VAR = ROOT / "var"
STAMPS = VAR / "stamps"
PARTS = VAR / "parts"
