"""Whatever people, services, documents and models write is read and never run."""

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import BrowserContext, expect

from tests.browser.guard import Guard
from tests.browser.tab import Tab
from tests.browser.test_rooms import Host
from tests.chat.assistant.model_server import ModelServer, Script
from tests.endpoints.company import SEND, Company
from tests.support.servers import Deployment

pytestmark = pytest.mark.once

People = Callable[..., BrowserContext]
Tabs = Callable[[BrowserContext], Tab]
IMAGE = "<img src=x onerror='window.hacked=1'>"
SCRIPT = "<script>window.hacked=1</script>"
PICTURE = "https://pictures.example/6.png"
MARKDOWN = (
    "[one](javascript:window.hacked=1) [two](JaVaScRiPt:window.hacked=1) "
    "[three](data:text/html,<script>alert(1)</script>) [four](//evil.example/4) "
    f"[five](/\\evil.example/5) ![six]({PICTURE}) <javascript:window.hacked=1> "
    "[seven](vbscript:x) [eight](&#106;avascript:window.hacked=1)\n\n"
    f"{IMAGE}\n\n{SCRIPT}\n\n<a href='javascript:window.hacked=1'>nine</a>\n\n"
    "[ten]: javascript:window.hacked=1\n[ten]\n\n```<script>\nalert(1)\n```\n"
)
# Paths that a browser would take as of another host, or as a program.
# What a notification may be sent with, and leads nowhere but to this origin all the same.
ROUTES = ("https://evil.example/f", "/..//evil.example/g")
REFUSED_ROUTES = (
    "//evil.example/a",
    "/\\evil.example/b",
    "\\\\evil.example\\c",
    "/\t/evil.example/d",
    "\n//evil.example/e",
    "javascript:window.hacked=1",
    "data:text/html,<script>alert(1)</script>",
)
LINKS = (
    "javascript:window.hacked=1",
    " JavaScript:window.hacked=1",
    "data:text/html,x",
    "//evil.example",
    "/\\evil.example",
    "/\t/evil.example",
)
NAME = "<img src=x onerror=window.hacked=1>"
STRANGER = f"""
from accounts.models import User
User.objects.create_user({NAME!r}, password="bellwire-demo", first_name={SCRIPT!r})
"""


@pytest.fixture(scope="module")
def model() -> Iterator[ModelServer]:
    with ModelServer() as server:
        yield server


@pytest.fixture(scope="module")
def deployment_settings(model: ModelServer) -> dict[str, str]:
    return {"LLM_BASE_URL": model.url, "LLM_API_KEY": "sk-test", "LLM_MODEL": "test"}


@pytest.fixture(scope="module")
def stranger(portal: Company, deployment: Deployment) -> Host:
    """Somebody whose very name is a program, as another issuer may have let them have it."""
    deployment.manage("shell", "--no-imports", "--verbosity=0", "-c", STRANGER)
    return Host(portal, NAME)


def as_service(portal: Company) -> dict[str, str]:
    return {"Authorization": f"Api-Key {portal.key}"}


def test_in_a_notification(portal: Company, people: People, tabs: Tabs) -> None:
    tab = tabs(people())
    guard = Guard(tab, portal.url)
    tab.sign_in("alice").is_connected()
    for link in LINKS:
        body = {"usernames": ["alice"], "type": "SYSTEM", "message": "m", "link": link}
        answer = portal.ask("POST", SEND, headers=as_service(portal), json=body)
        assert answer.status_code == 400, link
    for path in REFUSED_ROUTES:
        routed = {
            "usernames": ["alice"],
            "type": "SYSTEM",
            "message": "m",
            "data": {"routing": {"path": path}},
        }
        answer = portal.ask("POST", SEND, headers=as_service(portal), json=routed)
        assert answer.status_code == 400, path

    tab.keeps_toasts()
    sent = portal.send("alice", IMAGE, message=SCRIPT)
    toast = tab.part("toast").filter(has_text=IMAGE)
    expect(toast).to_contain_text(SCRIPT)
    guard.is_calm()
    toast.get_by_role("button").first.click()
    tab.open_list()
    expect(tab.row(sent)).to_contain_text(IMAGE)
    expect(tab.row(sent)).to_contain_text(SCRIPT)
    guard.is_calm()

    # A click on each leads nowhere but to this origin.
    for path in ROUTES:
        routing = {"type": "x", "path": path, "params": {"q": SCRIPT}}
        trap = portal.send("alice", f"Go to {path}", data={"routing": routing})
        if tab.page.get_by_role("dialog").count() == 0:
            tab.open_list()
        line = tab.row(trap).get_by_text("Go to")
        expect(line).to_be_visible()
        if tab.row(trap).get_by_role("link").count():
            with tab.page.expect_navigation():
                line.click()
        else:
            line.click()
        tab.is_connected()
        guard.is_calm()


def test_in_a_job(portal: Company, people: People, tabs: Tabs) -> None:
    tab = tabs(people())
    guard = Guard(tab, portal.url)
    tab.sign_in("bob").is_connected()
    body = {"username": "bob", "title": IMAGE, "message": SCRIPT, "status": "running"}
    for link in LINKS:
        answer = portal.ask(
            "POST", "/api/v1/jobs", headers=as_service(portal), json={**body, "link": link}
        )
        assert answer.status_code == 400, link
    assert portal.ask("POST", "/api/v1/jobs", headers=as_service(portal), json=body).is_success
    expect(tab.part("job")).to_contain_text(IMAGE)
    expect(tab.part("job")).to_contain_text(SCRIPT)
    guard.is_calm()


def test_in_rooms_and_in_names(portal: Company, people: People, tabs: Tabs, stranger: Host) -> None:
    alice = Host(portal, "alice")
    room_id = stranger.room(f"{IMAGE}{SCRIPT}"[:100], alice)
    tab = tabs(people())
    guard = Guard(tab, portal.url)
    tab.sign_in("alice").is_connected()
    tab.part("rooms-link").click()
    room = tab.part("room").filter(has_text=IMAGE)
    expect(room).to_be_visible()
    room.get_by_role("link").click()
    expect(tab.page.get_by_role("heading", name=IMAGE)).to_be_visible()
    first = stranger.send_message(room_id, f"{IMAGE} {SCRIPT} {MARKDOWN} @alice")
    stranger.ask("POST", f"/rooms/{room_id}/messages", content=SCRIPT, reply_to=first)
    expect(tab.part("message")).to_have_count(2)
    expect(tab.part("message").first).to_contain_text(IMAGE)
    expect(tab.part("message").first).to_contain_text("[one](javascript:window.hacked=1)")
    expect(tab.part("message").first).to_contain_text(NAME)
    tab.part("message").first.hover()
    tab.part("message").first.get_by_test_id("reply").click()
    tab.part("people").click()
    expect(tab.part("person-here").filter(has_text=NAME)).to_be_visible()
    guard.is_calm()
    tab.page.keyboard.press("Escape")
    tab.part("leave").click()
    expect(tab.page.get_by_role("dialog")).to_contain_text(IMAGE)
    guard.is_calm()
    tab.page.keyboard.press("Escape")

    tab.part("find-person").click()
    tab.part("person-query").fill("<img")
    expect(tab.part("person").filter(has_text=SCRIPT)).to_be_visible()
    guard.is_calm()

    # And whoever has such a name sees it as one.
    own = tabs(people())
    own_guard = Guard(own, portal.url)
    own.sign_in(NAME).is_connected()
    expect(own.page.get_by_role("heading", level=1)).to_contain_text(SCRIPT)
    own_guard.is_calm()


def test_in_a_document_an_answer_and_a_conversations_title(
    portal: Company, model: ModelServer, people: People, tabs: Tabs
) -> None:
    document = {"title": f"Parcels {IMAGE}", "content": f"# Parcels\n\n{SCRIPT} {MARKDOWN}"}
    made = portal.ask(
        "POST",
        "/api/v1/chat/documents",
        headers=as_service(portal),
        json={**document, "content_type": "text/markdown"},
    )
    assert made.is_success, made.text
    model.plays(Script([MARKDOWN[:40], MARKDOWN[40:90], MARKDOWN[90:], "[1]\n"]))
    context = people()
    tab = tabs(context)
    guard = Guard(tab, portal.url)
    tab.sign_in("carol").is_connected()
    tab.part("assistant").click()
    tab.part("question").fill(f"Parcels {IMAGE} {SCRIPT}?")
    tab.part("question").press("Enter")
    turn = tab.part("turn").last
    expect(turn).to_have_attribute("data-role", "assistant")
    expect(turn).to_have_attribute("data-status", "complete")
    answer = turn.get_by_test_id("answer")
    expect(answer).to_contain_text(IMAGE)
    expect(answer).to_contain_text(SCRIPT)
    expect(answer).to_contain_text("nine")
    expect(tab.part("turn").first).to_contain_text(SCRIPT)
    # A path of this origin; and an image is a link to where it is, which nothing follows by itself.
    links = answer.get_by_role("link").all()
    own = f"{portal.url}/%5Cevil.example/5"
    assert [link.get_attribute("href") for link in links] == [own, PICTURE]
    guard.is_calm()

    tab.part("history").click()
    expect(tab.part("open-conversation")).to_contain_text("Parcels <img")
    tab.part("rename-conversation").click()
    tab.part("conversation-title").fill(f"{IMAGE} {SCRIPT}")
    tab.part("conversation-title").press("Enter")
    expect(tab.part("open-conversation")).to_contain_text(SCRIPT)
    guard.is_calm()

    tab.part("open-conversation").click()
    source = tab.part("source").first.get_by_role("link")
    expect(source).to_contain_text(IMAGE)
    with context.expect_page() as opened:
        source.click()
    page = opened.value
    expect(page.get_by_test_id("document")).to_contain_text(SCRIPT)
    expect(page.get_by_role("heading", level=1)).to_contain_text(IMAGE)
    assert page.locator("[data-testid=document] :is(img, script, iframe, object)").count() == 0
    # Markdown as well: it leads to the same two places.
    links = page.get_by_test_id("document").get_by_role("link").all()
    assert [link.get_attribute("href") for link in links] == [own, PICTURE]
    assert page.evaluate("window.hacked") is None
    assert page.evaluate("window.opener") is None
    guard.is_calm()
