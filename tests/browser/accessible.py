"""WCAG 2.2 AA, as far as a machine can tell: axe-core, in the page as it stands."""

from typing import Any

from playwright.sync_api import Page

from tools.paths import FRONTEND

_AXE = FRONTEND / "node_modules" / "axe-core" / "axe.min.js"
_TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
# Evaluated in the debugger's world, which the page's Content-Security-Policy does not reach.
_RUN = """async (tags) => {
  await Promise.all(document.getAnimations().map((each) =>
    each.effect.getComputedTiming().iterations === Infinity ? each.cancel() : each.finished))
  const found = await axe.run(document, { runOnly: { type: 'tag', values: tags } })
  return found.violations.map(({ id, help, nodes }) =>
    ({ id, help, nodes: nodes.map(({ html, failureSummary }) => `${html} ${failureSummary}`) }))
}"""


def violations(page: Page) -> list[Any]:
    """What is wrong, each with the elements it is wrong with."""
    page.evaluate(_AXE.read_text(encoding="utf-8"))
    found: list[Any] = page.evaluate(_RUN, _TAGS)
    return found
