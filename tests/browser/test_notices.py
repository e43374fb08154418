"""Notifications of the browser where only a service worker may show them, as on Android."""

from collections.abc import Callable

import pytest
from playwright.sync_api import BrowserContext, expect

from tests.browser.tab import Tab
from tests.browser.test_bell import delete_all
from tests.endpoints.company import Company, eventually

pytestmark = pytest.mark.once
# The constructor of Chrome for Android; the rest is the browser's own.
_PHONE = """
window.Notification = class {
  static permission = 'granted'
  constructor() { throw new TypeError('Illegal constructor') }
}
Object.defineProperty(document, 'visibilityState', { get: () => window.looked ?? 'visible' })
"""
_SHOWN = """async () => {
  const registration = await navigator.serviceWorker.getRegistration('/')
  const notices = await registration?.getNotifications() ?? []
  return notices.map(({ title, body, tag, icon, badge }) => ({ title, body, tag, icon, badge }))
}"""
_CLICK = """async () => {
  const [notification] = await registration.getNotifications()
  dispatchEvent(new NotificationEvent('notificationclick', { notification }))
}"""

# Browsers open windows for real clicks only, and only people make those.
_NOTE_OPENED = """() => {
  self.opened = []
  self.clients.openWindow = async (url) => void self.opened.push(url)
}"""
_CLICK_LATER = """async () => {
  const data = { id: '8', url: '/orders/8' }
  await registration.showNotification('Later', { tag: 'bellwire-8', data })
  const [notification] = await registration.getNotifications({ tag: 'bellwire-8' })
  const event = new NotificationEvent('notificationclick', { notification })
  let done
  event.waitUntil = (work) => void (done = work)
  dispatchEvent(event)
  await done
}"""


def test_service_worker_shows_notices_and_a_click_leads_to_their_place(
    portal: Company, people: Callable[..., BrowserContext], tabs: Callable[[BrowserContext], Tab]
) -> None:
    carols = people()
    carols.grant_permissions(["notifications"], origin=portal.url)
    carols.add_init_script(_PHONE)
    with carols.expect_event("serviceworker") as worker:
        tab = tabs(carols).sign_in("carol").is_connected()
    tab.page.evaluate("window.looked = 'hidden'")
    sent = portal.send("carol", "Shipped", message="It is on its way", link="/orders/7")
    tab.shows_unread(1)
    assert eventually(lambda: len(tab.page.evaluate(_SHOWN)) == 1)
    (shown,) = tab.page.evaluate(_SHOWN)
    assert (shown["title"], shown["body"]) == ("Shipped", "It is on its way")
    assert shown["tag"] == f"bellwire-{sent}"
    for picture in (shown["icon"], shown["badge"]):
        assert picture.startswith(f"{portal.url}/static/portal/assets/notification-")
        answer = tab.page.request.get(picture)
        assert (answer.status, answer.headers["content-type"]) == (200, "image/png")

    worker.value.evaluate(_CLICK)
    expect(tab.page).to_have_url(f"{portal.url}/orders/7")
    tab.shows_unread(0)
    assert tab.page.evaluate(_SHOWN) == []

    # A page that is not the portal's is left as it is.
    tab.page.goto(f"{portal.url}/admin/")
    worker.value.evaluate(_NOTE_OPENED)
    worker.value.evaluate(_CLICK_LATER)
    assert worker.value.evaluate("() => self.opened") == ["/orders/8"]
    assert tab.page.url.startswith(f"{portal.url}/admin/")
    delete_all(portal, carols)
