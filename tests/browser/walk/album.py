"""Pictures of the portal's screens in light and dark, each looked through by machine as well."""

from collections.abc import Iterator

from playwright.sync_api import ViewportSize

from tests.browser.accessible import violations
from tests.browser.tab import Tab
from tools.paths import ROOT

# Kept when the tests are over, for people to look at. Not in version control.
PICTURES = ROOT / "var" / "screenshots" / "portal"
# WCAG 1.4.10: nothing has to be scrolled in two directions at the width of 320 CSS pixels.
REFLOW: ViewportSize = {"width": 320, "height": 640}
# A label of a button that is cut off, and text of any kind that runs out of the window.
_CUT = """async () => {
  // What stands beside a button has followed it by then.
  for (let frame = 0; frame < 3; frame += 1) await new Promise(requestAnimationFrame)
  const isSeen = (element) => element.checkVisibility({ opacityProperty: true })
  const said = (element) =>
    element.dataset.testid || element.getAttribute('aria-label') || element.innerText
  const buttons = [...document.querySelectorAll('button, .button, [role=tab]')].filter(isSeen)
  const cut = buttons
    .filter((each) => each.innerText.trim() && each.scrollWidth > each.clientWidth + 1)
    .map((each) => `cut off: ${said(each)}`)
  const { clientWidth } = document.documentElement
  const out = buttons
    .filter((each) => { const box = each.getBoundingClientRect()
      return box.width > 0 && (box.left < -1 || box.right > clientWidth + 1) })
    .map((each) => `outside the window: ${said(each)}`)
  return [...cut, ...out]
}"""


class Album:
    """The pictures of one visit, in order. `faults` has what is wrong with any, so far.

    `narrows`: each is looked at in the narrowest window, too. `in_the_dark`: it has one in dark
    colours beside it, which are the same in every language.
    """

    def __init__(self, tab: Tab, name: str, *, narrows: bool, in_the_dark: bool) -> None:
        self.faults: list[str] = []
        self.name = name
        self._tab = tab
        self._narrows = narrows
        self._in_the_dark = in_the_dark
        self._folder = PICTURES / name
        self._numbers = _count()

    def add(self, name: str) -> None:
        """The screen as it stands."""
        page = self._tab.page
        name = f"{next(self._numbers):02}-{name}"
        self._take(f"{name}-light")
        if self._in_the_dark:
            page.emulate_media(color_scheme="dark")
            self._take(f"{name}-dark", "color-contrast")
            page.emulate_media(color_scheme="light")
        self._look_for_cuts(name)

    def _take(self, name: str, *only: str) -> None:
        """As it is, with what axe says about it, by these rules only if there are any."""
        page = self._tab.page
        self.faults += [f"{name}: {each}" for each in violations(page, only=only)]
        page.screenshot(path=self._folder / f"{name}.png", animations="disabled")

    def _look_for_cuts(self, name: str) -> None:
        page = self._tab.page
        before = page.viewport_size or REFLOW
        for viewport in (before, REFLOW) if self._narrows else (before,):
            if viewport != before:
                page.set_viewport_size(viewport)
            width = viewport["width"]
            if not self._tab.fits():
                self.faults.append(f"{name}: has to be scrolled sideways at {width}")
            self.faults += [f"{name} at {width}: {each}" for each in page.evaluate(_CUT)]
        if self._narrows:
            page.set_viewport_size(before)


def _count() -> Iterator[int]:
    number = 0
    while True:
        number += 1
        yield number
