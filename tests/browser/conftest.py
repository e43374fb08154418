from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext

from tests.browser.tab import Tab
from tests.endpoints.company import Company
from tests.support.chromium import chromium
from tests.support.deadlines import PATIENCE_S
from tests.support.servers import Deployment
from tools.paths import FRONTEND


@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    """One for all of them: a start takes as long as a test."""
    with chromium() as browser:
        yield browser


@pytest.fixture(scope="module")
def portal(deployment: Deployment) -> Company:
    """The module's instance, with the demo users and the page that Vite built."""
    if not (FRONTEND / "dist" / "index.html").is_file():
        pytest.fail(
            "frontend/dist is not there: run `make test`, or `python -m tools.npm run build`"
        )
    deployment.manage("demo_users")
    return Company(deployment.url, deployment.service_key())


@pytest.fixture
def people(browser: Browser) -> Iterator[Callable[..., BrowserContext]]:
    """Browsers of their own, cookies and all: `people(locale="ko-KR")`."""
    contexts: list[BrowserContext] = []

    def make(**options: Any) -> BrowserContext:
        contexts.append(browser.new_context(**{"locale": "en-US", **options}))
        contexts[-1].set_default_timeout(PATIENCE_S * 1000)
        return contexts[-1]

    yield make
    for context in contexts:
        context.close()


@pytest.fixture
def tabs(
    people: Callable[..., BrowserContext], portal: Company
) -> Iterator[Callable[[BrowserContext], Tab]]:
    """Opens tabs of the portal. When the test is over none may have complained in its console."""
    opened: list[Tab] = []

    def make(context: BrowserContext) -> Tab:
        opened.append(Tab(context, portal.url))
        return opened[-1]

    yield make
    assert [tab.complaints for tab in opened if tab.complaints] == []
