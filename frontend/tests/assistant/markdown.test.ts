import { expect, it } from 'vitest'
import { isVNode, type VNodeArrayChildren } from 'vue'

import { render } from '@/assistant/markdown'

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
  [
    '|a|\n|-|\n|b|',
    '<table><thead><tr><th>a</th></tr></thead><tbody><tr><td>b</td></tr></tbody></table>',
  ],
  ['half **bo', '<p>half **bo</p>'],
])('%j is shown as %s', (markdown, expected) => {
  expect(shown(markdown)).toBe(expected)
})

it.each([
  ['**“공개”**는', '<strong>“공개”</strong>는'],
  ['**환불(7일)**은', '<strong>환불(7일)</strong>은'],
  ['**주의:**다음', '<strong>주의:</strong>다음'],
  ['이것은**“공개”**입니다', '이것은<strong>“공개”</strong>입니다'],
  ['**[안내](/guide)**를', `<strong><a href=${ORIGIN}/guide>안내</a></strong>를`],
  ['**50%**까지, *"곧"*이라고', '<strong>50%</strong>까지, <em>"곧"</em>이라고'],
  ['~~(구)~~주소', '<s>(구)</s>주소'],
  [
    '**`코드`**를 ***(가)***나',
    '<strong><code>코드</code></strong>를 <em><strong>(가)</strong></em>나',
  ],
  ['**「注意」**は **中文。**下', '<strong>「注意」</strong>は <strong>中文。</strong>下'],
  ['**\u{20000}.**\u{20001}', '<strong>\u{20000}.</strong>\u{20001}'],
  // As CommonMark has them.
  ['a**"b"**c', 'a**"b"**c'],
  ['2 * 3 * 4, snake_case_name, 가_(나)_다', '2 * 3 * 4, snake_case_name, 가_(나)_다'],
  ['** 가 **', '** 가 **'],
])('emphasis next to letters without a space: %s', (markdown, expected) => {
  expect(shown(markdown)).toBe(`<p>${expected}</p>`)
})

it.each([
  ['|a|\n|-|\n|b<br>c<br/>d<BR />e|', 'b<br></br>c<br></br>d<br></br>e'],
  ['|a|\n|-|\n|`<br>`|', '<code><br></code>'],
  ['a<br>b', 'a<br></br>b'],
  ['a<break>b <br', 'a<break>b <br'],
])('line breaks of tables: %j', (markdown, expected) => {
  expect(shown(markdown)).toContain(expected)
})

it.each([
  ['\\(x^2 + y_1\\) is', '\\(x^2 + y_1\\) is'],
  ['\\(a*b*c\\)', '\\(a*b*c\\)'],
  ['so\n\\[ E = mc^2 \\]\nwith', 'so\n\\[ E = mc^2 \\]\nwith'],
  ['\\[\na_1 * b * c\n\\]', '\\[\na_1 * b * c\n\\]'],
  // Escapes are escapes.
  ['\\[no link\\](/guide) and \\(open', '[no link](/guide) and (open'],
  ['\\\\(x\\\\)', '\\(x\\)'],
])('formulas: %j', (markdown, expected) => {
  expect(shown(markdown)).toBe(`<p>${expected}</p>`)
})

it.each([
  [
    'see https://x.example/a_b_c*d.',
    'see <a href=https://x.example/a_b_c*d>https://x.example/a_b_c*d</a>.',
  ],
  [
    '**https://x.example/a**를',
    '<strong><a href=https://x.example/a>https://x.example/a</a></strong>를',
  ],
  [
    'https://x.example/guide를 보세요',
    '<a href=https://x.example/guide>https://x.example/guide</a>를 보세요',
  ],
  ['[https://x.example](https://y.example)', '<a href=https://y.example/>https://x.example</a>'],
  ['<https://x.example>', '<a href=https://x.example/>https://x.example</a>'],
  ['`https://x.example`', '<code>https://x.example</code>'],
  ['javascript://x.example', 'javascript://x.example'],
  ['a: b http: c', 'a: b http: c'],
])('bare addresses are links: %s', (markdown, expected) => {
  expect(shown(markdown)).toBe(`<p>${expected}</p>`)
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
  expect(shown('![a](https://evil.example/x.png)')).toBe(
    '<p>!<a href=https://evil.example/x.png>a</a></p>',
  )
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
