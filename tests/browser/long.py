"""A person with very many notifications, and how their list is scrolled."""

from typing import Any

from tests.browser.tab import Tab
from tests.support.servers import Deployment

# Rows of several heights. One old order among system notices.
_FILL = """
from datetime import timedelta
from django.utils import timezone
from accounts.models import User
from notifications import services
from notifications.models import Batch, Notification
user, now, count = User.objects.get(username="{username}"), timezone.now(), {count}
batch = Batch.objects.create(sender="service:orders", created_at=now, count=count)
rows = Notification.objects.bulk_create((
    Notification(
        user=user, batch=batch, type="ORDER_CREATED" if n == {order} else "SYSTEM",
        title=f"Number {{n}}" + " and some more words" * (n % 4),
        message="Something has happened. " * (n % 7),
        created_at=now - timedelta(seconds=count - n),
        read_at=now if n % 2 else None,
    )
    for n in range(count)
), batch_size=2_000)
services.recount(user_id=user.pk)
print(",".join(str(row.pk) for row in rows))
"""
# Down to the end, waiting wherever more has to come first. Each row by its place in the list.
_SCROLL_THROUGH = """async () => {
  const scroller = document.querySelector('[data-testid=notification-scroll]')
  const seen = new Map()
  let conflicts = 0
  const look = () => {
    for (const row of scroller.querySelectorAll('[data-testid=notification-row]')) {
      const place = Number(row.getAttribute('aria-posinset'))
      if (seen.has(place) && seen.get(place) !== row.dataset.id) conflicts += 1
      seen.set(place, row.dataset.id)
    }
  }
  const isAtEnd = () =>
    scroller.querySelector('[data-testid=list-end]') &&
    scroller.scrollTop + scroller.clientHeight >= scroller.scrollHeight - 1
  for (;;) {
    await new Promise(requestAnimationFrame)
    look()
    if (isAtEnd()) break
    scroller.scrollBy(0, scroller.clientHeight)
  }
  const places = [...seen.keys()].sort((a, b) => a - b)
  return { places, ids: places.map((place) => Number(seen.get(place))), conflicts }
}"""


def fill(deployment: Deployment, username: str, count: int, *, order: int = -1) -> list[int]:
    """Ids, the newest first. The one that is `order` of them, from the oldest, is an order."""
    script = _FILL.format(username=username, count=count, order=order)
    printed = deployment.manage("shell", "--verbosity=0", "-c", script)
    return [int(text) for text in printed.strip().split(",")][::-1]


def scroll_through(tab: Tab) -> dict[str, Any]:
    """`places` and `ids` of all rows that were there, and how many `conflicts` there were."""
    found: dict[str, Any] = tab.page.evaluate(_SCROLL_THROUGH)
    return found


def watch_rows(tab: Tab) -> None:
    """From now on, count the rows whenever the page has changed: `most_rows`."""
    tab.page.evaluate(
        """() => {
          window.mostRows = 0
          new MutationObserver(() => {
            const rows = document.querySelectorAll('[data-testid=notification-row]')
            window.mostRows = Math.max(window.mostRows, rows.length)
          }).observe(document.body, { childList: true, subtree: true })
        }"""
    )


def most_rows(tab: Tab) -> int:
    """How many rows there were at most at once since `watch_rows`."""
    return int(tab.page.evaluate("window.mostRows"))


def scroll_to(tab: Tab, top: int) -> None:
    """So many pixels down, and drawn."""
    tab.page.evaluate(
        """async (top) => {
          const scroller = document.querySelector('[data-testid=notification-scroll]')
          scroller.scrollTop = top
          for (let frame = 0; frame < 3; frame += 1) await new Promise(requestAnimationFrame)
        }""",
        top,
    )


def scroll_when_more_arrives(tab: Tab, top: int) -> None:
    """In the very moment in which the page has its next rows, and before it has drawn them."""
    tab.page.evaluate(
        """(top) => {
          const scroller = document.querySelector('[data-testid=notification-scroll]')
          const read = Response.prototype.json
          window.scrolled = new Promise((resolve) => {
            Response.prototype.json = async function () {
              const found = await read.call(this)
              if (!this.url.includes('size=100')) return found
              Response.prototype.json = read
              scroller.scrollTop = top
              setTimeout(() => requestAnimationFrame(() => resolve(scroller.scrollTop)))
              return found
            }
          })
        }""",
        top,
    )


def scrolled_when_more_arrived(tab: Tab) -> int:
    """Where the list was a frame later."""
    return int(tab.page.evaluate("window.scrolled"))


def first_in_sight(tab: Tab) -> tuple[int, float]:
    """The id of the first row that is wholly in sight, and how far below the list's top it is."""
    place, top = tab.page.evaluate(
        """() => {
          const scroller = document.querySelector('[data-testid=notification-scroll]')
          const edge = scroller.getBoundingClientRect().top
          for (const row of scroller.querySelectorAll('[data-testid=notification-row]')) {
            const top = row.getBoundingClientRect().top - edge
            if (top >= 0) return [Number(row.dataset.id), top]
          }
        }"""
    )
    return int(place), float(top)


def top_of(tab: Tab, notification_id: int) -> float:
    """How far below the list's top the row is."""
    box = tab.row(notification_id).bounding_box()
    edge = tab.part("notification-scroll").bounding_box()
    assert box
    assert edge
    return box["y"] - edge["y"]
