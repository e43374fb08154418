import { createPinia, setActivePinia } from 'pinia'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'

import { humanised } from '@/notifications/category'
import { useTypes } from '@/notifications/typesStore'
import { categoryLabel, useLook } from '@/notifications/useLook'

import { notification } from '../notification'
import { scriptFetch } from '../scriptedFetch'

const TYPES = [
  { name: 'ORDER_CREATED', category: 'shopping', title: 'Order', icon: 'shopping', link: '' },
  { name: 'TASK_FAILED', category: 'prism', title: 'Failed', icon: 'alert', link: '' },
  { name: 'PAID', category: 'shopping', title: 'Paid', icon: 'payment', link: '' },
  { name: 'BLOG_DRAFT', category: 'blog', title: 'Draft', icon: 'quill', link: '' },
  { name: 'INVOICE_DUE', category: 'team_news', title: 'Invoice due', icon: 'invoice', link: '' },
]

beforeEach(async () => {
  setActivePinia(createPinia())
  scriptFetch(() => [200, TYPES])
})
afterEach(() => vi.unstubAllGlobals())

it.each([
  ['ORDER_CREATED', 'shopping', 'shopping', 'Shopping'],
  ['PAID', 'payment', 'shopping', 'Shopping'],
  // The page has no such icon: the category's.
  ['BLOG_DRAFT', 'blog', 'blog', 'Blog'],
  // Nor for the category.
  ['INVOICE_DUE', 'bell', 'system', 'Team news'],
  ['NEVER_HEARD_OF', 'bell', 'system', ''],
])('%s looks as the registry says', async (type, icon, hue, label) => {
  await useTypes().load()
  expect(useLook()(notification(1, { type }))).toEqual({ icon, hue, label, failed: false })
})

it.each([
  { type: 'TASK_FAILED' },
  // A type of the service's own, in which its jobs end however they end.
  { type: 'ORDER_CREATED', reference_type: 'job', data: { status: 'failed' } },
])('%o looks as what failed', async (changes) => {
  await useTypes().load()
  expect(useLook()(notification(1, changes))).toMatchObject({
    icon: 'alert',
    hue: 'danger',
    failed: true,
  })
})

it.each([
  { reference_type: 'job', data: { status: 'succeeded' } },
  { reference_type: 'order', data: { status: 'failed' } },
  { reference_type: 'job', data: null },
])('%o does not', async (changes) => {
  await useTypes().load()
  expect(useLook()(notification(1, { type: 'ORDER_CREATED', ...changes })).failed).toBe(false)
})

it('does without the registry where there is none', async () => {
  scriptFetch(() => 'no network')
  await useTypes().load()
  expect(useLook()(notification(1, { type: 'ORDER_CREATED' })).icon).toBe('bell')
})

it.each([
  ['team_news', 'Team news'],
  ['billing', 'Billing'],
  ['HR-docs', 'HR docs'],
  ['청구', '청구'],
  ['_', '_'],
])('calls %s %s', (name, words) => {
  expect(humanised(name)).toBe(words)
})

it('has its own words for the built-in categories', () => {
  expect(categoryLabel('prism')).toBe('Tasks')
  expect(categoryLabel('constructor')).toBe('Constructor')
})
