"""docs/operations.md lists exactly the metrics and the housekeeping that there are."""

import re

import pytest
from prometheus_client import REGISTRY

import config.asgi  # noqa: F401 - every metric is declared by now
from realtime.registries import periodic_tasks
from tools.paths import ROOT

pytestmark = pytest.mark.once
_NAME = re.compile(r"`(bellwire_[a-z_]+)(?:\{([a-z_, ]+)\})?`")


def declared() -> dict[str, tuple[str, ...]]:
    """`{name as /metrics shows it: its labels}`, of our own metrics."""
    found = {}
    for collector in set(REGISTRY._collector_to_names):
        names = REGISTRY._collector_to_names[collector]
        own = min((name for name in names if name.startswith("bellwire_")), key=len, default="")
        if own:
            name = f"{own}_total" if f"{own}_total" in names else own
            found[name] = tuple(getattr(collector, "_labelnames", ()))
    return found


def documented() -> dict[str, tuple[str, ...]]:
    text = (ROOT / "docs" / "operations.md").read_text()
    section = text[text.index("`GET /metrics`") :].split("\n## ")[0]
    return {
        name: tuple(part.strip() for part in labels.split(",")) if labels else ()
        for name, labels in _NAME.findall(section)
    }


def test_documented_metrics_are_those_that_exist() -> None:
    assert documented() == declared()


def test_documented_housekeeping_is_what_runs() -> None:
    text = (ROOT / "docs" / "operations.md").read_text()
    section = text[text.index("\n## Housekeeping\n") :].split("\n## ")[1]
    names = re.findall(r"^\| `([a-z-]+)` \|", section, re.MULTILINE)
    assert names == [task.name for task in periodic_tasks.registered() if task.is_housekeeping]
