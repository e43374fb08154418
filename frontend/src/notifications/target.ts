import type { Notification, Routing } from '@/realtime'

function withParams(url: URL, params: Routing['params']): URL {
  for (const [name, value] of Object.entries(params ?? {}))
    if (['string', 'number', 'boolean'].includes(typeof value))
      url.searchParams.set(name, String(value))
  return url
}

function parse(text: string, origin: string): URL | null {
  try {
    const url = new URL(text, origin)
    return url.protocol === 'https:' || url.protocol === 'http:' ? url : null
  } catch {
    return null
  }
}

/** `/orders/7`, and only if the browser too takes it as of this origin (`/\evil` is not). */
function path(text: string, origin: string): URL | null {
  const url = text.startsWith('/') ? parse(text, origin) : null
  return url?.origin === origin ? url : null
}

/**
 * Where a click on a notification leads: `data.routing.path` with its `params` as the query, else
 * `link`; null if neither is a path of this origin or (`link`) an absolute http(s) address.
 * Senders are not trusted: `javascript:` and its like never come out of here.
 */
export function targetOf(notification: Notification, origin: string): string | null {
  const routing = notification.data?.routing
  const route = typeof routing?.path === 'string' ? path(routing.path, origin) : null
  if (route) return withParams(route, routing?.params).href
  return linkOf(notification.link, origin)
}

/** Where a sender's link leads; null if it is no path of this origin nor an http(s) address. */
export function linkOf(text: string | null, origin: string): string | null {
  const link = text?.trim() ?? ''
  if (/^https?:\/\//i.test(link)) return parse(link, origin)?.href ?? null
  return path(link, origin)?.href ?? null
}
