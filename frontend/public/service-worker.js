/**
 * Shows the portal's notifications where pages may not (Chrome for Android), and leads back to the
 * portal when one is clicked. It handles no requests, so nothing is ever answered from a cache.
 */

/** Pages of this origin that are not the portal. */
const OTHER_PAGES = ['/admin/', '/api/']

const isPortal = ({ frameType, url }) =>
  frameType !== 'nested' && !OTHER_PAGES.some((path) => new URL(url).pathname.startsWith(path))

/** Focus the tab that was used last and tell it what was clicked; open one if there is none. */
async function open(data) {
  const windows = await self.clients.matchAll({ type: 'window', includeUncontrolled: true })
  const tabs = windows.filter(isPortal)
  const tab = tabs.find(({ visibilityState }) => visibilityState === 'visible') ?? tabs[0]
  if (!tab) return self.clients.openWindow(data?.url ?? '/')
  tab.postMessage({ ...data, type: 'notice-clicked' })
  // Refused where the browser does not take the click for the person's own.
  return tab.focus().catch(() => undefined)
}

self.addEventListener('install', () => self.skipWaiting())
self.addEventListener('notificationclick', (event) => {
  event.notification.close()
  event.waitUntil(open(event.notification.data))
})
