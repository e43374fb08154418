"""Django's admin in a real browser, with an administrator at it."""

from typing import Self

from playwright.sync_api import BrowserContext, ConsoleMessage, Locator, expect

from tests.browser.tab import PASSWORD, TELL_VIOLATIONS

NOTIFICATIONS = "/admin/notifications/notification/"
CONNECTIONS = "/admin/realtime/liveconnection/"


class AdminPage:
    """`complaints` has what its console called an error, refusals by the policy among them."""

    def __init__(self, context: BrowserContext, url: str) -> None:
        self.url = url
        self.complaints: list[str] = []
        self.page = context.new_page()
        self.page.add_init_script(TELL_VIOLATIONS)
        self.page.on("console", self._note)
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))

    def _note(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            self.complaints.append(f"{message.text} @{message.location.get('url', '')}")

    def sign_in(self) -> Self:
        self.page.goto(f"{self.url}/admin/")
        self.page.get_by_label("Username").fill("admin")
        self.page.get_by_label("Password").fill(PASSWORD)
        self.press("Log in")
        expect(self.page.get_by_role("heading", name="Site administration")).to_be_visible()
        return self

    def opens(self, path: str) -> Self:
        self.page.goto(self.url + path)
        return self

    def press(self, name: str) -> None:
        self.page.get_by_role("button", name=name, exact=True).click()

    def follow(self, name: str) -> None:
        self.page.locator("#content").get_by_role("link", name=name, exact=True).click()

    def receives(self, text: str) -> None:
        """The admin's message at the top of the page."""
        expect(self.page.locator(".messagelist")).to_contain_text(text)

    def count(self, name: str) -> Locator:
        """One of the counts of who has read it."""
        return self.page.locator(f"[data-count={name}]")

    def fits(self) -> bool:
        """Whether nothing but tables and charts has to be scrolled sideways."""
        script = "document.documentElement.scrollWidth <= document.documentElement.clientWidth"
        return bool(self.page.evaluate(script))
