/** Names inside sentences keep their own direction, and the sentence keeps its own (text/bidi.py). */

const CONTROLS = /[\u202a-\u202e\u2066-\u2069]/gu
/** Letters and digits from right to left, and the marks that stand for such. */
const RIGHT_TO_LEFT =
  /[\u0590-\u08ff\u200f\u061c\ufb1d-\ufdff\ufe70-\ufefc\u{10800}-\u{10fff}\u{1e800}-\u{1efff}]/u

/** A value for the inside of a sentence; one of left-to-right letters changes nothing around it. */
export function isolate(value: string): string {
  const plain = value.replace(CONTROLS, '')
  return plain !== value || RIGHT_TO_LEFT.test(plain) ? `\u2068${plain}\u2069` : value
}

const OPENS = new Map([...'\u202a\u202b\u202d\u202e'].map((each) => [each, '\u202c']))
for (const each of '\u2066\u2067\u2068') OPENS.set(each, '\u2069')

/**
 * A whole text inside another, in an isolate if it needs one: unlike a name it may have isolates of
 * its own, which stay where each is closed again.
 */
export function enclose(text: string): string {
  const controls = text.match(CONTROLS)
  if (!controls && !RIGHT_TO_LEFT.test(text)) return text
  const open: (string | undefined)[] = []
  const isClosed = (controls ?? []).every((control) => {
    if (OPENS.has(control)) open.push(OPENS.get(control))
    else return open.pop() === control
    return true
  })
  return isClosed && open.length === 0 ? `\u2068${text}\u2069` : isolate(text)
}
