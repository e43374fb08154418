/**
 * Where a text names somebody: `@name`, by the rules of the server (text/mentions.py), so that what
 * is marked is what was notified.
 */

import { fold } from './fold'
import { graphemes } from './graphemes'

/** As long as a username may be; decomposed, a character of it is four at the most. */
const NAME_CHARS = 150
const TYPED_PER_CHAR = 4
/** In a name, of which mail addresses have one: what follows the third is not read. */
const ATS = 3

const AT = /[@\uff20\ufe6b]/gu
const IS_AT = /^[@\uff20\ufe6b]/u
/** Letters of scripts that are written without spaces between words. */
const UNSPACED =
  /^[\u0e00-\u0eff\u0f00-\u109f\u1100-\u11ff\u1780-\u17ff\u1950-\u19df\u1a20-\u1aaf\u2e80-\u2fdf\u3005-\u3007\u3021-\u3029\u3031-\u3035\u3041-\u3096\u3099-\u309f\u30a1-\u30fa\u30fc-\u318f\u31a0-\u31ff\u3400-\u4dbf\u4e00-\u9fff\ua960-\ua97f\ua9e0-\ua9ff\uaa60-\uaa7f\uac00-\ud7ff\uf900-\ufaff\uff66-\uffdc\u{1b000}-\u{1b16f}\u{20000}-\u{3fffd}]/u
const WORD = /^[\p{L}\p{M}\p{N}]/u
const IGNORABLE = /^\p{Default_Ignorable_Code_Point}/u
/** Inside a name these join two words; at its end they are the sentence's. */
const JOINERS = /^[._\-+@\uff20\ufe6b]/u
/** In front of an `@` they end the first part of a mail address. */
const MAIL_ENDS = /^[-+%]/u
const ADDRESS =
  /(?:https?:\/\/|(?<![\p{L}\p{N}_@.-])(?:[A-Za-z0-9-]+\.)+[A-Za-z]+(?::[0-9]+)?\/)[^\s<>"`\u3000-\u3011\uff01-\uff0f\uff1a-\uff20]*/giu
const FENCE = /^ {0,3}(`{3,}|~{3,})/u

/** `text.slice(start, end)` names somebody, with the `@` in front. */
export interface Mention<Value> {
  readonly start: number
  readonly end: number
  readonly value: Value
}

type Span = readonly [start: number, end: number]
type Kind = 'spaced' | 'unspaced' | 'other'

/** The places that name one of `names`, of which the longest that fits counts; in order. */
export function mentionsIn<Value>(
  text: string,
  names: readonly (readonly [name: string, value: Value])[],
): readonly Mention<Value>[] {
  if (names.length === 0 || !AT_IN.test(text)) return []
  const known = new Map<string, (readonly [string, Value])[]>()
  for (const each of names) known.set(fold(each[0]), [...(known.get(fold(each[0])) ?? []), each])
  const found: Mention<Value>[] = []
  const spans = hidden(text)
  let span = 0
  let past = 0
  for (const { index: at } of text.matchAll(AT)) {
    while ((spans[span]?.[1] ?? Infinity) <= at) span += 1
    if (at < past || (spans[span]?.[0] ?? Infinity) <= at || !mayBegin(text, at)) continue
    for (const end of endsAt(text, at)) {
      const typed = text.slice(at + 1, end)
      const namesakes = known.get(fold(typed))
      if (!namesakes) continue
      past = end
      const [meant] = choose(typed, namesakes)
      if (meant !== undefined) found.push({ start: at, end, value: meant[1] })
      break
    }
  }
  return found
}

const AT_IN = /[@\uff20\ufe6b]/u

/** Of several who have the name but for its spelling, the one with this spelling. */
function choose<Value>(typed: string, namesakes: readonly (readonly [string, Value])[]) {
  if (namesakes.length === 1) return namesakes
  return namesakes
    .filter(([name]) => name.normalize('NFKC') === typed.normalize('NFKC'))
    .slice(0, 1)
}

/** The code point that ends before this place. */
const before = (text: string, place: number): string =>
  [...text.slice(Math.max(0, place - 2), place)].at(-1) ?? ''

function mayBegin(text: string, at: number): boolean {
  let place = at
  while (place > 0 && at - place < NAME_CHARS && IGNORABLE.test(before(text, place)))
    place -= before(text, place).length
  if (place === 0) return true
  const char = before(text, place)
  if (IS_AT.test(char) || kindOf(char) === 'spaced') return false
  return !(MAIL_ENDS.test(char) && place > 1 && kindOf(before(text, place - 1)) === 'spaced')
}

/** Where a name that begins behind this `@` may end, the last place first. */
function endsAt(text: string, at: number): readonly number[] {
  const window = text.slice(at + 1, at + 1 + NAME_CHARS * TYPED_PER_CHAR)
  const parts = graphemes(/^[^\r\n]*/u.exec(window)?.[0] ?? '')
  const ends: number[] = []
  let end = at + 1
  let ats = 0
  for (const [place, part] of parts.slice(0, NAME_CHARS).entries()) {
    if (ats === ATS) break
    if (IS_AT.test(part)) ats += 1
    end += part.length
    if (!/^\s+$/u.test(part) && mayEnd(part, parts[place + 1] ?? '', parts[place + 2] ?? ''))
      ends.unshift(end)
  }
  return ends
}

function mayEnd(last: string, next: string, afterNext: string): boolean {
  if (next === '') return true
  if (JOINERS.test(next)) return afterNext === '' || kindOf(afterNext) !== 'spaced'
  if (kindOf(next) !== 'spaced') return true
  return kindOf(last) === 'unspaced' && /^\p{L}/u.test(next)
}

/** What a character, or the first of a text, is to the end of a name. */
function kindOf(text: string): Kind {
  if (text.startsWith('_')) return 'spaced'
  if (!WORD.test(text)) return 'other'
  return UNSPACED.test(text) ? 'unspaced' : 'spaced'
}

// --- code and addresses -------------------------------------------------------------------------

/** Where nobody is named: fenced code, code in a line, web addresses; in order, apart. */
function hidden(text: string): readonly Span[] {
  const spans: Span[] = []
  let fence = ''
  let start = 0
  for (const line of text.split(/(?<=\n)/u)) {
    const end = start + line.length
    const mark = FENCE.exec(line)
    const rest = line.slice(mark?.[0].length ?? 0)
    if (fence) {
      spans.push([start, end])
      if (mark?.[1]?.startsWith(fence) && !rest.trim()) fence = ''
    } else if (mark?.[1] && !(mark[1].startsWith('`') && rest.includes('`'))) {
      fence = mark[1]
      spans.push([start, end])
    } else {
      const addresses = line.includes('/')
        ? [...line.matchAll(ADDRESS)].map((each): Span => [each.index, each.index + each[0].length])
        : []
      for (const [from, to] of merged([...codeIn(line), ...addresses]))
        spans.push([start + from, start + to])
    }
    start = end
  }
  return spans
}

/** Code spans of one line: from a run of backticks to the next run of as many. */
function codeIn(line: string): readonly Span[] {
  const runs = [...line.matchAll(/`+/gu)]
  const later = new Map<number, number[]>()
  for (const [number, run] of [...runs.entries()].reverse()) {
    const same = later.get(run[0].length)
    if (same) same.push(number)
    else later.set(run[0].length, [number])
  }
  const spans: Span[] = []
  for (let number = 0; number < runs.length; number += 1) {
    const run = runs[number]
    const same = run && later.get(run[0].length)
    while (same?.length && (same.at(-1) ?? 0) <= number) same.pop()
    const last = same?.at(-1)
    const close = last === undefined ? undefined : runs[last]
    if (!run || !close || last === undefined) continue
    spans.push([run.index, close.index + close[0].length])
    number = last
  }
  return spans
}

function merged(spans: readonly Span[]): readonly Span[] {
  const found: Span[] = []
  for (const span of [...spans].sort((one, other) => one[0] - other[0])) {
    const last = found.at(-1)
    if (last && span[0] < last[1]) found[found.length - 1] = [last[0], Math.max(last[1], span[1])]
    else found.push(span)
  }
  return found
}
