import { createPinia, setActivePinia } from 'pinia'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'

import { categoryLabel, useLook } from '@/composables/useLook'
import { humanised } from '@/lib/category'
import { useTypes } from '@/stores/types'

import { scriptFetch } from '../scriptedFetch'

const TYPES = [
  { name: 'ORDER_CREATED', category: 'shopping', title: 'Order', icon: 'shopping', link: '' },
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
  expect(useLook()(type)).toEqual({ icon, hue, label })
})

it('does without the registry where there is none', async () => {
  scriptFetch(() => 'no network')
  await useTypes().load()
  expect(useLook()('ORDER_CREATED').icon).toBe('bell')
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
