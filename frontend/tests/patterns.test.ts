import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import ts from 'typescript'
import { expect, it } from 'vitest'

import { render } from '@/assistant/markdown'
import { linkOf } from '@/notifications/target'
import { EventStreamParser } from '@/realtime/transports/eventStream'

import { attacks, superlinear } from './growth'

/** A busy machine changes no verdict, but takes its time. */
const PATIENCE_MS = 60_000
const SRC = new URL('../src/', import.meta.url).pathname

interface Pattern {
  readonly where: string
  readonly pattern: RegExp
}

/** Every regular expression that is written down in src/. */
function patterns(): readonly Pattern[] {
  const found: Pattern[] = []
  for (const name of readdirSync(SRC, { recursive: true, encoding: 'utf-8' })) {
    if (!/\.(?:ts|vue)$/.test(name)) continue
    const text = readFileSync(join(SRC, name), 'utf-8')
    const visit = (node: ts.Node): void => {
      if (ts.isRegularExpressionLiteral(node)) found.push(read(name, node.text))
      if (ts.isIdentifier(node) && node.text === 'RegExp')
        throw new Error(`${name}: write patterns down as literals, so that they are found`)
      ts.forEachChild(node, visit)
    }
    visit(ts.createSourceFile(name, script(name, text), ts.ScriptTarget.Latest))
  }
  return found
}

function script(name: string, text: string): string {
  if (!name.endsWith('.vue')) return text
  return /<script[^>]*>([^]*?)<\/script>/.exec(text)?.[1] ?? ''
}

function read(name: string, literal: string): Pattern {
  const end = literal.lastIndexOf('/')
  const flags = literal.slice(end + 1)
  // With `g` and `d` or without: all matches are looked for, as the strictest use does.
  const pattern = new RegExp(literal.slice(1, end), flags.includes('g') ? flags : `${flags}g`)
  return { where: `${name} ${literal}`, pattern }
}

/** Members of the classes that patterns name by an escape. */
const CLASSES = ['a', '1', ' ', '\n', '가', '!']
const PARTS = 24

/** The words and characters of a pattern's source, and one character for each class. */
function partsOf({ source }: RegExp): readonly string[] {
  const plain = source.replace(/\\u\{?[0-9a-f]+\}?|\\p\{[^}]*\}|\\[a-zA-Z]/gi, '')
  const words = plain.match(/[A-Za-z]{2,}/g) ?? []
  const signs = [...plain.replace(/[A-Za-z0-9]/g, '')]
  return [...new Set([...words, ...CLASSES, ...signs])].slice(0, PARTS)
}

/** The first attack that `call` does not hold against; '' if it holds. */
function fault(call: (text: string) => unknown, parts: readonly string[]): string {
  for (const [name, make] of attacks(parts)) {
    const grows = superlinear(call, make)
    if (grows) return `${name}: ${grows}`
  }
  return ''
}

const search = (pattern: RegExp) => (text: string) => [...text.matchAll(pattern)].length

it.each(patterns().map((one) => [one.where, one] as const))(
  '%s takes linear time',
  (_, one) => {
    expect(fault(search(one.pattern), partsOf(one.pattern))).toBe('')
  },
  PATIENCE_MS,
)

const MARKDOWN = ['*', '_', '~~', '`', '[', '](', '<', '> ', '- ', '# ', '\n', '|', '|-|\n', 'a']
const ORIGIN = 'https://bell.example'

it.each<[string, (text: string) => unknown, readonly string[]]>([
  ['Markdown', (text) => render(text, ORIGIN), MARKDOWN],
  [
    'a link',
    (text) => linkOf(text, ORIGIN),
    ['/', '\\', ':', '@', 'a', ' ', '%', '[', '.', 'https://'],
  ],
  [
    'an event stream',
    (text) => new EventStreamParser().push(text),
    ['\r', '\n', ':', 'data:', ' ', 'a'],
  ],
])(
  'reading %s takes linear time',
  (_, call, parts) => {
    expect(fault(call, parts)).toBe('')
  },
  PATIENCE_MS,
)

it.each([/\s+$/, /(?:a+)+$/, /[?&][^=&]*%[^=&]*=/])(
  'the slow pattern %s is found out',
  (pattern) => {
    const slow = new RegExp(pattern, 'g')
    expect(fault(search(slow), partsOf(slow))).not.toBe('')
  },
  PATIENCE_MS,
)
