import { readFileSync } from 'node:fs'

import { describe, expect, it } from 'vitest'

import { isolating } from '@/i18n/isolating'
import { enclose, isolate } from '@/lib/text/bidi'
import { fold } from '@/lib/text/fold'
import { firstVisible, graphemes, shorten } from '@/lib/text/graphemes'
import { mentionsIn } from '@/lib/text/mentions'
import { isVisible } from '@/lib/text/visible'

/** The server's tests read the same. */
const vectors = JSON.parse(
  readFileSync(new URL('../../../tests/text/vectors.json', import.meta.url), 'utf8'),
) as {
  mentions: { text: string; names: string[]; found: [string, string][] }[]
  same_name: string[][]
  other_name: string[][]
  visible: string[]
  blank: string[]
  cut: { text: string; most: number; cut: string }[]
  isolated: { value: string; isolated: string }[]
}

describe('the text that the server and the portal read alike', () => {
  it.each(vectors.mentions)('mentions in $text', ({ text, names, found }) => {
    const places = mentionsIn(
      text,
      names.map((name) => [name, name]),
    )
    expect(places.map(({ start, end, value }) => [text.slice(start, end), value])).toEqual(found)
  })

  it.each(vectors.same_name)('one name: %s and %s', (...spellings) => {
    const known = spellings.filter((each) => typeof each === 'string')
    expect(new Set(known.map(fold)).size).toBe(1)
  })

  it.each(vectors.other_name)('two names: %s and %s', (...names) => {
    expect(new Set(names.map(fold)).size).toBe(names.length)
  })

  it.each(vectors.visible)('%j is visible', (text) => {
    expect(isVisible(text)).toBe(true)
  })

  it.each(vectors.blank)('%j shows nothing', (text) => {
    expect(isVisible(text)).toBe(false)
    expect(isVisible(`${text}a${text}`)).toBe(true)
  })

  it.each(vectors.isolated)('$value inside a sentence', ({ value, isolated }) => {
    expect(isolate(value)).toBe(isolated)
    expect(isolate(isolated)).toBe(isolated)
  })

  it.each(vectors.cut)('graphemes of $text', ({ text, most, cut }) => {
    let kept = ''
    for (const each of graphemes(text)) {
      if ([...(kept + each)].length > most) break
      kept += each
    }
    expect(kept || [...text].slice(0, most).join('')).toBe(cut)
  })
})

describe('characters that a reader sees', () => {
  const FAMILY = '👨‍👩‍👧'
  const SEEN = [FAMILY, '🇰🇷', '🇺🇸', 'é', '각', '👍🏽', '1️⃣', '❤️', 'a', '\r\n', '가', '🏴󠁧󠁢󠁥󠁮󠁧󠁿']

  it.each([true, false])('are kept whole, with a segmenter or without: %s', (withSegmenter) => {
    const seen = SEEN.map((each) => each.normalize('NFD'))
    expect(graphemes(seen.join(''), withSegmenter)).toEqual(seen)
  })

  it('are what a text is shortened by', () => {
    expect(shorten(`ab${FAMILY}cd`, 4)).toBe(`ab${FAMILY}…`)
    expect(shorten(FAMILY.repeat(40), 40)).toBe(FAMILY.repeat(40))
    expect(shorten('word '.repeat(30), 6)).toBe('word…')
    expect(firstVisible('\u202e\u3164 🇰🇷🇺🇸')).toBe('🇰🇷')
    expect(firstVisible(' \u200b')).toBe('')
  })
})

describe('namesakes', () => {
  it('are named by their exact spelling alone', () => {
    const both = [
      ['Bob', 1],
      ['bob', 2],
    ] as const
    expect(mentionsIn('@bob @Bob @BOB', both).map(({ value }) => value)).toEqual([2, 1])
  })
})

describe('a sentence', () => {
  it.each([
    ['Carol', 'Carol'],
    ['\u2068Carol\u2069 mentioned you', '\u2068\u2068Carol\u2069 mentioned you\u2069'],
    ['Carol\u202e mentioned you', '\u2068Carol mentioned you\u2069'],
    ['a\u2069b\u2068', '\u2068ab\u2069'],
    ['שלום', '\u2068שלום\u2069'],
  ])('%j is enclosed as %j', (text, enclosed) => {
    expect(enclose(text)).toBe(enclosed)
  })

  it('keeps the direction of a name to the name', () => {
    const words = isolating({
      by: (names: readonly string[]) => `Read by ${names.join(', ')}`,
      a: { b: 'c' },
    })
    expect(words.by(['עמר', 'bob'])).toBe('Read by \u2068עמר\u2069, bob')
    expect(words.a.b).toBe('c')
  })
})
