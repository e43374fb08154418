/**
 * The categories of the built-in notification types (docs/contract.md §6): the page has words, an icon and a
 * hue for each. A deployment has its own besides.
 */
const CATEGORIES = ['shopping', 'blog', 'prism', 'social', 'system'] as const
export type Category = (typeof CATEGORIES)[number]

/** The category that cannot be switched off. */
export const ALWAYS_ON: Category = 'system'

export const builtIn = (name: string): Category | undefined =>
  CATEGORIES.find((category) => category === name)

/** `team_news` → `Team news`: a name that nobody wrote for people. */
export function humanised(name: string): string {
  const words = name.replace(/[\s_-]+/g, ' ').trim()
  return words ? words.charAt(0).toLocaleUpperCase() + words.slice(1) : name
}
