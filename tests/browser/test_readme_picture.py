"""The picture in README.md, made from the portal as it is.

`README_PICTURE=1` writes docs/portal.png anew; without it the picture must be there, in
the size in which it is made, and README.md must show it.
"""

import os
import re
import struct
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, expect

from notifications.demo import STORIES
from tests.browser.tab import Tab
from tests.endpoints.company import Company
from tools.paths import ROOT, VAR

pytestmark = pytest.mark.once
PICTURE = ROOT / "docs" / "portal.png"
HANGUL = re.compile("[가-힣]")
SIZE = {"width": 1180, "height": 720}


def size_of(png: Path) -> dict[str, int]:
    """Width and height, from the first chunk (PNG specification, section 11.2.2)."""
    width, height = struct.unpack(">II", png.read_bytes()[16:24])
    return {"width": width, "height": height}


def test_readme_picture_is_of_the_portal(
    portal: Company, people: Callable[..., BrowserContext], tabs: Callable[[BrowserContext], Tab]
) -> None:
    tab = tabs(people(viewport=SIZE)).sign_in("alice").is_connected()
    stories = [story for story in STORIES if not HANGUL.search(story.title)][-5:]
    for story in stories:
        portal.send("alice", **story.body())
    tab.shows_unread(len(stories)).open_list()
    expect(tab.part("notification-row")).to_have_count(len(stories))
    tab.page.get_by_role("button", name="Not now").click()
    tab.page.mouse.move(0, 0)
    expect(tab.part("toast")).to_have_count(0)
    made = VAR / "screenshots" / "readme" / PICTURE.name
    made.parent.mkdir(parents=True, exist_ok=True)
    tab.page.screenshot(path=made, animations="disabled")
    if os.environ.get("README_PICTURE"):
        PICTURE.write_bytes(made.read_bytes())

    assert size_of(made) == SIZE
    assert size_of(PICTURE) == SIZE
    assert f"({PICTURE.relative_to(ROOT)})" in (ROOT / "README.md").read_text()
