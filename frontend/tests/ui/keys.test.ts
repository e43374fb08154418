import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'

import { holdComposedEnter, holdComposedEscape, isComposing, isEscape, isSend } from '@/ui/keys'

const key = (init: object) =>
  ({ key: 'Enter', keyCode: 13, isComposing: false, shiftKey: false, ...init }) as KeyboardEvent

it.each([
  ['a key that an input method has taken', { isComposing: true, keyCode: 229 }, true],
  ['a browser that gives the key its own code', { isComposing: true, keyCode: 13 }, true],
  ['Safari, behind compositionend', { isComposing: false, keyCode: 229 }, true],
  ['a plain Enter', {}, false],
])('%s: composing is %s', (_name, init, composing) => {
  expect(isComposing(key(init))).toBe(composing)
  expect(isSend(key(init))).toBe(!composing)
  expect(isEscape(key({ ...init, key: 'Escape' }))).toBe(!composing)
})

it('sends with Enter alone', () => {
  expect(isSend(key({ shiftKey: true }))).toBe(false)
  expect(isSend(key({ key: 'a' }))).toBe(false)
  expect(isEscape(key({}))).toBe(false)
})

it.each([
  [holdComposedEnter, 'Enter'],
  [holdComposedEscape, 'Escape'],
] as const)('%o holds a key only while somebody composes', (hold, name) => {
  let held = 0
  const press = (init: object) =>
    hold(key({ key: name, preventDefault: () => (held += 1), ...init }))
  press({})
  expect(held).toBe(0)
  press({ keyCode: 229 })
  expect(held).toBe(1)
})

// A handler that is added later asks too.
const SOURCES = readdirSync('src', { recursive: true, encoding: 'utf8' })
  .filter((name) => /\.(vue|ts)$/.test(name) && name !== join('ui', 'keys.ts'))
  .map((name) => [name, readFileSync(join('src', name), 'utf8')] as const)
const GUARDED = /hold\w+|escaped\(|isEscape\(/

it.each(SOURCES)('%s leaves Enter and Escape to the guard', (_name, source) => {
  expect(source).not.toMatch(/['"](Enter|Escape)['"]|keyCode|isComposing\b(?!\()/)
  for (const [, handler] of source.matchAll(
    /@key(?:down|up|press)\.(?:enter|esc)[\w.]*="([^"]*)"/g,
  ))
    expect(handler).toMatch(GUARDED)
  // A field of one line submits its form by Enter.
  for (const [form] of source.matchAll(/<form[\s\S]*?<\/form>/g))
    if (/<input\b(?![^>]*type="(?:radio|checkbox)")/.test(form))
      expect(form).toContain('@keydown.enter="holdComposedEnter"')
})
