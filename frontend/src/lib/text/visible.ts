/** Whether a text shows anything: the server's rule (text/visible.py), said before it refuses. */

/** Neither white space, control, private nor unassigned, nor ignorable, nor a glyph that is empty. */
const SEEN =
  /[^\p{Z}\p{C}\p{Default_Ignorable_Code_Point}\u2800\ufffc\u{16fe4}\u{1d159}\u{13441}-\u{13446}]/u
/** Signs that stand for themselves although they are called format characters. */
const DRAWN_FORMAT = /[\u0600-\u0605\u06dd\u070f\u0890\u0891\u08e2\u{110bd}\u{110cd}]/u
/** Where emoji and ideographs are added: what this browser does not know yet, another one draws. */
const GROWING = /[\u{1f000}-\u{1faff}\u{1fc00}-\u{1fffd}\u{20000}-\u{2fffd}\u{30000}-\u{3fffd}]/u

export const isVisible = (text: string): boolean =>
  SEEN.test(text) || DRAWN_FORMAT.test(text) || GROWING.test(text)
