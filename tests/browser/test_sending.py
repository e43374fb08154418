"""Saying something in a room where that fails, or takes its time: it is there once, or says not."""

from collections.abc import Callable

import pytest
from playwright.sync_api import BrowserContext, WebSocketRoute, expect

from tests.browser.tab import Tab
from tests.browser.test_rooms import Host, in_room, message, send_message
from tests.endpoints.company import Company

pytestmark = pytest.mark.once

People = Callable[..., BrowserContext]
Tabs = Callable[[BrowserContext], Tab]


@pytest.fixture(scope="module")
def alice(portal: Company) -> Host:
    return Host(portal, "alice")


@pytest.fixture(scope="module")
def bob(portal: Company) -> Host:
    return Host(portal, "bob")


def stored(host: Host, room_id: int) -> list[str]:
    found = host.ask("GET", f"/rooms/{room_id}/messages")
    return [each["content"] for each in found["results"]]


def test_what_the_server_refuses_says_so_and_is_sent_again_once(
    portal: Company, people: People, tabs: Tabs, alice: Host, bob: Host
) -> None:
    her_id = alice.ask("GET", "/auth/me")["id"]
    room_id: int = bob.ask("POST", "/rooms", kind="direct", user_id=her_id)["id"]
    bob.send_message(room_id, "Hello")
    hers = tabs(people()).sign_in("alice").is_connected()
    hers.page.goto(f"{portal.url}/rooms/{room_id}")
    expect(message(hers, "Hello")).to_be_visible()
    bob.ask("PUT", f"/users/{her_id}/block")

    send_message(hers, "Are you there?")
    pending = hers.part("pending")
    expect(pending).to_have_attribute("data-status", "failed")
    expect(pending).to_contain_text("Are you there?")
    expect(pending.get_by_role("alert")).to_contain_text("Not sent")
    assert stored(bob, room_id) == ["Hello"]
    # As long as he does not want to hear it, it stays so.
    hers.part("retry").click()
    expect(pending).to_have_attribute("data-status", "failed")

    bob.ask("DELETE", f"/users/{her_id}/block")
    hers.part("retry").dblclick()
    expect(message(hers, "Are you there?")).to_have_count(1)
    expect(pending).to_have_count(0)
    assert stored(bob, room_id) == ["Hello", "Are you there?"]

    # And what one would rather not have said is gone.
    bob.ask("PUT", f"/users/{her_id}/block")
    send_message(hers, "Forget it")
    expect(pending).to_have_attribute("data-status", "failed")
    hers.part("discard").click()
    expect(pending).to_have_count(0)
    assert "Forget it" not in stored(bob, room_id)
    bob.ask("DELETE", f"/users/{her_id}/block")


def test_what_is_said_is_seen_at_once_and_replaced_by_what_is_stored(
    portal: Company, people: People, tabs: Tabs, alice: Host
) -> None:
    room_id = alice.room("Slow line")
    held: list[Callable[[], None]] = []

    def slow(socket: WebSocketRoute) -> None:
        server = socket.connect_to_server()
        socket.on_message(
            lambda text: (
                held.append(lambda: server.send(text)) if is_said(text) else server.send(text)
            )
        )

    context = people()
    context.route_web_socket("**/*", slow)
    hers = in_room(tabs(context).sign_in("alice").is_connected(), "Slow line")
    send_message(hers, "On its way")
    pending = hers.part("pending")
    expect(pending).to_have_attribute("data-status", "sending")
    expect(pending).to_contain_text("On its way")
    expect(hers.part("composer")).to_have_value("")
    assert stored(alice, room_id) == []

    for pass_on in held:
        pass_on()
    expect(message(hers, "On its way")).to_have_count(1)
    expect(pending).to_have_count(0)
    assert stored(alice, room_id) == ["On its way"]


@pytest.mark.parametrize("arrives", [True, False])
def test_what_a_broken_connection_took_with_it_is_there_once(
    portal: Company, people: People, tabs: Tabs, alice: Host, bob: Host, arrives: bool
) -> None:
    name = "Broken behind it" if arrives else "Broken before it"
    room_id = alice.room(name, bob)
    broken: list[str] = []

    def cut(socket: WebSocketRoute) -> None:
        server = socket.connect_to_server()

        def pass_on(text: str | bytes) -> None:
            breaks = is_said(text) and not broken
            if arrives or not breaks:
                server.send(text)
            if breaks:
                broken.append(str(text))
                # Nothing that the server may say of it is heard on this one.
                socket.close(code=1013, reason="Slow consumer")

        socket.on_message(pass_on)

    context = people()
    context.route_web_socket("**/*", cut)
    hers = in_room(tabs(context).sign_in("alice").is_connected(), name)
    send_message(hers, "Only once")
    expect(message(hers, "Only once")).to_have_count(1)
    expect(hers.part("pending")).to_have_count(0)
    assert len(broken) == 1
    assert stored(bob, room_id) == ["Only once"]


def is_said(text: str | bytes) -> bool:
    return '"type":"message"' in str(text)


def test_the_longest_message_of_three_bytes_a_letter_arrives(
    portal: Company, people: People, tabs: Tabs, alice: Host, bob: Host
) -> None:
    alice.room("Long words", bob)
    hers = in_room(tabs(people()).sign_in("alice").is_connected(), "Long words")
    his = in_room(tabs(people()).sign_in("bob").is_connected(), "Long words")
    send_message(hers, "가" * 4_000)
    expect(message(his, "가가가")).to_have_count(1)
    expect(hers.part("pending")).to_have_count(0)
    # On the connection that there was.
    hers.is_connected()
    send_message(hers, "And on")
    expect(message(his, "And on")).to_have_count(1)


def test_what_is_written_while_the_network_is_away_is_sent_once_it_is_back(
    portal: Company, people: People, alice: Host, bob: Host
) -> None:
    room_id = alice.room("Tunnel", bob)
    context = people()
    hers = in_room(Tab(context, portal.url).sign_in("alice").is_connected(), "Tunnel")
    context.set_offline(True)
    for text in ("First", "Second"):
        send_message(hers, text)
    expect(hers.part("pending")).to_have_count(2)
    context.set_offline(False)
    expect(hers.part("message")).to_have_count(2)
    expect(hers.part("pending")).to_have_count(0)
    assert stored(bob, room_id) == ["First", "Second"]
