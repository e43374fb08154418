/** Texts by the characters that a reader sees: a family of emoji, a flag, a letter with its marks. */

import { isVisible } from './visible'

/** Where a browser has no segmenter: marks, joined and modified emoji, flags, and syllables of jamo. */
const GRAPHEME =
  /\r\n|[\u{1f1e6}-\u{1f1ff}]{2}|(?:[\u1100-\u115f\ua960-\ua97c]+[\u1160-\u11ff\ud7b0-\ud7fb]*|[^])[\p{M}\u{1f3fb}-\u{1f3ff}\u{e0020}-\u{e007f}]*(?:\u200d(?:\p{Extended_Pictographic}[\p{M}\u{1f3fb}-\u{1f3ff}]*)?)*/gu

const segmenter =
  typeof Intl !== 'undefined' && 'Segmenter' in Intl
    ? new Intl.Segmenter(undefined, { granularity: 'grapheme' })
    : null

export function graphemes(text: string, withSegmenter = true): readonly string[] {
  if (segmenter && withSegmenter) return [...segmenter.segment(text)].map(({ segment }) => segment)
  return text.match(GRAPHEME) ?? []
}

/** The text, or its beginning and an ellipsis: at most so many of the characters that are seen. */
export function shorten(text: string, most: number): string {
  // A grapheme is rarely longer: what is cut off behind is not looked at.
  const parts = graphemes(text.slice(0, most * 16))
  return parts.length <= most
    ? text
    : `${parts
        .slice(0, most - 1)
        .join('')
        .trimEnd()}…`
}

/** The first character of a text that shows something; "" without one. */
export const firstVisible = (text: string): string =>
  graphemes(text.slice(0, 256)).find((each) => isVisible(each) && !/^\p{C}/u.test(each)) ?? ''
