"""A browser."""

import os
from collections.abc import Iterator
from contextlib import contextmanager

from playwright.sync_api import Browser, sync_playwright

from tests import parts


@contextmanager
def chromium() -> Iterator[Browser]:
    """The real one that the parts name."""
    found = parts.browser()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=found.where or None,
            args=arguments(),
        )
        yield browser
        browser.close()


def arguments() -> list[str]:
    """Those of its command line. Chromium refuses its sandbox to root."""
    return ["--no-sandbox"] if os.geteuid() == 0 else []
