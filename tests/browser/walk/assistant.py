"""The assistant at the side: before, during and after an answer, and old conversations."""

from playwright.sync_api import expect

from tests.browser.tab import Tab
from tests.browser.walk.portal_tour import PortalTour
from tests.chat.assistant.model_server import Script

# What a model says, in three pieces.
CUT = "---8<---\n"
ANSWER = """\
# Returns

You have **30 days**, see [the rules](/guide) and [1]:

1. Pack it.
2. Print the label with `parcel label`.
3. Bring it to any shop.
---8<---

| Country | Fee |
|---|---|
| Korea | 0 |
| Iceland | 4,500 |

> Opened software stays.
---8<---

```
parcel label --order 1042 --a-very-long-option-that-does-not-fit-into-the-line
```
"""
KOREAN_ANSWER = """\
# 반품

**30일** 안에 반품할 수 있어요. [규정](/guide)과 [1]을 보세요:

1. 상품을 포장해요.
2. `parcel label`로 송장을 뽑아요.
3. 가까운 매장에 맡겨요.
---8<---

| 나라 | 요금 |
|---|---|
| 한국 | 0 |
| 아이슬란드 | 4,500 |

> 개봉한 소프트웨어는 안 돼요.
---8<---

```
parcel label --order 1042 --a-very-long-option-that-does-not-fit-into-the-line
```
"""


def walk(tour: PortalTour) -> None:
    tab, album = tour.tab, tour.album
    tab.part("rooms-link").click()
    tab.part("assistant").click()
    expect(tab.part("question")).to_be_focused()
    expect(tab.part("own-data")).to_be_visible()
    album.add("assistant-empty")
    tab.part("own-data").check()
    expect(tab.part("own-data")).to_be_checked()
    album.add("assistant-consent")

    pieces = tour.words(ANSWER, KOREAN_ANSWER).split(CUT)
    tour.model.plays(Script(pieces, gated=True))
    ask(tour, tour.words("How do I return a parcel?", "택배를 반품하려면 어떻게 해요?"))
    expect(tab.part("turn")).to_have_count(2)
    album.add("assistant-thinking")
    tour.model.lets(1)
    expect(tab.part("answer")).to_contain_text("parcel label")
    album.add("assistant-answering")
    tour.model.lets(2)
    ended(tab, "complete")
    expect(tab.part("source").first).to_be_visible()
    album.add("assistant-answered")
    document = str(tab.part("source").first.get_by_role("link").get_attribute("href"))
    tab.part("rate-up").click()
    expect(tab.part("rate-up")).to_have_attribute("aria-pressed", "true")
    endings(tour)
    history(tour)
    tab.part("close-assistant").click()
    expect(tab.part("assistant-panel")).to_have_count(0)
    tab.page.goto(document)
    expect(tab.part("document")).to_be_visible()
    album.add("document")


def endings(tour: PortalTour) -> None:
    """An answer that is stopped, one that fails, and a question that is not taken."""
    tab, album = tour.tab, tour.album
    tour.model.plays(Script((tour.words("To send a parcel ", "택배를 보내려면 "),) * 2, gated=True))
    ask(tour, tour.words("And how do I send one?", "보낼 때는요?"))
    tour.model.lets(1)
    expect(tab.part("turn").last).to_contain_text(tour.words("To send a parcel", "택배를 보내려면"))
    tab.part("stop").click()
    ended(tab, "stopped")
    tour.model.plays(Script((), statuses=(400,)))
    ask(tour, tour.words("Is the return free of charge?", "반품은 무료인가요?"))
    ended(tab, "failed")
    album.add("assistant-stopped-and-failed")
    ask(tour, "?" * 4001)
    expect(tab.part("assistant-problem")).not_to_be_empty()
    album.add("assistant-too-long")
    tab.part("question").fill("")


def history(tour: PortalTour) -> None:
    tab, album = tour.tab, tour.album
    tab.part("history").click()
    expect(tab.part("conversation").first).to_be_visible()
    album.add("assistant-history")
    tab.part("rename-conversation").first.click()
    album.add("assistant-rename")
    tab.part("conversation-title").press("Escape")
    tab.part("delete-conversation").first.click()
    album.add("assistant-delete")
    tab.part("delete-sure").click()
    expect(tab.part("conversation")).to_have_count(0)
    album.add("assistant-no-history")


def ask(tour: PortalTour, question: str) -> None:
    tour.tab.part("question").fill(question)
    tour.tab.part("question").press("Enter")


def ended(tab: Tab, status: str) -> None:
    turn = tab.part("turn").last
    expect(turn).to_have_attribute("data-role", "assistant")
    expect(turn).to_have_attribute("data-status", status)
