/** What the portal reads in Markdown beyond CommonMark, and where it departs from it. */

import type MarkdownIt from 'markdown-it'

import { addressAt } from '@/lib/links'

type Rule = Parameters<MarkdownIt['inline']['ruler']['before']>[2]
/** `linkLevel` is missing in its types: how many links the text stands in. */
type State = Parameters<Rule>[0] & { readonly linkLevel?: number }

const PUNCTUATION = /[\p{P}\p{S}]/u
const SPACE = /\s/u
/** Scripts that are written without spaces, or with endings behind a word as Korean has them. */
const CJK = /[\p{Script=Hangul}\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}]/u

/**
 * Whether `*`, `_` or `~` begins or ends emphasis. CommonMark asks for a space or punctuation on the
 * far side of punctuation, so in `**“공개”**는` nothing is emphasised: behind the quote stands a
 * letter, as Korean has no space there. As in the amendment that is known as "CJK-friendly
 * emphasis", a CJK letter counts there like a space.
 */
function delimiters(state: State, start: number, canSplitWord: boolean, length: number) {
  const before = [...state.src.slice(Math.max(0, start - 2), start)].at(-1) ?? ' '
  const end = start + length
  const after = [...state.src.slice(end, Math.min(end + 2, state.posMax))][0] ?? ' '
  const [isSpaceBefore, isSpaceAfter] = [SPACE.test(before), SPACE.test(after)]
  const [isMarkBefore, isMarkAfter] = [PUNCTUATION.test(before), PUNCTUATION.test(after)]
  const left = !isSpaceAfter && (!isMarkAfter || isSpaceBefore || isMarkBefore || CJK.test(before))
  const right = !isSpaceBefore && (!isMarkBefore || isSpaceAfter || isMarkAfter || CJK.test(after))
  return {
    can_open: left && (canSplitWord || !right || isMarkBefore),
    can_close: right && (canSplitWord || !left || isMarkAfter),
    length,
  }
}

/** `<br>`, the one way to break a line in a table's cell. */
const lineBreak: Rule = (state, silent) => {
  const tag = /^<br[ \t]*\/?>/i.exec(state.src.slice(state.pos, state.pos + 16))?.[0]
  if (!tag) return false
  if (!silent) state.push('hardbreak', 'br', 0)
  state.pos += tag.length
  return true
}

/**
 * Formulas: `\\( … \\)`, and `\\[ … \\]` on lines of its own. They are shown as they were written,
 * as nothing here draws them; without this their backslashes would be taken for escapes.
 */
const formula: Rule = (state, silent) => {
  const { src, pos, posMax } = state
  const opens = src.slice(pos, pos + 2)
  const closes = opens === '\\(' ? '\\)' : opens === '\\[' ? '\\]' : ''
  const at = closes ? src.indexOf(closes, pos + 2) : -1
  if (at < 0 || at + 2 > posMax) return false
  const end = at + 2
  const isAlone =
    /(^|\n)[ \t]*$/.test(src.slice(0, pos)) && /^[ \t]*(\n|$)/.test(src.slice(end, posMax))
  if (opens === '\\[' && !isAlone) return false
  if (!silent) state.push('text', '', 0).content = src.slice(pos, end)
  state.pos = end
  return true
}

/** Bare web addresses. It is looked for at the colon, where the rule for plain text stops. */
const webAddress = (state: State, silent: boolean): boolean => {
  const { src, pos, linkLevel = 0 } = state
  if (linkLevel > 0 || !src.startsWith('://', pos)) return false
  const scheme = /https?$/i.exec(src.slice(Math.max(0, pos - 5), pos))?.[0] ?? ''
  if (!scheme || !(silent || state.pending.endsWith(scheme))) return false
  const address = addressAt(src.slice(0, state.posMax), pos - scheme.length)
  if (!address?.href) return false
  if (!silent) {
    state.pending = state.pending.slice(0, -scheme.length)
    state.push('link_open', 'a', 1).attrs = [['href', address.href]]
    state.push('text', '', 0).content = address.text
    state.push('link_close', 'a', -1)
  }
  state.pos += address.text.length - scheme.length
  return true
}

export function extend(parser: MarkdownIt): MarkdownIt {
  const { ruler, State } = parser.inline
  parser.inline.State = class extends State {
    override scanDelims(start: number, canSplitWord: boolean) {
      const { length } = super.scanDelims(start, canSplitWord)
      return delimiters(this, start, canSplitWord, length)
    }
  }
  ruler.before('newline', 'web_address', webAddress)
  ruler.before('escape', 'formula', formula)
  ruler.before('autolink', 'line_break', lineBreak)
  return parser
}
