"""The page of the REST API, in a browser that holds it to its Content-Security-Policy."""

from collections.abc import Callable

import pytest
from playwright.sync_api import BrowserContext, expect

from tests.endpoints.company import Company

pytestmark = pytest.mark.once


def test_operations_are_shown_and_tried_out(
    portal: Company, people: Callable[..., BrowserContext]
) -> None:
    page = people().new_page()
    complaints: list[str] = []
    page.on("console", lambda line: complaints.append(line.text) if line.type == "error" else None)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.goto(f"{portal.url}/api/docs/")
    operation = page.locator("#operations-auth-auth_csrf")
    operation.locator(".opblock-summary-control").click()
    operation.get_by_role("button", name="Try it out").click()
    operation.get_by_role("button", name="Execute").click()
    expect(operation.locator(".live-responses-table .response-col_status").last).to_contain_text(
        "200"
    )
    assert complaints == []
