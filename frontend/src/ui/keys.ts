/**
 * Keys that belong to an input method and not to the page. While somebody composes Korean, Japanese
 * or Chinese text, Enter takes what is composed and Escape drops it; neither is meant for a form, a
 * composer or a dialog. Every handler of these keys asks here.
 */

/** What browsers give as `keyCode` for a key that an input method has taken. */
const TAKEN = 229

/** Whether an input method has taken this key. */
export function isComposing(key: KeyboardEvent): boolean {
  // Safari sends the Enter that ends a composition behind `compositionend`, where `isComposing` is
  // false again and only the code that is deprecated everywhere else still says what it was.
  return key.isComposing || key.keyCode === TAKEN
}

/** Whether this key sends what stands in a field of several lines. */
export function isSend(key: KeyboardEvent): boolean {
  return key.key === 'Enter' && !key.shiftKey && !isComposing(key)
}

/** Whether this key means to leave what one is in. */
export function isEscape(key: KeyboardEvent): boolean {
  return key.key === 'Escape' && !isComposing(key)
}

/** On a form: the Enter that ends a composition does not submit it. */
export function holdComposedEnter(key: KeyboardEvent): void {
  if (key.key === 'Enter' && isComposing(key)) key.preventDefault()
}

/** On a dialog, which closes unless this is prevented: the Escape that ends a composition stays inside. */
export function holdComposedEscape(key: KeyboardEvent): void {
  if (isComposing(key)) key.preventDefault()
}
