import { expect, it } from 'vitest'

import { targetOf } from '@/notifications/target'
import { toNotification } from '@/realtime'

const ORIGIN = 'https://bell.example'

function target(link: unknown, routing?: unknown): string | null {
  const found = toNotification({ id: 1, title: 'x', link, data: routing ? { routing } : null })
  return found && targetOf(found, ORIGIN)
}

it.each([
  ['/orders/7?tab=items#3', `${ORIGIN}/orders/7?tab=items#3`],
  ['https://shop.example/orders', 'https://shop.example/orders'],
  ['http://shop.example/', 'http://shop.example/'],
])('follows %s', (link, expected) => {
  expect(target(link)).toBe(expected)
})

it.each([
  'javascript:alert(1)',
  'JaVaScRiPt:alert(1)',
  ' javascript:alert(1)',
  'java\tscript:alert(1)',
  'data:text/html,<script>alert(1)</script>',
  'vbscript:x',
  'file:///etc/passwd',
  '//evil.example/x',
  '/\\evil.example',
  '/\t/evil.example',
  'https:evil.example',
  'orders/7',
  '',
  null,
  7,
])('leads nowhere from %j', (link) => {
  expect(target(link)).toBeNull()
})

it('prefers the routing path, with its params as the query', () => {
  const routing = { type: 'order', path: '/orders/7', params: { tab: 'items', page: 2, no: {} } }
  expect(target('/other', routing)).toBe(`${ORIGIN}/orders/7?tab=items&page=2`)
})

it('falls back to the link where the routing path leads away from here', () => {
  expect(target('/orders', { path: 'https://evil.example/' })).toBe(`${ORIGIN}/orders`)
  expect(target('/orders', { path: '//evil.example/' })).toBe(`${ORIGIN}/orders`)
  expect(target(null, { path: 'javascript:alert(1)' })).toBeNull()
})
