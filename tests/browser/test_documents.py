"""An admin adds what the assistant answers from; a user asks, and opens the source."""

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, expect

from tests.browser.accessible import violations
from tests.browser.admin_page import AdminPage
from tests.browser.tab import Tab
from tests.browser.test_assistant import ask, open_assistant
from tests.endpoints.company import Company
from tools.paths import ROOT

pytestmark = pytest.mark.once
DOCUMENTS = "/admin/chat/document/"
HANDBOOK = """# Handbook

## Lifts

Whoever is stuck in the **zeppelin lift** presses the yellow button for five seconds.

## 휴가

연차 휴가는 스물다섯 날입니다. <script>document.title = "broken"</script>
"""
PICTURES = ROOT / "var" / "screenshots"

People = Callable[..., BrowserContext]
Tabs = Callable[[BrowserContext], Tab]


@pytest.fixture
def desk(portal: Company, people: People) -> AdminPage:
    return AdminPage(people(), portal.url).sign_in()


def photograph(desk: AdminPage, name: str) -> None:
    PICTURES.mkdir(parents=True, exist_ok=True)
    for width in (1280, 390):
        desk.page.set_viewport_size({"width": width, "height": 900})
        path = PICTURES / f"admin-{name}-{width}.png"
        desk.page.screenshot(path=path, full_page=True, animations="disabled")
        assert desk.fits(), (name, width)


def test_a_file_is_uploaded_looked_at_and_answered_from(
    portal: Company, people: People, tabs: Tabs, desk: AdminPage, tmp_path: Path
) -> None:
    file = tmp_path / "handbook.md"
    file.write_text(HANDBOOK)
    desk.opens(f"{DOCUMENTS}add/")
    photograph(desk, "document-add")
    desk.page.get_by_label("File").set_input_files(file)
    desk.page.get_by_label("Public").check()
    desk.press("Save and continue editing")
    desk.receives("was added successfully")

    # Its passages, as text: what was markup in the document is none here.
    passages = desk.page.locator(".field-chunks tbody tr")
    expect(passages.filter(has_text="zeppelin lift")).to_contain_text("Handbook › Lifts")
    expect(passages.filter(has_text="스물다섯 날")).to_be_visible()
    expect(desk.page.locator(".bellwire-progress-text")).to_contain_text("Ready")
    assert desk.page.title() != "broken"
    photograph(desk, "document")

    alice = tabs(people()).sign_in("alice").is_connected()
    open_assistant(alice)
    ask(alice, "Who is stuck in the zeppelin lift?")
    expect(alice.part("answer")).to_contain_text("yellow button")
    expect(alice.part("source").first).to_contain_text("Handbook")

    # She reads it as it was meant, beside the portal.
    with alice.page.context.expect_page() as opened:
        alice.part("source").first.get_by_role("link").click()
    page = opened.value
    expect(page.get_by_role("heading", level=1)).to_have_text("Handbook")
    expect(page.get_by_role("heading", level=2)).to_have_text(["Lifts", "휴가"])
    expect(page.get_by_role("strong")).to_have_text("zeppelin lift")
    expect(page.get_by_test_id("document")).to_contain_text("<script>document.title")
    assert violations(page) == []
    assert desk.complaints == []


def test_what_cannot_be_read_says_so_beside_the_field(desk: AdminPage, tmp_path: Path) -> None:
    file = tmp_path / "broken.pdf"
    file.write_bytes(b"%PDF-1.7\nnothing of it")
    desk.opens(f"{DOCUMENTS}add/")
    desk.page.get_by_label("File").set_input_files(file)
    desk.press("Save")
    expect(desk.page.locator(".errorlist")).to_contain_text("PDF")
    photograph(desk, "document-fault")
    # The form is as good as before: typed in, it is taken.
    desk.page.get_by_label("Content").fill("# Notes\n\nThe gate opens at seven.")
    desk.press("Save")
    desk.receives("was added successfully")
    expect(desk.page.locator("#result_list")).to_contain_text("Notes")
    assert desk.complaints == []
