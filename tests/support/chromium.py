"""A browser."""

import os
from collections.abc import Iterator
from contextlib import contextmanager

from playwright.sync_api import Browser, sync_playwright

from tests.support import parts

# What Playwright switches off itself. Of several lists Chromium reads the last: ours has both.
_PLAYWRIGHT_OFF = """
    AimEnabled AvoidCorsURLLoaderRestartOnRedirect AvoidUnnecessaryBeforeUnloadCheckSync
    DestroyProfileOnBrowserClose HttpsFirstBalancedModeAutoEnable HttpsUpgrades LensOverlay
    MediaRouter NetworkTimeServiceQuerying OptimizationHints PaintHolding PreconnectToSearch
    ThirdPartyStoragePartitioning
"""
# The address bar's suggestions are web pages: each new context would render them in a process of
# its own, which takes as long as a page of ours, and nobody sees them.
_ADDRESS_BAR = "WebUIOmniboxPopup WebUIOmniboxAimPopup WebUIOmniboxFullPopup"


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
    off = f"--disable-features={','.join([*_PLAYWRIGHT_OFF.split(), *_ADDRESS_BAR.split()])}"
    return [off, "--no-sandbox"] if os.geteuid() == 0 else [off]
