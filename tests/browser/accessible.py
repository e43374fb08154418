"""WCAG 2.2 AA, as far as a machine can tell: axe-core, in the page as it stands."""

from collections.abc import Sequence
from typing import Any

from playwright.sync_api import Page

from tools.paths import FRONTEND

_AXE = FRONTEND / "node_modules" / "axe-core" / "axe.min.js"
_TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
_THERE = "typeof axe !== 'undefined'"
# Evaluated in the debugger's world, which the page's Content-Security-Policy does not reach.
_RUN = """async ([tags, rules]) => {
  // Two frames: what has just been changed has its colours, or its animations, by then.
  for (let frame = 0; frame < 2; frame += 1) await new Promise(requestAnimationFrame)
  await Promise.allSettled(document.getAnimations().map((each) =>
    each.effect.getComputedTiming().iterations === Infinity ? each.cancel() : each.finished))
  const runOnly = rules.length ? { type: 'rule', values: rules } : { type: 'tag', values: tags }
  const found = await axe.run(document, { runOnly, resultTypes: ['violations'] })
  return found.violations.map(({ id, help, nodes }) =>
    ({ id, help, nodes: nodes.map(({ html, failureSummary }) => `${html} ${failureSummary}`) }))
}"""


def violations(page: Page, *, only: Sequence[str] = ()) -> list[Any]:
    """What is wrong, each with the elements it is wrong with; `only` names the rules."""
    if not page.evaluate(_THERE):
        page.evaluate(_AXE.read_text(encoding="utf-8"))
    found: list[Any] = page.evaluate(_RUN, [_TAGS, list(only)])
    return found
