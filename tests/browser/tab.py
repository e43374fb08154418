"""One tab of a real browser, with the portal in it."""

import re
from typing import Self

from playwright.sync_api import BrowserContext, ConsoleMessage, Locator, expect

from tests.support.deadlines import PATIENCE_S

PASSWORD = "bellwire-demo"
# Whatever a page is kept from doing by its Content-Security-Policy is said here.
TELL_VIOLATIONS = """
addEventListener('securitypolicyviolation', (event) =>
  console.error(`Content-Security-Policy: ${event.violatedDirective} ${event.blockedURI}`))
"""
# Whoever looks at another window finds on return what rang meanwhile: no toast runs out.
_LOOK_ELSEWHERE = """() => void setInterval(() =>
  document.querySelector('[data-testid=toast]') && dispatchEvent(new Event('blur')), 200)"""
# A browser calls every answer from 400 on an error: this one is how the portal finds out that
# nobody is signed in, that a password is wrong, and (whatever is asked for in that moment) that
# another tab has signed out.
_ASKED_FOR = re.compile(r"401 .*@.*/api/v1/")

# Longer than a deletion can be undone.
_UNDO_MS = 8_000

expect.set_options(timeout=PATIENCE_S * 1000)


class Tab:
    """`complaints` has what its console called an error so far."""

    def __init__(self, context: BrowserContext, url: str) -> None:
        self.complaints: list[str] = []
        self.page = context.new_page()
        self.page.add_init_script(TELL_VIOLATIONS)
        self.page.on("console", self._note)
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.goto(url)

    def _note(self, message: ConsoleMessage) -> None:
        text = f"{message.text} @{message.location.get('url', '')}"
        if message.type in ("error", "warning") and not _ASKED_FOR.search(text):
            self.complaints.append(text)

    def sign_in(self, username: str, password: str = PASSWORD) -> Self:
        self.part("username").fill(username)
        self.part("password").fill(password)
        self.part("sign-in").click()
        return self

    def is_connected(self) -> Self:
        """Wait until it is."""
        expect(self.part("connection-state")).to_have_attribute("data-state", "connected")
        return self

    def is_connected_by(self, transport: str) -> Self:
        """Wait until it is, by this one."""
        state = self.part("connection-state")
        expect(state).to_have_attribute("data-transport", transport)
        return self

    def keeps_toasts(self) -> Self:
        """Until it is loaded again: for tests that look at several tabs, one after the other."""
        self.page.evaluate(_LOOK_ELSEWHERE)
        return self

    def part(self, name: str) -> Locator:
        """What the page calls `name`."""
        return self.page.get_by_test_id(name)

    def row(self, notification_id: int) -> Locator:
        """A notification in the list."""
        return self.page.locator(f"[data-testid=notification-row][data-id='{notification_id}']")

    def open_list(self) -> Self:
        self.part("bell").click()
        expect(self.page.get_by_role("dialog")).to_be_visible()
        return self

    def has_its_own_clock(self) -> Self:
        """Load it again, with a clock that `undo_runs_out` can put forward."""
        self.page.clock.install()
        self.page.reload()
        return self

    def undo_runs_out(self) -> Self:
        """What was deleted a moment ago can no longer be brought back."""
        expect(self.part("undo")).to_have_count(1)
        self.page.clock.fast_forward(_UNDO_MS)
        return self

    def shows_unread(self, count: int) -> Self:
        """The badge and the title agree."""
        expect(self.part("unread-badge")).to_have_count(1 if count else 0)
        if count:
            expect(self.part("unread-badge")).to_have_text(str(count))
        expect(self.page).to_have_title(f"({count}) Bellwire" if count else "Bellwire")
        return self

    def shows_rows(self, *ids: int) -> Self:
        """Exactly these, the newest first."""
        rows = self.part("notification-row")
        expect(rows).to_have_count(len(ids))
        for row, notification_id in enumerate(ids):
            expect(rows.nth(row)).to_have_attribute("data-id", str(notification_id))
        return self

    def walk_to(self, name: str, key: str = "Tab", *, steps: int = 60) -> None:
        """Press the key until what the page calls `name`, or something in it, has the focus."""
        here = "(name) => document.activeElement.closest(`[data-testid=${name}]`) !== null"
        for _ in range(steps):
            if self.page.evaluate(here, name):
                return
            self.page.keyboard.press(key)
        raise AssertionError(f"{name} is not reached by {key}")

    def fits(self) -> bool:
        """Whether nothing has to be scrolled sideways."""
        script = "document.documentElement.scrollWidth <= document.documentElement.clientWidth"
        return bool(self.page.evaluate(script))
