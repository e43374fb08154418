"""examples/ticker: a project that uses `realtime` alone, started by its README's two commands."""

import os
import re
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import BrowserContext, expect

from tests.support.deadlines import PATIENCE_S
from tests.support.processes import Process, free_port
from tools.paths import ROOT

pytestmark = pytest.mark.once

EXAMPLE = ROOT / "examples" / "ticker"


def commands() -> list[list[str]]:
    """What README.md says to type, without the comments."""
    found = re.findall(
        r"^\.venv/bin/python (\S+) (\w+)", (EXAMPLE / "README.md").read_text(), re.MULTILINE
    )
    return [[sys.executable, str(ROOT / script), command] for script, command in found]


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    own = {"TICKER_DATABASE": str(tmp_path / "ticker.sqlite3"), "PORT": str(free_port())}
    others = {name: text for name, text in os.environ.items() if name != "DJANGO_SETTINGS_MODULE"}
    return {**others, **own}


def _answers(url: str) -> bool:
    try:
        return httpx.get(url).status_code == 200
    except httpx.TransportError:
        return False


@pytest.fixture
def page_url(environment: dict[str, str], tmp_path: Path) -> Iterator[str]:
    serve, _ = commands()
    url = f"http://127.0.0.1:{environment['PORT']}/"
    server = Process(serve, log=tmp_path / "serve.log", env=environment)
    try:
        server.wait_until(lambda: _answers(url))
        yield url
    finally:
        server.stop()


def test_ticker_shows_prices_that_another_process_publishes(
    page_url: str,
    environment: dict[str, str],
    people: Callable[..., BrowserContext],
    tmp_path: Path,
) -> None:
    page = people().new_page()
    page.goto(page_url)
    page.fill("[name=username]", "trader")
    page.fill("[name=password]", "ticker")
    page.click("button")
    expect(page.locator("#state")).to_have_text("connected", timeout=PATIENCE_S * 1000)

    _, tick = commands()
    ticks = Process([*tick, "--times", "2"], log=tmp_path / "tick.log", env=environment)
    try:
        for symbol in ("BELL", "WIRE"):
            price = re.compile(r"\d+\.\d\d")
            expect(page.locator(f"#{symbol}")).to_have_text(price, timeout=PATIENCE_S * 1000)
    finally:
        ticks.stop()
