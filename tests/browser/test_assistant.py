"""Asking the assistant in a real browser: streamed, resumed, stopped, kept."""

from collections.abc import Callable

import pytest
from playwright.sync_api import BrowserContext, expect

from tests.browser.tab import Tab
from tests.endpoints.company import Company

pytestmark = pytest.mark.once

People = Callable[..., BrowserContext]
Tabs = Callable[[BrowserContext], Tab]
QUESTION = "How do I return a parcel?"


def open_assistant(tab: Tab) -> Tab:
    tab.part("assistant").click()
    expect(tab.part("question")).to_be_focused()
    return tab


def ask(tab: Tab, question: str) -> None:
    tab.part("question").fill(question)
    tab.part("question").press("Enter")


def ended(tab: Tab) -> None:
    """The last answer has come to its end."""
    turn = tab.part("turn").last
    expect(turn).to_have_attribute("data-role", "assistant")
    expect(turn).to_have_attribute("data-status", "complete")


def test_an_answer_is_streamed_and_kept(portal: Company, people: People, tabs: Tabs) -> None:
    hers = open_assistant(tabs(people()).sign_in("alice").is_connected())
    ask(hers, QUESTION)
    expect(hers.part("turn")).to_have_count(2)
    ended(hers)
    expect(hers.part("answer")).not_to_be_empty()
    expect(hers.part("question")).to_be_focused()

    # It is in the history, can be renamed, is there after a reload, and can be deleted.
    hers.part("history").click()
    expect(hers.part("conversation")).to_have_count(1)
    hers.part("rename-conversation").click()
    hers.part("conversation-title").fill("Parcels")
    hers.part("conversation-title").press("Enter")
    expect(hers.part("open-conversation")).to_contain_text("Parcels")
    hers.page.reload()
    open_assistant(hers.is_connected()).part("history").click()
    hers.part("open-conversation").click()
    expect(hers.part("turn")).to_have_count(2)
    expect(hers.part("turn").first).to_contain_text(QUESTION)
    hers.part("history").click()
    hers.part("delete-conversation").click()
    hers.part("delete-sure").click()
    expect(hers.part("conversation")).to_have_count(0)


def test_an_answer_is_given_again_and_judged(portal: Company, people: People, tabs: Tabs) -> None:
    hers = open_assistant(tabs(people()).sign_in("bob").is_connected())
    ask(hers, QUESTION)
    ended(hers)
    hers.part("rate-up").click()
    expect(hers.part("rate-up")).to_have_attribute("aria-pressed", "true")
    hers.part("regenerate").click()
    # Another one in its place, which nobody has judged yet.
    expect(hers.part("rate-up")).to_have_attribute("aria-pressed", "false")
    ended(hers)
    expect(hers.part("turn")).to_have_count(2)
    hers.part("rate-down").click()
    expect(hers.part("rate-down")).to_have_attribute("aria-pressed", "true")


def test_markup_in_a_question_or_an_answer_is_not_run(
    portal: Company, people: People, tabs: Tabs
) -> None:
    evil = "<img src=x onerror='window.hacked=1'> [x](javascript:window.hacked=1)"
    hers = open_assistant(tabs(people()).sign_in("carol").is_connected())
    ask(hers, evil)
    ended(hers)
    assert hers.part("turns").locator("img, script").count() == 0
    assert hers.part("turns").locator("a[href^='javascript']").count() == 0
    assert hers.page.evaluate("window.hacked") is None
