/**
 * Web addresses that stand bare in what people and models write. Only http and https, and only what
 * a browser too takes for an address: nothing else ever becomes a link.
 */

/** Longer than any address that somebody means to share; also bounds the work for each. */
const MOST_CHARS = 2_000
const SCHEME = /(?<![A-Za-z0-9_])https?:\/\//giu
const SCHEME_HERE = /(?<![A-Za-z0-9_])https?:\/\//iuy
/** Quotes, brackets and CJK punctuation end an address: percent-encoded it may have them all. */
const REST_HERE = /[^\s<>"`[\]{}|\\^\u2018-\u201f\u2026\u3000-\u3011\uff01-\uff0f\uff1a-\uff20]+/uy
/** Punctuation behind an address belongs to the sentence. */
const TRAILING = new Set(".,:;!?'*_~·")
/** What Korean writes behind a noun without a space, and nobody as the end of an address. */
const PARTICLES = new Set(
  `은 는 이 가 을 를 에 에서 에게 에는 에도 에서는 에서도 에서만 로 으로 로는 으로는 로도 와 과 의 도
  만 까지 부터 이나 나 이랑 랑 하고 이라고 라고 라는 이라는 처럼 보다 마다 밖에 입니다 입니당 이에요
  예요 이야 야 인데 인데요 이고 고 이며 며 이죠 죠 임 요 에요 같은 인가요 이네요 네요`.split(/\s+/),
)

export interface LinkPiece {
  readonly text: string
  /** Where it leads; null for what is no address. */
  readonly href: string | null
}

/** The text in pieces, in order: addresses, and what stands between them. */
export function linkPieces(text: string): readonly LinkPiece[] {
  const pieces: LinkPiece[] = []
  let from = 0
  let past = 0
  for (const { index } of text.matchAll(SCHEME)) {
    // One inside what was looked at already is a part of it.
    if (index < past) continue
    const run = runAt(text, index)
    past = index + run.length
    const address = addressIn(run)
    if (!address) continue
    pieces.push({ text: text.slice(from, index), href: null }, address)
    from = index + address.text.length
  }
  pieces.push({ text: text.slice(from), href: null })
  return pieces.filter((piece) => piece.text !== '')
}

/** The address that begins at this place of a text, if one does. */
export function addressAt(text: string, place: number): LinkPiece | null {
  const run = runAt(text, place)
  return run ? addressIn(run) : null
}

/** A scheme and all behind it that may belong to an address; "" where no scheme begins. */
function runAt(text: string, place: number): string {
  SCHEME_HERE.lastIndex = place
  const scheme = SCHEME_HERE.exec(text)?.[0]
  if (!scheme) return ''
  REST_HERE.lastIndex = place + scheme.length
  return scheme + (REST_HERE.exec(text)?.[0] ?? '')
}

function addressIn(found: string): LinkPiece | null {
  if (found.length > MOST_CHARS) return null
  const text = withoutTail(withinHost(found))
  try {
    const url = new URL(text)
    // `https://bank.example@evil.example/` leads elsewhere than it reads.
    return url.username || url.password ? null : { text, href: url.href }
  } catch {
    return null
  }
}

/** `https://bell.example확인하세요`: Hangul behind a letter of a host's name is the sentence's. */
function withinHost(address: string): string {
  const host = /^https?:\/\/[^/?#]*/i.exec(address)?.[0] ?? ''
  const end = host.search(/(?<=[a-z0-9])\p{Script=Hangul}/iu)
  return end < 0 ? address : address.slice(0, end)
}

function withoutTail(address: string): string {
  for (;;) {
    const last = address.at(-1) ?? ''
    const particle = /(?<!\p{Script=Hangul})\p{Script=Hangul}+$/u.exec(address.slice(-8))?.[0] ?? ''
    const isUnopened = last === ')' && count(address, '(') < count(address, ')')
    if (TRAILING.has(last) || isUnopened) address = address.slice(0, -1)
    else if (PARTICLES.has(particle)) address = address.slice(0, -particle.length)
    else return address
  }
}

const count = (text: string, part: string): number => text.split(part).length - 1
