import { expect, it } from 'vitest'

import { addressAt, linkPieces } from '@/lib/links'

/** Addresses between angle brackets. */
const shown = (text: string) =>
  linkPieces(text)
    .map((piece) => (piece.href ? `<${piece.text}>` : piece.text))
    .join('')

it.each([
  ['see https://bell.example/a?b=1&c=2#d now', 'see <https://bell.example/a?b=1&c=2#d> now'],
  ['HTTP://Bell.Example:8080', '<HTTP://Bell.Example:8080>'],
  [
    'https://bell.example/a, https://bell.example/b.',
    '<https://bell.example/a>, <https://bell.example/b>.',
  ],
  ['(https://bell.example/a)', '(<https://bell.example/a>)'],
  ['https://en.example/wiki/Bell_(ship)', '<https://en.example/wiki/Bell_(ship)>'],
  ['https://bell.example/?!', '<https://bell.example/>?!'],
  ['“https://bell.example/a”', '“<https://bell.example/a>”'],
  ['**https://bell.example/a**', '**<https://bell.example/a>**'],
  ['https://bell.example/a…', '<https://bell.example/a>…'],
  ['https://bell.example/a。次', '<https://bell.example/a>。次'],
])('%s', (text, expected) => {
  expect(shown(text)).toBe(expected)
})

it.each([
  ['https://bell.example/guide를 보세요', '<https://bell.example/guide>를 보세요'],
  ['https://bell.example에서 확인', '<https://bell.example>에서 확인'],
  ['https://bell.example입니다.', '<https://bell.example>입니다.'],
  ['https://bell.example/a?b=1로요', '<https://bell.example/a?b=1로요>'],
  ['https://bell.example확인해주세요', '<https://bell.example>확인해주세요'],
  ['(https://bell.example/a)은', '(<https://bell.example/a>)은'],
  ['주소는https://bell.example/a이고', '주소는<https://bell.example/a>이고'],
  ['https://bell.example/a까지만', '<https://bell.example/a까지만>'],
  ['https://ko.example/wiki/한국은행', '<https://ko.example/wiki/한국은행>'],
  ['https://한국.example/안내', '<https://한국.example/안내>'],
])('without the particle: %s', (text, expected) => {
  expect(shown(text)).toBe(expected)
})

it.each([
  'javascript:alert(1)',
  'data:text/html,x',
  'xhttps://bell.example',
  'https://',
  'https://bank.example@evil.example/',
  'https://user:pass@evil.example/',
  'ftp://bell.example',
  'bell.example',
  `https://bell.example/${'a'.repeat(2_000)}`,
])('%s is no address', (text) => {
  expect(shown(text)).toBe(text)
})

it('gives the address that begins at a place, and the whole text back in pieces', () => {
  expect(addressAt('a https://bell.example, b', 2)?.text).toBe('https://bell.example')
  expect(addressAt('a https://bell.example, b', 3)).toBeNull()
  const text = 'a https://bell.example/b를 https://x.example. c'
  expect(
    linkPieces(text)
      .map((piece) => piece.text)
      .join(''),
  ).toBe(text)
})

it('takes time in proportion to the text', () => {
  for (const tail of ['.', ')', '(', '를', ':'])
    expect(linkPieces(`https://bell.example/${tail.repeat(200_000)}x `)).toHaveLength(1)
  expect(linkPieces('https://a.example/((((.)))) '.repeat(2_000))).toHaveLength(4_000)
})
