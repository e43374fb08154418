/**
 * Markdown as virtual nodes. No HTML string is ever made, so there is nothing to sanitize: what a
 * model writes can become the elements below and nothing else. Part of the assistant's chunk.
 */

import MarkdownIt, { type Token } from 'markdown-it'
import { h, type VNode, type VNodeArrayChildren } from 'vue'

import { linkOf } from '@/notifications/target'

import { extend } from './markdownRules'

// Images would be fetched from wherever a text says.
const parser = extend(
  new MarkdownIt({ html: false, linkify: false, typographer: false }).disable('image'),
)

/**
 * What a paragraph may have to be read as more than plain text: the parser takes quadratic time in its
 * brackets and marks, and no paragraph that a person reads has as many.
 */
const PARAGRAPH_MARKS = 500
const PARAGRAPH_CHARS = 20_000

parser.core.ruler.before('inline', 'plain', ({ tokens }) => {
  for (const token of tokens) {
    if (token.type !== 'inline' || !isBeyondReading(token.content)) continue
    token.type = 'text'
    token.children = null
  }
})

function isBeyondReading(text: string): boolean {
  if (text.length > PARAGRAPH_CHARS) return true
  let marks = 0
  for (const char of text) if ('[]*_~`<!'.includes(char)) marks += 1
  return marks > PARAGRAPH_MARKS
}

/** Elements in each other: deeper ones would overflow the stack, and nobody can see them. */
const DEPTH = 50

const TAGS: Readonly<Record<string, string>> = {
  paragraph: 'p',
  bullet_list: 'ul',
  ordered_list: 'ol',
  list_item: 'li',
  blockquote: 'blockquote',
  strong: 'strong',
  em: 'em',
  s: 's',
  table: 'table',
  thead: 'thead',
  tbody: 'tbody',
  tr: 'tr',
  th: 'th',
  td: 'td',
}

/** An answer stands below the assistant's heading and each turn's. */
const ANSWERS = 2

/**
 * @param origin the page's own, for links that are paths
 * @param below its headings stand below those of this level
 */
export function render(markdown: string, origin: string, below = ANSWERS): VNodeArrayChildren {
  return children(parser.parse(markdown, {}), { origin, below, depth: 0 })
}

interface Place {
  readonly origin: string
  readonly below: number
  readonly depth: number
}

function children(tokens: readonly Token[], place: Place): VNodeArrayChildren {
  const made: VNodeArrayChildren = []
  const inner = { ...place, depth: place.depth + 1 }
  for (let at = 0; at < tokens.length; at += 1) {
    const token = tokens[at] as Token
    if (token.nesting !== 0 && place.depth >= DEPTH) {
      // Too deep: what is in it is shown without it.
    } else if (token.nesting === 1) {
      const end = closing(tokens, at)
      for (const node of element(token, children(tokens.slice(at + 1, end), inner), place))
        made.push(node)
      at = end
    } else if (token.children) {
      for (const node of children(token.children, place)) made.push(node)
    } else {
      made.push(leaf(token))
    }
  }
  return made
}

function closing(tokens: readonly Token[], from: number): number {
  let depth = 0
  for (let at = from; at < tokens.length; at += 1) {
    depth += tokens[at]?.nesting ?? 0
    if (depth === 0) return at
  }
  return tokens.length
}

function element(token: Token, inside: VNodeArrayChildren, place: Place): VNodeArrayChildren {
  // In a tight list.
  if (token.hidden) return inside
  const name = token.type.replace(/_open$/, '')
  if (name === 'heading')
    return [h(`h${Math.min(6, Number(token.tag.slice(1)) + place.below)}`, inside)]
  if (name === 'link') {
    const href = linkOf(token.attrGet('href') ?? '', place.origin)
    return href ? [link(href, inside)] : inside
  }
  const start = name === 'ordered_list' ? token.attrGet('start') : null
  const tag = TAGS[name]
  return tag ? [h(tag, start ? { start } : null, inside)] : inside
}

function link(href: string, inside: VNodeArrayChildren): VNode {
  return h('a', { href, target: '_blank', rel: 'noopener noreferrer' }, inside)
}

function leaf(token: Token): VNode | string {
  switch (token.type) {
    case 'code_inline':
      return h('code', token.content)
    case 'fence':
    case 'code_block':
      return h('pre', { tabindex: 0 }, [h('code', token.content)])
    case 'softbreak':
      return '\n'
    case 'hardbreak':
      return h('br')
    case 'hr':
      return h('hr')
    default:
      return token.content
  }
}
