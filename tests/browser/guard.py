"""Whether anything that a stranger wrote has done something in a page besides being read."""

from typing import Self
from urllib.parse import urlsplit

from playwright.sync_api import Dialog, Page, Request

from tests.browser.tab import Tab

# What no text may become. The page's own script is in its head.
_INJECTED = """() => {
  const kinds = 'img, script, iframe, object, embed, form[action], base, meta'
  const made = [...document.body.querySelectorAll(kinds)].map((element) => element.outerHTML)
  const handlers = [...document.body.querySelectorAll('*')].filter((element) =>
    element.getAttributeNames().some((name) => name.startsWith('on'))).map((each) => each.outerHTML)
  const links = [...document.querySelectorAll('a[href]')]
    .filter(({ protocol }) => protocol !== 'http:' && protocol !== 'https:')
    .map((link) => link.outerHTML)
  const foreign = [...document.querySelectorAll('a[href]')]
    .filter(({ hostname }) => hostname.endsWith('evil.example'))
    .map((link) => link.outerHTML)
  return [...made, ...handlers, ...links, ...foreign, ...(window.hacked ? ['it ran'] : [])]
}"""


class Guard:
    """Watches one tab from its first page on. What a text may lead to is never evil.example."""

    def __init__(self, tab: Tab, url: str) -> None:
        self._tab = tab
        self._host = urlsplit(url).netloc
        self._seen: list[str] = []
        page = tab.page
        page.on("dialog", self._dialog)
        page.on("request", self._request)
        page.on("popup", self._popup)
        page.on("websocket", lambda socket: self._look(socket.url))

    def _dialog(self, dialog: Dialog) -> None:
        self._seen.append(f"dialog: {dialog.message}")
        dialog.dismiss()

    def _request(self, request: Request) -> None:
        self._look(request.url)

    def _popup(self, page: Page) -> None:
        self._look(page.url)

    def _look(self, url: str) -> None:
        parts = urlsplit(url)
        if parts.netloc != self._host and url not in ("about:blank", ""):
            self._seen.append(f"elsewhere: {url}")

    def is_calm(self) -> Self:
        """Nothing has happened, nothing is there that could, and the page is where it was."""
        found = [*self._tab.page.evaluate(_INJECTED), *self._seen, *self._tab.complaints]
        assert found == [], found
        assert urlsplit(self._tab.page.url).netloc == self._host
        return self
