import { expect, it } from 'vitest'
import { isVNode, type VNodeArrayChildren } from 'vue'

import { render } from '@/lib/markdown'

const ORIGIN = 'https://bell.example'

/** The nodes written down, attributes and all: nothing that a page would run. */
function written(nodes: VNodeArrayChildren): string {
  return nodes
    .map((node) => {
      if (!isVNode(node)) return typeof node === 'string' ? node : ''
      const tag = node.type as string
      const props = Object.entries(node.props ?? {})
        .filter(([name]) => name === 'href')
        .map(([name, value]) => ` ${name}=${String(value)}`)
      const inside = Array.isArray(node.children)
        ? written(node.children)
        : typeof node.children === 'string'
          ? node.children
          : ''
      return `<${tag}${props.join('')}>${inside}</${tag}>`
    })
    .join('')
}
const shown = (markdown: string) => written(render(markdown, ORIGIN))

it.each([
  ['**bold** and `code`', '<p><strong>bold</strong> and <code>code</code></p>'],
  ['# Big\n\ntext', '<h3>Big</h3><p>text</p>'],
  ['- one\n- two', '<ul><li>one</li><li>two</li></ul>'],
  ['```js\na < b\n```', '<pre><code>a < b\n</code></pre>'],
  ['[a](https://x.example/y)', '<p><a href=https://x.example/y>a</a></p>'],
  ['[a](/guide)', `<p><a href=${ORIGIN}/guide>a</a></p>`],
  ['|a|\n|-|\n|b|', '<table><thead><tr><th>a</th></tr></thead><tbody><tr><td>b</td></tr></tbody></table>'],
  ['half **bo', '<p>half **bo</p>'],
])('%j is shown as %s', (markdown, expected) => {
  expect(shown(markdown)).toBe(expected)
})

it.each([
  '[a](javascript:alert(1))',
  '[a](JaVaScRiPt:alert(1))',
  '[a](data:text/html,x)',
  '<javascript:alert(1)>',
  '[a](//evil.example)',
])('%j leads nowhere and fetches nothing', (markdown) => {
  expect(shown(markdown)).not.toMatch(/<a |<img/)
})

it('has its headings below those around it', () => {
  const tags = (below?: number) =>
    render('# a\n\n## b\n\n###### c', ORIGIN, below).map((node) => isVNode(node) && node.type)
  expect(tags()).toEqual(['h3', 'h4', 'h6'])
  expect(tags(1)).toEqual(['h2', 'h3', 'h6'])
})

it('an image is not fetched from wherever a text says', () => {
  expect(shown('![a](https://evil.example/x.png)')).toBe('<p>!<a href=https://evil.example/x.png>a</a></p>')
})

it('markup in it is text', () => {
  const evil = '<script>alert(1)</script> <img src=x onerror=alert(1)>'
  const nodes = render(evil, ORIGIN)
  expect(nodes).toHaveLength(1)
  const [paragraph] = nodes
  expect(isVNode(paragraph) && paragraph.type).toBe('p')
  expect(isVNode(paragraph) && paragraph.children).toEqual([evil])
})

it('what is nested deeper than anybody sees is shown without its elements', () => {
  const deep = shown(`${'*'.repeat(200)}deep${'*'.repeat(200)}`)
  expect(deep).toContain('deep')
  expect(deep.split('<strong>').length).toBeLessThanOrEqual(51)
})

it('a paragraph of thousands of marks is text', () => {
  expect(shown('*a* '.repeat(1_000))).toBe(`<p>${'*a* '.repeat(1_000).trim()}</p>`)
  expect(shown('*a* '.repeat(100))).toContain('<em>a</em>')
})
