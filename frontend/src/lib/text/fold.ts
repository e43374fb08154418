/** How names are compared: as the server does (text/names.py), in whatever form they are written. */

const IGNORABLE = /\p{Default_Ignorable_Code_Point}/gu

/** Without case; a dotless `ı` is a letter of its own, whose capital `I` is not. */
const withoutCase = (text: string): string =>
  text.replace(/[^ı]+/gu, (part) => part.toUpperCase().toLowerCase()).replaceAll('ς', 'σ')

/** What two ways to write the same name have in common. */
export function fold(text: string): string {
  if (/^[\x00-\x7f]*$/u.test(text)) return text.toLowerCase()
  const once = withoutCase(text.normalize('NFD')).normalize('NFKC')
  const visible = withoutCase(once).replace(IGNORABLE, '')
  // Turkish writes `i` for a small `İ`, and Unicode `i` with a dot above.
  return visible.normalize('NFD').replaceAll('i\u0307', 'i').normalize('NFKC')
}
