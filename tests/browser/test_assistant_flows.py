"""An answer through whatever happens while it is written: stopped, cut off, left, asked again."""

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import BrowserContext, Route, expect

from tests.browser.tab import Tab
from tests.browser.test_assistant import ask, open_assistant
from tests.chat.assistant.model_server import ModelServer, Script
from tests.endpoints.company import Company
from tests.support.balancer import Balancer
from tests.support.servers import Deployment

pytestmark = pytest.mark.once

People = Callable[..., BrowserContext]
Tabs = Callable[[BrowserContext], Tab]
PIECES = ("One, ", "two, ", "three, ", "four.")
WHOLE = "".join(PIECES)
STREAM = "**/api/v1/chat/stream"


@pytest.fixture(scope="module")
def model() -> Iterator[ModelServer]:
    with ModelServer() as server:
        yield server


@pytest.fixture(scope="module")
def deployment_settings(model: ModelServer) -> dict[str, str]:
    # Answers of one user at once, without which a test would wait for those of the one before.
    return {
        "LLM_BASE_URL": model.url,
        "LLM_API_KEY": "sk-test",
        "LLM_MODEL": "test",
        "BELLWIRE_ANSWERS_PER_USER": "20",
    }


@pytest.fixture(scope="module", autouse=True)
def _counting(portal: Company) -> None:
    """What to answer from: without it every answer begins by saying that there is nothing."""
    portal.ask(
        "POST",
        "/api/v1/chat/documents",
        headers={"Authorization": f"Api-Key {portal.key}"},
        json={
            "title": "Counting",
            "content": "# Counting\n\nCounting begins at one.",
            "content_type": "text/markdown",
        },
    )


QUESTION = "How does counting begin?"


def shows(tab: Tab, text: str, status: str = "streaming") -> None:
    """The last answer is exactly that."""
    turn = tab.part("turn").last
    expect(turn).to_have_attribute("data-role", "assistant")
    expect(turn).to_have_attribute("data-status", status)
    expect(turn.get_by_test_id("answer")).to_have_text(text)


def asked(tab: Tab, model: ModelServer, *, pieces: int) -> None:
    """A question, and so much of its answer."""
    model.plays(Script(PIECES, gated=True))
    ask(tab, QUESTION)
    model.lets(pieces)
    shows(tab, "".join(PIECES[:pieces]).strip())


def test_what_was_written_stays_when_it_is_stopped(
    portal: Company, model: ModelServer, people: People, tabs: Tabs
) -> None:
    hers = open_assistant(tabs(people()).sign_in("alice").is_connected())
    asked(hers, model, pieces=2)
    hers.part("stop").click()
    shows(hers, "One, two,", "stopped")
    expect(hers.part("ask")).to_be_visible()
    expect(hers.part("turn").last).to_contain_text("Stopped.")
    # The model is not kept talking, and it is stored as it is.
    model.waits_for(lambda: model.open == 0)
    hers.page.reload()
    open_assistant(hers.is_connected()).part("history").click()
    hers.part("open-conversation").first.click()
    shows(hers, "One, two,", "stopped")


def test_one_that_is_stopped_before_it_begins_is_stopped_when_it_does(
    portal: Company, model: ModelServer, people: People, tabs: Tabs
) -> None:
    hers = open_assistant(tabs(people()).sign_in("alice").is_connected())
    held: list[Route] = []
    hers.page.route(STREAM, lambda route: held.append(route))  # noqa: PLW0108
    model.plays(Script(PIECES, gated=True))
    with hers.page.expect_request(STREAM):
        ask(hers, QUESTION)
    hers.part("stop").click()
    with hers.page.expect_response("**/stop"):
        held[0].continue_()
    expect(hers.part("turn").last).to_have_attribute("data-status", "stopped")
    model.waits_for(lambda: model.open == 0)


def test_it_goes_on_where_the_connection_broke(
    portal: Company,
    deployment: Deployment,
    balancer: Callable[..., Balancer],
    model: ModelServer,
    people: People,
) -> None:
    proxy = balancer(*deployment.servers)
    # Not by `tabs`: the browser complains of requests without a network.
    context = people()
    hers = open_assistant(Tab(context, proxy.url).sign_in("bob").is_connected())
    asked(hers, model, pieces=1)
    context.set_offline(True)
    with hers.page.expect_event("requestfailed", lambda request: "/stream" in request.url):
        # What was open breaks.
        proxy.blocks()
    # What is written meanwhile is not lost.
    model.lets(2)
    context.set_offline(False)
    shows(hers, "One, two, three,")
    model.lets(1)
    shows(hers, WHOLE, "complete")
    expect(hers.part("turn")).to_have_count(2)
    expect(hers.part("assistant-problem")).to_be_empty()


def test_it_goes_on_after_the_page_was_left(
    portal: Company, model: ModelServer, people: People, tabs: Tabs
) -> None:
    hers = open_assistant(tabs(people()).sign_in("carol").is_connected())
    asked(hers, model, pieces=2)
    hers.page.reload()
    model.lets(1)
    open_assistant(hers.is_connected()).part("history").click()
    hers.part("open-conversation").first.click()
    shows(hers, "One, two, three,")
    # Another tab of hers reads along.
    other = open_assistant(tabs(hers.page.context).is_connected())
    other.part("history").click()
    other.part("open-conversation").first.click()
    model.lets(1)
    for tab in (hers, other):
        shows(tab, WHOLE, "complete")
        expect(tab.part("turn")).to_have_count(2)


def test_a_source_opens_beside_the_portal(
    portal: Company, model: ModelServer, people: People, tabs: Tabs
) -> None:
    context = people()
    hers = open_assistant(tabs(context).sign_in("alice").is_connected())
    model.plays(Script([*PIECES, " [1]"]))
    ask(hers, QUESTION)
    shows(hers, f"{WHOLE} [1]", "complete")
    link = hers.part("source").first.get_by_role("link", name="Counting")
    assert set(str(link.get_attribute("rel")).split()) == {"noopener", "noreferrer"}
    with context.expect_page() as opened:
        link.click()
    page = opened.value
    expect(page.get_by_role("heading", name="Counting", level=1)).to_be_visible()
    expect(page.get_by_test_id("document")).to_contain_text("Counting begins at one.")
    assert page.url.startswith(f"{portal.url}/documents/")
    shows(hers, f"{WHOLE} [1]", "complete")
    page.goto(f"{portal.url}/documents/999999")
    expect(page.get_by_role("alert")).to_have_text(
        "This document is not there, or not yours to read."
    )


def test_it_is_all_done_by_keyboard(
    portal: Company, model: ModelServer, people: People, tabs: Tabs
) -> None:
    hers = tabs(people()).sign_in("bob").is_connected()
    keys = hers.page.keyboard
    hers.part("assistant").focus()
    keys.press("Enter")
    expect(hers.part("question")).to_be_focused()
    expect(hers.part("own-data")).not_to_be_checked()
    hers.walk_to("own-data", "Shift+Tab")
    keys.press("Space")
    expect(hers.part("own-data")).to_be_checked()

    hers.walk_to("question")
    model.plays(Script(PIECES, gated=True))
    keys.type(QUESTION)
    keys.press("Enter")
    model.lets(1)
    shows(hers, "One,")
    hers.walk_to("stop")
    keys.press("Enter")
    shows(hers, "One,", "stopped")

    model.plays(Script(PIECES))
    hers.walk_to("regenerate", "Shift+Tab")
    keys.press("Enter")
    shows(hers, WHOLE, "complete")
    expect(hers.part("turn")).to_have_count(2)
    hers.walk_to("rate-up")
    keys.press("Space")
    expect(hers.part("rate-up")).to_have_attribute("aria-pressed", "true")

    hers.walk_to("history", "Shift+Tab")
    keys.press("Enter")
    hers.walk_to("rename-conversation")
    keys.press("Enter")
    expect(hers.part("conversation-title")).to_be_focused()
    keys.press("ControlOrMeta+A")
    keys.type("Numbers")
    keys.press("Enter")
    expect(hers.part("open-conversation").first).to_contain_text("Numbers")
    expect(hers.part("rename-conversation").first).to_be_focused()
    hers.walk_to("delete-conversation")
    keys.press("Enter")
    # What cannot be undone takes another step.
    expect(hers.page.get_by_role("button", name="Cancel")).to_be_focused()
    hers.walk_to("delete-sure")
    keys.press("Enter")
    expect(hers.part("conversation").filter(has_text="Numbers")).to_have_count(0)
    keys.press("Escape")
    expect(hers.part("assistant-panel")).to_have_count(0)
    expect(hers.part("assistant")).to_be_focused()
