"""The vectors that the portal's tests use as well (frontend/tests/lib/text.test.ts)."""

import json
from pathlib import Path
from typing import Any

VECTORS: dict[str, Any] = json.loads(Path(__file__).with_name("vectors.json").read_text())
