"""The client library as other pages import it, listening in a page of the portal's origin."""

from typing import Any, Self

from playwright.sync_api import Page

from tests.support.deadlines import PATIENCE_S

_LISTEN = """async (options) => {
  const { RealtimeClient } = await import("/static/client/bellwire.js");
  const ear = window.ear = { heard: [], gaps: 0, state: null, connectedAt: 0 };
  const client = new RealtimeClient({
    ...options,
    onState: (state) => {
      ear.state = state;
      if (state.status === "connected") ear.connectedAt = Date.now();
    },
    onEvent: (event) => { if (event.type === "notification") ear.heard.push(event.data.id); },
    onGap: () => { ear.gaps += 1; },
  });
  client.start();
}"""
_UNTIL = """new Promise((resolve, reject) => {
  const until = Date.now() + %d;
  const look = () => {
    if (%s) resolve();
    else if (Date.now() > until) reject(new Error(JSON.stringify(window.ear)));
    else setTimeout(look, 20);
  };
  look();
})"""


class LibraryClient:
    """A client in `page`. `options` are the library's own."""

    def __init__(self, page: Page, **options: Any) -> None:
        self.page = page
        page.evaluate(_LISTEN, options)

    def is_connected(self, transport: str = "") -> Self:
        """Wait until it is."""
        by = f" && ear.state.transport === '{transport}'" if transport else ""
        self._until(f"ear.state?.status === 'connected'{by}")
        return self

    def receives(self, *ids: int) -> Self:
        """Wait until it has heard as many; they are these, in this order."""
        self._until(f"ear.heard.length >= {len(ids)}")
        assert self.page.evaluate("ear.heard") == list(ids)
        return self

    def _until(self, condition: str) -> None:
        # `wait_for_function` evaluates text in the page, which its policy forbids.
        self.page.evaluate(_UNTIL % (int(PATIENCE_S * 1000), condition))

    @property
    def gaps(self) -> int:
        """How often it was told to fetch the list."""
        return int(self.page.evaluate("ear.gaps"))
